"""Features by STDP and choices by reward: what the host does, what a reward changes, and the network on other executions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from neurosim import Network, Population, SpikeRaster
from neurosim.backends.brian2 import simulate
from neurosim.backends.deployment import deploy
from neurosim.backends.emulator import Session, emulate
from neurosim.errors import NetworkError, QuantisationError
from neurosim.models import load_model
from neurosim.program.lower import lower
from neurosim.train.rewarded import Chooser, learn_features, part, plain_reward, regular_spikes, reward_error, with_mean
from neurosim.units import ms

SIDE, STEPS = 6, 100
SMALL = {"side": SIDE, "kernel": 4, "stride": 1, "channels": 4, "classes": 2, "each": 4}


def pictures(n, seed=0):
    """Spikes of two kinds of images, bright on the left or on the right, and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    left = np.tile(np.arange(SIDE) < SIDE // 2, SIDE)
    images = np.where(left == (labels[:, None] == 0), 0.9, 0.05)
    return [regular_spikes(image, STEPS, 0.5, rng) for image in images], labels


@pytest.fixture(scope="module")
def featured():
    program = lower(load_model("biolcnet", **SMALL))
    return program, learn_features(program, "image_features", pictures(60)[0], np.random.default_rng(0))


def chooser(featured, reward=reward_error, **settings):
    program, features = featured
    fixed = features.fixed_in(program, "image_features")
    return Chooser(fixed, "features_classes", 2, reward, np.random.default_rng(1), **settings)


def test_regular_spikes_keep_the_rate():
    image = np.linspace(0, 1, 9)
    spikes = regular_spikes(image, 80, 0.5, np.random.default_rng(0))
    assert spikes.shape == (80, 9) and spikes.max() == 1
    assert np.abs(spikes.sum(axis=0) - 40 * image).max() < 1


def test_each_neuron_gets_the_mean_weight_over_its_own_synapses():
    weights = sparse.csr_array(np.array([[1.0, 0.0, 2.0], [3.0, 5.0, 0.0], [0.0, 0.0, 6.0]]))
    expected = [[0.25, 0, 0.25], [0.75, 0.5, 0], [0, 0, 0.75]]
    assert_allclose(with_mean(weights, 0.5, np.random.default_rng(0)).toarray(), expected)
    assert_allclose(weights.toarray()[0], [1, 0, 2])


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_reward_error_is_zero_on_average_where_the_reward_is_as_expected(p):
    expected = p * plain_reward(True, 0) + (1 - p) * plain_reward(False, 0)
    assert_allclose(p * reward_error(True, expected) + (1 - p) * reward_error(False, expected), 0, atol=1e-15)
    assert reward_error(True, expected) - reward_error(False, expected) == pytest.approx(2)


def test_features_keep_their_mean_weight_and_their_places(featured):
    program, features = featured
    before = program.projections[0].weights
    assert_array_equal(features.weights.toarray() != 0, before.toarray() != 0)
    means = features.weights.sum(axis=0) / (before.toarray() != 0).sum(axis=0)
    assert_allclose(means, before.data.mean())
    assert np.abs(features.weights.toarray() - before.toarray()).max() > 0.1
    assert features.theta.min() >= 0 and features.theta.max() > 0


def test_fixed_features_begin_to_spike_as_those_that_had_learnt(featured):
    """Until their first spikes, which raise the threshold only where it still adapts."""
    program, features = featured
    spikes = pictures(1, seed=5)[0][0]
    session = Session(part(program, ("image", "features")))
    session.set_weights("image_features", features.weights)
    session.set_state("features", "theta", features.theta)
    first = session.run(STEPS, inputs={"image": spikes}).spikes["features"]
    still = part(features.fixed_in(program, "image_features"), ("image", "features"))
    again = emulate(still, STEPS, inputs={"image": spikes[None]}).spikes["features"]
    begun = [{(s, n) for s, n in zip(f.step, f.neuron, strict=True) if s == f.step.min()} for f in (first, again)]
    assert begun[0] == begun[1] and begun[0]


def test_a_projection_that_is_not_local_or_not_there_is_refused(featured):
    with pytest.raises(NetworkError, match="not sparse"):
        learn_features(featured[0], "features_classes", [], None)
    with pytest.raises(NetworkError, match="nothing"):
        learn_features(featured[0], "nothing", [], None)
    with pytest.raises(NetworkError, match="3 groups of equal size"):
        Chooser(featured[0], "features_classes", 3, plain_reward, np.random.default_rng(0))


@pytest.mark.parametrize("right", [True, False])
def test_reward_changes_only_the_group_that_chose(featured, right):
    taught = chooser(featured, plain_reward)
    before = taught.session.weights("features_classes")
    choice = taught.choose("image", pictures(1)[0][0])
    assert_array_equal(taught.session.weights("features_classes"), before)
    taught.teach(choice, right)
    change = (taught.session.weights("features_classes") - before).reshape(-1, 2, 4)
    assert np.all(change[:, 1 - choice] == 0)
    changed = change[:, choice][change[:, choice] != 0]
    assert len(changed) > 0 and np.all(np.sign(changed) == (1 if right else -1))


def test_expected_reward_follows_the_rewards(featured):
    taught = chooser(featured, memory=0.5)
    assert taught.expected == 0
    for right, expected in ((True, 0.5), (True, 0.75), (False, -0.125)):
        taught.teach(0, right)
        assert taught.expected == expected


def test_integers_are_rounded_so_that_the_mean_is_kept():
    weights = sparse.csr_array(np.tile(np.array([[1], [2], [3]], np.int32), (200, 1)))
    scaled = with_mean(weights, 2.6, np.random.default_rng(0))
    assert scaled.dtype == np.int32
    assert_array_equal(np.unique(scaled.toarray()), [1, 2, 3, 4])
    assert scaled.data.mean() == pytest.approx(2.6, abs=0.1)
    assert with_mean(weights, 300.0, np.random.default_rng(0)).max() == 255


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_a_choice_is_learnt_and_turned_around(featured, arithmetic):
    program = featured[0] if arithmetic == "float" else deploy(load_model("biolcnet", **SMALL), "loihi2").program
    features = learn_features(program, "image_features", pictures(60)[0], np.random.default_rng(0))
    taught, (spikes, labels) = chooser((program, features), memory=0.1), pictures(80, seed=2)
    for _ in range(2):
        for shown, label in zip(spikes, labels, strict=True):
            taught.learn("image", shown, lambda choice, label=label: choice == label)
    assert np.mean(taught.answers("image", np.stack(spikes)) == labels) > 0.9
    for _ in range(3):
        for shown, label in zip(spikes, labels, strict=True):
            taught.learn("image", shown, lambda choice, label=label: choice == 1 - label)
    assert np.mean(taught.answers("image", np.stack(spikes)) == 1 - labels) > 0.9


def test_without_spikes_there_is_no_answer(featured):
    assert_array_equal(chooser(featured).answers("image", np.zeros((2, STEPS, SIDE**2), np.uint8)), [-1, -1])


def test_brian2_learns_the_same_weights_of_both_projections():
    network, spikes = load_model("biolcnet", **SMALL), pictures(1)[0][0]
    fed = Network(
        network.name,
        [Population("image", SIDE**2, SpikeRaster(spikes)), *network.populations[1:]],
        network.projections,
        dt=1 * ms,
    )
    signals = {"M": np.linspace(-1, 1, STEPS)}
    found = simulate(fed, STEPS * ms, integration="step", target="numpy", signals=signals, progress=False)
    session = Session(lower(network))
    recording = session.run(STEPS, inputs={"image": spikes}, signals=signals)
    assert recording.counts("features").sum() > 10 and recording.counts("classes").sum() > 2
    for name in ("features", "classes"):
        assert_array_equal(found.counts(name), recording.counts(name))
    untouched = Session(lower(network))
    for name in ("image_features", "features_classes"):
        before, after = untouched.variable(name, "w"), session.variable(name, "w")
        gain = before.sum() / network.weights(network.projection(name)).sum()  # units of the program
        assert np.abs(after - before).max() > 1e-3
        assert_allclose(found.weights[name].values[-1], after / gain, rtol=1e-9, atol=1e-12)


def test_on_the_chip_both_rules_learn_and_a_change_that_is_too_small_is_refused():
    network, spikes = load_model("biolcnet", **SMALL), pictures(1)[0][0]
    session = Session(deploy(network, "loihi2").program)
    before = {name: session.variable(name, "w") for name in ("image_features", "features_classes")}
    counts = session.run(STEPS, inputs={"image": spikes}, signals={"M": np.zeros(STEPS)}).counts("classes")
    session.run(1, signals={"M": [1.0]})
    assert counts.sum() > 0
    for name, weights in before.items():
        assert np.any(session.variable(name, "w") != weights), name
    with pytest.raises(QuantisationError, match="outside the range of the chip"):
        deploy(load_model("biolcnet", **SMALL, a_minus=1e-4), "loihi2")
