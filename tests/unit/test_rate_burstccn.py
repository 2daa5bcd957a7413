"""BurstCCN of rates: its equations, its gradient, convolutions, its refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from neurosim.data import load_dataset
from neurosim.errors import NetworkError, UsageError
from neurosim.rate import SQUARED, Conv, Dense, Learner, Local, MaxPool, MeanPool, RateNetwork, layered, train_rates
from neurosim.rate.algorithms.burstccn import BurstCCN, bursting
from neurosim.rate.algorithms.burstccn_feedback import IMBALANCE, RandomFeedback, SymmetricStart, TiedFeedback, Y
from neurosim.rate.gradient import angle, descent
from neurosim.rate.images import Images, difference
from neurosim.rate.products import add_product
from neurosim.rate.starts import GlorotNormal

SIZES = (7, 6, 5, 4)
FEEDBACKS = (RandomFeedback(), SymmetricStart(), TiedFeedback(0.5))


def sigma(x):
    return 1 / (1 + math.exp(-x))


def learner(*sizes, dtype="float64", **settings):
    return Learner(bursting(*(sizes or SIZES)), BurstCCN(**settings), dtype=dtype)


def shown(network, images=3, dtype="float64"):
    """A mini-batch of random inputs and targets."""
    rng = np.random.default_rng(1)
    t = np.zeros((network.sizes[-1], images), dtype)
    t[rng.integers(0, len(t), images), np.arange(images)] = 1
    return rng.random((network.sizes[0], images)).astype(dtype), t


def kept(of):
    """Copies of weights, biases, Y and Q; those of the ways down have one row for each dendrite."""
    y, q = of.algorithm.feedback.ways_down(of.circuit, of.algorithm.p_baseline)
    state = of.circuit.state
    return [[np.array(m) for m in arrays] for arrays in (state["weights"], state["biases"], [m.T for m in y], [m.T for m in q])]


def one_image(algorithm, before, x, t):
    """Events, bursts beyond the baseline and dendrites of all layers, neuron by neuron."""
    p_b, top = algorithm.p_baseline, len(SIZES) - 1
    e = [list(x)]
    for w, bias in zip(*before[:2], strict=True):
        e.append([sigma(sum(w[i, j] * e[-1][j] for j in range(len(e[-1]))) + bias[i, 0]) for i in range(len(w))])
    p = {top: [p_b * (1 + algorithm.teaching * (t[i] - e[top][i]) * (1 - e[top][i])) for i in range(len(t))]}
    u = {}
    for layer in range(top - 1, 0, -1):
        y, q = (ways[layer - 1] for ways in before[2:])
        b = [p[layer + 1][k] * e[layer + 1][k] for k in range(SIZES[layer + 1])]
        u[layer] = [sum(y[i, k] * b[k] - q[i, k] * e[layer + 1][k] for k in range(len(b))) for i in range(SIZES[layer])]
        slope, offset = 1 / (p_b * (1 - p_b)), math.log(p_b / (1 - p_b))
        p[layer] = [sigma(offset + slope * u[layer][i] * (1 - e[layer][i])) for i in range(SIZES[layer])]
    return e, {layer: [(p[layer][i] - p_b) * e[layer][i] for i in range(len(p[layer]))] for layer in p}, u


@pytest.mark.parametrize("feedback", FEEDBACKS, ids=lambda f: type(f).__name__)
@pytest.mark.parametrize("p_baseline", [0.5, 0.2])
def test_a_step_is_the_equations_written_out(p_baseline, feedback):
    chosen = {"p_baseline": p_baseline, "feedback": feedback, "teaching": 0.8, "weight_decay": 0.01}
    of = learner(eta=0.7, eta_q=0.3, eta_y=0.1, **chosen)
    (x, t), images = shown(of.network), 3
    for name in {"biases", IMBALANCE} & {*of.circuit.state}:
        for array in of.circuit.state[name]:
            array[:] = np.random.default_rng(2).normal(size=array.shape)
    before, expected = kept(of), kept(of)
    w, bias, y, q = expected
    for matrix in w:
        matrix *= 0.99
    for n in range(images):
        e, excess, u = one_image(of.algorithm, before, x[:, n], t[:, n])
        for layer in range(1, len(SIZES)):
            for i in range(SIZES[layer]):
                bias[layer - 1][i, 0] += 0.7 * excess[layer][i] / images
                for j in range(SIZES[layer - 1]):
                    w[layer - 1][i, j] += 0.7 * excess[layer][i] * e[layer - 1][j] / images
                for j in range(SIZES[layer + 1] if layer in u else 0):
                    q[layer - 1][i, j] += 0.3 * u[layer][i] * e[layer + 1][j] / images
                    y[layer - 1][i, j] -= 0.1 * u[layer][i] * e[layer + 1][j] / images
    if isinstance(feedback, TiedFeedback):
        expected[2:] = [[0.5 * m.T for m in w[1:]], [0.5 * p_baseline * m.T for m in w[1:]]]
    of.learn(x, t)
    for arrays, wanted, old in zip(kept(of), expected, before, strict=True):
        for a, b, c in zip(arrays, wanted, old, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)
            assert np.abs(b - c).max() > 1e-5


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_product_is_added_in_either_order_of_memory(order):
    matrix, rows, columns = np.ones((3, 2), order=order), np.arange(12.0).reshape(3, 4), np.arange(8.0).reshape(2, 4)
    add_product(matrix, 0.5, rows, columns)
    np.testing.assert_array_equal(matrix, 1 + 0.5 * rows @ columns.T)


def test_a_matrix_that_blas_would_copy_is_refused():
    with pytest.raises(UsageError, match="not contiguous"):
        add_product(np.zeros((3, 4))[:, ::2], 1.0, np.ones((3, 4)), np.ones((2, 4)))


def test_float32_follows_float64():
    ends = {}
    for dtype in ("float32", "float64"):
        of = learner(eta=1.0, eta_q=0.01, dtype=dtype)
        for _ in range(50):
            of.learn(*shown(of.network, dtype=dtype))
        assert all(a.dtype == dtype for arrays in of.circuit.state.values() for a in arrays)
        ends[dtype] = of.circuit.state
    for name, arrays in ends["float64"].items():
        for x, y in zip(ends["float32"][name], arrays, strict=True):
            np.testing.assert_allclose(x, y, rtol=0, atol=2e-5)


def conv(**settings):
    """Two convolutions with pooling and stride, a locally connected layer, and a dense output, all logistic."""
    layers = (
        Conv(4, "logistic", kernel=3, padding=1, pooled=MeanPool(2)),
        Conv(5, "logistic", kernel=3, stride=2, padding=1),
        Local(3, "logistic", kernel=2),
        Dense(10, "logistic"),
    )
    return RateNetwork((1, 8, 8), layers, loss=SQUARED, **settings)


@pytest.mark.parametrize("network", [bursting(*SIZES), conv()], ids=["dense", "conv"])
def test_descent_is_minus_the_gradient_by_finite_differences(network):
    circuit = Learner(network, BurstCCN(), dtype="float64").circuit
    x, t = shown(network)

    def loss():
        return network.loss.value(circuit.forward(x).h[-1], t) / x.shape[1]

    rng = np.random.default_rng(0)
    for w, d in zip(circuit.weights, descent(circuit, x, t), strict=True):
        for at in rng.choice(w.size, 20):
            where = np.unravel_index(at, w.shape)
            was = w[where]
            w[where] = was + 1e-5
            high = loss()
            w[where] = was - 1e-5
            low = loss()
            w[where] = was
            assert abs(d[where] + (high - low) / 2e-5) < 1e-9


def angles(of):
    return difference(of, Images(load_dataset("digits"), of.circuit.dtype), 32).angles


def weak(network, teaching=0.01, dtype="float64", **settings):
    return Learner(network, BurstCCN(feedback=TiedFeedback(), teaching=teaching, **settings), dtype=dtype)


NETWORKS = {
    "1 hidden": bursting(64, 30, 10),
    "4 hidden": bursting(64, 40, 30, 20, 10),
    "6 hidden": bursting(64, *[30] * 6, 10),
    "conv": conv(),
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("p_baseline", [0.5, 0.3])
def test_tied_feedback_is_backpropagation_in_the_limit_of_weak_teaching(network, p_baseline):
    of, images = weak(network, p_baseline=p_baseline, eta=100.0), Images(load_dataset("digits"), "float64")
    for k in range(3):
        assert max(angles(of)) < 0.1
        of.learn(*images.train(np.arange(32 * k, 32 * k + 32)))


def test_relu_neurons_backpropagate_in_the_same_limit():
    """Where a neuron is hardly active, p cannot follow u; the share of such neurons falls with the teaching."""
    network = layered(64, 30, 30, 10, hidden="relu", output="logistic", loss=SQUARED)
    widest = [max(angles(weak(network, teaching))) for teaching in (1.0, 1e-2, 1e-5)]
    assert widest[0] > widest[1] > 0.1 > widest[2]


def test_the_length_of_a_change_is_the_share_of_the_teacher_of_that_of_descent():
    of = weak(conv(), p_baseline=0.4)
    lengths = difference(of, Images(load_dataset("digits"), "float64"), 32).lengths
    np.testing.assert_allclose(lengths, 0.4 * 0.01, rtol=1e-3)


def test_float32_keeps_the_angle_where_errors_are_small():
    """The difference Y b - Q e itself, of large sums, was 3.8 degrees off at this amplitude (784-200-200-200-10)."""
    assert max(angles(weak(bursting(64, 40, 30, 10), 1e-3, "float32"))) < 1e-3


def test_the_angle_grows_with_the_square_of_the_teaching():
    network = bursting(64, 30, 30, 10)
    assert angles(weak(network, 0.1))[0] / angles(weak(network, 0.01))[0] == pytest.approx(100, rel=0.05)


def test_random_feedback_is_not_the_gradient():
    for network in (bursting(64, 30, 30, 10), conv()):
        found = angles(Learner(network, BurstCCN()))
        assert min(found[:-1]) > 30
        assert found[-1] < 0.01


def test_tied_feedback_follows_the_weights():
    of = learner(feedback=TiedFeedback(0.5))
    was = [w.copy() for w in of.circuit.weights]
    of.learn(*shown(of.network))
    w, _, ys, qs = kept(of)
    for now, before, y, q in zip(w[1:], was[1:], ys, qs, strict=True):
        assert np.abs(now - before).max() > 1e-6
        np.testing.assert_array_equal(y, 0.5 * now.T)
        np.testing.assert_array_equal(q, 0.5 * y)


def test_q_learns_to_take_the_bursts_of_the_baseline_away():
    """From any start: without a teacher's error, u goes towards 0."""
    of = learner(eta=1e-12, eta_q=0.5)
    x, _ = shown(of.network)
    # Q of 0: nothing of the baseline is taken away.
    of.circuit.state[IMBALANCE][-1][:] = 0.5 * of.circuit.state[Y][-1]

    def dendrites():
        taught = of.algorithm.teach(of.circuit, x, of.circuit.forward(x).h[-1])
        return np.abs(taught.quantities[Y][-1].pre["u"]).max()

    before = dendrites()
    for _ in range(2000):
        of.learn(x, of.circuit.forward(x).h[-1])
    assert before > 0.1
    assert dendrites() < 0.05 * before


