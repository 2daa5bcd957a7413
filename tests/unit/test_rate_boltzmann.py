"""Boltzmann machines of rates: exact sums, gradients of the likelihood, chains, layers one after the other, refusals."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from typer.testing import CliRunner

from neurosim.cards.rate_card import rate_card
from neurosim.cli.app import app
from neurosim.data import load_dataset
from neurosim.errors import NetworkError, UnsupportedError, UsageError
from neurosim.rate import ALGORITHMS, Learner, Taught, layered, train_rates
from neurosim.rate.algorithms.boltzmann import RBM, VISIBLE, contrastive_divergence, persistent_contrastive_divergence
from neurosim.rate.algorithms.connectivity_gradient import STRENGTH, ConnectivityGradient
from neurosim.rate.algorithms.deep_belief import deep_belief
from neurosim.rate.algorithms.labelled_boltzmann import LabelledRBM
from neurosim.rate.catalogue import algorithm_entry
from neurosim.rate.centring import Centred
from neurosim.rate.chains import FromData, FromNoise, Persistent, sampled
from neurosim.rate.exact import RestrictedMachine, divergence, states
from neurosim.rate.patterns import bars_and_stripes, lines
from neurosim.rate.recipes import binary
from neurosim.rate.refused import REFUSED
from neurosim.rate.starts import Normal

NAMES = (
    "contrastive_divergence", "persistent_contrastive_divergence", "labelled_boltzmann", "deep_belief", "connectivity_gradient",
)  # fmt: skip


def machine_on(visible, hidden, algorithm=None, dtype=np.float64, seed=0):
    """A learner with random weights and biases of all kinds."""
    network = layered(visible, hidden, output="logistic", start=Normal(0.5), seed=seed)
    learner = Learner(network, algorithm or RBM(), dtype=dtype)
    rng = np.random.default_rng(seed + 1)
    for name in ("biases", VISIBLE):
        learner.circuit.state[name][0][...] = rng.standard_normal(learner.circuit.state[name][0].shape)
    return learner


def by_hand(machine):
    """Probabilities of all pairs (hidden state, visible state) from the energy, without any trick."""
    v, h = states(len(machine.visible)), states(len(machine.hidden))
    weight = np.exp(machine.visible[:, 0] @ v + (machine.hidden[:, 0] @ h)[:, None] + h.T @ machine.weights @ v)
    return weight / weight.sum()


# Exact sums


def test_states_are_all_states_in_the_order_of_numbers():
    assert states(3).T.tolist() == [list(s) for s in product((0, 1), repeat=3)]
    with pytest.raises(UsageError, match="found 21 units"):
        states(21)


@pytest.mark.parametrize(("visible", "hidden"), [(5, 3), (3, 5)])
def test_likelihoods_equal_the_sum_over_all_states(visible, hidden):
    machine = machine_on(visible, hidden).algorithm.machine(machine_on(visible, hidden).circuit)
    expected = by_hand(machine).sum(axis=0)
    np.testing.assert_allclose(np.exp(machine.log_likelihood(states(visible))), expected, rtol=1e-12)


def test_divergence_of_a_distribution_from_itself_is_zero():
    p = np.array([0.5, 0.25, 0.25, 0.0])
    assert divergence(p, p + 1e-300) == 0
    assert divergence(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(np.log(2))


def test_patterns():
    bars = bars_and_stripes(4)
    assert bars.pixels.shape == (16, 30) and bars.entropy == pytest.approx(np.log(30))
    assert len({tuple(column) for column in bars.pixels.T}) == 30
    few = lines(3)
    assert few.pixels.shape == (9, 12) and few.entropy == pytest.approx(2.4283, abs=1e-4)
    assert sorted(set(np.round(few.probability * 18, 9))) == [1, 2]
    found = few.drawn(np.random.default_rng(0), 20_000)
    assert np.mean(found.reshape(3, 3, -1).std(axis=0).max(axis=0) == 0) == pytest.approx(2 / 3, abs=0.02)


def test_samples_of_certain_probabilities_are_certain():
    p = np.array([[0.0, 1.0, 0.3]]).repeat(4000, axis=0).astype(np.float32)
    drawn = sampled(p, np.random.default_rng(0))
    assert set(np.unique(drawn)) == {0, 1}
    assert drawn[:, 0].max() == 0 and drawn[:, 1].min() == 1 and drawn[:, 2].mean() == pytest.approx(0.3, abs=0.03)


# Changes


def exact_chain(learner):
    """Data and model phases that are the distributions themselves, as weighted means of the correlations over all states."""
    machine = learner.algorithm.machine(learner.circuit)
    return states(len(machine.visible)), by_hand(machine).sum(axis=0)


@pytest.mark.parametrize("algorithm", [RBM(eta=1.0), ConnectivityGradient(eta=1.0, eta_c=1.0)], ids=["rbm", "connectivity"])
def test_changes_are_the_gradient_of_the_log_likelihood(algorithm):
    learner = machine_on(4, 3, algorithm)
    circuit, found = learner.circuit, learner.algorithm
    data = np.array([[1, 0, 1, 1], [0, 0, 1, 0.0]]).T
    every, p = exact_chain(learner)
    # All visible states with weights p stand for samples of the model: the mean over 16 of them is of 16 p (...).
    model_v, model_h = 16 * p * every, found.hidden(circuit, every)
    of = found.correlations(circuit, (np.tile(data, 8), found.hidden(circuit, np.tile(data, 8))), (model_v, model_h))
    of["biases"][0].post["k"] = 16 * p * model_h
    changes = {c.name: c.computed(circuit)["w"] for c in learner.changes(Taught(of))}

    def likelihood():
        return found.machine(circuit).log_likelihood(data).mean()

    present = found.exists(circuit) if isinstance(found, ConnectivityGradient) else np.ones((3, 4))
    for name in ("weights", "biases", VISIBLE):
        array = circuit.state[name][0]
        for at in np.ndindex(array.shape):
            if name == "weights" and not present[at]:
                continue
            kept = array[at]
            values = []
            for step in (1e-5, -1e-5):
                array[at] = kept + step
                values.append(likelihood())
            array[at] = kept
            assert changes[name][at] == pytest.approx((values[0] - values[1]) / 2e-5, abs=1e-8)


def test_centred_changes_are_of_covariances_and_biases_follow():
    learner = machine_on(4, 3, RBM(eta=1.0, centring=Centred()))
    circuit, rbm = learner.circuit, learner.algorithm
    v, u = states(4)[:, [1, 5, 7, 7, 2]], states(4)[:, [3, 9, 15, 0, 11]]
    h, k = rbm.hidden(circuit, v), rbm.hidden(circuit, u)
    changes = {c.name: c.computed(circuit)["w"] for c in learner.changes(Taught(rbm.correlations(circuit, (v, h), (u, k))))}
    mean_v, mean_h = v.mean(axis=1, keepdims=True), h.mean(axis=1, keepdims=True)
    of_weights = (h - mean_h) @ (v - mean_v).T / 5 - (k - mean_h) @ (u - mean_v).T / 5
    dv, dh = mean_v - u.mean(axis=1, keepdims=True), mean_h - k.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(changes["weights"], of_weights, atol=1e-14)
    np.testing.assert_allclose(changes[VISIBLE], dv - of_weights.T @ mean_h, atol=1e-14)
    np.testing.assert_allclose(changes["biases"], dh - of_weights @ mean_v, atol=1e-14)
    assert circuit.ledger.groups == {"sum over a layer, for centred biases"}


def test_a_long_chain_draws_from_the_model():
    """With very many steps, the change of CD is that of the likelihood, whatever the data."""
    learner = machine_on(4, 3, RBM(FromNoise(30), eta=1.0), np.float32)
    circuit, data = learner.circuit, np.tile(np.eye(4, dtype=np.float32), 5000)
    every, p = exact_chain(learner)
    mean_h = learner.algorithm.hidden(circuit, every.astype(np.float32)) @ p
    taught = learner.algorithm.teach(circuit, data, np.zeros((0, data.shape[1])))
    assert taught.quantities["biases"][0].post["k"].mean(axis=1) == pytest.approx(mean_h, abs=0.015)


def test_where_chains_start():
    v = np.ones((4, 6), np.float32)
    learner = machine_on(4, 3, RBM(Persistent(1, chains=10)), np.float32)
    circuit, chain = learner.circuit, learner.algorithm.chain
    assert FromData().begin(circuit, v) is v
    assert FromNoise().begin(circuit, v).mean() == pytest.approx(0.5, abs=0.35)
    first = circuit.state["chains"][0].copy()
    assert np.array_equal(chain.begin(circuit, v), first[:, :6])
    chain.end(circuit, v)
    circuit.batch += 1
    assert np.array_equal(chain.begin(circuit, v), np.concatenate([first[:, 6:], v[:, :2]], axis=1))
    with pytest.raises(NetworkError, match=r"chains = 10; a mini-batch has 11 images"):
        chain.begin(circuit, np.ones((4, 11)))
    with pytest.raises(NetworkError, match=r"Persistent\.steps = 0"):
        Persistent(0)


def test_absent_connections_keep_their_weights_and_send_nothing():
    learner = machine_on(6, 4, ConnectivityGradient(eta=0.5, eta_c=0.5), np.float32)
    circuit, x = learner.circuit, np.random.default_rng(0).random((6, 50)).astype(np.float32)
    absent, before = learner.algorithm.exists(circuit) == 0, circuit.weights[0].copy()
    strength = circuit.state[STRENGTH][0].copy()
    assert 4 < absent.sum() < 20
    learner.learn(x, np.zeros((0, 50)))
    assert np.array_equal(circuit.weights[0][absent], before[absent])
    assert not np.array_equal(circuit.weights[0][~absent], before[~absent])
    assert (circuit.state[STRENGTH][0] != strength).all()
    assert not learner.algorithm.used(circuit)[learner.algorithm.exists(circuit) == 0].any()


def test_the_answer_is_the_class_of_the_lowest_free_energy():
    network = layered(5, 4, output="logistic", start=Normal(0.8))
    learner = Learner(network, LabelledRBM(classes=3, copies=2), dtype=np.float64)
    circuit, rbm, rng = learner.circuit, learner.algorithm, np.random.default_rng(1)
    circuit.state[VISIBLE][0][...] = rng.standard_normal((11, 1))
    whole = RestrictedMachine(
        np.concatenate([circuit.weights[0], circuit.state["label weights"][0]], axis=1),
        circuit.state[VISIBLE][0], circuit.state["biases"][0],
    )  # fmt: skip
    x = states(5)
    energies = np.array([whole.free_energy(rbm.shown(x, np.eye(3)[:, [k] * 32])) for k in range(3)])
    found = rbm.answer(circuit, x)
    np.testing.assert_allclose(found - found[0], energies[0] - energies, atol=1e-12)


def test_only_the_layer_of_its_stage_learns():
    network = layered(8, 6, 5, hidden="logistic", output="logistic", start=Normal(0.3))
    learner = Learner(network, deep_belief(2, epochs=2))
    x = np.random.default_rng(0).random((8, 10)).astype(np.float32)
    for epoch, changing in ((0, 0), (1, 0), (2, 1), (7, 1)):
        learner.set_epoch(epoch)
        before = [w.copy() for name in ("weights", "biases") for w in learner.circuit.state[name]]
        learner.learn(x, np.zeros((0, 10), np.float32))
        after = [w for name in ("weights", "biases") for w in learner.circuit.state[name]]
        assert [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)] == [changing == 0, changing == 1] * 2


def test_the_second_layer_learns_as_a_machine_on_the_features_of_the_first():
    network = layered(8, 6, 5, hidden="logistic", output="logistic", start=Normal(0.3), seed=4)
    learner = Learner(network, deep_belief(2, epochs=1))
    learner.set_epoch(1)
    x = np.random.default_rng(0).random((8, 400)).astype(np.float32)
    below = learner.circuit.forward(x).h[1]
    shown = learner.algorithm.teach(learner.circuit, x, np.zeros((0, 400))).quantities["weights"][1].pre["v"]
    np.testing.assert_allclose(shown.mean(axis=1), below.mean(axis=1), atol=0.08)
    assert learner.algorithm.features(learner.circuit, x) == pytest.approx(learner.circuit.forward(x).h[2])


# Learning


def test_bars_and_stripes_are_learned():
    bars = bars_and_stripes(3)
    learner = Learner(layered(9, 8, output="logistic", start=Normal(0.1)), RBM(FromData(5), Centred(), eta=0.3))
    x = np.tile(bars.pixels, (1, 8)).astype(np.float32)
    for _ in range(800):
        learner.learn(x, np.zeros((0, x.shape[1]), np.float32))
    found = learner.algorithm.machine(learner.circuit).log_likelihood(bars.pixels).mean()
    assert -bars.entropy - 0.6 < found < -bars.entropy


@pytest.mark.parametrize("name", NAMES)
def test_digits_are_learned_and_resumed_exactly(name, tmp_path):
    dataset, recipe = load_dataset("digits"), ALGORITHMS[name].recipe("digits")
    algorithm = ALGORITHMS[name].make(**({"epochs": 1} if name == "deep_belief" else {}))
    network = binary(*([60] * len(recipe.network(dataset, 0).layers)))(dataset, 2)
    settings = {"batch": 20, "optimiser": recipe.optimiser, "progress": False}
    whole = train_rates(network, algorithm, dataset, epochs=3, **settings)
    train_rates(network, algorithm, dataset, epochs=1, folder=tmp_path, **settings)
    resumed = train_rates(network, algorithm, dataset, epochs=3, folder=tmp_path, resume=True, **settings)
    assert whole.state.keys() == resumed.state.keys()
    for key, found in whole.state.items():
        assert all(np.array_equal(a, b) for a, b in zip(found, resumed.state[key], strict=True)), key
    assert [e.test_error for e in resumed.history] == [e.test_error for e in whole.history]
    assert whole.history[-1].test_error < 0.3


# Cards and refusals


@pytest.mark.parametrize("name", NAMES)
def test_cards_say_what_is_needed(name):
    card = rate_card(name)
    assert "weights" in card.transported and not card.groups
    assert {e.name for e in card.executions if not e.runs} <= {"NEST", "emulator loihi1"}


def test_the_spiking_rule_of_strengths_has_two_variables():
    assert [text for update in rate_card("connectivity_gradient").spiking for text in [update] if "aux" in text]


def test_networks_of_other_kinds_are_refused():
    for network in (layered(8, 6), layered(8, 6, 5, output="logistic"), layered(8, 6, output="logistic", bias=False)):
        with pytest.raises(NetworkError, match="expected one Dense layer of logistic units"):
            Learner(network, contrastive_divergence())
    with pytest.raises(NetworkError, match="2 stages for 1 layers"):
        Learner(layered(8, 6, output="logistic"), deep_belief(2))
    assert persistent_contrastive_divergence(3, 7).chain == Persistent(3, 7)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_methods_that_are_not_local_are_refused_with_the_term(name):
    with pytest.raises(UnsupportedError, match=f"{name} is no local rule: .*Use "):
        algorithm_entry(name)
    for command in ("rule", "train"):
        result = CliRunner().invoke(app, [command, name])
        assert result.exit_code == 1 and "is no local rule" in result.stderr
