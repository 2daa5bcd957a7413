"""Learning without labels: SoftHebb, Hebb, Instar, Oja and their parts, against formulas written out neuron by neuron."""

from __future__ import annotations

import math

import numpy as np
import pytest

from neurosim.cards.card import rule_card
from neurosim.data import load_dataset
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.rate import ALGORITHMS, SQUARED, Conv, Descent, Learner, MeanPool, RateNetwork, layered, train_rates
from neurosim.rate.algorithms.deep_softhebb import MEANS, SQUARES, DeepSoftHebb
from neurosim.rate.algorithms.hebbian_conv import THRESHOLDS, ConvHebb, ConvInstar, ConvOja
from neurosim.rate.algorithms.softhebb import SoftHebb, competing
from neurosim.rate.competition import Everyone, Winners, above_mean, effective_units, mean_cosine, soft_winners
from neurosim.rate.images import Images, read_out
from neurosim.rate.pools import OverlappingMaxPool
from neurosim.rate.row_rates import RowRates, lengths
from neurosim.rate.starts import Uniform

MINE = ("softhebb", "deep_softhebb", "conv_hebb", "conv_instar", "conv_oja")


def one_layer(inputs=5, neurons=4, **settings):
    return layered(inputs, neurons, output="linear", loss=SQUARED, bias=False, start=Uniform(0, 3), seed=2, **settings)


def two_convolutions(pooled=None):
    layers = (Conv(3, "linear", kernel=3, pooled=pooled or MeanPool(2)), Conv(4, "linear", kernel=2))
    return RateNetwork((2, 6, 6), layers, SQUARED, bias=False, seed=2)


def images(inputs=5, n=6):
    x = np.random.default_rng(0).random((inputs, n))
    return x, np.zeros((10, n))


def softmax_of(u, tau):
    e = [math.exp(tau * v) for v in u]
    return [v / sum(e) for v in e]


def softhebb_by_hand(w, columns, tau, losers=1.0):
    """Mean over the columns of y_k (x_i - u_k w_ki), where y is negative for all but the largest if `losers` is -1."""
    out = np.zeros_like(w)
    for x in columns.T:
        u = [sum(w[k, i] * x[i] for i in range(len(x))) for k in range(len(w))]
        y = softmax_of(u, tau)
        for k in range(len(w)):
            sign = 1.0 if u[k] == max(u) else losers
            for i in range(len(x)):
                out[k, i] += sign * y[k] * (x[i] - u[k] * w[k, i])
    return out


def test_softhebb_is_its_formula():
    learner = Learner(one_layer(), SoftHebb(tau=2.0, eta=0.3), dtype=np.float64)
    (x, t), w = images(), learner.circuit.weights[0].copy()
    learner.learn(x, t)
    np.testing.assert_allclose(learner.circuit.weights[0], w + 0.3 * softhebb_by_hand(w, x, 2.0) / 6, rtol=1e-12)


def test_row_rates_are_their_formula():
    learner = Learner(one_layer(), SoftHebb(tau=2.0), RowRates((0.2,), 0.5), np.float64)
    (x, t), w = images(), learner.circuit.weights[0].copy()
    learner.learn(x, t)
    change = softhebb_by_hand(w, x, 2.0)
    rates = [0.2 * abs(1 - math.sqrt(sum(v * v for v in row))) ** 0.5 for row in w]
    expected = w + np.array(rates)[:, None] * change / np.abs(change).max()
    np.testing.assert_allclose(learner.circuit.weights[0], expected, rtol=1e-12)
    assert {"softmax over a layer", "largest change of a layer"} <= learner.circuit.ledger.groups


