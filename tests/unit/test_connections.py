"""Patterns of connections, parts of populations, and delays of single synapses: known answers and statistics."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from neurosim import (
    LIF,
    AllToAll,
    Clipped,
    Exponential,
    FixedInDegree,
    FixedNumber,
    FixedOutDegree,
    FixedProbability,
    FromList,
    Gaussian,
    Network,
    Normal,
    OnGrid,
    OnRing,
    Population,
    Probe,
    Projection,
    SpikeArray,
    Uniform,
    Within,
    emulate_network,
    projections_from_list,
    simulate,
)
from neurosim.errors import NetworkError
from neurosim.network.ends import Ends
from neurosim.units import ms, mV

CELL = LIF(tau_m=10 * ms, v_th=1.0)


def made(pattern, n_pre=50, n_post=None, seed=0, **options):
    """The matrix of a pattern within one population, or between two."""
    parts = [Population("a", n_pre, CELL), *([Population("b", n_post, CELL)] if n_post else [])]
    network = Network("net", parts, [Projection("a", "b" if n_post else "a", pattern, name="p", **options)], seed=seed)
    return network, network.weights("p")


def connected(matrix):
    full = np.zeros(matrix.shape, bool)
    coo = sparse.coo_array(matrix)
    full[coo.row, coo.col] = True
    return full


@pytest.mark.parametrize("autapses", [True, False])
@pytest.mark.parametrize("n", [0, 1, 7, 40, 49])
def test_exact_numbers_of_connections(n, autapses):
    _, matrix = made(FixedInDegree(1.0, n=n, autapses=autapses))
    assert_array_equal(connected(matrix).sum(axis=0), n)
    _, matrix = made(FixedOutDegree(1.0, n=n, autapses=autapses))
    assert_array_equal(connected(matrix).sum(axis=1), n)
    _, matrix = made(FixedNumber(1.0, n=49 * n, autapses=autapses))
    assert connected(matrix).sum() == 49 * n
    assert autapses or not any(connected(made(p)[1]).diagonal().any() for p in (FixedInDegree(1.0, n=n, autapses=False),))


@pytest.mark.parametrize("autapses", [True, False])
@pytest.mark.parametrize("pattern", [FixedInDegree, FixedOutDegree, FixedNumber])
def test_each_pair_is_equally_probable(pattern, autapses):
    n, runs = (12 if pattern is FixedNumber else 3), 3000
    counts = sum(connected(made(pattern(1.0, n=n, autapses=autapses), 6, seed=s)[1]).astype(int) for s in range(runs))
    allowed = np.full((6, 6), True) if autapses else ~np.eye(6, dtype=bool)
    assert counts[~allowed].sum() == 0
    share = counts[allowed] / runs
    p = (12 if pattern is FixedNumber else 18) / allowed.sum()
    assert np.all(np.abs(share - p) < 5 * np.sqrt(p * (1 - p) / runs))


def test_autapses_can_be_left_out():
    assert_array_equal(connected(made(AllToAll(1.0, autapses=False), 5)[1]), ~np.eye(5, dtype=bool))
    assert_array_equal(connected(made(FixedProbability(1.0, p=1.0, autapses=False), 5)[1]), ~np.eye(5, dtype=bool))
    half = connected(made(FixedProbability(1.0, p=0.5, autapses=False), 200)[1])
    assert not half.diagonal().any() and abs(half.sum() / (200 * 199) - 0.5) < 0.01


def test_connections_by_distance_on_a_ring():
    _, matrix = made(OnRing(Gaussian(0.1, peak=2.0), Within(0.25)), 8)
    place = np.arange(8) / 8
    apart = np.abs(place[:, None] - place)
    apart = np.minimum(apart, 1 - apart)
    expected = np.where(apart <= 0.25, 2 * np.exp(-0.5 * (apart / 0.1) ** 2), 0)
    assert np.allclose(matrix.toarray(), expected)
    _, matrix = made(OnRing(1.0, Within(0.13), autapses=False), 8)
    assert_array_equal(connected(matrix).sum(axis=0), 2)


def test_probability_falls_with_distance():
    n = 400
    _, matrix = made(OnRing(1.0, Exponential(0.1, peak=0.8)), n)
    apart = np.minimum(np.arange(n), n - np.arange(n)) / n
    share = np.array([np.diagonal(np.roll(connected(matrix), -k, axis=1)).mean() for k in range(n)])
    p = 0.8 * np.exp(-apart / 0.1)
    assert np.all(np.abs(share - p) < 5 * np.sqrt(p * (1 - p) / n) + 1e-3)


@pytest.mark.parametrize(("periodic", "neighbours"), [(True, 4), (False, None)])
def test_connections_by_distance_on_a_grid(periodic, neighbours):
    _, matrix = made(OnGrid(1.0, Within(1.0), shape=(4, 5), periodic=periodic, autapses=False), 20)
    degree = connected(matrix).sum(axis=0).reshape(4, 5)
    assert degree[0, 0] == (neighbours or 2) and degree[1, 1] == 4


def test_grids_of_different_sizes_cover_the_same_rectangle():
    _, matrix = made(OnGrid(1.0, Within(0.75), shape=(4, 4), post_shape=(2, 2)), 16, 4)
    assert_array_equal(connected(matrix).sum(axis=0), 4)
    assert_array_equal(np.flatnonzero(connected(matrix)[:, 0]), [0, 1, 4, 5])


def test_lists_of_edges():
    network, matrix = made(FromList([3.0, 1.0, 2.0], [2, 0, 1], [0, 1, 0]), 3, delay=[5, 3, 4] * ms)
    assert_array_equal(matrix.toarray(), [[0, 1, 0], [2, 0, 0], [3, 0, 0]])
    assert np.allclose(network.delays(network.projections[0]), np.array([3, 4, 5]) * 1e-3)
    kept = network.with_weights({"p": np.array([[0, 7.0, 0], [8, 0, 0], [9, 0, 0]])})
    assert np.allclose(kept.delays(kept.projections[0]), np.array([3, 4, 5]) * 1e-3)


@pytest.mark.parametrize("run", [emulate_network, partial(simulate, integration="step")], ids=["emulator", "Brian2"])
def test_several_synapses_of_a_pair_have_own_weights_and_delays(run):
    parts = [Population("a", 2, SpikeArray([0, 1], [0, 1] * ms)), Population("b", 1, LIF(tau_m=1000 * ms, v_th=100 * mV))]
    edges = ([0, 1, 0, 0], [0, 0, 0, 0])
    both = projections_from_list("a", "b", edges, [1, 2, 4, 8] * mV, [1, 2, 5, 5] * ms)
    assert [p.name for p in both] == ["a_b", "a_b_2", "a_b_3"]
    recording = run(Network("edges", parts, both, [Probe("b", "v")]), 12 * ms)
    jumps = np.diff(recording.states["b", "v"][0, :, 0], prepend=0) * 1e3
    assert_array_equal(np.flatnonzero(np.abs(jumps) > 0.5), [2, 4, 6])
    assert np.allclose(jumps[[2, 4, 6]], [1, 2, 12], atol=0.05)


@pytest.mark.parametrize("run", [emulate_network, partial(simulate, integration="step")], ids=["emulator", "Brian2"])
def test_delays_of_single_synapses(run):
    parts = [Population("a", 1, SpikeArray([0], [0] * ms)), Population("b", 60, LIF(tau_m=1000 * ms, v_th=1 * mV))]
    for weights in (AllToAll(2 * mV), FixedProbability(2 * mV, p=1.0)):
        network = Network("late", parts, [Projection("a", "b", weights, delay=Uniform(1 * ms, 20 * ms))])
        recording = run(network, 30 * ms)
        delays = network.delays(network.projections[0]).ravel()
        assert delays.shape == (60,) and len(np.unique(delays)) > 10
        spikes = recording.spikes["b"]
        assert_array_equal(spikes.step[np.argsort(spikes.neuron)], np.round(delays * 1e3) + 1)


def test_clipped_delays_and_weights():
    late = Clipped(Normal(2 * ms, 1 * ms), 1 * ms, 3 * ms)
    network, matrix = made(AllToAll(Clipped(Normal(1.0, 1.0), low=0.0)), 60, delay=late)
    assert matrix.min() == 0 and abs((matrix == 0).mean() - 0.1587) < 0.02
    delays = network.delays(network.projections[0])
    assert delays.min() == 1e-3 and delays.max() == 3e-3 and delays.shape == (60, 60)


def test_parts_of_populations():
    cells = Population("cells", 10, CELL)
    own = np.arange(25.0).reshape(5, 5)
    projections = [
        Projection(cells[:8], "cells", AllToAll(1.0, autapses=False), name="excitatory"),
        Projection(cells[8:], cells[[0, 3, -2]], AllToAll(-4.0), name="inhibitory"),
        Projection(cells[::2], cells[1::2], own, delay=own * ms, name="own"),
    ]
    network = Network("parts", [cells], projections)
    excitatory = np.zeros((10, 10), bool)
    excitatory[:8] = True
    np.fill_diagonal(excitatory, False)
    assert_array_equal(connected(network.weights("excitatory")), excitatory)
    assert_array_equal(np.argwhere(connected(network.weights("inhibitory"))), [[i, j] for i in (8, 9) for j in (0, 3, 8)])
    assert_array_equal(network.weights("own").toarray()[::2, 1::2], own)
    assert np.allclose(network.delays(network.projections[2]), np.arange(25) * 1e-3)
    again = network.with_weights({name: network.weights(name) for name in ("excitatory", "own")})
    assert_array_equal(connected(again.weights("excitatory")), excitatory)


@pytest.mark.parametrize("degree", [FixedInDegree, FixedOutDegree])
def test_autapses_of_parts(degree):
    cells = Population("cells", 12, CELL)
    network = Network("parts", [cells], [Projection(cells[:6], cells[4:10], degree(1.0, n=5, autapses=False), name="p")])
    found = connected(network.weights("p"))
    assert not found.diagonal().any()
    assert_array_equal(found.sum(axis=0 if degree is FixedInDegree else 1)[4:6], 5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: made(AllToAll(1.0, autapses=False), 3, 4), "AllToAll: autapses=False, but pre and post are different"),
        (lambda: made(FixedInDegree(1.0, n=51)), "FixedInDegree.n = 51; each neuron has only 50 possible partners"),
        (lambda: made(FixedOutDegree(1.0, n=50, autapses=False)), "FixedOutDegree.n = 50; each neuron has only 49"),
        (lambda: made(FixedNumber(1.0, n=2501)), "FixedNumber.n = 2501; there are only 2500 pairs"),
        (lambda: FixedInDegree(1.0, n=1.5), "FixedInDegree.n"),
        (lambda: FixedInDegree(1.0, n=-1), "FixedInDegree.n"),
        (lambda: made(OnRing(1.0, Gaussian(0.1, peak=1.5))), "OnRing.profile.peak = 1.5; expected a probability"),
        (lambda: OnRing(1.0, Gaussian(0.0)), "Gaussian.width = 0.0; expected a positive number"),
        (lambda: OnRing(1.0, 0.5), "OnRing.profile = 0.5"),
        (lambda: made(OnGrid(1.0, Within(1.0), shape=(4, 4))), "OnGrid: a grid of 4 x 4 does not have the 50 pre neurons"),
        (lambda: FromList(1.0, [0, 1], [0]), "FromList: pre has shape .2,., post .1,.; expected two lists"),
        (lambda: made(FromList(1.0, [0, 50], [0, 0])), "FromList.pre: expected whole numbers from 0 to 49, found 50"),
        (lambda: made(FromList(1.0, [0, 0], [1, 1])), "FromList: 1 pairs have several entries"),
        (lambda: made(FromList(1.0, [0], [0], autapses=False)), "FromList: autapses=False, and the list has 1"),
        (lambda: made(FromList(1.0, [0, 1], [1, 0]), delay=[1, 2, 3] * ms), r"\(3,\), and there are 2 synapses"),
        (lambda: made(AllToAll(1.0), 3, delay=[1, 2, 3] * ms), r"delay has shape \(3,\), and there are dense weights"),
        (lambda: made(AllToAll(1.0), delay=Normal(0 * ms, 1 * ms)), "delay reaches -.* expected finite delays"),
        (lambda: made(AllToAll(Clipped(Normal(1.0, 1.0), 2.0, 1.0))), "Clipped: low = 2.0, high = 1.0"),
        (lambda: Population("a", 3, CELL)[5:], "selects no neuron; expected a slice"),
        (lambda: Population("a", 3, CELL)[[0, 0]], "selects a neuron twice"),
        (lambda: Population("a", 3, CELL)[[3]], "expected whole numbers from -3 to 2, found 3"),
    ],
)
def test_what_cannot_be_connected(make, words):
    with pytest.raises(NetworkError, match=words):
        make()


@pytest.mark.parametrize(("rows", "among", "count"), [(50, 50, 7), (30, 20, 20), (400, 300, 100)])
def test_partners_are_drawn_until_all_differ(rows, among, count):
    """Against a plain loop: each row draws what it lacks, in rounds, from one sequence of random numbers."""
    rng, partners = np.random.default_rng(3), [set() for _ in range(rows)]
    while any(len(own) < count for own in partners):
        lacking = [row for row, own in enumerate(partners) for _ in range(count - len(own))]
        for row, number in zip(lacking, rng.integers(0, np.full(len(lacking), among)), strict=True):
            partners[row].add(int(number))
    post, pre = FixedOutDegree(1.0, n=count).pairs(Ends(rows, among), np.random.default_rng(3))
    assert_array_equal(post, np.repeat(np.arange(rows), count))
    assert_array_equal(pre, np.concatenate([sorted(own) for own in partners]))
