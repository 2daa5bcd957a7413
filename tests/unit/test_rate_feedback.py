"""Ways down, directional feedback, Align, PAL and PEPITA: exact identities, resuming, and what they learn."""

import math

import numpy as np
import pytest

from neurosim.data import load_dataset
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.rate import ALGORITHMS, SQUARED, Descent, Learner, MeanPool, Momentum, layered, train_rates
from neurosim.rate.algorithms.directional_feedback import carried
from neurosim.rate.algorithms.pal import Pal
from neurosim.rate.algorithms.pepita import Pepita
from neurosim.rate.gradient import angle, compared, descent
from neurosim.rate.network import Conv, Dense, RateNetwork
from neurosim.rate.starts import Normal
from neurosim.rate.ways_down import WAYS

OURS = (
    "backprop", "feedback_alignment", "sign_symmetry", "frozen_feedback", "kolen_pollack", "direct_feedback_alignment",
    "directional_feedback", "align_ada", "align_zero", "pal", "pepita",
)  # fmt: skip
NETWORK = layered(12, 9, 8, 5, hidden="tanh", seed=4)
POOLED = RateNetwork((1, 6, 6), (Conv(3, "tanh", 3, pooled=MeanPool(2)), Dense(5, "softmax")))


def mini_batch(inputs=12, classes=5, images=16):
    rng = np.random.default_rng(1)
    return rng.random((inputs, images)), np.eye(classes)[:, rng.integers(0, classes, images)]


def learner(name, network=NETWORK, optimiser=None, **options):
    return Learner(network, ALGORITHMS[name].make(**options), optimiser or Descent(), np.float64)


def changes(of, x, t):
    taught = of.algorithm.teach(of.circuit, x, t)
    return {(c.name, c.layer): c.computed(of.circuit)["w"] for c in of.changes(taught)}


def loss(of, x, t):
    return of.network.loss.value(of.answer(x), t) / x.shape[1]


@pytest.mark.parametrize("network", [NETWORK, POOLED])
def test_backprop_is_the_gradient_of_the_loss(network):
    of = learner("backprop", network, eta=1.0)
    x, t = mini_batch(network.sizes[0])
    found = changes(of, x, t)
    rng = np.random.default_rng(2)
    for layer, w in enumerate(of.circuit.weights):
        direction, step = rng.standard_normal(w.shape), 1e-5
        w += step * direction
        above = loss(of, x, t)
        w -= 2 * step * direction
        slope = (above - loss(of, x, t)) / (2 * step)
        w += step * direction
        assert -np.vdot(found["weights", layer], direction) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("name", ["frozen_feedback", "align_ada", "align_zero"])
def test_the_network_of_the_start_leads_down_as_backprop_until_weights_change(name):
    of, (x, t) = learner(name, eta=0.5), mini_batch()
    assert max(compared(of, x, t).angles) < 1e-6
    assert np.allclose(compared(of, x, t).lengths, 1)
    for _ in range(5):
        of.learn(x, t)
    assert 1 < compared(of, x, t).angles[0] < 90


def test_align_zero_is_descent_in_the_kernel_of_the_start():
    of, (x, t) = learner("align_zero", layered(12, 9, 5, hidden="relu", seed=1, bias=False), eta=0.5), mini_batch()
    first, start = of.algorithm.teach(of.circuit, x, t).quantities["weights"], [w.copy() for w in of.circuit.weights]
    of.learn(x, t)
    h0 = np.maximum(start[0] @ x, 0)
    e = of.answer(x) - t
    d0 = (start[1].T @ e) * (h0 > 0)
    found = changes(of, x, t)
    assert np.allclose(found["weights", 1], -0.5 * e @ h0.T / 16)
    assert np.allclose(found["weights", 0], -0.5 * d0 @ x.T / 16)
    assert not np.allclose(first[1].post["d0"], e)


