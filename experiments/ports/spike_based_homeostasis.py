"""spike_based_homeostasis: each spike of a neuron weakens its synapse, which otherwise grows, until the rate is as wished.

After Habenschuss, Bill, Nessler (2012), Advances in Neural Information Processing Systems 25: a weight grows steadily by eta
times the wished rate, and falls by eta at each spike of its neuron. Twenty neurons with inputs of 100 to 500 Hz come to fire at
20 Hz.
"""

import numpy as np
from brian2 import NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, defaultclock, run

from neurosim import LIF, Network, OneToOne, PoissonInput, Population, Projection, emulate_network, simulate
from neurosim.analysis.measures import mean_rate
from neurosim.plasticity import PlasticityRule
from neurosim.units import Hz, ms, mV

DT, ETA, WISHED = 0.5, 0.05, 20
"""Step in ms, size of a change in mV, and rate in Hz."""


def described(small):
    rule = PlasticityRule(
        name="homeostasis",
        every={1: {"w": "eta * growth"}},
        on_post={"w": "-eta"},
        parameters={"eta": ETA * mV, "growth": WISHED * DT / 1000},
        bounds=(0 * mV, None),
    )
    populations = [
        Population("inputs", 20, PoissonInput(np.linspace(100, 500, 20) * Hz)),
        Population("cells", 20, LIF(tau_m=20 * ms, v_th=10 * mV)),
    ]
    synapses = [Projection("inputs", "cells", OneToOne(4 * mV), plasticity=rule)]
    return Network("homeostasis", populations, synapses, dt=DT * ms), (1000 if small else 10000) * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = DT * ms
    sources = SpikeGeneratorGroup(20, *inputs["inputs"])
    cells = NeuronGroup(20, "dv/dt = -v/(20*ms) : volt", threshold="v > 10*mV", reset="v = 0*mV", method="exact")
    synapses = Synapses(
        sources, cells, "w : 1", on_pre="v += w*mV", on_post="w = clip(w - ETA, 0, inf)"
    )
    synapses.run_regularly("w += ETA*WISHED*DT/1000", when="end")
    synapses.connect(j="i")
    synapses.w = 4
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"cells": spikes}


def numbers(recording):
    late = recording.raster("cells")[0, recording.steps // 2 :].mean(axis=0) / recording.dt
    return {
        "rate (Hz)": mean_rate(recording, "cells"),
        "rate in the second half (Hz)": late.mean(),
        "standard deviation over neurons, second half (Hz)": late.std(),
    }


EXECUTIONS = {"Brian2": simulate, "emulator": emulate_network}