def test_angles_of_known_matrices():
    a, b = np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])
    assert [angle(a, m) for m in (b, a, -a)] == pytest.approx([45.0, 0.0, 180.0])
    assert angle(a, a + np.array([[0.0, 1e-9]])) == pytest.approx(np.degrees(1e-9), rel=1e-6)
    assert np.isnan(angle(a, 0 * a))


def whole_image():
    """The dense network of `SIZES` as convolutions whose windows are the whole layer below: 7 inputs are 7 channels."""
    layers = tuple(Conv(n, "logistic", kernel=1) for n in SIZES[1:])
    return RateNetwork((SIZES[0], 1, 1), layers, loss=SQUARED, start=bursting(*SIZES).start)


@pytest.mark.parametrize("feedback", FEEDBACKS, ids=lambda f: type(f).__name__)
def test_a_convolution_over_one_place_is_a_dense_layer(feedback):
    algorithm = BurstCCN(feedback=feedback, eta_q=0.1, eta_y=0.2, weight_decay=1e-3)
    ends = []
    for network in (bursting(*SIZES), whole_image()):
        of = Learner(network, algorithm, dtype="float64")
        for _ in range(5):
            of.learn(*shown(network))
        ends.append(of.circuit.state)
    for name in ends[0]:
        for a, b in zip(ends[0][name], ends[1][name], strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-14)