def test_kolen_pollack_makes_both_ways_equal_at_the_rate_of_the_decay():
    of, (x, t) = learner("kolen_pollack", eta=0.1, decay=0.2), mini_batch()

    def apart():
        return of.circuit.state[WAYS][1] - of.circuit.weights[1]

    before = apart()
    for _ in range(50):
        of.learn(x, t)
    assert np.allclose(apart(), before * (1 - 0.1 * 0.2) ** 50)


def test_sign_symmetry_sends_signs_with_the_deviation_of_the_start():
    of, (x, t) = learner("sign_symmetry", eta=1.0), mini_batch()
    scale = of.circuit.weights[1].std()
    of.circuit.weights[1][...] *= 3
    now = of.circuit.forward(x)
    above = of.circuit.state[WAYS][2] * np.sign(of.circuit.weights[2]).T @ (now.h[-1] - t)
    d1 = now.gate(1, scale * np.sign(of.circuit.weights[1]).T @ now.gate(2, above))
    assert np.allclose(changes(of, x, t)["weights", 0], -d1 @ x.T / 16)


def test_direct_ways_down_have_the_scale_of_the_layers_that_they_teach():
    of = learner("direct_feedback_alignment", layered(800, 600, 500, 20))
    ways = of.circuit.state[WAYS]
    assert [w.shape for w in ways] == [(20, 600), (20, 500)]
    assert [w.std() for w in ways] == pytest.approx([math.sqrt(2 / 800), math.sqrt(2 / 600)], rel=0.05)


def test_a_directional_way_down_settles_at_the_mean_derivative_of_the_output():
    of, (x, t) = learner("directional_feedback", eta=0.0, eta_b=0.005), mini_batch()
    total, n = [np.zeros_like(b) for b in of.circuit.state[WAYS]], 3000
    for k in range(1000 + n):
        of.learn(x, t)
        for mean, b in zip(total, of.circuit.state[WAYS], strict=True):
            mean += b / n if k >= 1000 else 0
    slope, w = (of.network.activations[1].slope(of.circuit.forward(x).h[2])), of.circuit.weights
    exact = [(w[2] * slope.mean(axis=1)) @ w[1], w[2]]
    assert all(angle(found, right) < 4 for found, right in zip(total, exact, strict=True))
    assert all(np.linalg.norm(f) == pytest.approx(np.linalg.norm(e), rel=0.05) for f, e in zip(total, exact, strict=True))


def test_noise_is_carried_as_small_changes_are():
    of, (x, _) = learner("directional_feedback"), mini_batch()
    w, (f1, f2, _) = of.circuit.weights, of.network.activations
    noise = [np.random.default_rng(3).standard_normal((n, 16)) for n in (9, 8)]

    def output(step):
        h1 = f1.apply(w[0] @ x) + step * noise[0]
        return w[2] @ (f2.apply(w[1] @ h1) + step * noise[1])

    found = carried(of.circuit, of.circuit.forward(x), noise)
    assert np.allclose(found, (output(1e-5) - output(-1e-5)) / 2e-5, atol=1e-8)


def test_the_ways_down_of_pal_turn_to_the_transpose_while_weights_stay():
    network = layered(10, 20, 10, hidden="tanh", output="linear", loss=SQUARED, start=Normal(0.2), seed=2)
    of = learner("pal", network, eta=0.0, eta_b=0.002, noise=0.05)
    x, t = np.random.default_rng(1).uniform(-1, 1, (10, 16)), np.zeros((10, 16))
    before = angle(of.circuit.state[WAYS][1], of.circuit.weights[1])
    for _ in range(2500):
        of.learn(x, t)
    assert before > 70 and angle(of.circuit.state[WAYS][1], of.circuit.weights[1]) < 20


def test_pepita_learns_from_the_difference_of_two_passes():
    network = layered(12, 9, 5, bias=False, seed=4)
    of, (x, t) = Learner(network, Pepita(eta=1.0, keep=1.0), dtype=np.float64), mini_batch()
    way_in, (w1, w2) = of.circuit.state["way in"][0], of.circuit.weights
    h, out = of.circuit.forward(x).h[1:]
    q0 = x + way_in @ (out - t)
    q, out2 = of.circuit.forward(q0).h[1:]
    found = changes(of, x, t)
    assert np.allclose(found["weights", 0], -(h - q) @ q0.T / 16)
    assert np.allclose(found["weights", 1], -(out2 - t) @ q.T / 16)
    assert np.abs(way_in).max() <= 0.05 * math.sqrt(6 / 12)
    assert w1.shape == (9, 12) and w2.shape == (5, 9)


