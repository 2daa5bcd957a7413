"""Normalisation as a part of a rule: known sums, the same bits everywhere, in stretches and over files; refusals."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from neurosim import ImageInput, Network, Population, Projection, RateCoding, deploy, emulate_network, simulate, start
from neurosim.backends.lava.float_rules import float_learning
from neurosim.cards.card import rule_card
from neurosim.errors import NetworkError, UnitError, UnsupportedError
from neurosim.plasticity import PlasticityRule, desire, gated, normalise, pair_stdp, post, pre
from neurosim.plasticity.normalise import Normalise
from neurosim.program.lower import lower
from neurosim.units import ms, mV
from tests.unit.rule_networks import assert_alike, assert_resumes, teaching


def scaling(*args, bounds=None, **options):
    """A rule that only normalises."""
    return PlasticityRule("scaling", normalise=normalise(*args, **options), bounds=bounds)


def learning(scaled, **more):
    return PlasticityRule(
        "stdp",
        traces={"x": pre(20 * ms), "y": post(20 * ms)},
        on_pre={"w": "-0.02 * y"},
        on_post={"w": "0.03 * x"},
        normalise=scaled,
        **{"bounds": (0.0, None), **more},
    )


def random_weights(seed, shape=(7, 5), density=None):
    rng = np.random.default_rng(seed)
    dense = rng.uniform(0.1, 1.0, shape)
    if density is None:
        return dense
    return sparse.csr_array(np.where(rng.random(shape) < density, dense, 0.0))


def final(recording, name="pre_post"):
    return recording.weights[name].values[-1]


@pytest.mark.parametrize("run", [emulate_network, lambda *a: simulate(*a, integration="step"), simulate])
@pytest.mark.parametrize(("over", "axis"), [("post", 0), ("pre", 1)])
@pytest.mark.parametrize("when", [{"at": "sample_start"}, {"at": "sample_end"}, {"every": 3}, {"every": 5 * ms}])
def test_known_sums(run, over, axis, when):
    weights = random_weights(1)
    network = teaching(scaling(2.5, over, **when), weights, tau=20 * ms)
    assert_allclose(final(run(network, 20 * ms)), weights * 2.5 / weights.sum(axis=axis, keepdims=True), rtol=1e-12)


def test_when_weights_are_scaled():
    weights = np.full((2, 1), 1.0)
    made = teaching(scaling(4.0, every=10 * ms), weights, probes=["w"])
    assert_array_equal(emulate_network(made, 40 * ms).weights["pre_post"].values[:, 0, 0], [1, 2, 2, 2, 2])
    made = teaching(scaling(4.0), weights, probes=["w"])
    for run in (emulate_network, lambda *a: simulate(*a, integration="step")):
        assert_array_equal(run(made, 20 * ms).weights["pre_post"].values[:, 0, 0], [1, 2, 2])


def test_neurons_that_keep_their_weights():
    weights = np.array([[0.0, 1.0, -1.0, 0.5], [0.0, -1.0, -2.0, 0.5]])
    expected = np.array([[0.0, 1.0, -1.0, 2.0], [0.0, -1.0, -2.0, 2.0]])
    for run in (emulate_network, lambda *a: simulate(*a, integration="step")):
        assert_allclose(final(run(teaching(scaling(4.0), weights), 10 * ms)), expected)
    inhibitory = teaching(scaling(-4.0), np.array([[0.0, 1.0, -1.0, -2.0], [0.0, -1.0, -3.0, -2.0]]))
    assert_allclose(final(emulate_network(inhibitory, 10 * ms)), [[0, 1, -1, -2], [0, -1, -3, -2]])


def test_bounds_hold():
    weights = np.array([[0.1, 0.4], [0.3, 0.4]])
    made = teaching(scaling(2.0, bounds=(0.0, 0.8)), weights)
    for run in (emulate_network, lambda *a: simulate(*a, integration="step")):
        assert_allclose(final(run(made, 10 * ms)), [[0.5, 0.8], [0.8, 0.8]])


@pytest.mark.parametrize(
    ("density", "over", "when", "on"),
    [
        (None, "post", {"at": "sample_start"}, {}),
        (0.6, "pre", {"at": "sample_start"}, {}),
        (None, "pre", {"every": 7 * ms}, {"on": "brian2", "integration": "step"}),
        (0.6, "post", {"every": 7 * ms}, {}),
    ],
)
def test_random_networks_that_learn(density, over, when, on, tmp_path):
    weights = random_weights(2, density=density)
    network = teaching(learning(normalise(1.5, over, **when)), weights, seed=2, probes=["w"])
    whole = assert_alike(network)
    if "every" in when:
        assert_allclose(np.asarray(_at(network, 14).sum(axis=0 if over == "post" else 1)).max(), 1.5)
    assert final(whole).std() > 0
    assert_resumes(network, tmp_path, **on)


def _at(network, steps):
    run = start(network)
    run.advance(steps * ms)
    return run.weights["pre_post"]


def test_bit_for_bit():
    """Without a gain, which scales the weights of the step program, both engines have the same numbers."""
    network = teaching(scaling(1.7, every=3), random_weights(3, (50, 20)))
    assert network.population("post").model.step_form(1e-3).gain_at("default") == 1.0
    ours, theirs = emulate_network(network, 60 * ms), simulate(network, 60 * ms, integration="step")
    assert_array_equal(final(ours), final(theirs))


def test_frozen_weights_are_not_scaled():
    for options in ({}, {"on": "brian2", "integration": "step"}):
        run = start(teaching(learning(normalise(1.5, every=5)), random_weights(4)), **options)
        run.advance(20 * ms)
        run.learning(False)
        run.weights["pre_post"] = np.ones((7, 5))
        run.advance(20 * ms)
        assert_array_equal(run.weights["pre_post"], np.ones((7, 5)))
        run.learning(True)
        run.advance(5 * ms)
        assert_allclose(run.weights["pre_post"].sum(axis=0), 1.5)


def test_samples_of_images():
    rule = learning(normalise(2.0, at="sample_start"))
    cells = teaching(rule, np.ones((4, 3))).population("post")
    network = Network(
        "images", [Population("pixels", 4, ImageInput(RateCoding(20))), cells],
        [Projection("pixels", "post", 40 * random_weights(5, (4, 3)), plasticity=rule)],
    )  # fmt: skip
    images = np.random.default_rng(0).random((5, 4))
    whole = emulate_network(network, 20 * ms, images=images)
    other = simulate(network, 20 * ms, images=images, integration="step")
    assert_allclose(final(whole, "pixels_post"), final(other, "pixels_post"), rtol=1e-12)
    run = start(network)
    for image in images:
        run.show(image)
        run.advance(20 * ms)
        run.rest()
    assert_array_equal(run.weights["pixels_post"], final(whole, "pixels_post"))


def test_periods_count_through_all_samples():
    cells = teaching(scaling(2.0), np.ones((4, 3))).population("post")
    network = Network(
        "images", [Population("pixels", 4, ImageInput(RateCoding(4))), cells],
        [Projection("pixels", "post", np.ones((4, 3)), plasticity=scaling(2.0, every=10))],
    )  # fmt: skip
    for run in (emulate_network, lambda *a, **k: simulate(*a, integration="step", **k)):
        assert final(run(network, 4 * ms, images=np.ones((2, 4))), "pixels_post")[0, 0] == 1.0
        assert final(run(network, 4 * ms, images=np.ones((3, 4))), "pixels_post")[0, 0] == 0.5


def test_the_end_of_a_sample():
    made = PlasticityRule(
        "end", traces={"x": pre(20 * ms)}, at={"sample_end": {"w": "a"}}, parameters={"a": 1.0},
        normalise=normalise(6.0, at="sample_end"),
    )  # fmt: skip
    network = teaching(made, np.array([[0.0], [1.0]]))
    for run in (emulate_network, lambda *a: simulate(*a, integration="step")):
        assert_allclose(final(run(network, 10 * ms))[:, 0], [2, 4])
    run = start(network)
    run.advance(10 * ms)
    assert_array_equal(run.weights["pre_post"][:, 0], [0, 1])
    run.end_sample()
    assert_allclose(run.weights["pre_post"][:, 0], [2, 4])
    run = start(network, on="brian2", integration="step")
    run.advance(10 * ms)
    assert_array_equal(run.weights["pre_post"][:, 0], [0, 1])


def test_units():
    made = pair_stdp(a_plus=0.1 * mV, a_minus=0.1 * mV, bounds=(0 * mV, 4 * mV))
    rule = PlasticityRule(
        "volts", traces=made.traces, on_post={"w": "a * x"}, parameters={"a": 0.1 * mV}, normalise=normalise(5 * mV)
    )
    network = teaching(rule, np.ones((4, 3)), unit=mV)
    assert_alike(network, tolerance=1e-12)
    with pytest.raises(UnitError, match="Give the sum in volt"):
        PlasticityRule("r", traces=made.traces, on_post={"w": "a * x"}, parameters={"a": 0.1 * mV}, normalise=normalise(5))


def test_gated_rules_stay_normalised():
    assert gated(learning(normalise(2.0))).normalise == normalise(2.0)


def test_a_chip_and_lava_refuse_it_by_name():
    network = teaching(learning(normalise(1.5), bounds=(0.0, 1.0)), random_weights(4))
    with pytest.raises(UnsupportedError, match="normalises the weights of each post neuron; on a chip"):
        deploy(network, "loihi2")
    endless = teaching(learning(normalise(1.5)), random_weights(4))
    with pytest.raises(UnsupportedError, match="normalises the weights of each post neuron; in Lava"):
        float_learning(lower(endless).projections[0])
    with pytest.raises(UnsupportedError, match=r"target='numpy' or 'cython'"):
        simulate(endless, 10 * ms, target="cpp_standalone", integration="step")


def test_the_card_says_what_is_not_local():
    card = rule_card(learning(normalise(0.5), bounds=(0.0, 1.0)))
    assert "the sum of the weights of each post neuron, which is not local" in card.locality
    assert card.updates[-1] == "at sample_start: the weights of each post neuron are scaled to the sum 0.5"
    runs = {e.name: e.runs for e in card.executions}
    assert runs["Brian2 step"] and runs["emulator float"] and not runs["emulator fixed"]
    json.dumps(card.to_dict(), default=str)


@pytest.mark.parametrize(
    ("make", "error", "part"),
    [
        (lambda: normalise(0.0), NetworkError, "not zero"),
        (lambda: normalise(np.nan), NetworkError, "finite"),
        (lambda: normalise([1, 2]), NetworkError, "one number"),
        (lambda: normalise(1.0, "both"), NetworkError, "over"),
        (lambda: normalise(1.0, at="noon"), NetworkError, "sample_start"),
        (lambda: normalise(1.0, at="sample_end", every=3), NetworkError, "one of them"),
        (lambda: normalise(1.0, every=0), NetworkError, "at least 1"),
        (lambda: normalise(1.0, every=3 * mV), UnitError, "second"),
        (lambda: PlasticityRule("r", normalise=78.4), NetworkError, "normalise is 78.4"),
        (lambda: PlasticityRule("r"), NetworkError, "changes nothing"),
        (lambda: PlasticityRule("r", modulators=desire().modulators, normalise=normalise(1.0)), NetworkError, "training loop"),
        (lambda: teaching(scaling(5.0 * mV), np.ones((2, 2))), UnitError, "the sum is in volt"),
        (lambda: teaching(scaling(5.0), np.ones((2, 2)), unit=mV), UnitError, "the sum"),
        (lambda: teaching(scaling(5.0, every=0.3 * ms), np.ones((2, 2))), NetworkError, "whole number of steps"),
    ],
)
def test_wrong_declarations(make, error, part):
    with pytest.raises(error, match=part):
        make()


def test_it_is_data():
    assert normalise(2 * mV, every=10 * ms) == normalise(0.002 * 1000 * mV, every=0.01 * 1000 * ms)
    assert isinstance(normalise(1), Normalise) and normalise(1).gate.channel == "sample_start"


@pytest.mark.parametrize("when", [{"every": 5}, {"at": "sample_end"}])
def test_weights_are_scaled_at_regular_times_before_the_end_of_a_sample(when):
    """The last step is both: what the end of the sample adds comes after a regular scaling, and before one at the end."""
    rule = PlasticityRule("both", at={"sample_end": {"w": "0.25"}}, normalise=normalise(2.0, **when))
    made, expected = teaching(rule, np.full((4, 2), 1.0), tau=20 * ms), 0.75 if "every" in when else 0.5
    for run in (emulate_network, simulate, lambda *a: simulate(*a, integration="step")):
        assert_allclose(final(run(made, 20 * ms)), np.full((4, 2), expected))
