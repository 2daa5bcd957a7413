"""Izhikevich 2003: 1000 randomly connected neurons of different kinds show rhythms.

Izhikevich (2003), doi:10.1109/TNN.2003.820440: 800 excitatory and 200 inhibitory neurons, all connected to all, with noise from
the thalamus. The step is 0.5 ms, half a step of the published program. The noise is drawn beforehand, in thousandths of a mV,
and enters as graded spikes.
"""

import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, Synapses, TimedArray, defaultclock, run

from neurosim import Network, OneToOne, Population, Projection, SpikeRaster, StepIzhikevich, emulate_network
from neurosim.analysis.measures import mean_rate
from neurosim.units import ms, mV

DT, N, EXCITATORY = 0.5, 1000, 800


def drawn(steps):
    """Parameters a, b, c, d of the neurons, weights (n, n) in mV, and the noise of each step in thousandths of a mV."""
    rng = np.random.default_rng(0)
    r = rng.random(N)
    inhibitory = np.arange(N) >= EXCITATORY
    a, b = np.where(inhibitory, 0.02 + 0.08 * r, 0.02), np.where(inhibitory, 0.25 - 0.05 * r, 0.2)
    c, d = np.where(inhibitory, -65, -65 + 15 * r**2), np.where(inhibitory, 2, 8 - 6 * r**2)
    weights = rng.random((N, N)) * np.where(inhibitory, -1, 0.5)[:, None]
    noise = np.repeat(rng.normal(0, np.where(inhibitory, 2, 5), (steps // 2, N)), 2, axis=0) * DT
    return (a, b, c, d), weights, (1000 * noise).round().astype(int)


def described(small):
    duration = 200 if small else 1000
    (a, b, c, d), weights, noise = drawn(round(duration / DT))
    neuron = StepIzhikevich.sampled(a=a, b=b, c=c * mV, d=d, dt=DT * ms)
    start = -65 - resting(b)
    cells = Population("cells", N, neuron, initial={"v": start * mV, "w": DT * b * start * mV})
    populations = [Population("thalamus", N, SpikeRaster(noise)), cells]
    synapses = [
        Projection("thalamus", "cells", OneToOne(0.001 * mV), graded=True),
        Projection("cells", "cells", weights * mV),
    ]
    return Network("izhikevich", populations, synapses, dt=DT * ms), duration * ms


def resting(b):
    """The resting potential of a neuron (mV), from which `StepIzhikevich` counts."""
    return (-(5 - b) - np.sqrt((5 - b) ** 2 - 22.4)) / 0.08


def by_hand(network, duration, inputs):
    defaultclock.dt = DT * ms
    kinds, weights, noise = drawn(round(float(duration / ms) / DT))
    kicks = {"kicks": TimedArray(np.vstack([np.zeros(N), noise[:-1]]) / 1000, dt=DT * ms)}
    cells = NeuronGroup(
        N,
        """v : 1
           u : 1
           arrived : 1
           a : 1
           b : 1
           c : 1
           d : 1""",
        threshold="v >= 30", reset="v = c; u += d", namespace=kicks,
    )  # fmt: skip
    cells.run_regularly(
        """v += 0.5*(0.04*v**2 + 5*v + 140 - u) + kicks(t, i) + arrived
           u += 0.5*a*(b*v - u)
           arrived = 0""",
        when="groups",
    )
    cells.a, cells.b, cells.c, cells.d = kinds
    cells.v, cells.u = -65, "b*v"
    synapses = Synapses(cells, cells, "w : 1", on_pre="arrived += w")
    synapses.connect()
    synapses.w = weights.ravel()
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"cells": spikes}


def numbers(recording):
    counts = np.bincount(recording.spikes["cells"].step, minlength=recording.steps)
    by_ms = counts[: len(counts) // 10 * 10].reshape(-1, 10).sum(axis=1)
    return {
        "rate (Hz)": mean_rate(recording, "cells"),
        "rate of excitatory neurons (Hz)": recording.rates("cells")[0, :EXCITATORY].mean(),
        "most spikes in 5 ms": by_ms.max(),
    }


EXECUTIONS = {"emulator": emulate_network}
