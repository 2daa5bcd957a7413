"""Tsodyks, Pawelzik, Markram 1998: depressing and facilitating synapses under regular trains of spikes.

Tsodyks, Pawelzik, Markram (1998), doi:10.1162/089976698300017502: eight trains of spikes from 5 to 100 Hz go through a
depressing synapse (U = 0.5, recovery in 800 ms) and a facilitating one (U = 0.05, recovery in 50 ms, facilitation of 500 ms)
onto neurons that never spike. The numbers are peaks of their voltage.
"""

import numpy as np
from brian2 import NeuronGroup, SpikeGeneratorGroup, StateMonitor, Synapses, defaultclock, run

from neurosim import (
    LIF,
    Network,
    OneToOne,
    Population,
    Probe,
    Projection,
    ShortTermPlasticity,
    SpikeArray,
    emulate_network,
    simulate,
)
from neurosim.units import ms, mV

RATES = np.array([5, 10, 15, 20, 30, 50, 70, 100])
KINDS = {"depressing": (0.5, 800, 0), "facilitating": (0.05, 50, 500)}
"""U, and the time constants of recovery and facilitation in ms."""


def described(small):
    duration = 0.3 if small else 1.5
    times = [np.arange(0.01, duration, 1 / rate).round(4) for rate in RATES]
    trains = SpikeArray(np.repeat(np.arange(8), [len(t) for t in times]), np.concatenate(times) * 1000 * ms)
    neuron = LIF(tau_m=30 * ms, v_th=1000 * mV, tau_syn=3 * ms)
    synapses = {
        kind: ShortTermPlasticity(U, recovery * ms, facilitation * ms if facilitation else None)
        for kind, (U, recovery, facilitation) in KINDS.items()
    }
    return Network(
        "tsodyks",
        [Population("trains", 8, trains), *(Population(kind, 8, neuron) for kind in KINDS)],
        [Projection("trains", kind, OneToOne(20 * mV), short_term=synapse) for kind, synapse in synapses.items()],
        [Probe(kind, "v") for kind in KINDS],
        dt=0.1 * ms,
    ), duration * 1000 * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = 0.1 * ms
    trains = SpikeGeneratorGroup(8, *inputs["trains"])
    neuron = {"model": "dv/dt = (g - v)/(30*ms) : volt\ndg/dt = -g/(3*ms) : volt", "method": "exact"}
    depressed, facilitated = NeuronGroup(8, **neuron), NeuronGroup(8, **neuron)
    depressing = Synapses(
        trains, depressed, "dx/dt = (1 - x)/(800*ms) : 1 (event-driven)",
        on_pre="""g += 20*mV*0.5*x
                  x -= 0.5*x""",
    )  # fmt: skip
    facilitating = Synapses(
        trains, facilitated,
        """dx/dt = (1 - x)/(50*ms) : 1 (event-driven)
           du/dt = (0.05 - u)/(500*ms) : 1 (event-driven)""",
        on_pre="""g += 20*mV*u*x
                  x -= u*x
                  u += 0.05*(1 - u)""",
    )  # fmt: skip
    depressing.connect(j="i")
    facilitating.connect(j="i")
    depressing.x = facilitating.x = 1
    facilitating.u = 0.05
    first, second = (StateMonitor(group, "v", record=True, when="end") for group in (depressed, facilitated))
    run(duration)
    return {("depressing", "v"): first, ("facilitating", "v"): second}


def numbers(recording):
    late = {kind: 1000 * recording.states[kind, "v"][0, recording.steps // 2 :] for kind in KINDS}
    return {f"peak at {RATES[k]} Hz, {kind} (mV)": late[kind][:, k].max() for kind in KINDS for k in (1, 5, 7)}


EXECUTIONS = {"Brian2": simulate, "emulator": emulate_network}