def test_rows_of_length_1_stay_and_others_approach_it():
    learner = Learner(one_layer(neurons=3), SoftHebb(tau=1.0), RowRates((0.05,), 0.2), np.float64)
    w, (x, t) = learner.circuit.weights[0], images()
    for row, length in zip(w, (0.5, 1.0, 3.0), strict=True):
        row *= length / np.linalg.norm(row)
    w[1] = [1.0, 0, 0, 0, 0]
    before = w.copy()
    for _ in range(300):
        learner.learn(x, t)
    assert np.array_equal(w[1], before[1])
    np.testing.assert_allclose(lengths(w), 1, atol=0.02)
    with pytest.raises(NetworkError, match=r"rates = \(0.1, 0.2\).*each of the 1 layers"):
        Learner(one_layer(), SoftHebb(), RowRates((0.1, 0.2)))


def trained(tau, length):
    data = load_dataset("digits").shuffled(0)
    learner = Learner(competing(100, length)(data, 0), SoftHebb(tau), RowRates((0.05,), 0.2))
    shown = Images(data)
    for _ in range(3):
        for k in range(0, len(data.train_labels), 8):
            learner.learn(*shown.train(np.arange(k, min(k + 8, len(data.train_labels)))))
    shares = soft_winners(learner.circuit.up(1, shown.rates(data.test_images)), tau)
    return learner, shown, mean_cosine(learner.circuit.weights[0]), effective_units(shares)


def test_a_soft_competition_collapses_and_only_the_cosine_tells():
    _, _, together, units = trained(4.0, 4.0)
    assert together > 0.999 and units > 99
    learner, shown, together, units = trained(12.0, 4.0)
    assert together < 0.85 and 30 < units < 98
    np.testing.assert_allclose(lengths(learner.circuit.weights[0]), 1, atol=0.05)
    read = read_out(learner, shown)
    features = learner.algorithm.features(learner.circuit, shown.rates(shown.dataset.test_images))
    assert read.accuracy(features, shown.dataset.test_labels) > 0.95


def test_diagnostics_are_known_for_known_rows():
    assert mean_cosine(np.array([[1.0, 0], [0, 3.0]])) == pytest.approx(0)
    assert mean_cosine(np.array([[1.0, 2], [2, 4], [0.5, 1]])) == pytest.approx(1)
    assert effective_units(np.array([[0.5, 0.5], [0.5, 0.5], [0.0, 0.0]])) == pytest.approx(2)
    assert above_mean(np.array([[1.0], [2.0], [6.0]]), 2.0).ravel().tolist() == [0, 0, 9]


def windows_of(h, connection):
    """Inputs of the windows, (inputs, positions and images), position by position."""
    c, rows, columns = connection.pre
    grid, k = h.reshape(c, rows, columns, -1), connection.kernel
    places = [(r, s) for r in range(rows - k + 1) for s in range(columns - k + 1)]
    return np.concatenate([grid[:, r : r + k, s : s + k].reshape(c * k * k, -1) for r, s in places], axis=1)


def by_channel(h, channels):
    c = h.reshape(channels, -1)
    return (c - c.mean(axis=1, keepdims=True)) / np.sqrt(c.var(axis=1, keepdims=True) + 1e-5)


def test_deep_softhebb_is_its_formula_in_both_layers():
    algorithm = DeepSoftHebb(taus=(1.5, 0.7), powers=(0.7, 1.4), eta=0.01, rho=0.1)
    learner = Learner(two_convolutions(), algorithm, dtype=np.float64)
    (x, t), (first, second) = images(72), [w.copy() for w in learner.circuit.weights]
    one, two = learner.network.connections
    learner.learn(x, t)
    h = by_channel(x, 2)
    expected = first + 0.01 * softhebb_by_hand(first, windows_of(h, one), 1.5, -1.0) / 6
    np.testing.assert_allclose(learner.circuit.weights[0], expected, rtol=1e-10)
    u = (first @ windows_of(h, one)).reshape(3, 16, 6)
    sent = np.maximum(u - u.mean(axis=0), 0) ** 0.7
    pooled = sent.reshape(3, 2, 2, 2, 2, 6).mean(axis=(2, 4)).reshape(12, 6)
    expected = second + 0.01 * softhebb_by_hand(second, windows_of(by_channel(pooled, 3), two), 0.7, -1.0) / 6
    np.testing.assert_allclose(learner.circuit.weights[1], expected, rtol=1e-10)
    channels = x.reshape(2, -1)
    np.testing.assert_allclose(learner.circuit.state[MEANS][0][:, 0], 0.1 * channels.mean(axis=1))
    np.testing.assert_allclose(learner.circuit.state[SQUARES][0][:, 0], 0.9 + 0.1 * np.square(channels).mean(axis=1))


