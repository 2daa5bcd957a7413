"""The rate-based BurstCCN: its equations, its gradient, its refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from neurosim.data import load_dataset
from neurosim.errors import NetworkError, UsageError
from neurosim.rate.burst import BurstCCN, RandomFeedback, SymmetricStart, TiedFeedback
from neurosim.rate.burst.batches import Batches, gradient_angles
from neurosim.rate.burst.gradient import angles, burst_changes, descent
from neurosim.rate.burst.step import activity, bursts_down, events_up, step
from neurosim.rate.products import add_product

SIZES = (7, 6, 5, 4)
FEEDBACKS = (RandomFeedback(), SymmetricStart(), TiedFeedback())


def sigma(x):
    return 1 / (1 + math.exp(-x))


def shown(network, images=3, dtype="float64"):
    """A mini-batch of random inputs and targets."""
    rng = np.random.default_rng(1)
    now = activity(network.sizes, images, dtype)
    now.events[0][:] = rng.random(now.events[0].shape)
    now.targets[rng.integers(0, network.sizes[-1], images), np.arange(images)] = 1
    return now


def one_image(network, before, x, t):
    """Events, bursts beyond the baseline and dendrites of all layers, neuron by neuron."""
    p_b, top = network.p_baseline, len(network.sizes) - 1
    e = [list(x)]
    for w, bias in zip(before.weights, before.biases, strict=True):
        e.append([sigma(sum(w[i, j] * e[-1][j] for j in range(len(e[-1]))) + bias[i, 0]) for i in range(len(w))])
    p = {top: [p_b * (1 + network.teaching * (t[i] - e[top][i]) * (1 - e[top][i])) for i in range(len(t))]}
    u = {}
    for layer in range(top - 1, 0, -1):
        y, q = (ways[layer - 1] for ways in network.ways_down(before))
        b = [p[layer + 1][k] * e[layer + 1][k] for k in range(network.sizes[layer + 1])]
        u[layer] = [sum(y[i, k] * b[k] - q[i, k] * e[layer + 1][k] for k in range(len(b))) for i in range(network.sizes[layer])]
        slope, offset = 1 / (p_b * (1 - p_b)), math.log(p_b / (1 - p_b))
        p[layer] = [sigma(offset + slope * u[layer][i] * (1 - e[layer][i])) for i in range(network.sizes[layer])]
    return e, {layer: [(p[layer][i] - p_b) * e[layer][i] for i in range(len(p[layer]))] for layer in p}, u


@pytest.mark.parametrize("feedback", FEEDBACKS, ids=lambda f: type(f).__name__)
@pytest.mark.parametrize("p_baseline", [0.5, 0.2])
def test_a_step_is_the_equations_written_out(p_baseline, feedback):
    chosen = {"p_baseline": p_baseline, "feedback": feedback, "teaching": 0.8, "weight_decay": 0.01}
    network = BurstCCN(SIZES, eta=0.7, eta_q=0.3, eta_y=0.1, **chosen)
    parameters, now, images = network.start("float64"), shown(network), 3
    for array in (*parameters.biases, *parameters.imbalance):
        array[:] = np.random.default_rng(2).normal(size=array.shape)
    before = type(parameters)(*(tuple(a.copy() for a in arrays) for arrays in parameters))
    w, bias, y, q = ([a.copy() for a in arrays] for arrays in (*before[:2], *network.ways_down(before)))
    for matrix in w:
        matrix *= 0.99
    for n in range(images):
        e, excess, u = one_image(network, before, now.events[0][:, n], now.targets[:, n])
        for layer in range(1, len(SIZES)):
            for i in range(SIZES[layer]):
                bias[layer - 1][i, 0] += 0.7 * excess[layer][i] / images
                for j in range(SIZES[layer - 1]):
                    w[layer - 1][i, j] += 0.7 * excess[layer][i] * e[layer - 1][j] / images
                for j in range(SIZES[layer + 1] if layer in u else 0):
                    q[layer - 1][i, j] += 0.3 * u[layer][i] * e[layer + 1][j] / images
                    y[layer - 1][i, j] -= 0.1 * u[layer][i] * e[layer + 1][j] / images
    if isinstance(feedback, TiedFeedback):
        y = [0.5 * m.T for m in w[1:]]
        q = [p_baseline * m for m in y]
    step(network, parameters, now)
    was = (*before[:2], *network.ways_down(before))
    found = (*parameters[:2], *network.ways_down(parameters))
    for arrays, expected, old in zip(found, (w, bias, y, q), was, strict=True):
        for a, b, c in zip(arrays, expected, old, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)
            assert np.abs(b - c).max() > 1e-5


def test_a_matrix_that_blas_would_copy_is_refused():
    with pytest.raises(UsageError, match="not C-contiguous"):
        add_product(np.zeros((3, 2)).T, 1.0, np.ones((2, 4)), np.ones((3, 4)))


def test_float32_follows_float64():
    network, ends = BurstCCN(SIZES, eta=1.0, eta_q=0.01), {}
    for dtype in ("float32", "float64"):
        parameters, now = network.start(dtype), shown(network, dtype=dtype)
        for _ in range(50):
            step(network, parameters, now)
        assert all(a.dtype == dtype for arrays in parameters for a in arrays)
        ends[dtype] = parameters
    for a, b in zip(ends["float32"], ends["float64"], strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_allclose(x, y, rtol=0, atol=2e-5)


def loss(parameters, now):
    events_up(parameters, now.events)
    return float(np.square(now.targets - now.events[-1]).sum() / 2 / now.images)


def test_descent_is_minus_the_gradient_by_finite_differences():
    network = BurstCCN(SIZES)
    parameters, now = network.start("float64"), shown(network)
    events_up(parameters, now.events)
    found = descent(parameters, now.events, now.targets)
    for w, d in zip(parameters.weights, found, strict=True):
        for where in np.ndindex(*w.shape):
            was = w[where]
            w[where] = was + 1e-5
            high = loss(parameters, now)
            w[where] = was - 1e-5
            low = loss(parameters, now)
            w[where] = was
            assert abs(d[where] + (high - low) / 2e-5) < 1e-9


@pytest.mark.parametrize("sizes", [(64, 30, 10), (64, 40, 30, 20, 10), (64, 30, 30, 30, 30, 30, 30, 10)])
@pytest.mark.parametrize("p_baseline", [0.5, 0.3])
def test_tied_feedback_is_backpropagation_in_the_limit_of_weak_teaching(sizes, p_baseline):
    digits = load_dataset("digits")
    network = BurstCCN(sizes, y_scale=1.0, feedback=TiedFeedback(), teaching=0.01, p_baseline=p_baseline, eta=100.0)
    batches, parameters = Batches(sizes, digits, "float64"), network.start("float64")
    for k in range(3):
        assert max(gradient_angles(network, parameters, batches, 32)) < 0.1
        step(network, parameters, batches.train(np.arange(32 * k, 32 * k + 32)))


def test_float32_keeps_the_angle_where_errors_are_small():
    """The difference Y b - Q e itself, of large sums, was 3.8 degrees off at this amplitude (784-200-200-200-10)."""
    sizes, digits = (64, 40, 30, 10), load_dataset("digits")
    network = BurstCCN(sizes, y_scale=1.0, feedback=TiedFeedback(), teaching=1e-3)
    assert max(gradient_angles(network, network.start(), Batches(sizes, digits), 32)) < 1e-3


def test_the_angle_grows_with_the_square_of_the_teaching():
    sizes, digits = (64, 30, 30, 10), load_dataset("digits")

    def angle(teaching):
        network = BurstCCN(sizes, y_scale=1.0, feedback=TiedFeedback(), teaching=teaching)
        return gradient_angles(network, network.start("float64"), Batches(sizes, digits, "float64"), 32)[0]

    assert angle(0.1) / angle(0.01) == pytest.approx(100, rel=0.05)


def test_random_feedback_is_not_the_gradient():
    sizes = (64, 30, 30, 10)
    network = BurstCCN(sizes)
    found = gradient_angles(network, network.start(), Batches(sizes, load_dataset("digits")), 32)
    assert min(found[:-1]) > 30
    assert found[-1] < 0.01


def test_tied_feedback_follows_the_weights():
    network = BurstCCN(SIZES, y_scale=0.5, feedback=TiedFeedback())
    parameters, now = network.start("float64"), shown(network)
    was = [w.copy() for w in parameters.weights]
    step(network, parameters, now)
    for w, before, y, q in zip(parameters.weights[1:], was[1:], *network.ways_down(parameters), strict=True):
        assert np.abs(w - before).max() > 1e-6
        np.testing.assert_array_equal(y, 0.5 * w.T)
        np.testing.assert_array_equal(q, 0.5 * y)


def test_q_learns_to_take_the_bursts_of_the_baseline_away():
    """From any start: without a teacher's error, u goes towards 0."""
    network = BurstCCN(SIZES, eta=1e-12, eta_q=0.5)
    parameters, now = network.start("float64"), shown(network, images=3)
    # Q of 0: nothing of the baseline is taken away.
    parameters.imbalance[-1][:] = 0.5 * parameters.y[-1]
    events_up(parameters, now.events)
    now.targets[:] = now.events[-1]
    bursts_down(network, parameters, now)
    before = np.abs(now.dendrites[-1]).max()
    for _ in range(2000):
        step(network, parameters, now)
        now.targets[:] = now.events[-1]
    bursts_down(network, parameters, now)
    assert before > 0.1
    assert np.abs(now.dendrites[-1]).max() < 0.05 * before


