"""Burst neurons that learn by their bursts, in Brian2 and on the emulator in float: every spike, state and weight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim import (
    LIF,
    BurstLIF,
    EventBaseline,
    Network,
    Population,
    Probe,
    Projection,
    RateCoding,
    SpikeRaster,
    SteadyBaseline,
    emulate_network,
    simulate,
)
from neurosim.backends.brian2.functions import random_bits
from neurosim.errors import UnsupportedError
from neurosim.network.inputs import ImageInput
from neurosim.units import ms, mV
from tests.unit.burst_networks import burst_network, draws, given, rule

STEPS = 400
PLASTIC = ("drive_low", "low_high")
PROBES = (
    *(Probe(name, variable) for name in ("low", "high") for variable in BurstLIF().variables),
    *(Probe(name, variable, every=7 * ms) for name in PLASTIC for variable in ("w", "x")),
)


def fed(network, steps=STEPS):
    """With spikes in its sources, and everything probed."""
    inputs = given(steps)
    filled = [replace(p, neuron=SpikeRaster(inputs[p.name][0])) if p.name in inputs else p for p in network.populations]
    return replace(network, populations=filled, probes=PROBES)


def same(found, wanted):
    """Every spike with its payload, and everything that is probed to 1e-12 of an SI unit."""
    for name in wanted.spikes:
        assert np.array_equal(found.raster(name), wanted.raster(name)), name
    assert set(found.states) == set(wanted.states) and set(found.weights) == set(wanted.weights)
    pairs = [(found.states[key], wanted.states[key]) for key in wanted.states]
    for a, b in ((found.weights, wanted.weights), (found.synapses, wanted.synapses)):
        assert all(np.array_equal(a[key].steps, b[key].steps) for key in b)
        pairs += [(a[key].values, b[key].values) for key in b]
    for a, b in pairs:
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize("baseline", [EventBaseline(k=3, p=0.3), SteadyBaseline(0.4)])
def test_learning(baseline):
    """Two layers, all receptors and channels, and the baseline as a third factor."""
    network = fed(burst_network(rule(), baseline=baseline))
    found, wanted = simulate(network, STEPS * ms, integration="step"), emulate_network(network, STEPS * ms)
    same(found, wanted)
    for name in ("low", "high"):
        assert {1, 2} <= set(wanted.spikes[name].payload), f"{name} has events and bursts"
        assert (np.ptp(wanted.states[name, "baseline"]) > 0.1) == isinstance(baseline, EventBaseline)
    for name in PLASTIC:
        values = wanted.weights[name].values
        assert np.abs(values[-1] - values[0]).max() > 1e-3, name


def test_neurons_that_differ():
    """One time constant, drive and adaptation a neuron, and spikes of both kinds onto another neuron, later."""
    per = np.linspace(0, 1, 9)
    cells = BurstLIF(bias=(20 + 6 * per) * mV, bias_d=(-6 + 12 * per) * mV, jump=(4 + per) * mV, tau_d=(7 + per) * ms)
    network = Network(
        "several",
        [Population("cells", 9, cells), Population("sink", 2, LIF(tau_m=20 * ms, v_th=15 * mV, tau_syn=5 * ms))],
        [
            Projection("cells", "sink", np.full((9, 2), 60.0) * mV, delay=3 * ms),
            Projection("cells", "cells", np.eye(9) * 40 * mV, channel="burst", receptor="dendrite", delay=np.eye(9) * 4 * ms),
        ],
        [Probe("cells", "v_d"), Probe("sink", "v")],
        seed=3,
    )
    found, wanted = simulate(network, 500 * ms, integration="step"), emulate_network(network, 500 * ms)
    same(found, wanted)
    assert wanted.raster("sink").any() and (wanted.raster("cells") == 2).any()


def test_samples_go_on_drawing():
    """Each sample begins at rest, with random numbers of its own: those of the emulator."""
    shown = ImageInput(RateCoding(200))
    network = Network(
        "shown",
        [Population("image", 4, shown), Population("cells", 9, BurstLIF(bias=18 * mV))],
        [Projection("image", "cells", np.full((4, 9), 12.0) * mV)],
        seed=1,
    )
    images = np.full((3, 4), 0.2)
    found = simulate(network, 200 * ms, images=images, integration="step")
    wanted = emulate_network(network, 200 * ms, images=images)
    assert np.array_equal(found.raster("cells"), wanted.raster("cells")) and (wanted.raster("cells") == 2).any()
    assert not np.array_equal(wanted.raster("cells")[0], wanted.raster("cells")[1])


@pytest.mark.slow
def test_compiled_for_cpp():
    network = fed(burst_network(rule(), baseline=EventBaseline(k=3, p=0.3)))
    same(simulate(network, STEPS * ms, integration="step", target="cpp_standalone"), emulate_network(network, STEPS * ms))


@pytest.mark.slow
def test_compiled_for_cython():
    """The same random numbers; one population, because each of its functions costs seconds to compile."""
    cells = Population("cells", 9, burst_network().population("low").model)
    again = Projection("cells", "cells", np.eye(9) * 40 * mV, channel="burst", receptor="dendrite", delay=3 * ms)
    network = Network("alone", [cells], [again], [Probe("cells", "v_d")])
    found = simulate(network, STEPS * ms, integration="step", target="cython")
    wanted = emulate_network(network, STEPS * ms)
    same(found, wanted)
    assert {1, 2} <= set(wanted.spikes["cells"].payload)


def test_random_numbers():
    """Those of the definition, for large seeds and steps too."""
    for seed, step in ((0, 0), (2576023652, 41), (2**32 - 1, 2**32 + 7)):
        assert random_bits(float(seed), step, np.arange(50, dtype=np.int32)).tolist() == draws(seed, step % 2**32, 50)


def test_continuous_time_is_refused():
    with pytest.raises(UnsupportedError, match="'low'.*BurstLIF.*integration='step'"):
        simulate(burst_network(), 10 * ms)