def test_pepita_drops_the_same_neurons_in_both_passes():
    of, (x, t) = learner("pepita", layered(12, 40, 5, bias=False), keep=0.5), mini_batch()
    of.circuit.state["way in"][0][...] = 0
    assert np.abs(changes(of, x, t)["weights", 0]).max() == 0
    h = of.algorithm.teach(of.circuit, x, t).quantities["weights"][0].post["h1"]
    assert 0.2 < (h > 0).mean() < 0.35


@pytest.mark.parametrize("name", OURS)
def test_a_resumed_training_equals_an_uninterrupted_one(name, tmp_path):
    digits = load_dataset("digits").held_out(1200)
    network = layered(64, 20, 15, 10, bias=name != "pepita", seed=2)
    settings = {"batch": 16, "optimiser": Momentum(0.9), "progress": False}
    make = ALGORITHMS[name].make
    whole = train_rates(network, make(eta=0.01), digits, epochs=3, **settings)
    train_rates(network, make(eta=0.01), digits, epochs=1, folder=tmp_path, **settings)
    resumed = train_rates(network, make(eta=0.01), digits, epochs=3, folder=tmp_path, resume=True, **settings)
    assert whole.state.keys() == resumed.state.keys()
    assert all(np.array_equal(a, b) for k in whole.state for a, b in zip(whole.state[k], resumed.state[k], strict=True))
    assert not np.array_equal(whole.state["weights"][0], Learner(network, make()).circuit.weights[0])


@pytest.mark.parametrize("name", [n for n in OURS if n != "pepita"])
def test_the_learning_rate_falls_by_epoch(name):
    described = ALGORITHMS[name].make(eta=0.4, fall=0.5)
    assert [described.at(k).eta for k in range(3)] == pytest.approx([0.4, 0.2, 0.1])


@pytest.mark.parametrize("name", OURS)
def test_digits_are_learned(name):
    digits = load_dataset("digits").shuffled(0)
    recipe = ALGORITHMS[name].recipe("digits")
    settings = {"epochs": 6, "batch": recipe.batch, "optimiser": recipe.optimiser, "progress": False}
    found = train_rates(recipe.network(digits, 1), ALGORITHMS[name].make(**recipe.options), digits, **settings)
    assert found.history[-1].test_error < 0.12
    assert name == "pepita" or found.history[-1].angles[0] < 85


def test_spiking_neurons_learn_by_the_same_product_except_that_of_align_zero():
    names = set(OURS) - {"align_zero"}
    products = {name: ALGORITHMS[name].make().spiking().updates[0].text for name in names}
    assert products == {name: "-eta * D * x" if name == "pepita" else "-eta * d * h" for name in names}
    assert ALGORITHMS["pal"].make().spiking_rules()[WAYS].updates[0].text == "eta * (xi * (x1 - x2) - alpha * w)"
    with pytest.raises(UnsupportedError, match="not the presynaptic neuron. Align-ada has one"):
        ALGORITHMS["align_zero"].make().spiking()


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(NetworkError, match="Pal.steps = 1; expected a whole number from 2 up"):
        Pal(steps=1)
    with pytest.raises(NetworkError, match="layer 1 pools"):
        Learner(POOLED, Pal())
    with pytest.raises(NetworkError, match="KolenPollack.decay = 1; expected"):
        ALGORITHMS["kolen_pollack"].make(decay=1.0)


def test_ways_down_do_not_disturb_the_exact_gradient():
    of, (x, t) = learner("feedback_alignment", eta=1.0), mini_batch()
    exact = learner("backprop", eta=1.0)
    assert all(np.allclose(a, changes(exact, x, t)["weights", k]) for k, a in enumerate(descent(of.circuit, x, t)))