def test_features_of_an_image_do_not_depend_on_the_other_images():
    learner = Learner(two_convolutions(OverlappingMaxPool(2, 1, 0)), DeepSoftHebb(), RowRates((0.08, 0.005), 0.5))
    x, t = (a.astype(np.float32) for a in images(72))
    for _ in range(3):
        learner.learn(x, t)
    state = {name: [a.copy() for a in arrays] for name, arrays in learner.circuit.state.items()}
    together = learner.algorithm.features(learner.circuit, x)
    alone = learner.algorithm.features(learner.circuit, x[:, :1])
    np.testing.assert_allclose(together[:, :1], alone, rtol=1e-4)
    assert all(np.array_equal(a, b) for name in state for a, b in zip(state[name], learner.circuit.state[name], strict=True))


def test_the_overlapping_pool_is_the_largest_of_its_windows_and_sends_signals_back_to_it():
    pool, below = OverlappingMaxPool(4, 2, 1), (2, 8, 6)
    rng = np.random.default_rng(0)
    h = rng.standard_normal((96, 3))
    found, kept = pool.pooled(h, below)
    assert pool.shape(below) == (2, 4, 3)
    grid = h.reshape(*below, 3)
    for c, r, s, n in np.ndindex(2, 4, 3, 3):
        window = grid[c, max(0, 2 * r - 1) : 2 * r + 3, max(0, 2 * s - 1) : 2 * s + 3, n]
        assert found.reshape(2, 4, 3, 3)[c, r, s, n] == window.max()
    d, step = rng.standard_normal(found.shape), 1e-6 * rng.standard_normal(h.shape)
    moved = (d * (pool.pooled(h + step, below)[0] - found)).sum()
    assert (pool.spread(d, below, kept) * step).sum() == pytest.approx(moved, rel=1e-6)
    ties = np.ones((96, 1))
    assert pool.spread(np.ones((24, 1)), below, ties).sum() == pytest.approx(24)


def test_winners_are_the_largest_above_their_thresholds():
    u = np.array([[3.0, 1.0, -1.0], [2.0, 2.0, -2.0], [1.0, 3.0, -3.0]])
    none, half = np.zeros((3, 1)), np.array([[1.5], [0.0], [0.0]])
    assert Winners(1).activity(u, none).T.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert Winners(1).activity(u, half).T.tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert Winners(2).activity(u, none).T.tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 0]]


def test_instar_is_oja_among_winners_and_not_among_everyone():
    (x, t), ends = images(72), {}
    for competition in (Winners(1), Everyone()):
        for rule in (ConvInstar, ConvOja):
            learner = Learner(two_convolutions(), rule(competition, eta=0.05, mu=1.0, quiet=0), dtype=np.float64)
            for _ in range(5):
                learner.learn(x, t)
            ends[rule, competition.group] = learner.circuit.weights[1]
            np.testing.assert_allclose(lengths(learner.circuit.weights[1]), 1)
    winners = Winners.group
    np.testing.assert_allclose(ends[ConvInstar, winners], ends[ConvOja, winners], rtol=1e-12)
    assert np.abs(ends[ConvInstar, ""] - ends[ConvOja, ""]).max() > 0.01


def test_thresholds_settle_before_weights_learn_and_even_out_who_wins():
    learner = Learner(two_convolutions(), ConvHebb(mu=0.5, quiet=40), dtype=np.float64)
    (x, t), w = images(72, 40), learner.circuit.weights[0].copy()

    def wins():
        first = learner.algorithm.teach(learner.circuit, x, t).quantities[THRESHOLDS][0]
        return first.post["y"].mean(axis=1)

    before = wins()
    for _ in range(40):
        learner.learn(x, t)
    # Scaling to length 1 again rounds.
    np.testing.assert_allclose(learner.circuit.weights[0], w, atol=1e-15)
    assert np.abs(wins() - 1 / 3).max() < 0.2 * np.abs(before - 1 / 3).max()
    learner.learn(x, t)
    assert np.abs(learner.circuit.weights[0] - w).max() > 1e-3


