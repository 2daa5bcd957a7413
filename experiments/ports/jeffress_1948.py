"""Jeffress: neurons that detect coincidences behind delay lines know from where a sound comes.

Jeffress (1948), doi:10.1037/h0061495: 40 fibres of each ear fire in phase with a tone of 300 Hz, which arrives at the right ear
0.2 ms later. Each of 31 neurons receives both ears through delays that differ from -0.6 to 0.6 ms, and fires most where its
delays make up for the difference.
"""

import numpy as np
from brian2 import NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, defaultclock, run

from neurosim import LIF, AllToAll, Network, Population, Projection, SpikeArray, emulate_network, simulate
from neurosim.units import ms, mV

FIBRES, CELLS, LATER = 40, 31, 0.2
DELAYS = {"left": np.linspace(0, 0.6, CELLS).round(2), "right": np.linspace(0.6, 0, CELLS).round(2)}
"""In ms, by neuron."""


def ear(seconds, later, rng):
    """Fibres that fire in every second cycle on average, with a spread of 0.15 ms."""
    cycles = np.arange(0.005, seconds - 0.005, 1 / 300)
    fires = rng.random((FIBRES, len(cycles))) < 0.5
    times = 1000 * np.broadcast_to(cycles, fires.shape) + rng.normal(later, 0.15, fires.shape)
    return SpikeArray(np.nonzero(fires)[0], times[fires] * ms)


def described(small):
    seconds, rng = 0.05 if small else 1.0, np.random.default_rng(0)
    neuron = LIF(tau_m=0.2 * ms, v_th=10 * mV)
    populations = [
        Population("left", FIBRES, ear(seconds, 0, rng)),
        Population("right", FIBRES, ear(seconds, LATER, rng)),
        Population("cells", CELLS, neuron),
    ]
    lines = [
        Projection(name, "cells", AllToAll(0.65 * mV), delay=np.tile(delays, (FIBRES, 1)) * ms)
        for name, delays in DELAYS.items()
    ]
    return Network("jeffress", populations, lines, dt=0.02 * ms), seconds * 1000 * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = 0.02 * ms
    cells = NeuronGroup(CELLS, "dv/dt = -v/(0.2*ms) : volt", threshold="v > 10*mV", reset="v = 0*mV", method="exact")
    left, right = (SpikeGeneratorGroup(FIBRES, *inputs[name]) for name in ("left", "right"))
    from_left, from_right = (Synapses(source, cells, on_pre="v += 0.65*mV") for source in (left, right))
    from_left.connect()
    from_right.connect()
    from_left.delay = "j*0.02*ms"
    from_right.delay = "0.6*ms - j*0.02*ms"
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"cells": spikes}


def numbers(recording):
    counts, differences = recording.counts("cells")[0], DELAYS["left"] - DELAYS["right"]
    return {
        "difference of the arrivals that is found (ms)": float((counts * differences).sum() / counts.sum()),
        "rate of the neuron in the middle (Hz)": recording.rates("cells")[0, 15],
        "largest rate (Hz)": recording.rates("cells")[0].max(),
    }


EXECUTIONS = {"Brian2": simulate, "emulator": emulate_network}