def test_feedback_kernels_learn_from_all_places():
    """For every matrix V, the change of Y times V is -eta_y times the mean over images of u times what V would send down."""
    of = Learner(conv(), BurstCCN(eta_y=0.3, eta_q=0.1), dtype="float64")
    x, t = shown(of.network)
    ways = of.algorithm.teach(of.circuit, x, t).quantities[Y]
    before = {name: [m.copy() for m in of.circuit.state[name]] for name in (Y, IMBALANCE)}
    of.learn(x, t)
    rng = np.random.default_rng(5)
    for k in range(1, of.circuit.depth):
        v, (u, e) = rng.normal(size=before[Y][k].shape), (ways[k].pre["u"], ways[k].post["e"])
        sent = float((u * of.network.connections[k].back(v, e)).sum()) / x.shape[1]
        for name, rate in ((Y, 0.3), (IMBALANCE, 0.1 + 0.5 * 0.3)):
            change = float(((of.circuit.state[name][k] - before[name][k]) * v).sum())
            assert change == pytest.approx(-rate * sent, rel=1e-9)
            assert abs(change) > 1e-6


def test_a_convolution_learns_digits_with_random_feedback():
    layers = (Conv(8, "logistic", kernel=3, padding=1, pooled=MaxPool(2)), Dense(10, "logistic"))
    network = RateNetwork((1, 8, 8), layers, loss=SQUARED, start=GlorotNormal(1.5))
    found = train_rates(network, BurstCCN(eta=3.0), load_dataset("digits"), epochs=8, batch=16, progress=False)
    assert found.history[-1].test_error < 0.25
    start = Learner(network, BurstCCN()).circuit.state
    assert np.array_equal(found.state[Y][1], start[Y][1])
    assert not np.array_equal(found.state[IMBALANCE][1], start[IMBALANCE][1])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"eta": 0.0}, "eta = 0.0: expected a finite number above 0 up"),
        ({"eta": float("nan")}, "eta = nan"),
        ({"eta": "fast"}, "eta = 'fast'"),
        ({"eta_q": -1.0}, "eta_q = -1.0: expected a finite number from 0 up"),
        ({"eta_y": float("inf")}, "eta_y = inf"),
        ({"p_baseline": 0.6}, "p_baseline = 0.6: expected a finite number above 0 to 0.5"),
        ({"teaching": 2.0}, "teaching = 2.0"),
        ({"weight_decay": 1.5}, "weight_decay = 1.5"),
        ({"eta_decay": 0.6}, "eta_decay = 0.6: expected a finite number from 0 to 0.5"),
        ({"feedback": "random"}, r"feedback = 'random'.*RandomFeedback\(\)"),
    ],
)
def test_wrong_descriptions_are_refused(wrong, message):
    with pytest.raises(NetworkError, match=message):
        BurstCCN(**wrong)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (layered(7, 6, 4, hidden="tanh"), "layer 1 is tanh; expected logistic or relu layers"),
        (layered(7, 6, 4), "the output is softmax"),
        (layered(7, 6, 4, hidden="logistic", output="logistic"), "the loss is 'cross_entropy'"),
    ],
)
def test_networks_of_other_kinds_are_refused(network, message):
    with pytest.raises(NetworkError, match=message):
        Learner(network, BurstCCN())


def test_a_scale_of_zero_is_refused():
    with pytest.raises(NetworkError, match=r"RandomFeedback.scale = 0.0: expected a finite number above 0"):
        RandomFeedback(0.0)
