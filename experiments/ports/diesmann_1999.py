"""Diesmann et al. 1999: a volley of spikes travels along a chain of groups, and becomes sharper.

Diesmann, Gewaltig, Aertsen (1999), doi:10.1038/990101: ten groups of 100 neurons, each connected to all of the next group after
5 ms. The synaptic current is an alpha function, and noise stands for the spikes of the rest of the brain. A volley of 85 spikes
within a few ms enters the first group. In Brian2, both versions draw the noise from the same seed; on the emulator it is one
uniform number per step, of the same variance.
"""

from dataclasses import dataclass

import brian2
import numpy as np
from brian2 import Network as BrianNetwork
from brian2 import NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, defaultclock

from neurosim import AllToAll, EquationNeuron, Network, Population, Projection, SpikeArray, emulate_network, per_step, simulate
from neurosim.backends.brian2.engine import seed_of
from neurosim.neurons import Decay, Fraction, Level, StepNeuron, Steps
from neurosim.units import ms, mV

DT, GROUPS, SIZE = 0.1, 10, 100
MODEL = """
dv/dt = (-70*mV - v + x)/(10*ms) : volt (unless refractory)
dx/dt = (y - x)/(0.325*ms) : volt
dy/dt = -y/(0.325*ms) + 25.27*mV/ms + 39.24*mV/ms**0.5*xi : volt
"""
NEURON = {"threshold": "v > -55*mV", "reset": "v = -70*mV", "refractory": 1 * ms, "method": "euler"}
WEIGHT = 4.86


def described(small):
    neuron = EquationNeuron(model=MODEL, receptors={"default": "y"}, initial={"v": -66 * mV}, **NEURON)
    return chain(neuron, small, WEIGHT * mV)


def chain(neuron, small, weight):
    groups = 4 if small else GROUPS
    times = np.random.default_rng(0).normal(20, 1, 85)
    cells = [Population(f"group{k}", SIZE, neuron) for k in range(groups)]
    names = ["volley", *(p.name for p in cells)]
    arrived = SpikeArray(np.arange(85), times * ms)
    synapses = [Projection(a, b, AllToAll(weight), delay=5 * ms) for a, b in zip(names, names[1:], strict=False)]
    network = Network("diesmann", [Population("volley", 85, arrived), *cells], synapses, dt=DT * ms)
    return network, (50 if small else 100) * ms


@dataclass(frozen=True, kw_only=True)
class Alpha(StepNeuron):
    """The equations by forward Euler, in mV above rest."""

    rate: Fraction
    rise: Fraction
    tau_y: Decay
    mean: Level
    noise: Level
    v_th: Level
    refractory: Steps
    states = {"y": "level", "x": "level", "v": "level", "held": "whole"}
    inputs = {"default": "a"}
    step = """
        y = y + a
        if held > 0:
            held -= 1
        else:
            v = v + rate * (x - v)
        x = x + rise * (y - x)
        y = decay(y, tau_y) + mean + noise * (chance(draw) - 0.5)
        spike = held == 0 and v > v_th
        if spike:
            v = 0
            held = refractory
    """


def emulated(network, duration):
    sd = 39.24 * np.sqrt(DT)
    neuron = Alpha(
        rate=DT / 10, rise=DT / 0.325, tau_y=per_step(1 - DT / 0.325), mean=25.27 * DT, noise=sd * np.sqrt(12), v_th=15.0,
        refractory=(1 - DT) * ms,
    )  # fmt: skip
    return emulate_network(chain(neuron, len(network.populations) <= GROUPS, WEIGHT)[0], duration)


def by_hand(network, duration, inputs):
    brian2.seed(seed_of(network))
    defaultclock.dt = DT * ms
    names = [p.name for p in network.populations[1:]]
    volley = SpikeGeneratorGroup(85, *inputs["volley"])
    cells = [NeuronGroup(SIZE, MODEL, name=name, **NEURON) for name in names]
    for group in cells:
        group.v = -66 * mV
    synapses = [Synapses(a, b, on_pre="y += WEIGHT*mV", delay=5 * ms) for a, b in zip([volley, *cells], cells, strict=False)]
    for one in synapses:
        one.connect()
    spikes = {name: SpikeMonitor(group) for name, group in zip(names, cells, strict=True)}
    brian = BrianNetwork(volley, cells, synapses, spikes.values())
    brian.run(duration)
    return spikes


def numbers(recording):
    last = [name for name in recording.spikes if name.startswith("group")][-1]
    times = recording.spikes[last].step * recording.dt * 1000
    volley = times[times > 20]
    return {
        "spikes of the last group": len(times),
        "median time of the last group (ms)": float(np.median(volley)) if len(volley) else 0.0,
        "spread of the last group (ms)": float(np.subtract(*np.quantile(volley, [0.75, 0.25]))) if len(volley) else 0.0,
    }


EXECUTIONS = {"Brian2": simulate, "emulator": emulated}
