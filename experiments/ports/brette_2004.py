"""Phase locking: neurons that are driven by a sine fire in step with it, depending on their mean drive.

Brette (2004), Journal of Mathematical Biology 48, 38-56: 500 integrate-and-fire neurons receive the same sine of 20 Hz and mean
drives from 0.8 to 1.8 of their threshold. On the emulator the sine is a pair of states of the neuron that turn in a circle.
"""

from dataclasses import dataclass

import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, defaultclock, run

from neurosim import EquationNeuron, Network, Population, emulate_network, simulate
from neurosim.analysis.measures import mean_rate
from neurosim.neurons import Fraction, Level, StepNeuron
from neurosim.units import ms

DT, DRIVES = 0.1, np.linspace(0.8, 1.8, 500)
MODEL = "dv/dt = (drive + 0.4*sin(2*pi*20*Hz*t) - v)/(20*ms) : 1"
RUN = {"threshold": "v > 1", "reset": "v = 0", "method": "euler"}


def described(small):
    neuron = EquationNeuron(model=MODEL, parameters={"drive": DRIVES}, **RUN)
    return Network("phase_locking", [Population("cells", 500, neuron)], dt=DT * ms), (300 if small else 2000) * ms


@dataclass(frozen=True, kw_only=True)
class Driven(StepNeuron):
    """The equation by forward Euler, with a sine that the neuron makes itself."""

    rate: Fraction
    mean: Level
    v_th: Level
    cosine: Fraction
    sine: Fraction
    states = {"v": "level", "s": "level", "c": "level"}
    inputs = {"default": "a"}
    step = """
        v = v + rate * (mean + s - v) + a
        before = s
        s = cosine * s + sine * c
        c = cosine * c - sine * before
        spike = v > v_th
        if spike:
            v = 0
    """


def emulated(network, duration):
    turn = 2 * np.pi * 20 * DT / 1000
    neuron = Driven(rate=DT / 20, mean=DRIVES, v_th=1.0, cosine=np.cos(turn), sine=np.sin(turn))
    cells = Population("cells", 500, neuron, initial={"c": 0.4})
    return emulate_network(Network("phase_locking", [cells], dt=DT * ms), duration)


def by_hand(network, duration, inputs):
    defaultclock.dt = DT * ms
    cells = NeuronGroup(500, MODEL + "\ndrive : 1 (constant)", **RUN)
    cells.drive = DRIVES
    spikes = SpikeMonitor(cells)
    run(duration)
    return {"cells": spikes}


def numbers(recording):
    late = recording.raster("cells")[0, recording.steps // 2 :]
    cycles = late[: len(late) // 500 * 500].reshape(-1, 500, 500).sum(axis=1)
    return {
        "rate (Hz)": mean_rate(recording, "cells"),
        "neurons with one spike in each cycle (%)": 100 * np.mean(np.all(cycles == 1, axis=0)),
        "neurons with two spikes in each cycle (%)": 100 * np.mean(np.all(cycles == 2, axis=0)),
    }


EXECUTIONS = {"Brian2": simulate, "emulator": emulated}
