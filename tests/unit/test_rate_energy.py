"""Energy-based learning of rates: predictive coding, equilibrium propagation and their kin, against closed forms first."""

from __future__ import annotations

import math

import numpy as np
import pytest

from neurosim.cards.card import rule_card
from neurosim.cards.rate_card import rate_card
from neurosim.data import load_dataset
from neurosim.errors import NetworkError
from neurosim.rate import ALGORITHMS, SQUARED, Conv, Dense, Learner, MaxPool, RateNetwork, layered, train_rates
from neurosim.rate.algorithms.bernoulli_coding import BernoulliCoding
from neurosim.rate.algorithms.contrastive_hebb import ContrastiveHebb
from neurosim.rate.algorithms.equilibrium import OneSidedPropagation, RandomSignPropagation, SymmetricPropagation
from neurosim.rate.algorithms.generative_coding import WAYS_UP, GenerativeCoding
from neurosim.rate.algorithms.layerwise import backprop
from neurosim.rate.algorithms.predictive_coding import ExactCoding, FixedCoding, StrictCoding
from neurosim.rate.circuit import Circuit
from neurosim.rate.gradient import angle, compared
from neurosim.rate.settled_gradient import settled_descent
from neurosim.rate.starts import Normal, Uniform

NAMES = (
    "exact_predictive_coding", "fixed_predictive_coding", "strict_predictive_coding", "prospective_configuration",
    "bernoulli_predictive_coding", "generative_coding", "equilibrium_propagation", "equilibrium_propagation_one_sided",
    "equilibrium_propagation_random_sign", "contrastive_hebbian_learning",
)  # fmt: skip
DEEP = layered(12, 9, 8, 7, 5, hidden="tanh", seed=3)
POOLED = RateNetwork(
    (1, 8, 8), (Conv(3, "tanh", kernel=3, padding=1, pooled=MaxPool()), Dense(20, "tanh"), Dense(5, "softmax"))
)
LEARN = [
    ("fixed_predictive_coding", 0.92), ("strict_predictive_coding", 0.92), ("bernoulli_predictive_coding", 0.92),
    ("generative_coding", 0.93), ("equilibrium_propagation", 0.85), ("equilibrium_propagation_one_sided", 0.85),
    ("equilibrium_propagation_random_sign", 0.85), ("contrastive_hebbian_learning", 0.85),
]  # fmt: skip
HOPFIELD = layered(12, 9, 7, 5, hidden="steep_logistic", output="steep_logistic", loss=SQUARED, start=Uniform(), seed=1)


