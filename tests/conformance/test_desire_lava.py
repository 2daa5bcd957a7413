"""A network that learns by its own desire, in Lava and on the emulator: every spike, state, weight and tag."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.desire_chip import RECIPES, UNIT, build
from neurosim import deploy
from neurosim.backends.emulator import emulate
from neurosim.backends.lava.export import manifest
from neurosim.backends.lava.runner import run_lava
from neurosim.data import load_dataset
from neurosim.network.probes import SynapseProbe
from neurosim.plasticity import DesireSignal, desire
from neurosim.program.lower import lower
from tests.conformance.lava_children import TIMEOUT, needs_lava
from tests.steps import is_a
from tests.unit.desire_networks import ALLOW, PERIOD, desire_network, in_one_run, samples

pytestmark = [pytest.mark.slow, needs_lava]

STATES = ("v", "count", "label", "desire")


def digits(count):
    data = load_dataset("digits")
    return (data.train_images[:count] / data.max_value).astype(np.float32), data.train_labels[:count]


def both(program, network, images, labels, synaptic, every=1):
    """The same run on the emulator and in Lava."""
    plastic = [p.name for p in program.projections if p.rule is not None]
    cells = [p.name for p in program.populations if is_a(p.neuron, "DesireLIF")]
    given = {
        "steps": PERIOD * len(images),
        "inputs": in_one_run(network, images, labels),
        "probes": [(name, state) for name in cells for state in STATES],
        "watch": [SynapseProbe(name, v, every) for name in plastic for v in ("w", *synaptic)],
    }
    steps = given.pop("steps")
    return emulate(program, steps, **given), run_lava(program, steps, timeout=TIMEOUT, **given)


def largest_difference(found, wanted):
    parts = [(found.states, wanted.states), *(({k: t.values for k, t in a.items()}, {k: t.values for k, t in b.items()})
             for a, b in ((found.weights, wanted.weights), (found.synapses, wanted.synapses)))]  # fmt: skip
    assert all(set(a) == set(b) for a, b in parts)
    return max(float(np.abs(a[key] - b[key]).max()) for a, b in parts for key in a)


def same_spikes(found, wanted):
    return all(np.array_equal(found.raster(name), wanted.raster(name)) for name in wanted.spikes)


def test_digits_in_integers():
    """64-20-10, 20 images, tied feedback: bit for bit, random rounding included."""
    network = build(sizes=(64, 20, 10), eta=32 / 128 * UNIT, output_eta=64 / 128 * UNIT, period=PERIOD)
    program = deploy(network, allow=ALLOW).program
    images, labels = digits(20)
    found, wanted = both(program, network, images, labels, ("tag", "aux"), every=4)
    assert same_spikes(found, wanted) and largest_difference(found, wanted) == 0
    for name in ("image_hidden1", "hidden1_output"):
        w = wanted.weights[name].values
        assert np.abs(w[-1] - w[0]).max() > 2 and np.count_nonzero(w[-1] - w[0]) > 10, name
    assert {-1, 1} <= set(np.unique(wanted.states["hidden1", "desire"])), "both directions were asked for"


def test_digits_with_nothing_transported():
    """64-20-10, 20 images, random feedback, a floor and a ceiling: deployed without exceptions, and bit for bit the same."""
    options = {**RECIPES["digits"].options, "ceiling": 6, "floor": 0.5}
    network = build((64, 20, 10), eta=32 / 128 * UNIT, output_eta=64 / 128 * UNIT, period=PERIOD, **options)
    deployment = deploy(network)
    program = deployment.program
    assert not [loss for loss in deployment.report.losses if loss.kind == "allowed"]
    assert all("transport" not in entry["process"] for entry in manifest(program)["projections"])
    for rule in (p.rule for p in program.projections if p.rule is not None):
        assert any({"x1", "y1"} == {name for name, _ in product.factors} for product in rule.products), "the floor"
    images, labels = digits(20)
    found, wanted = both(program, network, images, labels, ("tag", "aux"), every=4)
    assert same_spikes(found, wanted) and largest_difference(found, wanted) == 0
    for name in ("image_hidden1", "hidden1_output"):
        w = wanted.weights[name].values
        assert np.abs(w[-1] - w[0]).max() > 2 and np.count_nonzero(w[-1] - w[0]) > 10, name
    counts = wanted.raster("hidden1")[0].reshape(20, PERIOD, -1).sum(axis=1)
    desired = wanted.states["hidden1", "desire"]
    assert counts.max() >= 6 and {-1, 1} <= set(np.unique(desired)), "somebody was at the ceiling"


@pytest.mark.parametrize("feedback", [None, lambda w: w.T])
def test_the_plain_rule_in_integers(feedback):
    """Weights rounded at random; feedback through the forward weights, or some of its own; three layers, with a ceiling."""
    signal = DesireSignal(ceiling=6)
    rule = desire(eta=6 / 128**2, signal=signal, bounds=(-255 / 128, 255 / 128), x_peak=7.9, tag_peak=42.5)
    network = desire_network((12, 9, 7, 4), rule, feedback=feedback, signal=signal, seed=3)
    program = deploy(network, allow=ALLOW).program
    found, wanted = both(program, network, *samples(network, 6), ("tag",))
    assert same_spikes(found, wanted) and largest_difference(found, wanted) == 0
    for name in ("image_hidden1", "hidden1_hidden2", "hidden2_output"):
        assert np.ptp(wanted.weights[name].values, axis=0).max() > 1, name
    counts = np.stack([wanted.raster(name)[0].reshape(6, PERIOD, -1).sum(axis=1).max() for name in ("hidden1", "hidden2")])
    assert counts.max() >= 6, "somebody was at the ceiling"


@pytest.mark.parametrize("feedback", [None, lambda w: w.T])
def test_digits_in_float(feedback):
    images, labels = digits(20)
    network = desire_network((64, 20, 10), desire(eta=1e-3), feedback=feedback)
    found, wanted = both(lower(network), network, images, labels, ("tag",), every=9)
    assert same_spikes(found, wanted) and largest_difference(found, wanted) < 1e-6
    w = wanted.weights["image_hidden1"].values
    assert np.abs(w[-1] - w[0]).max() > 0.05


def test_samples_from_rest():
    network = desire_network((12, 9, 4), desire(eta=6 / 128**2, bounds=(-255 / 128, 255 / 128), x_peak=7.9, tag_peak=42.5))
    program = deploy(network, allow=ALLOW).program
    images, labels = samples(network, 3)
    inputs = {name: raster.reshape(3, PERIOD, -1) for name, raster in in_one_run(network, images, labels).items()}
    found, wanted = (run(program, PERIOD, inputs=inputs) for run in (emulate, run_lava))
    assert same_spikes(found, wanted) and largest_difference(found, wanted) == 0


def test_resting_weights_need_no_exception():
    """Without rules the feedback is a stock connection with the transposed weights."""
    network = desire_network((12, 9, 4), desire(eta=1e-3, bounds=(-2.0, 2.0)))
    program = deploy(network, allow=ALLOW).program
    named = {entry["name"]: entry for entry in manifest(program)["projections"]}
    assert "weight transport" in named["output_hidden1"]["process"] and not named["output_hidden1"]["stock"]
    assert named["hidden1_output"]["process"] == "TwoWayLearningDense" and named["image_hidden1"]["stock"]
    resting = replace(program, projections=tuple(replace(p, rule=None) for p in program.projections))
    assert all(entry["stock"] for entry in manifest(resting)["projections"])
    found, wanted = both(resting, network, *samples(network, 2), ())
    assert same_spikes(found, wanted) and largest_difference(found, wanted) == 0
    assert wanted.states["hidden1", "desire"].any()
