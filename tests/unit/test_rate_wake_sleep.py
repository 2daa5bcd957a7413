"""Helmholtz machines of rates: exact likelihoods, exact gradients, weights of samples, Fisher matrices, and resuming."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.cards.rate_card import rate_card
from neurosim.data import load_dataset
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.rate import ALGORITHMS, Conv, Dense, Learner, RateNetwork, Taught, layered, train_rates
from neurosim.rate.activations import sigmoid
from neurosim.rate.algorithms.natural_wake_sleep import NaturalWakeSleep
from neurosim.rate.algorithms.reweighted_wake_sleep import ReweightedWakeSleep
from neurosim.rate.algorithms.wake_sleep import DOWN, DOWN_BIASES, WakeSleep
from neurosim.rate.exact import states
from neurosim.rate.patterns import lines
from neurosim.rate.recipes import binary
from neurosim.rate.starts import Normal

NAMES = ("wake_sleep", "reweighted_wake_sleep", "natural_wake_sleep")


def machine_on(*sizes, algorithm=None, seed=0, dtype=np.float64):
    """A learner with random weights and biases."""
    network = layered(*sizes, hidden="logistic", output="logistic", start=Normal(0.6), seed=seed)
    learner = Learner(network, algorithm or WakeSleep(), dtype=dtype)
    rng = np.random.default_rng(seed + 1)
    for name in ("biases", DOWN_BIASES):
        for b in learner.circuit.state[name]:
            b[...] = 0.5 * rng.standard_normal(b.shape)
    return learner


def probability(s, z):
    p = sigmoid(np.array(z, np.float64))
    return np.prod(np.where(s > 0, p, 1 - p), axis=0)


def joint(learner, layers):
    """p of states of all layers, and q of those above the image, by products of single probabilities."""
    circuit = learner.circuit
    p, q = probability(layers[-1], circuit.state[DOWN_BIASES][-1]), 1.0
    for k in range(circuit.depth):
        p = p * probability(layers[k], circuit.state[DOWN][k] @ layers[k + 1] + circuit.state[DOWN_BIASES][k])
        q = q * probability(layers[k + 1], circuit.weights[k] @ layers[k] + circuit.state["biases"][k])
    return p, q


def all_layers(*sizes):
    """All states of all layers together."""
    return np.split(states(sum(sizes)), np.cumsum(sizes)[:-1])


def test_likelihoods_equal_the_sum_over_all_states_of_all_layers():
    learner = machine_on(4, 3, 2)
    p, q = joint(learner, all_layers(4, 3, 2))
    assert p.sum() == pytest.approx(1) and q.sum() == pytest.approx(2**4)
    found = learner.algorithm.log_likelihood(learner.circuit, states(4))
    np.testing.assert_allclose(np.exp(found), p.reshape(2**4, -1).sum(axis=1), rtol=1e-12)


def test_wake_is_the_gradient_of_the_joint_probability_and_sleep_that_of_recognition():
    learner = machine_on(4, 3, 2, algorithm=WakeSleep(eta=1.0))
    circuit, algorithm = learner.circuit, learner.algorithm
    rng = np.random.default_rng(5)
    s = [(rng.random((n, 6)) < 0.5).astype(float) for n in (4, 3, 2)]
    quantities = {**algorithm.generative(circuit, s), "weights": algorithm.recognition(circuit, s)}
    for change in learner.changes(Taught(quantities)):
        found, array = change.computed(circuit)["w"], circuit.state[change.name][change.layer]
        which = 1 if change.name in ("weights", "biases") else 0
        for at in np.ndindex(array.shape):
            kept, values = array[at], []
            for step in (1e-5, -1e-5):
                array[at] = kept + step
                values.append(np.log(joint(learner, s)[which]).mean())
            array[at] = kept
            assert found[at] == pytest.approx((values[0] - values[1]) / 2e-5, abs=1e-8), change.name


def test_dreams_have_the_probabilities_of_the_generative_network():
    learner = machine_on(3, 2, dtype=np.float32)
    dreamt = learner.algorithm.dreamt(learner.circuit, 40_000)[0]
    counts = np.bincount((np.array([4, 2, 1]) @ dreamt).astype(int), minlength=8) / 40_000
    expected = np.exp(learner.algorithm.log_likelihood(learner.circuit, states(3)))
    assert counts == pytest.approx(expected, abs=0.012)


def test_weights_of_samples_are_the_ratio_of_both_networks():
    learner = machine_on(4, 3, 2, algorithm=ReweightedWakeSleep(samples=7))
    s = learner.algorithm.recognised(learner.circuit, np.repeat(states(4)[:, :5], 7, axis=1))
    p, q = joint(learner, s)
    ratio = (p / q).reshape(5, 7)
    expected = 7 * ratio / ratio.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(learner.algorithm.weights(learner.circuit, s), expected.ravel(), rtol=1e-9)
    assert learner.circuit.ledger.groups == {"importance weights, from all layers"}


def test_equal_weights_leave_recognition_to_dreams():
    """With one sample for each image, its weight is 1, and recognition learns from dreams alone, at half the rate."""
    learner = machine_on(4, 3, algorithm=ReweightedWakeSleep(eta=1.0, samples=1))
    x = states(4)
    taught = learner.algorithm.teach(learner.circuit, x, np.zeros((0, 16)))
    asleep = learner.algorithm.dreamt(learner.circuit, 16)
    of_dreams = learner.algorithm.recognition(learner.circuit, asleep)
    changes = [
        {c.name: c.computed(learner.circuit)["w"] for c in learner.changes(Taught({"weights": of}))}
        for of in (taught.quantities["weights"], of_dreams)
    ]
    np.testing.assert_allclose(changes[0]["weights"], changes[1]["weights"] / 2, atol=1e-12)


def test_many_samples_give_the_gradient_of_the_likelihood():
    learner = machine_on(3, 2, algorithm=ReweightedWakeSleep(eta=1.0, samples=2000))
    circuit, x = learner.circuit, states(3)[:, [5]]
    found = next(
        c.computed(circuit)["w"] for c in learner.changes(learner.algorithm.teach(circuit, np.tile(x, 20), np.zeros((0, 20))))
        if c.name == DOWN
    )  # fmt: skip
    array = circuit.state[DOWN][0]
    for at in np.ndindex(array.shape):
        kept, values = array[at], []
        for step in (1e-5, -1e-5):
            array[at] = kept + step
            values.append(learner.algorithm.log_likelihood(circuit, x)[0])
        array[at] = kept
        assert found[at] == pytest.approx((values[0] - values[1]) / 2e-5, abs=0.02)


def test_the_natural_change_is_the_plain_one_times_the_inverse_of_the_fisher_matrix():
    plain = machine_on(4, 3, 2, algorithm=ReweightedWakeSleep(eta=0.1, samples=6))
    natural = machine_on(4, 3, 2, algorithm=NaturalWakeSleep(eta=0.1, samples=6, alpha=0.3))
    drawn = ReweightedWakeSleep(samples=6).drawn(plain.circuit, states(4))
    p = sigmoid(plain.algorithm.inputs_down(plain.circuit, drawn.awake)[0])
    inputs = np.concatenate([drawn.awake[1], np.ones((1, p.shape[1]))])

    def rows(learner):
        return np.concatenate([learner.circuit.state[name][0] for name in (DOWN, DOWN_BIASES)], axis=1)

    before = rows(plain)
    for learner in (plain, natural):
        learner.learn(states(4), np.zeros((0, 16)))
    for i in range(4):
        fisher = (drawn.weight * p[i] * (1 - p[i]) * inputs) @ inputs.T / p.shape[1]
        expected = 1.3 * np.linalg.solve(fisher + 0.3 * np.eye(4), (rows(plain) - before)[i])
        np.testing.assert_allclose((rows(natural) - before)[i], expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("algorithm", "steps", "most"),
    [(WakeSleep(0.2), 4000, 0.9), (ReweightedWakeSleep(0.5), 1500, 0.9), (NaturalWakeSleep(0.1, every=20), 800, 0.7)],
    ids=NAMES,
)
def test_lines_are_learned(algorithm, steps, most):
    patterns, rng = lines(3), np.random.default_rng(0)
    network = layered(9, 6, 1, hidden="logistic", output="logistic", start=Normal(0.1))
    learner = Learner(network, algorithm)

    def divergence():
        log_p = learner.algorithm.log_likelihood(learner.circuit, patterns.pixels)
        return -patterns.entropy - float(patterns.probability @ log_p)

    assert divergence() > 3.5
    for _ in range(steps):
        learner.learn(patterns.drawn(rng, 20), np.zeros((0, 20), np.float32))
    assert 0 < divergence() < most


@pytest.mark.parametrize("name", NAMES)
def test_digits_are_learned_and_resumed_exactly(name, tmp_path):
    dataset, recipe = load_dataset("digits"), ALGORITHMS[name].recipe("digits")
    algorithm, network = ALGORITHMS[name].make(**recipe.options), binary(30, 10)(dataset, 2)
    settings = {"batch": 50, "optimiser": recipe.optimiser, "progress": False}
    whole = train_rates(network, algorithm, dataset, epochs=2, **settings)
    train_rates(network, algorithm, dataset, epochs=1, folder=tmp_path, **settings)
    resumed = train_rates(network, algorithm, dataset, epochs=2, folder=tmp_path, resume=True, **settings)
    assert whole.state.keys() == resumed.state.keys()
    for key, found in whole.state.items():
        assert all(np.array_equal(a, b) for a, b in zip(found, resumed.state[key], strict=True)), key
    assert [e.test_error for e in resumed.history] == [e.test_error for e in whole.history]


def test_cards_and_refusals():
    assert all(not rate_card(name).transported for name in NAMES)
    for name in NAMES[:2]:
        assert {e.name for e in rate_card(name).executions if not e.runs} == {"NEST", "Brian2 exact", "emulator loihi1"}
    with pytest.raises(UnsupportedError, match="inverse of a Fisher matrix"):
        NaturalWakeSleep().spiking()
    with pytest.raises(NetworkError, match="layer 1 is a Conv layer of relu units"):
        Learner(RateNetwork((1, 8, 8), (Conv(3, kernel=3), Dense(2, "logistic"))), WakeSleep())
