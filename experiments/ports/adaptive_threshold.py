"""adaptive_threshold: each spike of a neuron raises its threshold, which then returns.

Fuortes and Mantegazzini (1962), doi:10.1085/jgp.45.6.1163, in the form of Bellec et al. (2018), arXiv:1803.09574: 100 neurons
receive jumps of 3 mV at random times with rates from 200 to 2000 Hz. A spike raises the threshold by 3 mV, for about 15 ms. In
Brian2, a jump that arrives in the step of a spike is lost, because resets come last; on the emulator it counts after the reset.
"""

import numpy as np
from brian2 import NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, defaultclock, run

from neurosim import AdaptiveLIF, Network, OneToOne, PoissonInput, Population, Projection, emulate_network, simulate
from neurosim.analysis.measures import cv, mean_rate
from neurosim.units import Hz, ms, mV


def described(small):
    neuron = AdaptiveLIF(tau_m=10 * ms, v_th=10 * mV, tau_theta=15 * ms, theta_jump=3 * mV)
    populations = [
        Population("inputs", 100, PoissonInput(np.linspace(200, 2000, 100) * Hz)),
        Population("cells", 100, neuron),
    ]
    synapses = [Projection("inputs", "cells", OneToOne(3 * mV))]
    return Network("adaptive_threshold", populations, synapses, dt=0.1 * ms), (200 if small else 2000) * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = 0.1 * ms
    cells = NeuronGroup(
        100,
        """dv/dt = -v/(10*ms) : volt
           dv_th/dt = (10*mV - v_th)/(15*ms) : volt""",
        threshold="v > v_th", reset="v = 0*mV; v_th += 3*mV", method="exact",
    )  # fmt: skip
    cells.v_th = 10 * mV
    sources = SpikeGeneratorGroup(100, *inputs["inputs"])
    synapses = Synapses(sources, cells, on_pre="v += 3*mV")
    synapses.connect(j="i")
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"cells": spikes}


def numbers(recording):
    return {
        "rate (Hz)": mean_rate(recording, "cells"),
        "rate of the neuron with most input (Hz)": recording.rates("cells")[0, 99],
        "CV of the intervals": cv(recording, "cells"),
    }


EXECUTIONS = {"Brian2": simulate, "emulator": emulate_network}