def batch(network, images=20, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.random((network.sizes[0], images)).astype(dtype)
    return x, np.eye(network.sizes[-1], dtype=dtype)[:, rng.integers(0, network.sizes[-1], images)]


def changes(network, algorithm, dtype=np.float64):
    """Changes of weights and biases for a mini-batch."""
    learner, (x, t) = Learner(network, algorithm, dtype=dtype), batch(network, dtype=dtype)
    return [c.computed(learner.circuit)["w"] for c in learner.changes(algorithm.teach(learner.circuit, x, t))]


def farthest(found, expected):
    """Largest difference of a change, over the length of the expected change."""
    return max(np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(found, expected, strict=True))


# Predictive coding


@pytest.mark.parametrize("network", [DEEP, POOLED, layered(6, 4)], ids=["deep", "pooled", "one layer"])
@pytest.mark.parametrize(("dtype", "most"), [(np.float32, 1e-6), (np.float64, 1e-12)])
def test_exact_and_fixed_predictive_coding_are_backpropagation(network, dtype, most):
    expected = changes(network, backprop(0.02), dtype)
    for algorithm in (ExactCoding(0.02), FixedCoding(0.02), FixedCoding(0.02, steps=len(network.layers), rate=1.0)):
        assert farthest(changes(network, algorithm, dtype), expected) < most


def test_one_step_less_leaves_the_first_layer_as_it_is():
    found = changes(DEEP, FixedCoding(steps=3))
    assert not found[0].any() and all(change.any() for change in found[2:])


@pytest.mark.parametrize(("steps", "rate"), [(20, 0.1), (5, 0.3), (12, 0.5)])
def test_an_unfinished_fixed_version_has_binomial_lengths(steps, rate):
    depth = len(DEEP.layers)
    of_weights = zip(changes(DEEP, FixedCoding(steps=steps, rate=rate))[::2], changes(DEEP, backprop())[::2], strict=True)
    for layer, (found, exact) in enumerate(of_weights, 1):
        d = depth - layer
        tail = 1 - sum(math.comb(steps - 1, k) * rate**k * (1 - rate) ** (steps - 1 - k) for k in range(d))
        np.testing.assert_allclose(found, tail * exact, rtol=1e-9, atol=1e-14)


def test_a_linear_network_settles_to_the_closed_form():
    network = layered(6, 5, 4, 3, hidden="linear", output="linear", loss=SQUARED, bias=False, start=Normal(0.3), seed=2)
    circuit, (x, t) = Circuit(network, np.float64), batch(network)
    found = StrictCoding(steps=2000, rate=0.3).inferred(circuit, x, t)
    w1, w2, w3 = circuit.weights
    _, v1, v2 = found.values
    # v_l = (I + W^T W)^-1 (W_l v_{l-1} + W_{l+1}^T v_{l+1}); at the output the target takes the place of the value.
    np.testing.assert_allclose(v1, np.linalg.solve(np.eye(5) + w2.T @ w2, w1 @ x + w2.T @ v2), atol=1e-8)
    np.testing.assert_allclose(v2, np.linalg.solve(np.eye(4) + w3.T @ w3, w2 @ v1 + w3.T @ t), atol=1e-8)


def test_strict_values_descend_the_energy():
    circuit, (x, t) = Circuit(DEEP, np.float64), batch(DEEP)

    def energy(steps):
        found = StrictCoding(steps=steps).inferred(circuit, x, t)
        total = 0.0
        for layer in range(1, circuit.depth + 1):
            p = circuit.active(layer, circuit.up(layer, found.values[layer - 1]))
            last = layer == circuit.depth
            total += DEEP.loss.value(p, t) if last else float(np.square(p - found.values[layer]).sum()) / 2
        return total

    found = [energy(steps) for steps in (1, 2, 5, 20, 100)]
    assert found == sorted(found, reverse=True) and found[-1] < 0.95 * found[0]


@pytest.mark.parametrize("network", [DEEP, POOLED], ids=["deep", "pooled"])
def test_a_small_output_precision_makes_strict_coding_backpropagation(network):
    learners = [Learner(network, StrictCoding(steps=3000, precision=p), dtype=np.float64) for p in (1.0, 1e-2, 1e-5)]
    found = [compared(learner, *batch(network)) for learner in learners]
    widest = [max(d.angles) for d in found]
    # The angle falls in proportion to the precision.
    assert widest[0] > 10 * widest[1] > 5000 * widest[2] and widest[2] < 0.006
    np.testing.assert_allclose(found[2].lengths, 1, atol=1e-3)


def test_the_product_with_the_image_is_computed_once():
    algorithm = StrictCoding(steps=20)
    learner, (x, t) = Learner(DEEP, algorithm, dtype=np.float64), batch(DEEP)
    algorithm.teach(learner.circuit, x, t)
    inner = sum(c.macs for c in DEEP.connections[1:])
    # One pass up, and 19 steps of one product down and one up for all connections but the first.
    assert learner.circuit.ledger.macs == 20 * (DEEP.connections[0].macs + inner + 19 * 2 * inner)


def test_bernoulli_coding_descends_its_energy_and_settles_to_its_fixed_point():
    network = layered(12, 9, 8, 5, hidden="logistic", seed=3)
    circuit, (x, t) = Circuit(network, np.float64), batch(network)

    def energy(steps):
        found = BernoulliCoding(steps=steps).inferred(circuit, x, t)
        total = 0.0
        for layer in range(1, circuit.depth + 1):
            q = circuit.active(layer, circuit.up(layer, found.values[layer - 1]))
            if layer < circuit.depth:
                p = found.values[layer]
                total += float((p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))).sum())
        return total + network.loss.value(q, t)

    found = [energy(steps) for steps in (1, 2, 5, 20, 100)]
    assert found == sorted(found, reverse=True) and found[-1] < 0.999 * found[0]
    # Settled values v satisfy v = p - W^T e, where p and v are log-odds.
    settled = BernoulliCoding(steps=5000).inferred(circuit, x, t)
    (s1, s2), (_, e2, e3) = settled.values[1:], settled.errors
    for layer, s, e in ((1, s1, e2), (2, s2, e3)):
        predicted = circuit.up(layer, settled.values[layer - 1])
        np.testing.assert_allclose(np.log(s / (1 - s)), predicted - circuit.weights[layer].T @ e, atol=1e-8)


