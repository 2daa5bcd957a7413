"""IF_curve_LIF: the rate of an integrate-and-fire neuron as a function of its input current.

Lapicque (1907): 1000 neurons with drives from 0 to 40 mV, a threshold of 10 mV and a refractory time of 5 ms. The closed form
of the rate is 1/(5 ms + 10 ms ln(I/(I - 10 mV))).
"""

import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, defaultclock, run

from neurosim import Network, Population, RefractoryLIF, emulate_network, simulate
from neurosim.units import ms, mV

DRIVE = np.linspace(0, 40, 1000)


def described(small):
    neuron = RefractoryLIF(tau_m=10 * ms, v_th=10 * mV, refractory=5 * ms)
    return Network("if_curve", [Population("cells", 1000, neuron, current=DRIVE * mV)], dt=0.1 * ms), (
        200 if small else 1000
    ) * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = 0.1 * ms
    cells = NeuronGroup(
        1000,
        """dv/dt = (drive - v)/(10*ms) : volt (unless refractory)
           drive : volt (constant)""",
        threshold="v > 10*mV", reset="v = 0*mV", refractory=5 * ms, method="exact",
    )  # fmt: skip
    cells.drive = DRIVE * mV
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"cells": spikes}


def numbers(recording):
    rates = recording.rates("cells")[0]
    return {
        "smallest drive that makes spikes (mV)": DRIVE[np.flatnonzero(rates)[0]],
        "rate at 20 mV (Hz)": rates[500],
        "rate at 40 mV (Hz)": rates[999],
    }


EXECUTIONS = {"Brian2": simulate, "emulator": emulate_network}
