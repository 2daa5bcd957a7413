"""What discrete time costs.

This example shows the error of time steps alone, before integers add theirs. It plots the firing rate of a leaky
integrate-and-fire neuron against its constant input: the analytic curve, Brian2 in continuous time, and the difference
equations that the chip executes, with steps of 1 ms. If the neuron fires every few steps, its interspike intervals are whole
steps and the curve becomes a staircase, in Brian2 as on the chip.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from neurosim import LIF, Network, Population, emulate_network, simulate
from neurosim.units import ms, mV, second

TAU, THRESHOLD = 20e-3, 10e-3
DRIVE = np.linspace(8, 60, 27)


def figure() -> Figure:
    """Firing rates against the constant input."""
    network = Network("f_i", [Population("cells", len(DRIVE), LIF(tau_m=20 * ms, v_th=10 * mV), current=DRIVE * mV)])
    above = np.maximum(DRIVE * 1e-3, THRESHOLD * (1 + 1e-12))
    analytic = np.where(DRIVE * 1e-3 > THRESHOLD, 1 / (TAU * np.log(above / (above - THRESHOLD))), 0)
    continuous = simulate(network, 2 * second, progress=False).rates("cells")[0]
    stepped = emulate_network(network, 2 * second).rates("cells")[0]
    made = Figure(figsize=(6, 4), layout="constrained")
    axis = made.add_subplot()
    axis.plot(DRIVE, analytic, color="#999999", lw=3, label="analytic")
    axis.plot(DRIVE, continuous, "o", ms=5, mfc="none", color="#0072B2", label="Brian2, 1 ms")
    axis.plot(DRIVE, stepped, ".", ms=5, color="#D55E00", label="difference equations, 1 ms")
    axis.set(xlabel="constant input (mV)", ylabel="rate (Hz)")
    axis.legend(frameon=False)
    np.testing.assert_allclose(stepped, continuous, atol=1)
    slow = analytic < 100
    np.testing.assert_allclose(stepped[slow], analytic[slow], rtol=0.1)
    return made