def test_generative_coding_transports_nothing_and_its_error_weights_turn_to_the_weights():
    network = layered(64, 40, 20, bias=False, output="relu", loss=SQUARED, seed=1)
    learner, data = Learner(network, GenerativeCoding()), load_dataset("digits")
    x = np.ascontiguousarray(data.train_images[:400].T / np.float32(16), np.float32)
    t = np.zeros((10, 20), np.float32)

    def turned():
        return [angle(a, b) for a, b in zip(learner.circuit.weights, learner.circuit.state[WAYS_UP], strict=True)]

    def squared_error():
        return float(np.square(x - learner.algorithm.reconstruction(learner.circuit, x)).mean())

    angles, error = turned(), squared_error()
    for _ in range(10):
        for k in range(0, 400, 20):
            learner.learn(np.ascontiguousarray(x[:, k : k + 20]), t)
    assert squared_error() < 0.5 * error and squared_error() < np.square(x - x.mean(axis=1, keepdims=True)).mean()
    assert all(now < before - 20 for now, before in zip(turned(), angles, strict=True))
    assert learner.circuit.ledger.transported == set()
    for w in (*learner.circuit.weights, *learner.circuit.state[WAYS_UP]):
        assert np.linalg.norm(w, axis=1).max() <= 1 + 1e-6


# Equilibrium propagation


def exact_and_found(algorithm, network=HOPFIELD):
    learner, (x, t) = Learner(network, algorithm, dtype=np.float64), batch(network)
    circuit = learner.circuit
    exact = settled_descent(circuit, x, algorithm.free(circuit, circuit.up(1, x)), t)
    taught = learner.algorithm.teach(circuit, x, t)
    found = [c.computed(circuit)["w"] for c in learner.changes(taught) if c.name == "weights"]
    return exact, found


def cosines(exact, found):
    return [math.cos(math.radians(angle(a, b))) for a, b in zip(exact, found, strict=True)]


@pytest.mark.parametrize("network", [HOPFIELD, layered(8, 6, 4, hidden="tanh", output="tanh", loss=SQUARED, start=Uniform())])
def test_the_adjoint_is_the_gradient_of_the_loss_of_the_settled_state(network):
    algorithm, (x, t) = SymmetricPropagation(free_steps=400), batch(network, 3)
    circuit = Circuit(network, np.float64)

    def loss():
        return network.loss.value(algorithm.answer(circuit, x), t) / 3

    exact = settled_descent(circuit, x, algorithm.free(circuit, circuit.up(1, x)), t, 400)
    for k, w in enumerate(circuit.weights):
        for at in ((0, 0), (2, 1), (3, 4)):
            kept, values = w[at], []
            for step in (1e-5, -1e-5):
                w[at] = kept + step
                values.append(loss())
            w[at] = kept
            assert -(values[0] - values[1]) / 2e-5 == pytest.approx(exact[k][at], rel=1e-5, abs=1e-9)


def test_symmetric_nudges_follow_the_gradient_and_one_sided_ones_less():
    long = {"free_steps": 200, "nudged_steps": 200, "eta": 1.0}
    symmetric = cosines(*exact_and_found(SymmetricPropagation(beta=0.1, **long)))
    one_sided = cosines(*exact_and_found(OneSidedPropagation(beta=0.1, **long)))
    assert min(symmetric) > 0.999 and min(symmetric) > max(one_sided) > 0.9
    exact, found = exact_and_found(SymmetricPropagation(beta=1e-3, **long))
    assert farthest(found, exact) < 1e-5


def test_a_random_sign_cancels_the_bias_on_average():
    long = {"free_steps": 100, "nudged_steps": 100, "beta": 0.2, "eta": 1.0}
    learner, (x, t) = Learner(HOPFIELD, RandomSignPropagation(**long), dtype=np.float64), batch(HOPFIELD)
    found = {}
    for learner.circuit.batch in range(20):
        taught = learner.algorithm.teach(learner.circuit, x, t)
        change = next(learner.changes(taught)).computed(learner.circuit)["w"]
        found[change.tobytes()] = change
    assert len(found) == 2
    _, (symmetric, *_) = exact_and_found(SymmetricPropagation(**long))
    np.testing.assert_allclose(sum(found.values()) / 2, symmetric, atol=1e-12)


