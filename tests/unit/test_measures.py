"""Measures on recordings: by hand, on Poisson trains, and against Elephant."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.analysis import measures
from neurosim.errors import NetworkError, UnitError, UsageError
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes
from neurosim.units import ms, mV

DT = 1e-3


def recording(raster):
    raster = np.asarray(raster)
    samples, steps, n = raster.shape
    return Recording(dt=DT, steps=steps, samples=samples, sizes={"p": n}, spikes={"p": Spikes.from_raster(raster)})


@pytest.fixture(scope="module")
def poisson():
    return recording(np.random.default_rng(0).random((4, 20_000, 10)) < 0.02)


@pytest.fixture
def clock():
    """Every 10 ms, all neurons at once."""
    raster = np.zeros((2, 1000, 3), int)
    raster[:, ::10] = 1
    return recording(raster)


def test_rates_of_known_trains(poisson, clock):
    assert measures.mean_rate(clock, "p") == pytest.approx(100)
    assert measures.mean_rate(poisson, "p") == pytest.approx(20, rel=0.02)


def test_intervals_stay_within_a_train(clock):
    found = measures.intervals(clock, "p")
    assert len(found) == 2 * 3 * 99
    assert found == pytest.approx(0.01)


def test_regularity(poisson, clock):
    assert measures.cv(clock, "p") == pytest.approx(0, abs=1e-12)
    assert measures.cv(poisson, "p") == pytest.approx(np.sqrt(1 - 0.02), rel=0.03)
    assert measures.fano(clock, "p", 0.1) == pytest.approx(0, abs=1e-12)
    assert measures.fano(poisson, "p", 0.1) == pytest.approx(1 - 0.02, rel=0.1)


def test_synchrony_and_correlation(poisson, clock):
    assert measures.synchrony(clock, "p", DT) == pytest.approx(1)
    assert measures.synchrony(poisson, "p", 0.01) == pytest.approx(np.sqrt(1 / 10), rel=0.05)
    assert measures.mean_correlation(clock, "p", DT) == pytest.approx(1)
    assert measures.mean_correlation(poisson, "p", 0.01) == pytest.approx(0, abs=0.02)


def test_silence_is_nan_and_not_an_error():
    silent = recording(np.zeros((1, 100, 2), int))
    assert measures.mean_rate(silent, "p") == 0
    for value in (measures.cv(silent, "p"), measures.fano(silent, "p", 0.01), measures.synchrony(silent, "p", 0.01)):
        assert np.isnan(value)
    assert np.isnan(measures.mean_correlation(silent, "p", 0.01))


def test_windows_count_every_spike_once(poisson):
    counts = measures.binned(poisson, "p", 0.1)
    assert counts.shape == (4, 200, 10)
    assert counts.sum() == len(poisson.spikes["p"])


def test_messages(clock):
    with pytest.raises(UsageError, match="expected at least one step"):
        measures.binned(clock, "p", 10.0)
    with pytest.raises(NetworkError, match="expected one of p"):
        measures.cv(clock, "q")


def test_distances_by_hand():
    a, b = np.array([0.010, 0.020]), np.array([0.012])
    assert measures.victor_purpura(a, b, cost=0) == 1
    assert measures.victor_purpura(a, b, cost=1e9) == 3
    assert measures.victor_purpura(a, b, cost=100) == pytest.approx(1 + 0.2)
    assert measures.van_rossum(np.array([0.01]), np.array([]), 0.01) == pytest.approx(1)
    assert measures.van_rossum(a, a, 0.01) == 0


def test_distances_and_cv_equal_elephant(poisson):
    pytest.importorskip("elephant", reason="the extra analysis is not installed")
    import quantities as pq
    from elephant import spike_train_dissimilarity as theirs
    from elephant.statistics import cv, isi

    trains = [measures.spike_times(poisson, "p", k)[:60] for k in range(3)]
    for k, (a, b) in enumerate([(0, 1), (0, 2), (1, 2)]):
        cost, tau = (10.0, 50.0, 200.0)[k], (0.005, 0.02, 0.1)[k]
        import neo

        both = [neo.SpikeTrain(trains[i], units="s", t_stop=20.0) for i in (a, b)]
        expected = theirs.victor_purpura_distance(both, cost_factor=cost * pq.Hz)[0, 1]
        assert measures.victor_purpura(trains[a], trains[b], cost) == pytest.approx(expected)
        expected = theirs.van_rossum_distance(both, time_constant=tau * pq.s)[0, 1]
        assert measures.van_rossum(trains[a], trains[b], tau) == pytest.approx(expected)
    one = recording(poisson.raster("p")[:1, :, :1])
    train = measures.spike_times(one, "p", 0)
    assert measures.cv(one, "p") == pytest.approx(cv(isi(train)))
    assert measures.through_elephant(lambda ts: len(ts), poisson, "p") == 10


def test_windows_are_times_with_or_without_unit():
    spikes = Spikes(*np.array([[0, 0], [3, 12], [0, 0], [1, 1]], np.int32))
    recording = Recording(1e-3, 20, 1, {"p": 1}, {"p": spikes})
    assert np.array_equal(measures.binned(recording, "p", 10 * ms), measures.binned(recording, "p", 0.01))
    with pytest.raises(UnitError, match="window: expected a value in second"):
        measures.fano(recording, "p", 10 * mV)