def test_angles_of_known_matrices():
    a, b = np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])
    assert angles((a, a, a), (b, a, -a)) == pytest.approx((45.0, 0.0, 180.0))
    assert angles((a,), (a + np.array([[0.0, 1e-9]]),))[0] == pytest.approx(np.degrees(1e-9), rel=1e-6)
    assert np.isnan(angles((a,), (0 * a,))[0])


def test_changes_are_what_a_step_adds():
    network = BurstCCN(SIZES, eta=0.5)
    parameters, now = network.start("float64"), shown(network)
    was = [w.copy() for w in parameters.weights]
    step(network, parameters, now)
    for w, before, change in zip(parameters.weights, was, burst_changes(now), strict=True):
        np.testing.assert_allclose(w - before, 0.5 * change, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sizes": (10, 5)}, r"sizes = \(10, 5\).*at least three"),
        ({"sizes": (10, 0, 5)}, r"sizes = \(10, 0, 5\)"),
        ({"sizes": (10, 2.5, 5)}, "whole numbers"),
        ({"sizes": 10}, "sizes = 10"),
        ({"eta": 0.0}, "eta = 0.0: expected a finite number above 0 up"),
        ({"eta": float("nan")}, "eta = nan"),
        ({"eta": "fast"}, "eta = 'fast'"),
        ({"eta_q": -1.0}, "eta_q = -1.0: expected a finite number from 0 up"),
        ({"eta_y": float("inf")}, "eta_y = inf"),
        ({"p_baseline": 0.6}, "p_baseline = 0.6: expected a finite number above 0 to 0.5"),
        ({"y_scale": 0.0}, "y_scale = 0.0"),
        ({"teaching": 2.0}, "teaching = 2.0"),
        ({"weight_decay": 1.5}, "weight_decay = 1.5"),
        ({"eta_decay": 0.6}, "eta_decay = 0.6: expected a finite number from 0 to 0.5"),
        ({"feedback": "random"}, r"feedback = 'random': expected an object such as RandomFeedback\(\)"),
    ],
)
def test_wrong_descriptions_are_refused(wrong, message):
    with pytest.raises(NetworkError, match=message):
        BurstCCN(**{"sizes": SIZES, **wrong})
