"""Wang and Buzsaki 1996: a fast-spiking interneuron, its rate as a function of the current, and how slow its spikes can be.

Wang and Buzsaki (1996), doi:10.1523/JNEUROSCI.16-20-06402.1996: 50 neurons with currents from 0 to 20 uA/cm2. The paper's
network, whose synapses are a function of the presynaptic voltage at all times, cannot be described. The equations contain
exponential functions, so they run in Brian2 alone.
"""

import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, StateMonitor, defaultclock, run

from neurosim import EquationNeuron, Network, Population, Probe, simulate
from neurosim.analysis.measures import mean_rate
from neurosim.units import ms, mV

MODEL = """
dv/dt = (-0.1*(u + 65) - 35*m_inf**3*h*(u - 55) - 9*n**4*(u + 90) + I)*mV/ms : volt
dh/dt = 5*(0.07*exp(-(u + 58)/20)*(1 - h) - h/(exp(-0.1*(u + 28)) + 1))/ms : 1
dn/dt = 5*(0.1*(-0.1*(u + 34))/(exp(-0.1*(u + 34)) - 1)*(1 - n) - 0.125*exp(-(u + 44)/80)*n)/ms : 1
m_inf = alpha_m/(alpha_m + 4*exp(-(u + 60)/18)) : 1
alpha_m = 1*(-0.1*(u + 35))/(exp(-0.1*(u + 35)) - 1) : 1
u = v/mV : 1
"""
CURRENTS = np.linspace(0, 20, 50)
RUN = {"threshold": "v > 0*mV", "refractory": "v > 0*mV", "method": "rk4"}


def described(small):
    start = {"v": -64 * mV, "h": 0.78, "n": 0.09}
    neuron = EquationNeuron(model=MODEL, parameters={"I": CURRENTS}, initial=start, **RUN)
    cells = Population("cells", 50, neuron)
    return Network("wang_buzsaki", [cells], probes=[Probe("cells", "v", neurons=[49])], dt=0.05 * ms), (
        30 if small else 300
    ) * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = 0.05 * ms
    cells = NeuronGroup(50, MODEL + "I : 1 (constant)", **RUN)
    cells.v, cells.h, cells.n = -64 * mV, 0.78, 0.09
    cells.I = CURRENTS
    spikes, voltage = SpikeMonitor(cells), StateMonitor(cells, "v", record=[49], when="end")
    run(duration)
    return {"cells": spikes, ("cells", "v"): voltage}


def numbers(recording):
    return {
        "rate (Hz)": mean_rate(recording, "cells"),
        "rate at 20 uA/cm2 (Hz)": recording.rates("cells")[0, 49],
        "lowest voltage at 20 uA/cm2 (mV)": 1000 * recording.states["cells", "v"].min(),
    }


EXECUTIONS = {"Brian2": simulate}
