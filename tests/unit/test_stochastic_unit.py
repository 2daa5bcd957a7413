"""StochasticUnit: its probability, exact sampling of a small Boltzmann machine, clamps, and learning from s - p."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import (
    AllToAll,
    Network,
    OneToOne,
    Population,
    Probe,
    Projection,
    SpikeRaster,
    StochasticUnit,
    compare,
    deploy,
    emulate_network,
    simulate,
)
from neurosim.errors import NetworkError, UnitError
from neurosim.plasticity import PlasticityRule, post_modulator, pre
from neurosim.units import ms, mV
from tests.conformance.lava_children import TIMEOUT, needs_lava

DRIVES = np.linspace(-7, 7, 113)


def lines(x):
    """The probability in 1/128, as the paper's three lines give it."""
    size = np.abs(x)
    half = np.minimum(np.minimum(0.25 * size, 0.125 * size + 0.125), np.minimum(0.03125 * size + 0.34375, 0.5))
    return 64 + np.sign(x) * np.floor(half * 128 + 0.5)


def runs(network, duration):
    """In float and in the integers of a chip."""
    return emulate_network(network, duration), deploy(network).emulate(duration)


def test_the_probability_is_near_the_logistic_function():
    units = Population("units", len(DRIVES), StochasticUnit(slope=1.0, bias=DRIVES))
    floats, integers = runs(Network("one", [units], probes=[Probe("units", "p")]), 2 * ms)
    p = floats.states["units", "p"][0, -1]
    assert np.array_equal(p, lines(DRIVES))
    assert np.abs(p / 128 - 1 / (1 + np.exp(-DRIVES))).max() < 0.025
    assert np.abs(integers.states["units", "p"][0, -1] - p).max() <= 1


def test_it_spikes_as_often_as_its_probability_says():
    units = Population("units", len(DRIVES), StochasticUnit(slope=0.1 / mV, bias=DRIVES * 10 * mV))
    for found in runs(Network("one", [units], seed=3), 4000 * ms):
        rate = found.counts("units").ravel() / 4000
        p = lines(DRIVES) / 128
        assert np.abs(rate - p).max() < 4.5 * np.sqrt(0.25 / 4000)
        assert rate[0] == 0 and rate[-1] == 1


def machine(weights, visible, hidden):
    layers = [Population(n, len(biases), StochasticUnit(bias=biases)) for n, biases in (("v", visible), ("h", hidden))]
    return Network("machine", layers, [Projection("v", "h", weights), Projection("h", "v", weights.T)], seed=7)


def raster(found, name, n, steps):
    spikes = found.spikes[name]
    on = np.zeros((steps, n), int)
    on[spikes.step, spikes.neuron] = 1
    return on


def test_it_samples_a_restricted_boltzmann_machine():
    weights = np.array([[1.2, -1.0], [0.8, 1.5], [-1.4, 0.6]])
    visible, hidden = np.array([-0.3, 0.2, 0.4]), np.array([0.1, -0.5])
    states = np.array([[(k >> j) & 1 for j in range(5)] for k in range(32)])
    energy = states[:, :3] @ visible + states[:, 3:] @ hidden + np.einsum("ki,ij,kj->k", states[:, :3], weights, states[:, 3:])
    exact = np.exp(energy) / np.exp(energy).sum()
    steps = 40000
    for found in runs(machine(weights, visible, hidden), steps * ms):
        # A layer is drawn from what the other sent in the step before.
        joint = np.hstack([raster(found, "v", 3, steps)[:-1], raster(found, "h", 2, steps)[1:]])
        seen = np.bincount(joint @ (1 << np.arange(5)), minlength=32) / len(joint)
        assert np.sum(exact * np.log(exact / seen)) < 0.01
        independent = np.outer(exact.reshape(4, 8).sum(1), exact.reshape(4, 8).sum(0)).ravel()
        assert np.sum(exact * np.log(exact / independent)) > 0.1, "the machine is one whose layers depend on each other"


def test_clamps_decide_while_they_are_heard():
    counts = np.zeros((30, 2), int)
    counts[:, 0], counts[:, 1] = 1, 1
    unit = StochasticUnit(slope=1.0, bias=[-0.4, 0.4], period=10 * ms, clamp_from=2 * ms, clamp_to=6 * ms)
    wire = Projection("data", "units", OneToOne([0.5, -0.5]), receptor="clamp")
    network = Network("one", [Population("data", 2, SpikeRaster(counts)), Population("units", 2, unit)], [wire], seed=1)
    for found in runs(network, 30 * ms):
        on = raster(found, "units", 2, 30)
        heard = [k for k in range(1, 30) if 2 <= k % 10 < 6]
        assert on[heard, 0].all() and not on[heard, 1].any()
        free = [k for k in range(30) if not 2 <= k % 10 < 6]
        assert set(on[free, 0]) == set(on[free, 1]) == {0, 1}


