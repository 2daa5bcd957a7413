"""Poisson inputs whose rate changes in time, and Poisson counts of any rate: statistics, cuts and errors."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from neurosim import (
    LIF,
    Network,
    PoissonCounts,
    PoissonInput,
    Population,
    Probe,
    Projection,
    Timed,
    emulate_network,
    resume,
    start,
)
from neurosim.errors import NetworkError, UnitError
from neurosim.units import Hz, kHz, ms, mV, second

TIMED = Timed([0, 200, 50] * Hz, every=100 * ms)
BY_NEURON = Timed(np.array([[0, 100], [400, 10]]) * Hz, every=500 * ms)
CELL = LIF(tau_m=20 * ms, v_th=1000 * mV)


def counted(model, n, duration, dt=1 * ms, seed=0):
    sources = Population("sources", n, model)
    raster = model.raster(n, round(duration / dt), float(dt / second), np.random.default_rng(seed))
    Network("poisson", [sources, Population("cells", 1, CELL)], dt=dt)
    return raster


def test_rates_that_change_in_time():
    parts = counted(PoissonInput(TIMED), 2000, 0.3 * second).reshape(3, 100, 2000)
    assert parts[0].sum() == 0
    for part, p in zip(parts[1:], (0.2, 0.05), strict=True):
        assert abs(part.mean() - p) < 5 * np.sqrt(p * (1 - p) / part.size)


def test_rates_of_each_neuron_that_change_in_time():
    parts = counted(PoissonInput(BY_NEURON), 2, 1 * second).reshape(2, 500, 2).mean(axis=1) * 1000
    assert parts[0, 0] == 0 and abs(parts[0, 1] - 100) < 70 and abs(parts[1, 0] - 400) < 110 and parts[1, 1] < 40


def test_counts_have_mean_and_variance_of_their_rate():
    counts = counted(PoissonCounts([8, 0.5] * kHz), 2, 20 * second)
    assert np.all(np.abs(counts.mean(axis=0) - [8, 0.5]) < 5 * np.sqrt(np.array([8, 0.5]) / 20000))
    assert np.all(np.abs(counts.var(axis=0) / [8, 0.5] - 1) < 0.06)


def described(model):
    parts = [Population("sources", 3, model), Population("cells", 2, CELL)]
    weights = np.full((3, 2), 0.5) * mV
    return Network("poisson", parts, [Projection("sources", "cells", weights, graded=True)], [Probe("cells", "v")])


@pytest.mark.parametrize("model", [PoissonInput(TIMED), PoissonCounts(Timed([3, 0, 9] * kHz, every=100 * ms))])
def test_cuts_of_a_run_change_nothing(model, tmp_path):
    whole = emulate_network(described(model), 300 * ms)
    run = start(described(model))
    run.inputs["sources"] = model
    for stretch in (130, 1, 99):
        run.advance(stretch * ms)
    run.save(tmp_path / "run.h5")
    late = resume(tmp_path / "run.h5", described(model)).advance(70 * ms)
    for kind in ("sources", "cells"):
        assert_array_equal(whole.spikes[kind].step[whole.spikes[kind].step >= 230] - 230, late.spikes[kind].step)
    assert_array_equal(whole.states["cells", "v"][:, 230:], late.states["cells", "v"])


def test_counts_multiply_the_weight():
    recording = emulate_network(described(PoissonCounts(5 * kHz)), 50 * ms)
    spikes = recording.spikes["sources"]
    arriving = np.zeros(50)
    np.add.at(arriving, spikes.step[spikes.step < 49] + 1, 0.5e-3 * spikes.payload[spikes.step < 49])
    v, expected = 0.0, []
    for a in arriving:
        v = (v + a) * np.exp(-1 / 20)
        expected.append(v)
    assert np.allclose(recording.states["cells", "v"][0, :, 0], expected)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: PoissonInput(Timed([-1, 0] * Hz, every=1 * ms)), NetworkError, "expected finite rates of zero or more"),
        (lambda: PoissonInput(Timed([1, 0] * mV, every=1 * ms)), UnitError, "PoissonInput.rate"),
        (lambda: counted(PoissonInput(Timed([2, 0] * kHz, every=1 * ms)), 2, 2 * ms), NetworkError, "use PoissonCounts"),
        (lambda: counted(PoissonInput(Timed([2, 0] * Hz, every=1.5 * ms)), 2, 2 * ms), NetworkError, "whole number of steps"),
        (lambda: counted(PoissonInput(TIMED), 2, 0.4 * second), NetworkError, "3 rows of 0.1 s, and the run lasts longer"),
        (lambda: counted(PoissonInput(BY_NEURON), 3, 1 * second), NetworkError, "2"),
        (lambda: counted(PoissonCounts(1e10 * Hz), 2, 2 * ms), NetworkError, "expected at most 1e.06"),
        (lambda: PoissonCounts(np.nan * Hz), NetworkError, "expected finite rates"),
    ],
)
def test_what_is_no_rate(make, error, words):
    with pytest.raises(error, match=words):
        make()
        emulate_network(described(PoissonInput(BY_NEURON)), 10 * ms)


@pytest.mark.parametrize("integration", ["exact", "step"])
def test_counts_run_in_brian2(integration):
    network = described(PoissonCounts(5 * kHz))
    found, own = start(network, on="brian2", integration=integration).advance(40 * ms), emulate_network(network, 40 * ms)
    for column in ("step", "neuron", "payload"):
        assert_array_equal(*(getattr(r.spikes["sources"], column) for r in (found, own)))


def test_numbers_of_spikes_are_not_ignored():
    """A projection that is not graded would transmit one spike for each number."""
    cells = Population("cells", 2, CELL)
    wires = Projection("in", "cells", np.ones((3, 2)) * mV)
    with pytest.raises(NetworkError, match="set graded=True"):
        Network("ignored", [Population("in", 3, PoissonCounts(5 * kHz)), cells], [wires])
    run = start(Network("ignored", [Population("in", 3, PoissonInput(5 * Hz)), cells], [wires]))
    with pytest.raises(NetworkError, match="projection 'in_cells': .*set graded=True"):
        run.inputs["in"] = PoissonCounts(5 * kHz)
