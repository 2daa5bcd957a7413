"""Touboul and Brette 2008: with a slightly higher reset, a neuron doubles the period of its bursts, until they are chaotic.

Touboul and Brette (2008), doi:10.1007/s00422-008-0267-4: 200 adaptive exponential neurons with resets from -48.3 to -47.7 mV. A
number of different intervals between spikes of 1, 2, 4 means that a neuron repeats itself after so many spikes. The equations
contain an exponential function, so they run in Brian2 alone.
"""

import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, defaultclock, run

from neurosim import AdEx, Network, Population, simulate
from neurosim.analysis.measures import mean_rate, spike_times
from neurosim.units import ms, mV, nA, nS, pF

RESETS = np.linspace(-48.3, -47.7, 200)


def described(small):
    neuron = AdEx(
        C=281 * pF, g_L=30 * nS, E_L=-70.6 * mV, V_T=-50.4 * mV, Delta_T=2 * mV, tau_w=40 * ms, a=4 * nS, b=0.08 * nA,
        v_reset=RESETS * mV, v_cut=-40.4 * mV, current=0.8 * nA,
    )  # fmt: skip
    return Network("touboul_brette", [Population("cells", 200, neuron)], dt=0.01 * ms), (100 if small else 1500) * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = 0.01 * ms
    cells = NeuronGroup(
        200,
        """dv/dt = (30*nS*(-70.6*mV - v) + 30*nS*2*mV*exp((v + 50.4*mV)/(2*mV)) - w + 0.8*nA)/(281*pF) : volt
           dw/dt = (4*nS*(v + 70.6*mV) - w)/(40*ms) : amp
           reset : volt (constant)""",
        threshold="v > -40.4*mV", reset="v = reset; w += 0.08*nA", method="euler",
    )  # fmt: skip
    cells.v, cells.reset = -70.6 * mV, RESETS * mV
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"cells": spikes}


def numbers(recording):
    last = [np.diff(spike_times(recording, "cells", k))[-12:] for k in range(200)]
    kinds = np.array([len(np.unique((gaps * 4000).round())) for gaps in last])
    return {
        "rate (Hz)": mean_rate(recording, "cells"),
        "neurons with two intervals (%)": 100 * np.mean(kinds == 2),
        "neurons with three or four intervals (%)": 100 * np.mean((kinds > 2) & (kinds < 5)),
    }


EXECUTIONS = {"Brian2": simulate}