@pytest.mark.parametrize("rule", [ConvHebb, ConvOja])
def test_a_single_linear_neuron_finds_the_first_component(rule):
    data = load_dataset("digits")
    shown, network = Images(data, np.float64), one_layer(64, 1)
    learner = Learner(network, rule(Everyone(), eta=0.002, quiet=0), Descent(), np.float64)
    for _ in range(4):
        for k in range(0, 1437, 16):
            learner.learn(*shown.train(np.arange(k, min(k + 16, 1437))))
    x = shown.rates(data.train_images)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    first = np.linalg.eigh(x @ x.T)[1][:, -1]
    assert abs(first @ learner.circuit.weights[0][0]) > 0.999


def test_wrong_networks_are_refused():
    with_biases = layered(5, 4, output="linear", loss=SQUARED)
    for algorithm in (SoftHebb(), ConvHebb(), DeepSoftHebb((1.0,), (1.0,))):
        with pytest.raises(NetworkError, match=f"{type(algorithm).__name__}: the network has biases.*bias=False"):
            Learner(with_biases, algorithm)
    with pytest.raises(NetworkError, match="2 layers; expected one. DeepSoftHebb"):
        Learner(layered(5, 4, 3, output="linear", loss=SQUARED, bias=False), SoftHebb())
    with pytest.raises(NetworkError, match=r"powers = \(1.0,\); expected one number for each of the 2 layers"):
        Learner(two_convolutions(), DeepSoftHebb(powers=(1.0,)))


@pytest.mark.parametrize("name", MINE)
def test_a_resumed_run_equals_an_uninterrupted_one(name, tmp_path):
    digits, entry = load_dataset("digits").held_out(1337), ALGORITHMS[name]
    recipe = entry.recipes.get("digits", entry.recipes["mnist"])
    network = recipe.network(digits, 1) if name == "softhebb" else small(digits)
    run = {"epochs": 2, "batch": 10, "optimiser": recipe.optimiser, "progress": False}
    whole = train_rates(network, entry.make(), digits, **run)
    train_rates(network, entry.make(), digits, **{**run, "epochs": 1}, folder=tmp_path)
    resumed = train_rates(network, entry.make(), digits, **run, folder=tmp_path, resume=True)
    assert whole.state.keys() == resumed.state.keys()
    for arrays, others in zip(whole.state.values(), resumed.state.values(), strict=True):
        assert all(np.array_equal(a, b) and np.isfinite(a).all() for a, b in zip(arrays, others, strict=True))
    assert [e.test_error for e in whole.history] == [e.test_error for e in resumed.history]
    assert whole.history[0].train_error is None and whole.history[0].angles == ()


def small(data):
    layers = (Conv(6, "linear", kernel=3, padding=1, pooled=MeanPool(2)), Conv(8, "linear", kernel=3, padding=1))
    return RateNetwork(data.grid, layers, SQUARED, bias=False, seed=1)


def test_spiking_forms_run_on_a_chip_and_those_that_do_not_name_the_term():
    for algorithm in (SoftHebb(), ConvHebb(), ConvInstar(), ConvOja()):
        card = rule_card(algorithm.spiking(), target="loihi2")
        assert {s.name for s in card.executions if not s.runs} <= {"NEST", "emulator loihi1"}, algorithm
        assert card.engine and not card.weight_transport
    engine = rule_card(SoftHebb().spiking()).engine[0]
    assert engine.count("*w") == 2 and "y2" in engine and "y3" in engine
    with pytest.raises(UnsupportedError, match="channel 'suppressed'"):
        DeepSoftHebb().spiking()
