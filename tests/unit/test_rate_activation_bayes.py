"""Activation learning and Bayesian synapses, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.cards.card import rule_card
from neurosim.data import load_dataset
from neurosim.errors import DataError, NetworkError, UnsupportedError
from neurosim.rate import SQUARED, Conv, Dense, Learner, RateNetwork, layered, train_rates
from neurosim.rate.algorithms.activation_learning import MEAN, ActivationLearning, with_labels
from neurosim.rate.algorithms.bayesian_synapses import BayesianSynapses
from neurosim.rate.starts import Normal


def some(pixels, classes, n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((pixels, n)), np.eye(classes)[:, rng.integers(0, classes, n)]


def labelled(*sizes, sd=0.4):
    return layered(*sizes, hidden="linear", output="linear", loss=SQUARED, bias=False, start=Normal(sd), seed=3)


def joined_by_hand(x, t, label):
    full = np.concatenate([x / np.linalg.norm(x), label * t])
    return full / np.linalg.norm(full)


def sent_by_hand(a):
    size = np.abs(a) - np.abs(a).mean()
    return size * np.linalg.norm(a) / np.linalg.norm(size)


def test_activation_learning_is_its_formula_in_two_layers():
    learner = Learner(labelled(9, 5, 4), ActivationLearning(label=0.5, eta=0.3), dtype=np.float64)
    (x, t), (first, second) = some(6, 3, 4), [w.copy() for w in learner.circuit.weights]
    learner.learn(x, t)
    one, two = np.zeros_like(first), np.zeros_like(second)
    for n in range(4):
        h = joined_by_hand(x[:, n], t[:, n], 0.5)
        a = first @ h
        one += np.outer(a, h - first.T @ a) / 4
        h = sent_by_hand(a)
        a = second @ h
        two += np.outer(a, h - second.T @ a) / 4
    np.testing.assert_allclose(learner.circuit.weights[0], first + 0.3 * one, rtol=1e-12)
    np.testing.assert_allclose(learner.circuit.weights[1], second + 0.3 * two, rtol=1e-12)
    assert learner.circuit.ledger.transported == {"weights"}


def test_the_wrong_label_that_excites_most_is_unlearned():
    learner = Learner(labelled(9, 5), ActivationLearning(label=0.5, eta=0.3, unlearn=0.4, after=0), dtype=np.float64)
    (x, t), w = some(6, 3, 1), learner.circuit.weights[0].copy()
    inputs = [joined_by_hand(x[:, 0], label, 0.5) for label in np.eye(3)]
    excitation = [np.square(w @ h).sum() for h in inputs]
    np.testing.assert_allclose(learner.answer(x)[:, 0], excitation, rtol=1e-12)
    right = int(t[:, 0].argmax())
    wrong = max((k for k in range(3) if k != right), key=lambda k: excitation[k])
    learner.learn(x, t)
    parts = [np.outer(w @ h, h - w.T @ (w @ h)) for h in (inputs[right], inputs[wrong])]
    np.testing.assert_allclose(learner.circuit.weights[0], w + 0.3 * (parts[0] - 0.4 * parts[1]), rtol=1e-12)


def test_the_mean_image_is_learned_and_taken_away():
    learner = Learner(labelled(9, 5), ActivationLearning(label=0.5, eta=0.3, rho=0.5), dtype=np.float64)
    x, t = some(6, 3, 4)
    mean = np.zeros(6)
    for _ in range(3):
        w = learner.circuit.weights[0].copy()
        learner.learn(x, t)
        change = np.zeros_like(w)
        for n in range(4):
            h = joined_by_hand(x[:, n] - mean, t[:, n], 0.5)
            change += np.outer(w @ h, h - w.T @ (w @ h)) / 4
        np.testing.assert_allclose(learner.circuit.weights[0], w + 0.3 * change, rtol=1e-12)
        mean += 0.5 * (x.mean(axis=1) - mean)
        np.testing.assert_allclose(learner.circuit.state[MEAN][0], [[*mean, 0, 0, 0]], rtol=1e-12)


def test_weights_become_an_orthonormal_basis_of_the_inputs():
    learner = Learner(labelled(9, 3), ActivationLearning(eta=0.5), dtype=np.float64)
    x, t = some(6, 3, 40)
    for _ in range(400):
        learner.learn(x, t)
    w = learner.circuit.weights[0]
    np.testing.assert_allclose(w @ w.T, np.eye(3), atol=1e-6)
    h = learner.algorithm.joined(learner.circuit, x, t)
    top = np.linalg.eigh(h @ h.T)[1][:, -3:]
    np.testing.assert_allclose(w.T @ w, top @ top.T, atol=1e-3)


def test_rates_and_unlearning_follow_the_epochs():
    algorithm = ActivationLearning(eta=0.4, epochs=4, unlearn=0.5, after=2)
    assert [algorithm.at(e).eta for e in (0, 1, 4, 9)] == pytest.approx([0.4, 0.3, 0, 0])
    assert [algorithm.at(e).unlearn for e in (1, 2)] == [0, 0.5]
    assert ActivationLearning(eta=0.4).at(7).eta == 0.4


def test_labels_need_inputs_of_their_own():
    digits = load_dataset("digits")
    with pytest.raises(DataError, match="64 inputs.*64 pixels and 10 labels that are inputs"):
        train_rates(labelled(64, 20), ActivationLearning(), digits, epochs=1, progress=False)
    with pytest.raises(UnsupportedError, match=r"r = W\^T a.*sum over all neurons"):
        ActivationLearning().spiking()


def test_activation_learning_names_digits_and_resumes(tmp_path):
    digits = load_dataset("digits").shuffled(0)
    run = {"epochs": 8, "batch": 20, "progress": False}
    algorithm = ActivationLearning(label=0.5, epochs=8, unlearn=0.2, after=6, rho=0.02)
    whole = train_rates(with_labels(60)(digits, 0), algorithm, digits, **run)
    train_rates(with_labels(60)(digits, 0), algorithm, digits, **{**run, "epochs": 7}, folder=tmp_path)
    resumed = train_rates(with_labels(60)(digits, 0), algorithm, digits, **run, folder=tmp_path, resume=True)
    assert np.array_equal(whole.state["weights"][0], resumed.state["weights"][0])
    assert whole.history[-1].test_accuracy > 0.87


@pytest.mark.parametrize("batch", [1, 7])
def test_one_synapse_has_the_exact_posterior(batch):
    network = layered(1, 1, output="linear", loss=SQUARED, bias=False, start=Normal(0.3), seed=1)
    learner = Learner(network, BayesianSynapses(noise=0.5, variance=2.0), dtype=np.float64)
    (prior,) = learner.circuit.weights[0].ravel().copy()
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((2, 1, 28))
    for k in range(0, 28, batch):
        learner.learn(x[:, k : k + batch], t[:, k : k + batch])
    precision = 1 / 2.0 + np.square(x).sum() / 0.5
    mean = (prior / 2.0 + (x * t).sum() / 0.5) / precision
    assert learner.circuit.state["weights aux"][0].item() == pytest.approx(1 / precision, rel=1e-12)
    assert learner.circuit.weights[0].item() == pytest.approx(mean, rel=1e-12)


def test_a_step_is_the_filter_written_out():
    network = layered(3, 2, output="linear", loss=SQUARED, seed=1)
    learner = Learner(network, BayesianSynapses(noise=0.5, variance=1.5, drift=0.01), dtype=np.float64)
    x, t = np.random.default_rng(0).standard_normal((2, 3, 1))
    t = t[:2]
    w, p = learner.circuit.weights[0].copy(), np.full((2, 3), 0.5)
    learner.learn(x, t)
    for j in range(2):
        s = 0.5 + 0.5 + sum(p[j, i] * x[i, 0] ** 2 for i in range(3))
        error = t[j, 0] - w[j] @ x[:, 0]
        for i in range(3):
            assert learner.circuit.weights[0][j, i] == pytest.approx(w[j, i] + p[j, i] * x[i, 0] * error / s, rel=1e-12)
            left = p[j, i] - (p[j, i] * x[i, 0]) ** 2 / s + 0.01
            assert learner.circuit.state["weights aux"][0][j, i] == pytest.approx(left, rel=1e-12)
        assert learner.circuit.state["biases"][0][j, 0] == pytest.approx(0.5 * error / s, rel=1e-12)


def test_synapses_that_are_used_become_certain_and_others_stay_open(tmp_path):
    digits = load_dataset("digits").shuffled(0)
    network, algorithm = layered(64, 40, 10, seed=1), BayesianSynapses(noise=1.0)
    found = train_rates(network, algorithm, digits, epochs=3, batch=16, progress=False)
    variance = found.state["weights aux"][0]
    dark, bright = digits.train_images.max(axis=0) == 0, digits.train_images.mean(axis=0) > 6
    assert dark.any() and np.array_equal(variance[:, dark], np.full_like(variance[:, dark], 1 / 64))
    assert variance.min() > 0 and variance[:, bright].mean() < 0.2 / 64
    assert found.history[-1].test_accuracy > 0.85
    train_rates(network, algorithm, digits, epochs=1, batch=16, folder=tmp_path, progress=False)
    resumed = train_rates(network, algorithm, digits, epochs=3, batch=16, folder=tmp_path, resume=True, progress=False)
    assert np.array_equal(resumed.state["weights aux"][0], variance)


def test_other_layers_are_refused_and_the_spiking_form_runs_in_float_only():
    layers = (Conv(2, kernel=2), Dense(3, "softmax"))
    with pytest.raises(NetworkError, match="a layer Conv; expected Dense"):
        Learner(RateNetwork((1, 4, 4), layers), BayesianSynapses())
    card = rule_card(BayesianSynapses().spiking(), target="loihi2")
    running = {s.name for s in card.executions if s.runs}
    assert {"Brian2 step", "emulator float"} <= running and "emulator fixed" not in running