def test_contrastive_hebb_is_the_limit_of_a_strong_nudge():
    network = layered(12, 9, 5, hidden="steep_logistic", output="linear", loss=SQUARED, start=Uniform(), seed=1)
    circuit, (x, t) = Circuit(network, np.float64), batch(network)
    algorithm = ContrastiveHebb()
    drive = circuit.up(1, x)
    clamped, _ = algorithm.states(circuit, drive, algorithm.free(circuit, drive), t)
    np.testing.assert_array_equal(clamped[-1], t)
    expected = circuit.network.activations[0].apply(drive + circuit.weights[1].T @ t)
    np.testing.assert_allclose(clamped[0], expected, atol=1e-12)


# All of them


@pytest.mark.parametrize("name", NAMES)
def test_a_resumed_run_equals_an_uninterrupted_one(name, tmp_path):
    entry, data = ALGORITHMS[name], load_dataset("digits").held_out(1237)
    recipe = entry.recipe("digits")
    made = {"network": recipe.network(data, 0), "algorithm": entry.make(**recipe.options), "dataset": data}
    made |= {"optimiser": recipe.optimiser, "batch": recipe.batch, "progress": False}
    whole = train_rates(**made, epochs=2)
    train_rates(**made, epochs=1, folder=tmp_path)
    resumed = train_rates(**made, epochs=2, folder=tmp_path, resume=True)
    for key, arrays in whole.state.items():
        for a, b in zip(arrays, resumed.state[key], strict=True):
            np.testing.assert_array_equal(a, b)
    assert whole.history[-1].test_error == resumed.history[-1].test_error
    assert not np.array_equal(whole.state["weights"][0], Learner(made["network"], made["algorithm"]).circuit.weights[0])


@pytest.mark.parametrize("name", ["exact_predictive_coding", "generative_coding", "equilibrium_propagation"])
def test_the_spiking_form_compiles_for_a_chip(name):
    card = rule_card(ALGORITHMS[name].make().spiking(), target="loihi2")
    assert {e.name: e.runs for e in card.executions}["emulator fixed"] and len(card.engine) == 1


def test_cards_are_derived_by_running():
    cards = {name: rate_card(name) for name in NAMES}
    assert cards["generative_coding"].transported == () and cards["generative_coding"].host_step
    for name in set(NAMES) - {"generative_coding"}:
        assert cards[name].transported == ("weights",)
    assert cards["exact_predictive_coding"].macs == cards["exact_predictive_coding"].macs_of_backprop
    assert cards["prospective_configuration"].macs > 4 * cards["strict_predictive_coding"].macs
    assert [*cards["equilibrium_propagation"].phases] == ["free", "nudged", "opposite"]


@pytest.mark.parametrize(
    ("algorithm", "network", "message"),
    [
        (BernoulliCoding(), DEEP, "layer 1 is tanh; expected hidden layers that are logistic"),
        (GenerativeCoding(), DEEP, "bias=False"),
        (SymmetricPropagation(), DEEP, "the loss is 'cross_entropy'; expected SQUARED"),
    ],
)
def test_a_network_that_does_not_fit_is_refused(algorithm, network, message):
    with pytest.raises(NetworkError, match=message):
        Learner(network, algorithm)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StrictCoding(steps=0), "steps = 0; expected a whole number from 1 up"),
        (lambda: FixedCoding(rate=1.5), "rate = 1.5; expected a number above 0, up to 1"),
        (lambda: StrictCoding(precision=0.0), "precision = 0; expected a number above 0"),
        (lambda: OneSidedPropagation(beta=0.0), "OneSidedPropagation.beta = 0"),
        (lambda: ContrastiveHebb(clamped_steps=0), "clamped_steps = 0"),
        (lambda: SymmetricPropagation(free_steps=0), "free_steps = 0"),
    ],
)
def test_wrong_parameters_are_refused(make, message):
    with pytest.raises(NetworkError, match=message):
        make()


@pytest.mark.parametrize(("name", "least"), LEARN)
def test_they_learn_the_digits(name, least):
    entry, data = ALGORITHMS[name], load_dataset("digits").shuffled(0)
    recipe = entry.recipe("digits")
    learned = train_rates(
        recipe.network(data, 0), entry.make(**recipe.options), data,
        epochs=5, batch=recipe.batch, optimiser=recipe.optimiser, progress=False,
    )  # fmt: skip
    assert 1 - learned.history[-1].test_error > least
