"""IF_curve_Hodgkin_Huxley: the rate of Hodgkin and Huxley's neuron as a function of its input current.

Hodgkin and Huxley (1952), doi:10.1113/jphysiol.1952.sp004764, with the channels of Traub and Miles (1991) as in COBAHH: 100
neurons with currents from 0 to 0.7 nA. It runs in Brian2 alone, because a step of a neuron knows no exponential function.
"""

import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, defaultclock, run

from neurosim import EquationNeuron, Network, Population, simulate
from neurosim.units import ms, mV, nA, nS, pF, uS

MODEL = """
dv/dt = (g_l*(E_l - v) + g_na*m**3*h*(E_na - v) + g_k*n**4*(E_k - v) + I)/C : volt
dm/dt = alpha_m*(1 - m) - beta_m*m : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
dh/dt = alpha_h*(1 - h) - beta_h*h : 1
alpha_m = 1.28*((13 - u)/4)/(exp((13 - u)/4) - 1)/ms : Hz
beta_m = 1.4*((u - 40)/5)/(exp((u - 40)/5) - 1)/ms : Hz
alpha_h = 0.128*exp((17 - u)/18)/ms : Hz
beta_h = 4/(1 + exp((40 - u)/5))/ms : Hz
alpha_n = 0.16*((15 - u)/5)/(exp((15 - u)/5) - 1)/ms : Hz
beta_n = 0.5*exp((10 - u)/40)/ms : Hz
u = (v - V_T)/mV : 1
"""
PARAMETERS = {
    "C": 200 * pF, "g_l": 10 * nS, "g_na": 20 * uS, "g_k": 6 * uS, "E_l": -65 * mV, "E_na": 50 * mV, "E_k": -90 * mV,
    "V_T": -63 * mV,
}  # fmt: skip
CURRENTS = np.linspace(0, 0.7, 100)
RUN = {"threshold": "v > -40*mV", "refractory": "v > -40*mV", "method": "exponential_euler"}


def described(small):
    neuron = EquationNeuron(model=MODEL, parameters=PARAMETERS | {"I": CURRENTS * nA}, initial={"v": -65 * mV}, **RUN)
    return Network("if_curve", [Population("cells", 100, neuron)], dt=0.05 * ms), (50 if small else 500) * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = 0.05 * ms
    cells = NeuronGroup(100, MODEL + "I : amp (constant)", namespace=PARAMETERS, **RUN)
    cells.v = -65 * mV
    cells.I = CURRENTS * nA
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"cells": spikes}


def numbers(recording):
    counts = recording.counts("cells")[0]
    return {
        "smallest current that makes several spikes (nA)": CURRENTS[np.flatnonzero(counts > 1)[0]],
        "rate at 0.35 nA (Hz)": recording.rates("cells")[0, 50],
        "rate at 0.7 nA (Hz)": recording.rates("cells")[0, 99],
    }


EXECUTIONS = {"Brian2": simulate}
