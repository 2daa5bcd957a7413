"""CUBA: a network of current-based neurons keeps itself active.

Vogels and Abbott (2005), doi:10.1523/JNEUROSCI.3508-05.2005, as benchmark 2 of Brette et al. (2007),
doi:10.1007/s10827-007-0038-6: 3200 excitatory and 800 inhibitory neurons, connected with probability 2 %, without input. On the
emulator, the same solution of the equations is a neuron of its own form, `TwoSynapseLIF`.
"""

import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, Synapses, defaultclock, run

from neurosim import (
    FixedProbability,
    Network,
    Population,
    Projection,
    RefractoryLIF,
    Sparse,
    TwoSynapseLIF,
    Uniform,
    emulate_network,
    simulate,
)
from neurosim.analysis.measures import cv, mean_rate
from neurosim.units import ms, mV, volt

TAU_M, TAU_E, TAU_I, DT = 20, 5, 10, 0.1
"""All in ms."""


def described(small):
    neuron = RefractoryLIF(
        tau_m=TAU_M * ms, v_rest=-49 * mV, v_th=-50 * mV, v_reset=-60 * mV, refractory=5 * ms,
        tau_syn={"excitatory": TAU_E * ms, "inhibitory": TAU_I * ms},
    )  # fmt: skip
    cells = Population("cells", 4000, neuron, initial={"v": Uniform(-60 * mV, -50 * mV)})
    synapses = [
        Projection(cells[:3200], "cells", FixedProbability(1.62 * mV, p=0.02), receptor="excitatory", name="excitation"),
        Projection(cells[3200:], "cells", FixedProbability(-9 * mV, p=0.02), receptor="inhibitory", name="inhibition"),
    ]
    return Network("cuba", [cells], synapses, dt=DT * ms), (100 if small else 1000) * ms


def emulated(network, duration):
    """The same weights, for the neuron whose voltage receives currents as they are: factors are those of the exact solution."""
    neuron = TwoSynapseLIF(
        tau_e=TAU_E * ms, tau_i=TAU_I * ms, tau_m=TAU_M * ms, v_th=10 * mV, refractory=(5 - DT) * ms,
        bias=11 * mV * (1 - np.exp(-DT / TAU_M)),
    )  # fmt: skip
    cells = Population("cells", 4000, neuron, initial={"v": (network.initial("cells")["v"] + 0.06) * volt})
    factors = {"excitatory": per_volt(TAU_E), "inhibitory": per_volt(TAU_I)}
    synapses = [
        Projection("cells", "cells", Sparse(network.weights(p) * factors[p.receptor], volt), receptor=p.receptor, name=p.name)
        for p in network.projections
    ]
    return emulate_network(Network("cuba", [cells], synapses, dt=DT * ms), duration)


def per_volt(tau):
    """By how much a synaptic current of 1 mV raises the voltage in a step."""
    return tau / (tau - TAU_M) * (np.exp(-DT / tau) - np.exp(-DT / TAU_M))


def by_hand(network, duration, inputs):
    defaultclock.dt = DT * ms
    cells = NeuronGroup(
        4000,
        """dv/dt = (ge + gi - (v + 49*mV))/(20*ms) : volt (unless refractory)
           dge/dt = -ge/(5*ms) : volt
           dgi/dt = -gi/(10*ms) : volt""",
        threshold="v > -50*mV", reset="v = -60*mV", refractory=5 * ms, method="exact",
    )  # fmt: skip
    cells.v = network.initial("cells")["v"] * volt
    excitation = Synapses(cells, cells, on_pre="ge += 1.62*mV")
    inhibition = Synapses(cells, cells, on_pre="gi -= 9*mV")
    for synapses, name in ((excitation, "excitation"), (inhibition, "inhibition")):
        pre, post = network.weights(name).nonzero()
        synapses.connect(i=pre, j=post)
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"cells": spikes}


EXECUTIONS = {"Brian2": simulate, "emulator": emulated}


def numbers(recording):
    return {"rate (Hz)": mean_rate(recording, "cells"), "CV of the intervals": cv(recording, "cells")}
