"""The two-compartment cells against a loop in NumPy, step by step, and what they do by themselves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import Network, OneToOne, Population, Projection, SpikeRaster, simulate
from neurosim.errors import NetworkError, UnitError, UnsupportedError
from neurosim.network import Probe
from neurosim.neurons import BurstPoisson, DrivingForce, TwoCompartment
from neurosim.program.lower import lower
from neurosim.units import ms, mV, nS, pA, second

DT, STEPS = 1e-4, 2000
RECEPTORS = ("soma_exc", "soma_inh", "dend_exc", "dend_inh")
WEIGHTS = (0.4, 0.3, 0.5, 0.2)
RECORDED = ("v_s", "v_d", "w_s", "w_d", "theta", "event_trace", "burst_trace")
CURRENTS = [(300, 500), (450, 300), (600, 100)]


def arrivals():
    """(steps, receptors, cells)."""
    return (np.random.default_rng(4).random((STEPS, 4, 3)) < 0.02).astype(np.uint8)


def euler(force, arriving, alpha=5.0):
    """Spikes (steps, cells), which are events and bursts, and recorded states, by the published parameters, in SI."""
    i_s, i_d = 1e-12 * np.array(CURRENTS).T
    v, u = np.full(3, -70e-3), np.full(3, -70e-3)
    w, a, theta, g = np.zeros(3), np.full(3, 0.1e-3), np.full(3, -50e-3), np.zeros((4, 3))
    x, state, e, b, last = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3), np.full(3, -10**6)
    spikes, sorts, history = np.zeros((STEPS, 3), bool), np.zeros((2, STEPS, 3), bool), []
    for k in range(STEPS):
        f = 1 / (1 + np.exp(-(u + 38e-3) / 6e-3))
        reaches = k - last <= 20
        drive = v if force is DrivingForce.SOMA else u
        dv = -(v + 70e-3) / 16e-3 + (1300e-12 * f - 200e-12 * w + i_s) / 370e-12
        dv += (g[0] * (0 - v) + g[1] * (-80e-3 - v)) / 16e-3
        du = -(u + 70e-3) / 7e-3 + (1200e-12 * f + 2600e-12 * reaches - 13e-9 * a + i_d) / 170e-12
        du += (g[2] * (0 - drive) + g[3] * (-80e-3 - drive)) / 7e-3
        a = a + DT * (u + 70e-3 - a) / 30e-3
        theta = theta + DT * (-50e-3 - theta) / 27e-3
        v, u = v + DT * dv, u + DT * du
        w, x = w * np.exp(-DT / 100e-3), x * np.exp(-DT / 16e-3)
        e, b = e * np.exp(-DT / alpha), b * np.exp(-DT / alpha)
        g = g * np.exp(-DT / np.array([5e-3, 10e-3, 5e-3, 10e-3]))[:, None]
        fires = spikes[k] = v > theta
        event = fires & (x <= np.exp(-1))
        burst = fires & ~event & (state == 0)
        state[event], state[burst] = 0, 1
        sorts[:, k] = event, burst
        e, b = e + event, b + burst
        g = g + np.array(WEIGHTS)[:, None] * arriving[k]
        v, w, theta, x = np.where(fires, -70e-3, v), w + fires, theta + 2e-3 * fires, x + fires
        last = np.where(fires, k, last)
        history.append((v, u, w, a, theta, e, b))
    return spikes, sorts, np.array(history)


@pytest.mark.parametrize("force", DrivingForce)
def test_the_cell_is_the_loop(force):
    arriving = arrivals()
    cell = TwoCompartment(I_d=[d for _, d in CURRENTS] * pA, dend_driving_force=force)
    sources = [Population(name, 3, SpikeRaster(arriving[:, k])) for k, name in enumerate(RECEPTORS)]
    network = Network(
        "cells",
        [*sources, Population("cell", 3, cell, current=[s for s, _ in CURRENTS] * pA)],
        [Projection(name, "cell", OneToOne(w), receptor=name) for name, w in zip(RECEPTORS, WEIGHTS, strict=True)],
        [Probe("cell", name) for name in RECORDED],
        dt=DT * second,
    )
    recording = simulate(network, STEPS * DT * second, progress=False)
    spikes, sorts, history = euler(force, arriving)
    payloads = recording.raster("cell").reshape(STEPS, 3)
    assert np.array_equal(payloads > 0, spikes)
    assert np.array_equal([payloads == 1, payloads == 2], sorts)
    assert spikes.sum(axis=0).min() >= 3 and history[-1, 6].max() > 0.9
    for k, name in enumerate(RECORDED):
        assert_allclose(recording.states["cell", name][0], history[:, k], atol=1e-9, rtol=1e-9)


def test_the_driving_force_matters():
    one, other = (euler(force, arrivals())[2] for force in DrivingForce)
    assert np.abs(one - other).max() > 1e-3


def burst_poisson(n, i_d, seed=3, **more):
    cell = BurstPoisson(I_s=700 * pA, I_d=i_d, **more)
    network = Network(
        "drawn", [Population("cell", n, cell)], probes=[Probe("cell", "v_s"), Probe("cell", "theta")], dt=0.2 * ms, seed=seed
    )
    return simulate(network, 600 * ms, progress=False)


def trains(recording, n):
    spikes = recording.spikes["cell"]
    return [spikes.step[spikes.neuron == i] for i in range(n)]


def test_bursts_are_drawn_with_the_probability_of_the_dendrite():
    # Without adaptation V_d = -70 mV + 7 ms * 315.714 pA / 170 pF = -57 mV, where f = 1/2.
    n, i_d = 400, 13 / 7 * 170
    recording = burst_poisson(n, i_d * pA, a_d=0 * nS)
    intervals = [np.diff(train) * 0.2 for train in trains(recording, n)]
    first = np.array([found[0] for found in intervals])
    paired = first < 15.1
    assert 0.42 < paired.mean() < 0.58 and first[paired].min() >= 4.9 and 9 < first[paired].mean() < 11
    for found in intervals:
        close = found < 15.1
        assert not np.any(close[1:] & close[:-1]), "no burst has a third spike"
        assert found[~close].min() > 19.9
    # A second spike leaves voltage and threshold alone.
    cell = int(np.flatnonzero(paired)[0])
    second_spike = trains(recording, n)[cell][1]
    v, theta = (recording.states["cell", name][0, :, cell] for name in ("v_s", "theta"))
    assert v[second_spike] > v[second_spike - 1] and theta[second_spike] < theta[second_spike - 1]
    spike = trains(recording, n)[cell][0]
    assert v[spike] == -70e-3 and theta[spike] > theta[spike - 1] + 1.9e-3


def test_without_and_with_certain_bursts():
    quiet, certain = (burst_poisson(5, i_d) for i_d in (-2000 * pA, 3000 * pA))
    assert min(np.diff(train).min() for train in trains(quiet, 5)) * 0.2 > 19.9
    assert all(np.all(np.diff(train)[::2] * 0.2 < 15.1) for train in trains(certain, 5))


def test_draws_come_from_the_seed_and_leave_numpy_alone():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    one, same, other = (burst_poisson(5, 300 * pA, seed=seed).raster("cell") for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    assert np.array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize("cell", [TwoCompartment(), BurstPoisson()])
def test_no_difference_form(cell):
    words = f"'cell': {type(cell).__name__} has no difference form: it needs conductances .*exponential.*division"
    with pytest.raises(UnsupportedError, match=words):
        lower(Network("chip", [Population("cell", 2, cell)]))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: TwoCompartment(tau_s=-1 * ms), NetworkError, "TwoCompartment.tau_s = .*; expected positive, finite"),
        (lambda: TwoCompartment(C_d=0 * nS), UnitError, "TwoCompartment.C_d: expected a value in farad"),
        (lambda: TwoCompartment(E_L=np.nan * mV), NetworkError, "TwoCompartment.E_L"),
        (lambda: TwoCompartment(dend_driving_force="soma"), NetworkError, "DrivingForce.SOMA or DrivingForce.DENDRITE"),
        (lambda: BurstPoisson(spread=15 * ms), NetworkError, "spread = 15. ms, .*expected 0 < gap"),
    ],
)
def test_refusals(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_an_unknown_channel_or_receptor_is_refused_by_name():
    populations = [Population("a", 1, TwoCompartment()), Population("b", 1, TwoCompartment())]
    with pytest.raises(NetworkError, match="'brust'.*burst"):
        Network("typo", populations, [Projection("a", "b", OneToOne(1.0), receptor="dend_exc", channel="brust")])
    with pytest.raises(NetworkError, match="'default'.*soma_exc"):
        Network("typo", populations, [Projection("a", "b", OneToOne(1.0))])
