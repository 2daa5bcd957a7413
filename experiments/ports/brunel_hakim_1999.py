"""Brunel and Hakim 1999: inhibitory neurons oscillate together although each of them fires rarely.

Brunel and Hakim (1999), doi:10.1162/089976699300016179: 5000 integrate-and-fire neurons, each inhibited by 1000 others after 2
ms, with a mean drive above threshold and private noise. In Brian2, both versions draw the noise from the same seed; on the
emulator it is one uniform number per step, of the same variance.
"""

from dataclasses import dataclass

import brian2
import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, Synapses, defaultclock, run

from neurosim import EquationNeuron, FixedInDegree, Network, Population, Projection, emulate_network, simulate
from neurosim.analysis.measures import mean_rate, synchrony
from neurosim.backends.brian2.engine import seed_of
from neurosim.neurons import Fraction, Level, StepNeuron, Steps
from neurosim.units import ms, mV

DT = 0.1
MODEL = "dv/dt = (25*mV - v + 1*mV*sqrt(20*ms)*xi)/(20*ms) : volt (unless refractory)"


def described(small):
    neuron = EquationNeuron(
        model=MODEL, threshold="v > 20*mV", reset="v = 10*mV", refractory=2 * ms, method="euler",
        receptors={"default": "v"},
    )  # fmt: skip
    return network_of(neuron, 500 if small else 5000, mV), (30 if small else 300) * ms


def network_of(neuron, n, unit):
    inhibition = Projection("cells", "cells", FixedInDegree(-500 / n * unit, n=n // 5), delay=2 * ms)
    return Network("brunel_hakim", [Population("cells", n, neuron, initial={"v": 10 * unit})], [inhibition], dt=DT * ms)


@dataclass(frozen=True, kw_only=True)
class Noisy(StepNeuron):
    """The equation by forward Euler, in mV."""

    rate: Fraction
    drive_level: Level
    noise: Level
    v_th: Level
    v_reset: Level
    refractory: Steps
    states = {"v": "level", "held": "whole"}
    inputs = {"default": "a"}
    step = """
        if held > 0:
            held -= 1
        else:
            v = v + a
            v = v + rate * (drive_level - v) + noise * (chance(draw) - 0.5)
        spike = held == 0 and v > v_th
        if spike:
            v = v_reset
            held = refractory
    """


def emulated(network, duration):
    neuron = Noisy(
        rate=DT / 20, drive_level=25.0, noise=np.sqrt(12 * DT / 20), v_th=20.0, v_reset=10.0, refractory=(2 - DT) * ms
    )
    return emulate_network(network_of(neuron, network.population("cells").n, 1.0), duration)


def by_hand(network, duration, inputs):
    brian2.seed(seed_of(network))
    defaultclock.dt = DT * ms
    n = network.population("cells").n
    cells = NeuronGroup(n, MODEL, threshold="v > 20*mV", reset="v = 10*mV", refractory=2 * ms, method="euler")
    cells.v = 10 * mV
    inhibition = Synapses(cells, cells, on_pre="v -= jump", namespace={"jump": 500 / n * mV}, delay=2 * ms)
    pre, post = network.weights("cells_cells").nonzero()
    inhibition.connect(i=pre, j=post)
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"cells": spikes}


def numbers(recording):
    counts = np.bincount(recording.spikes["cells"].step, minlength=recording.steps).astype(float)
    power = np.abs(np.fft.rfft(counts - counts.mean())) ** 2
    return {
        "rate (Hz)": mean_rate(recording, "cells"),
        "frequency of the oscillation (Hz)": float(np.fft.rfftfreq(len(counts), recording.dt)[power.argmax()]),
        "synchrony in 1 ms": synchrony(recording, "cells", 1e-3),
    }


EXECUTIONS = {"Brian2": simulate, "emulator": emulated}
