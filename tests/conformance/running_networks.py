"""Random networks that learn, and random ways to cut their runs into stretches."""

import numpy as np

from neurosim import LIF, AdaptiveLIF, Network, PoissonInput, Population, Probe, Projection, SoftResetLIF, Timed, Uniform
from neurosim.plasticity import PlasticityRule, inhibitory_stdp, pair_stdp, triplet_stdp
from neurosim.plasticity.traces import broadcast, post, pre, synaptic
from neurosim.units import Hz, ms, mV

STEPS = 240


def random_network(seed, probes=True):
    """Inputs, a recurrent population, and projections of which some learn."""
    rng = np.random.default_rng(seed)
    cells, inputs = int(rng.integers(3, 9)), int(rng.integers(3, 12))
    populations = [
        Population("inputs", inputs, PoissonInput(rng.uniform(20, 200) * Hz)),
        Population("cells", cells, _neuron(rng), **_start(seed, cells)),
    ]
    plastic = Projection("inputs", "cells", _weights(rng, inputs, cells), plasticity=_rule(rng), name="plastic")
    delay = int(rng.integers(0, 5)) * ms
    recurrent = Projection("cells", "cells", -0.3 * _weights(rng, cells, cells), delay=delay, name="back")
    watched = [Probe("cells", "v"), Probe("plastic", "w", every=int(rng.integers(10, 90)) * ms)]
    return Network(
        name=f"random_{seed}", populations=populations, projections=[plastic, recurrent], probes=watched * probes, seed=seed
    )


def _start(seed, cells):
    """Initial values, and a current that changes in time, for some networks; drawn apart, so that the others stay."""
    rng = np.random.default_rng([seed, 1])
    current = Timed(rng.uniform(-2, 6, (5, cells)) * mV, 48 * ms)
    return {"initial": {"v": Uniform(0 * mV, 4 * mV)}, "current": current} if seed % 3 == 0 else {}


def _neuron(rng):
    tau, threshold = rng.uniform(5, 30) * ms, rng.uniform(4, 12) * mV
    return [
        lambda: LIF(tau_m=tau, v_th=threshold),
        lambda: SoftResetLIF(tau_m=tau, v_th=threshold),
        lambda: AdaptiveLIF(tau_m=tau, v_th=threshold, theta_jump=1 * mV, tau_theta=60 * ms),
    ][rng.integers(3)]()


def _weights(rng, n_pre, n_post):
    return rng.uniform(0.2, 3.0, (n_pre, n_post)) * mV


def _rule(rng):
    bounds = (0 * mV, 4 * mV)
    return [
        lambda: pair_stdp(a_plus=0.2 * mV, a_minus=0.1 * mV, bounds=bounds),
        lambda: triplet_stdp(a3_plus=0.1 * mV, a2_minus=0.1 * mV),
        lambda: inhibitory_stdp(eta=0.05 * mV),
        lambda: PlasticityRule(
            "rewarded",
            traces={"x": pre(20 * ms), "y": post(20 * ms), "tag": synaptic(100 * ms)},
            modulators={"M": broadcast(peak=2)},
            on_pre={"tag": "-0.05 * y"},
            on_post={"tag": "0.1 * x"},
            every={3: {"w": "eta * M * tag"}},
            parameters={"eta": 0.01 * mV},
            bounds=bounds,
        ),
    ][rng.integers(4)]()


def signals_of(network, rng):
    """Third factors that change in each step, for the whole run."""
    names = network.projection("plastic").plasticity.signals
    return {name: np.round(rng.uniform(-1, 1, STEPS), 2) for name in names}


def cuts(rng):
    """Lengths of stretches that add up to the run."""
    inner = np.sort(rng.choice(np.arange(1, STEPS), int(rng.integers(1, 6)), replace=False))
    return np.diff([0, *inner, STEPS])
