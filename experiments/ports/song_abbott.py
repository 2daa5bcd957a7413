"""STDP: additive plasticity parts the weights of a neuron into weak and strong ones.

Song, Miller, Abbott (2000), doi:10.1038/78829: 1000 excitatory inputs of 15 Hz with conductances that learn and 200 inhibitory
ones of 10 Hz drive one neuron. The neuron with conductances is written as a step, so that it also runs on the emulator. Where
two spikes meet in one step, Brian2's usual order of updates counts the pair once, and neurosim twice, so the rates are a few
percent apart at this step of 0.1 ms, and more at longer ones.
"""

from dataclasses import dataclass

import numpy as np
from brian2 import NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, defaultclock, run

from neurosim import AllToAll, Network, PoissonInput, Population, Projection, Uniform, emulate_network, per_step, simulate
from neurosim.analysis.measures import mean_rate
from neurosim.neurons import Fraction, Level, PerLevel, StepNeuron, SynapticDecay
from neurosim.plasticity import pair_stdp
from neurosim.units import Hz, ms, mV, second

LARGEST, A_PLUS, A_MINUS, DT = 0.015, 0.005 * 0.015, 1.05 * 0.005 * 0.015, 0.1
"""Conductances are relative to the leak; the step is in ms."""


@dataclass(frozen=True, kw_only=True)
class Conductances(StepNeuron):
    """Excitatory and inhibitory conductances, by forward Euler; voltages in mV above rest."""

    rate: Fraction
    strength: PerLevel
    tau_syn: SynapticDecay
    e_exc: Level
    v_th: Level
    v_reset: Level
    states = {"g_e": "current", "g_i": "current", "v": "level"}
    inputs = {"excitatory": "a_e", "inhibitory": "a_i"}
    step = """
        g_e = g_e + a_e
        g_i = g_i + a_i
        v = v - rate * v + (strength * g_e) * (e_exc - v) - (strength * g_i) * v
        g_e = decay(g_e, tau_syn)
        g_i = decay(g_i, tau_syn)
        spike = v > v_th
        if spike:
            v = v_reset
    """


def described(small):
    neuron = Conductances(
        rate=DT / 20, strength=DT / 20, tau_syn=per_step(1 - DT / 5), e_exc=70.0, v_th=16.0, v_reset=10.0
    )
    populations = [
        Population("excitatory", 1000, PoissonInput(15 * Hz)),
        Population("inhibitory", 200, PoissonInput(10 * Hz)),
        Population("neuron", 1, neuron),
    ]
    rule = pair_stdp(A_PLUS, A_MINUS, 20 * ms, 20 * ms, bounds=(0.0, LARGEST))
    synapses = [
        Projection("excitatory", "neuron", AllToAll(Uniform(0.0, LARGEST)), receptor="excitatory", plasticity=rule),
        Projection("inhibitory", "neuron", AllToAll(0.05), receptor="inhibitory"),
    ]
    return Network("song_abbott", populations, synapses, dt=DT * ms), (0.2 if small else 10) * second


def by_hand(network, duration, inputs):
    defaultclock.dt = DT * ms
    neuron = NeuronGroup(
        1,
        """dv/dt = (-70*mV - v + g_e*(0*mV - v) + g_i*(-70*mV - v))/(20*ms) : volt
           dg_e/dt = -g_e/(5*ms) : 1
           dg_i/dt = -g_i/(5*ms) : 1""",
        threshold="v > -54*mV", reset="v = -60*mV", method="euler",
    )  # fmt: skip
    neuron.v = -70 * mV
    excitatory, inhibitory = (SpikeGeneratorGroup(network.population(n).n, *inputs[n]) for n in ("excitatory", "inhibitory"))
    learning = Synapses(
        excitatory, neuron,
        """w : 1
           dx/dt = -x/(20*ms) : 1 (event-driven)
           dy/dt = -y/(20*ms) : 1 (event-driven)""",
        on_pre="""g_e += w
                  x += 1
                  w = clip(w - A_MINUS*y, 0, LARGEST)""",
        on_post="""y += 1
                   w = clip(w + A_PLUS*x, 0, LARGEST)""",
    )  # fmt: skip
    learning.connect()
    learning.w = network.weights("excitatory_neuron").ravel()
    fixed = Synapses(inhibitory, neuron, on_pre="g_i += 0.05")
    fixed.connect()
    spikes = SpikeMonitor(neuron)
    run(duration)
    return {"neuron": spikes, "excitatory_neuron": learning}


def numbers(recording):
    weights = recording.weights["excitatory_neuron"].values[-1] / LARGEST
    return {
        "rate (Hz)": mean_rate(recording, "neuron"),
        "mean weight (of the largest)": weights.mean(),
        "standard deviation of the weights": weights.std(),
        "weights in the lowest fifth (%)": 100 * np.mean(weights < 0.2),
    }


def in_steps(network, duration):
    return simulate(network, duration, integration="step")


EXECUTIONS = {"Brian2": in_steps, "emulator": emulate_network}
