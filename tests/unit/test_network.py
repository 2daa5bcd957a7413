"""A network that exists is valid; what is wrong with the others is said by name."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.signal import correlate2d

from neurosim import (
    LIF,
    AllToAll,
    Convolution,
    FixedProbability,
    ImageInput,
    Izhikevich,
    LatencyCoding,
    LocallyConnected,
    Network,
    Normal,
    OneToOne,
    PoissonCoding,
    PoissonInput,
    Pooling,
    Population,
    Probe,
    Projection,
    RateCoding,
    SpikeArray,
    SpikeRaster,
    Uniform,
)
from neurosim.errors import NetworkError, UnitError
from neurosim.program.inputs import count_steps, input_rasters
from neurosim.program.lower import lower
from neurosim.units import Hz, ms, mV, second

CELL = LIF(tau_m=10 * ms, v_th=10 * mV)
PLAIN = LIF(tau_m=10 * ms, v_th=1.0)
RNG = np.random.default_rng(1)


def network(weights=None, n_pre=3, n_post=4, post=CELL, probes=(), more=(), **projection):
    weights = AllToAll(1 * mV) if weights is None else weights
    return Network(
        "net",
        [Population("a", n_pre, PoissonInput(10 * Hz)), Population("b", n_post, post)],
        [Projection("a", "b", weights, **projection), *more],
        probes,
    )


def matrix(pattern, n_pre, n_post, post=PLAIN):
    net = network(pattern, n_pre, n_post, post)
    found = net.weights(net.projections[0])
    return found.toarray() if sparse.issparse(found) else found


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Population("1st", 1, CELL), NetworkError, "Population '1st': expected a name made of letters"),
        (lambda: Population("a", 0, CELL), NetworkError, "n = 0; expected a whole number of at least 1"),
        (lambda: Population("a", 2.0, CELL), NetworkError, "n = 2.0; expected a whole number"),
        (lambda: Population("a", True, CELL), NetworkError, "n = True"),
        (lambda: Population("a", 1, LIF), NetworkError, "expected a Neuron such as LIF"),
        (lambda: Population("a", 1, PoissonInput(1 * Hz), 1 * mV), NetworkError, "an input accepts no current"),
        (lambda: Population("a", 3, LIF(tau_m=[1, 2] * ms, v_th=1.0)), NetworkError, r"LIF.tau_m has shape \(2,\)"),
        (lambda: Network("n", []), NetworkError, "Network 'n' has no population"),
        (lambda: Network("n", [Population("a", 1, CELL)] * 2), NetworkError, "two populations are called 'a'"),
        (lambda: Network("n", [Population("a", 1, CELL)], dt=1), UnitError, "dt: expected a value in second"),
        (lambda: Network("n", [Population("a", 1, CELL)], dt=0 * ms), NetworkError, "expected one positive time"),
        (lambda: network(more=[Projection("a", "b", AllToAll(1 * mV))]), NetworkError, "two projections are called"),
        (lambda: network(more=[Projection("a", "c", 1)]), NetworkError, "Projection 'a_c': Unknown population 'c'"),
        (lambda: network(more=[Projection("b", "a", 1)]), NetworkError, "'a' is an input and receives nothing"),
        (lambda: network(name="a b"), NetworkError, "Projection 'a b': expected a name"),
        (lambda: network(receptor="exc"), NetworkError, "Projection 'a_b': Unknown receptor 'exc'.*default"),
        (lambda: network(plasticity="stdp"), NetworkError, "expected a PlasticityRule"),
        (lambda: network(AllToAll(1.0)), UnitError, "Projection 'a_b': weight: expected a value in volt"),
        (lambda: network(AllToAll(Normal(1 * mV, 1.0))), UnitError, "mean is in volt, and sd a plain number"),
        (lambda: network(1 * mV), NetworkError, "expected a matrix .* or a pattern such as AllToAll"),
        (lambda: network(np.ones((4, 3)) * mV), NetworkError, r"expected \(n_pre, n_post\) = \(3, 4\)"),
        (lambda: network(np.full((3, 4), np.nan) * mV), NetworkError, "12 of 12 weights are NaN or infinite"),
        (lambda: network(AllToAll([1, 2] * mV)), NetworkError, r"expected one strength or 12 .* found shape \(2,\)"),
        (lambda: network(delay=-1 * ms), NetworkError, "finite delays of zero or more"),
        (lambda: network(delay=np.nan * ms), NetworkError, "finite delays of zero or more"),
        (lambda: network(delay=3), UnitError, "delay: expected a value in second"),
        (lambda: network(delay=[1, 2, 3] * ms), NetworkError, r"delay has shape \(3,\)"),
        (lambda: network(OneToOne(1 * mV)), NetworkError, "expected populations of equal size, found 3 and 4"),
        (lambda: FixedProbability(1.0, p=1.5), NetworkError, "expected a probability from 0 to 1"),
        (lambda: network(probes=[Probe("c", "v")]), NetworkError, "Probe of 'c': Unknown population 'c'"),
        (lambda: network(probes=[Probe("b", "u")]), NetworkError, "Unknown variable 'u': expected one of spike, v, w"),
        (lambda: network(probes=[Probe("a", "v")]), NetworkError, "Unknown variable 'v'"),
        (lambda: network(probes=[Probe("b", "v", neurons=[4])]), NetworkError, "reach outside 0..3"),
        (lambda: network(probes=[Probe("a_b", "w")]), NetworkError, "Probe of 'a_b': every"),
        (lambda: network(probes=[Probe("a_x", "w", every=1 * ms)]), NetworkError, "Unknown projection 'a_x'.*'a_b'"),
        (lambda: network(probes=[Probe("b", "v")] * 2), NetworkError, "two probes record 'v' of 'b'"),
        (lambda: SpikeArray([0, 1], [1] * ms), NetworkError, "two lists of equal length"),
        (lambda: SpikeArray([0], [-1] * ms), NetworkError, "finite times of zero or more"),
        (lambda: Population("a", 2, SpikeArray([2], [1] * ms)), NetworkError, "reach from 2 to 2; expected 0 to 1"),
        (lambda: SpikeRaster([[0.5]]), NetworkError, "expected whole numbers"),
        (lambda: Population("a", 2, SpikeRaster([[1]])), NetworkError, "SpikeRaster has 1 columns"),
        (lambda: PoissonInput(-1 * Hz), NetworkError, "finite rates of zero or more"),
        (lambda: Population("a", 2, PoissonInput([1, 2, 3] * Hz)), NetworkError, r"rate has shape \(3,\)"),
        (lambda: RateCoding(0), NetworkError, "RateCoding.steps = 0; expected a whole number of at least 1"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_recovery_variable_called_w_is_no_weight():
    net = network(AllToAll(1 * mV), post=Izhikevich(), probes=[Probe("b", "w"), Probe("a_b", "w", every=1 * ms)])
    assert [net.records_synapses(p) for p in net.probes] == [False, True]


def test_fixed_probability_has_its_density_and_no_pair_twice():
    found = matrix(FixedProbability(2.0, p=0.1), 300, 400)
    assert (found != 0).mean() == pytest.approx(0.1, abs=4 * np.sqrt(0.1 * 0.9 / 120_000))
    assert set(np.unique(found)) == {0, 2}  # a pair twice would have added up
    # Neither the number of targets nor that of sources is fixed.
    assert np.std((found != 0).sum(axis=1)) == pytest.approx(np.sqrt(400 * 0.09), rel=0.15)
    assert np.std((found != 0).sum(axis=0)) == pytest.approx(np.sqrt(300 * 0.09), rel=0.15)
    assert not matrix(FixedProbability(1.0, p=0), 3, 4).any() and matrix(FixedProbability(1.0, p=1), 3, 4).all()


def test_strengths():
    assert_array_equal(matrix(AllToAll(np.arange(12.0)), 3, 4), np.arange(12).reshape(3, 4))
    assert_array_equal(matrix(OneToOne([1.0, 2.0]), 2, 2), np.diag([1, 2]))
    assert_array_equal(matrix(sparse.coo_array(np.eye(3)), 3, 3), np.eye(3))
    normal, uniform = (matrix(AllToAll(d), 100, 100) for d in (Normal(1.0, 0.2), Uniform(-1.0, 3.0)))
    assert (normal.mean(), normal.std()) == pytest.approx((1, 0.2), abs=0.01)
    assert uniform.min() >= -1 and uniform.max() <= 3 and uniform.mean() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("stride", "k"), [(1, 3), (2, 3), (2, 2), (1, 5)])
def test_convolution_is_scipys_correlation(stride, k):
    image, kernel = RNG.normal(size=(2, 7, 9)), RNG.normal(size=(3, 2, k, k))
    expected = [sum(correlate2d(image[c], kernel[o, c], "valid") for c in range(2)) for o in range(3)]
    expected = np.array(expected)[:, ::stride, ::stride]
    found = matrix(Convolution(kernel, shape=(7, 9), stride=stride), 126, expected.size)
    assert_allclose(image.ravel() @ found, expected.ravel())


@pytest.mark.parametrize(("stride", "padding", "k"), [(1, 1, (3, 3)), ((2, 1), (2, 1), (5, 3)), (3, (0, 2), (2, 4))])
def test_padded_convolution_is_scipys_correlation(stride, padding, k):
    image, kernel = RNG.normal(size=(2, 7, 9)), RNG.normal(size=(3, 2, *k))
    (above, left), (down, right) = np.broadcast_to(padding, 2), np.broadcast_to(stride, 2)
    padded = np.pad(image, ((0, 0), (above, above), (left, left)))
    expected = np.array([sum(correlate2d(padded[c], kernel[o, c], "valid") for c in range(2)) for o in range(3)])
    expected = expected[:, ::down, ::right]
    found = matrix(Convolution(kernel, shape=(7, 9), stride=stride, padding=padding), 126, expected.size)
    assert_allclose(image.ravel() @ found, expected.ravel())


def test_dilated_convolution_is_one_with_gaps_in_its_kernel():
    kernel = RNG.normal(size=(1, 1, 2, 3))
    wide = np.zeros((1, 1, 4, 5))
    wide[:, :, ::3, ::2] = kernel
    found = matrix(Convolution(kernel, shape=(6, 7), dilation=(3, 2)), 42, 9)
    assert_array_equal(found, matrix(Convolution(wide, shape=(6, 7)), 42, 9))


def test_groups_of_a_convolution_see_their_own_channels():
    kernel = RNG.normal(size=(4, 1, 2, 2))
    found = matrix(Convolution(kernel, shape=(3, 3), groups=2), 18, 16)
    assert not found[:9, 8:].any() and not found[9:, :8].any()
    assert_array_equal(found[9:, 8:12], matrix(Convolution(kernel[2:3], shape=(3, 3)), 9, 4))
    with pytest.raises(NetworkError, match="3 channels_out do not divide into groups = 2"):
        matrix(Convolution(kernel[:3], shape=(3, 3), groups=2), 18, 12)


def test_pooling_adds_up_windows():
    image = np.arange(40.0).reshape(2, 4, 5)
    found = matrix(Pooling(1.0, shape=(4, 5), kernel=2, channels=2), 40, 8)
    assert_array_equal((image.ravel() @ found).reshape(2, 2, 2)[0], [[0 + 1 + 5 + 6, 2 + 3 + 7 + 8], [46 + 6, 48 + 12]])
    found = matrix(Pooling(1 / 6, shape=(4, 5), kernel=(2, 3), stride=(2, 2), padding=(1, 0), channels=2), 40, 12)
    assert_allclose((image.ravel() @ found).reshape(2, 3, 2)[1, 1], [image[1, 1:3, :3].mean(), image[1, 1:3, 2:].mean()])
    # Padding counts as zeros.
    assert_allclose((image.ravel() @ found).reshape(2, 3, 2)[0, 0], [(0 + 1 + 2) / 6, (2 + 3 + 4) / 6])


def test_locally_connected_sees_square_patches_and_shares_nothing():
    found = matrix(LocallyConnected(Normal(1.0, 0.1), shape=(5, 6), kernel=3, stride=1, channels=2), 30, 24)
    assert_array_equal((found != 0).sum(axis=0), 9)
    assert len(np.unique(found[found != 0])) == 24 * 9
    rows, columns = np.nonzero(found[:, 12 + 5].reshape(5, 6))  # channel 1, place (1, 1)
    assert_array_equal(np.unique(rows), [1, 2, 3])
    assert_array_equal(np.unique(columns), [1, 2, 3])


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (Convolution(np.ones((1, 1, 3, 3)), shape=(5, 5)), "need 9 post neurons, found 4"),
        (Convolution(np.ones((1, 2, 3, 3)), shape=(5, 5)), r"2 image\(s\) of shape \(5, 5\) need 50 pre neurons"),
        (Convolution(np.ones((3, 3)), shape=(5, 5)), r"expected a kernel \(channels_out"),
        (Pooling(1.0, shape=(5, 5), stride=1), "need 16 post neurons, found 4"),
        (Pooling(1.0, shape=(2, 2), kernel=3), "a 3 x 3 window with stride 3 does not fit"),
        (Convolution(np.ones((1, 1, 6, 6)), shape=(5, 5)), "a 6 x 6 window with stride 1 does not fit"),
        (LocallyConnected(1.0, shape=(5, 5), kernel=2), "need 16 post neurons, found 4"),
    ],
)
def test_images_and_windows_that_do_not_fit(pattern, message):
    with pytest.raises(NetworkError, match=message):
        network(pattern, 25, 4, PLAIN)


def test_adding_a_part_changes_no_random_number_of_another():
    drawn = AllToAll(Normal(1 * mV, 1 * mV))
    small = network(drawn)
    more = [Projection("b", "b", FixedProbability(Normal(1 * mV, 1 * mV), p=0.5)), Projection("a", "b", drawn, name="x")]
    large = replace(network(drawn, more=more), projections=(*more, small.projections[0]))
    large = replace(large, populations=(Population("new", 2, PoissonInput(90 * Hz)), *small.populations))
    assert_array_equal(large.weights(large.projection("a_b")), small.weights(small.projections[0]))
    assert not np.array_equal(large.weights(large.projection("x")), small.weights(small.projections[0]))
    assert_array_equal(input_rasters(large, 500)["a"], input_rasters(small, 500)["a"])
    other = replace(small, seed=1)
    assert not np.array_equal(other.weights(other.projections[0]), small.weights(small.projections[0]))


def test_with_weights_takes_si_arrays_and_nothing_else_changes():
    net = network(AllToAll(Normal(1 * mV, 1 * mV)), more=[Projection("b", "b", AllToAll(1 * mV))])
    trained = net.with_weights({"a_b": np.full((3, 4), 2e-3)})
    assert_array_equal(trained.weights(trained.projection("a_b")), 2e-3)
    assert_array_equal(trained.weights(trained.projection("b_b")), net.weights(net.projection("b_b")))
    with pytest.raises(NetworkError, match="with_weights: Unknown projection 'a_c'"):
        net.with_weights({"a_c": np.ones((3, 4))})


def test_with_weights_keeps_the_synapses_of_a_sparse_projection_also_those_that_became_zero():
    net = network(FixedProbability(1 * mV, p=0.5))
    before = net.weights(net.projections[0])
    learned = before.toarray() * 3
    pre, post = before.nonzero()
    learned[pre[0], post[0]] = 0
    trained = net.with_weights({"a_b": learned})
    after = trained.weights(trained.projections[0])
    assert after.nnz == before.nnz
    assert_array_equal(after.toarray(), learned)
    with pytest.raises(NetworkError, match="'a_b' is sparse, and the array has weights where it has no synapses"):
        net.with_weights({"a_b": np.ones((3, 4))})


@pytest.mark.parametrize("pattern", [AllToAll(1 * mV), FixedProbability(1 * mV, p=0.9)], ids=["dense", "sparse"])
def test_lowering_scales_a_weight_by_the_gain_of_its_own_post_neuron(pattern):
    taus = np.array([5, 10, 20, 40])
    net = network(pattern, post=LIF(tau_m=taus * ms, tau_syn=5 * ms, v_th=10 * mV))
    found = lower(net).projections[0].weights
    assert isinstance(found, sparse.csr_array) == isinstance(pattern, FixedProbability)
    described = net.weights(net.projections[0])
    dense = [m.toarray() if sparse.issparse(m) else m for m in (found, described)]
    gain = 5 * (1 - np.exp(-1 / 5)) * (1 - np.exp(-1 / taus))
    assert_allclose(dense[0], dense[1] * gain)


def test_steps_of_a_duration():
    net = replace(network(), dt=0.1 * ms)
    assert [count_steps(net, t) for t in (1 * second, 0.1 * ms, 0.3 * ms)] == [10_000, 1, 3]


def test_rasters_of_inputs():
    net = Network(
        "net",
        [
            Population("p", 50, PoissonInput(100 * Hz)),
            Population("s", 2, SpikeArray([0, 1, 1], [2, 3, 50] * ms)),
            Population("r", 2, SpikeRaster([[1, 0], [0, 5]])),
        ],
    )
    found = input_rasters(net, 1000)
    assert found["p"].mean() == pytest.approx(0.1, abs=0.005)
    assert_array_equal(np.argwhere(found["s"][0]), [[2, 0], [3, 1], [50, 1]])
    assert found["r"][0, 1, 1] == 5 and found["r"].sum() == 6
    with pytest.raises(NetworkError, match="more than one spike per step"):
        input_rasters(Network("net", [Population("p", 1, PoissonInput(2000 * Hz))]), 10)


@pytest.mark.parametrize("encoder", [RateCoding(20), PoissonCoding(20), LatencyCoding(20)])
def test_images_become_as_many_samples(encoder):
    net = Network("net", [Population("i", 3, ImageInput(encoder))])
    found = input_rasters(net, 25, [[0, 0.5, 1], [1, 0, 0]])["i"]
    assert found.shape == (2, 25, 3) and not found[:, 20:].any() and not found[0, :, 0].any()
    assert found[1, :, 0].sum() == (1 if isinstance(encoder, LatencyCoding) else 20)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 4)), r"images have shape \(2, 4\); expected \(n_samples, 3\)"),
        (np.full((1, 3), 255), "image intensities must be from 0 to 1"),
        (np.full((1, 3), np.nan), "image intensities must be from 0 to 1"),
    ],
)
def test_images_that_do_not_fit(images, message):
    net = Network("net", [Population("i", 3, ImageInput(RateCoding()))])
    with pytest.raises(NetworkError, match=message):
        input_rasters(net, 5, images)
