"""Graupner and Brunel 2012: calcium decides whether pairs of spikes strengthen or weaken a synapse, in spite of noise.

Graupner and Brunel (2012), doi:10.1073/pnas.1109359109, with the parameters of figure 2 for an asymmetric window: 100 synapses
begin at the unstable state 0.5. Half of them experience pairs in which the presynaptic spike comes 10 ms earlier, half the
other order. Thresholds of calcium are written with the sign of a difference, and the noise, drawn beforehand, is a third
factor. The rule is not a sum of products, so it runs in Brian2 alone.
"""

import numpy as np
from brian2 import NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, TimedArray, defaultclock, run

from neurosim import LIF, Network, OneToOne, Population, Projection, SpikeArray, simulate
from neurosim.plasticity import PlasticityRule, broadcast, post, pre
from neurosim.units import ms

DT, N = 0.1, 100
C_PRE, C_POST, THETA_D, THETA_P, GAMMA_D, GAMMA_P, TAU, SIGMA = 1.0, 2.0, 1.0, 1.3, 200.0, 321.808, 150e3, 2.8284
CONSTANTS = {"C_PRE": C_PRE, "C_POST": C_POST, "THETA_D": THETA_D, "THETA_P": THETA_P}
CONSTANTS |= {"GAMMA_D": GAMMA_D, "GAMMA_P": GAMMA_P, "TAU": TAU, "SIGMA": SIGMA, "DT": DT}
"""TAU and DT in ms; the delay of presynaptic calcium is 13.7 ms, and its time constant 20 ms."""


def noise(steps):
    """Normal random numbers of each step and synapse, at most 4, (steps, N)."""
    return np.random.default_rng(1).normal(size=(steps, N)).clip(-4, 4)


def described(small):
    pairs = 2 if small else 20
    times = 20 + 200 * np.arange(pairs)
    early, late = np.tile(times, N), np.repeat(np.arange(N), pairs)
    first = np.where(late < N // 2, early, early + 10)
    second = np.where(late < N // 2, early + 10, early)
    depressed, potentiated = ("(1 + sign(C_pre*x + C_post*y - theta_d))/2", "(1 + sign(C_pre*x + C_post*y - theta_p))/2")
    rule = PlasticityRule(
        name="graupner_brunel",
        traces={"x": pre(20 * ms), "y": post(20 * ms)},
        modulators={"xi": broadcast(peak=5)},
        every={1: {"w": f"drift*(-w*(1 - w)*(0.5 - w) + gamma_p*(1 - w)*{potentiated} - gamma_d*w*{depressed})"
                        f" + diffusion*sqrt({depressed} + {potentiated})*xi"}},
        parameters={
            "C_pre": C_PRE, "C_post": C_POST, "theta_d": THETA_D, "theta_p": THETA_P, "gamma_d": GAMMA_D, "gamma_p": GAMMA_P,
            "drift": DT / TAU, "diffusion": SIGMA * np.sqrt(DT / TAU),
        },
        bounds=(None, None),
    )  # fmt: skip
    populations = [
        Population("pre", N, SpikeArray(late, first * ms)),
        Population("teacher", N, SpikeArray(late, second * ms)),
        Population("post", N, LIF(tau_m=1 * ms, v_th=100.0)),
    ]
    synapses = [
        Projection("pre", "post", OneToOne(0.5), plasticity=rule, delay=13.7 * ms),
        Projection("teacher", "post", OneToOne(1000.0)),
    ]
    return Network("graupner_brunel", populations, synapses, dt=DT * ms), (pairs * 200 + 100) * ms


def run_described(network, duration):
    steps = round(float(duration / ms) / DT)
    return simulate(network, duration, signals={"xi": noise(steps)})


def by_hand(network, duration, inputs):
    defaultclock.dt = DT * ms
    steps = round(float(duration / ms) / DT)
    sources = SpikeGeneratorGroup(N, *inputs["pre"])
    teachers = SpikeGeneratorGroup(N, *inputs["teacher"])
    cells = NeuronGroup(N, "v : 1", threshold="v > 100", reset="v = 0")
    forced = Synapses(teachers, cells, on_pre="v += 1000")
    forced.connect(j="i")
    learning = Synapses(
        sources, cells,
        """dx/dt = -x/(20*ms) : 1 (clock-driven)
           dy/dt = -y/(20*ms) : 1 (clock-driven)
           w : 1
           d = int(C_PRE*x + C_POST*y > THETA_D) : 1
           p = int(C_PRE*x + C_POST*y > THETA_P) : 1""",
        on_pre="x += 1", on_post="y += 1", delay=13.7 * ms, method="exact",
        namespace=CONSTANTS | {"drawn": TimedArray(noise(steps), dt=DT * ms)},
    )  # fmt: skip
    learning.connect(j="i")
    learning.w = 0.5
    learning.run_regularly(
        """w += DT/TAU*(-w*(1 - w)*(0.5 - w) + GAMMA_P*(1 - w)*p - GAMMA_D*w*d) + SIGMA*sqrt(DT/TAU*(d + p))*drawn(t, i)""",
        when="end",
    )
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"post": spikes, "pre_post": learning}


def numbers(recording):
    weights = recording.weights["pre_post"].values[-1].diagonal()
    return {
        "mean state after pre before post": weights[: N // 2].mean(),
        "standard deviation after pre before post": weights[: N // 2].std(),
        "mean state after post before pre": weights[N // 2 :].mean(),
    }


EXECUTIONS = {"Brian2": run_described}