def taught(q):
    """A unit that learns the probability of another, which clamps it by both of its channels."""
    rule = PlasticityRule(
        "delta",
        traces={"x": pre(decay=0)},
        modulators={"M": post_modulator("error")},
        every={1: {"w": "eta * M * x"}},
        parameters={"eta": 0.01},
        bounds=(-4, 4),
    )
    populations = [
        Population("one", 1, SpikeRaster(np.ones((6000, 1), int))),
        Population("teacher", 1, StochasticUnit(bias=np.log(q / (1 - q)))),
        Population("pupil", 1, StochasticUnit()),
    ]
    wires = [
        Projection("one", "pupil", AllToAll(0.0), plasticity=rule),
        Projection("teacher", "pupil", AllToAll(1.0), receptor="clamp", name="on"),
        Projection("teacher", "pupil", AllToAll(-1.0), channel="silence", receptor="clamp", name="off"),
    ]
    return Network("taught", populations, wires, [Probe("pupil", "p"), Probe("teacher", "p")], seed=2)


@pytest.mark.parametrize("q", [0.8, 0.25])
def test_a_clamped_unit_learns_the_probability_of_its_teacher(q):
    for found in runs(taught(q), 6000 * ms):
        learnt = found.states["pupil", "p"].ravel()
        assert learnt[:2] == pytest.approx(64, abs=2)
        assert learnt[-3000:].mean() == pytest.approx(found.states["teacher", "p"].ravel()[-1], abs=7)


def test_a_clamped_unit_learns_the_weights_of_its_teacher():
    """Logistic regression, with inputs that change in every step."""
    weights, steps = np.array([[2.0], [-1.5], [0.8]]), 20000
    shown = np.random.default_rng(6).integers(0, 2, (steps, 3))
    rule = PlasticityRule(
        "delta",
        traces={"x": pre(decay=0, channel="arrival")},
        modulators={"M": post_modulator("error")},
        every={1: {"w": "eta * M * x"}},
        parameters={"eta": 0.01},
    )
    populations = [
        Population("first", 3, SpikeRaster(shown)),
        # The teacher's answer reaches the pupil one step later than what the teacher answered.
        Population("later", 3, SpikeRaster(np.vstack([np.zeros((1, 3), int), shown[:-1]]))),
        Population("teacher", 1, StochasticUnit(bias=-0.4)),
        Population("pupil", 1, StochasticUnit(bias=-0.4)),
    ]
    wires = [
        Projection("first", "teacher", weights),
        Projection("later", "pupil", AllToAll(0.0), plasticity=rule),
        Projection("teacher", "pupil", AllToAll(1.0), receptor="clamp", name="on"),
        Projection("teacher", "pupil", AllToAll(-1.0), channel="silence", receptor="clamp", name="off"),
    ]
    found = emulate_network(Network("taught", populations, wires, seed=2), steps * ms).weights["later_pupil"].values[-1]
    assert np.abs(found - weights).max() < 0.3


@needs_lava
@pytest.mark.slow
def test_it_learns_the_same_in_lava():
    """The third factor is what the neuron itself computes and sends."""
    chip = deploy(taught(0.8))
    found, wanted = chip.run_lava(100 * ms, timeout=TIMEOUT), chip.emulate(100 * ms)
    assert compare(found, wanted).identical
    assert np.array_equal(found.weights["one_pupil"].values[-1], wanted.weights["one_pupil"].values[-1])
    assert wanted.weights["one_pupil"].values[-1] > 0.05


def test_it_learns_the_same_in_brian2():
    floats = emulate_network(taught(0.8), 200 * ms)
    found = simulate(taught(0.8), 200 * ms, integration="step", target="numpy")
    assert np.allclose(found.states["pupil", "p"], floats.states["pupil", "p"])
    assert floats.weights["one_pupil"].values[-1] > 0.3


def test_errors():
    with pytest.raises(NetworkError, match=r"clamp_from = 5. ms to clamp_to = 5. ms; expected a clamp_to above that"):
        StochasticUnit(period=10 * ms, clamp_from=5 * ms, clamp_to=5 * ms)
    with pytest.raises(UnitError, match=r"slope = 1.0; its levels are in volts, so expected a number per volt, such as 2/mV"):
        StochasticUnit(bias=3 * mV)
    with pytest.raises(NetworkError, match=r"slope = -1.0; expected an inverse temperature above 0"):
        StochasticUnit(slope=-1.0)
