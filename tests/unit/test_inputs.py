"""Given and random spikes at the door."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from neurosim import (
    ImageInput,
    Network,
    PoissonCoding,
    PoissonInput,
    Population,
    RateCoding,
    SpikeArray,
    SpikeRaster,
    Timed,
    draws,
)
from neurosim.errors import NetworkError, UnitError
from neurosim.network.inputs import check_labels
from neurosim.network.rates import checked_rates
from neurosim.program.inputs import input_rasters
from neurosim.rng import stream
from neurosim.units import Hz, ms, mV


def network(source, n=2, dt=1 * ms):
    return Network("net", [Population("in", n, source)], dt=dt)


def test_several_spikes_of_a_neuron_in_one_step_are_refused_when_the_network_is_made():
    burst = SpikeArray(np.zeros(10, int), (1 + 0.4 * np.arange(10)) * ms)
    with pytest.raises(
        NetworkError, match=r"'in': SpikeArray has 5 spikes too many: neuron 0 fires at .* shorter dt.*SpikeRaster"
    ):
        network(burst)
    assert input_rasters(network(burst, dt=0.1 * ms), 60)["in"].sum() == 10


def test_other_neurons_and_other_steps_do_not_count():
    spikes = SpikeArray([1, 0, 1, 0], [3, 3, 1, 2] * ms)
    assert_array_equal(np.argwhere(input_rasters(network(spikes), 5)["in"][0]), [[1, 1], [2, 0], [3, 0], [3, 1]])


@pytest.mark.parametrize("empty", [([], [] * ms), ([], []), (np.zeros(0), np.zeros(0) * ms)])
def test_no_spikes_are_silence(empty):
    assert not input_rasters(network(SpikeArray(*empty)), 5)["in"].any()


@pytest.mark.parametrize("dt", [0.1, 1.0])
def test_spikes_a_step_apart_stay_apart_wherever_in_a_step_they_are(dt):
    for shift in (0, 0.2, 0.5, 0.8):
        given = SpikeArray([0] * 50, (np.arange(50) + shift) * dt * ms)
        raster = given.raster(1, 51, dt * 1e-3, np.random.default_rng(0))
        given.check_step(dt * 1e-3, "in")
        assert np.all(np.diff(np.flatnonzero(raster)) == 1) and raster.sum() == 50


def test_floats_as_of_a_text_file_are_indices():
    columns = np.loadtxt(StringIO("0 1.5\n1 2.5\n"))
    raster = input_rasters(network(SpikeArray(columns[:, 0], columns[:, 1] * ms)), 5)["in"][0]
    assert_array_equal(np.argwhere(raster), [[2, 0], [3, 1]])
    assert_array_equal(check_labels([1.0, 0.0], 2, 2, "labels"), [1, 0])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SpikeArray([0.5], [1] * ms), "SpikeArray.indices: expected whole numbers of at least 0, found 0.5"),
        (lambda: SpikeArray([-1], [1] * ms), "found -1"),
        (lambda: SpikeArray([True], [1] * ms), "truth values"),
        (lambda: SpikeArray([0], [1 * mV]), "SpikeArray.times"),
        (lambda: SpikeRaster(np.full((2, 2), 2**40)), "SpikeRaster.values"),
        (lambda: SpikeRaster([["1", "0"]]), "SpikeRaster.values"),
        (lambda: network(PoissonInput(2000 * Hz)), "'in': PoissonInput.rate: 2000 Hz is more than one spike per step"),
        (lambda: PoissonInput("10"), "PoissonInput.rate"),
        (lambda: PoissonCoding(5, 1.5), "max_probability = 1.5; expected a probability from 0 to 1"),
        (lambda: check_labels([0, 2], 2, 2, "layer"), "layer: labels: expected whole numbers from 0 to 1, found 2"),
        (lambda: Timed([1 * mV, 2], 1 * ms), "Timed.values: expected quantities of the same unit"),
    ],
)
def test_what_does_not_fit(make, words):
    with pytest.raises(NetworkError, match=words):
        make()


def test_lists_are_arrays():
    assert_array_equal(checked_rates([10 * Hz, 20 * Hz], "rate"), [10, 20])
    assert Timed([1 * mV, 2 * mV], 1 * ms).dim == mV.dim
    assert_array_equal(input_rasters(network(SpikeRaster(np.array([[True, False]]))), 2)["in"][0], [[1, 0], [0, 0]])


@pytest.mark.parametrize("block", [1, 7, 30, 1 << 18])
@pytest.mark.parametrize("rates", [200 * Hz, np.linspace(0, 900, 13) * Hz], ids=["one", "each"])
def test_poisson_spikes_do_not_depend_on_how_they_are_drawn(rates, block, monkeypatch):
    monkeypatch.setattr(draws, "_BLOCK", block)
    found = PoissonInput(rates).raster(13, 50, 1e-3, stream(3, "input"))
    p = np.asarray(rates) * 1e-3
    assert found.dtype == np.uint8
    assert_array_equal(found, (stream(3, "input").random((50, 13)) < p).astype(np.uint8))


@pytest.mark.parametrize("block", [1, 7, 1 << 18])
def test_nor_do_those_of_images(block, monkeypatch):
    monkeypatch.setattr(draws, "_BLOCK", block)
    images = np.linspace(0, 1, 12).reshape(3, 4)
    found = PoissonCoding(20, 0.7).encode(images, stream(3, "input"))
    assert_array_equal(found, stream(3, "input").random((20, 3, 4)) < images * 0.7)


def test_poisson_spikes_take_no_more_memory_than_they_are():
    import tracemalloc

    tracemalloc.start()
    PoissonInput(10 * Hz).raster(1000, 20_000, 1e-4, stream(0, "input"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * 20_000_000


def test_what_cannot_fit_into_memory_is_refused_by_name():
    with pytest.raises(NetworkError, match=r"Spikes of 'in' \(1 samples, 1000000000000 steps, 2 neurons\).* GiB.*shorter time"):
        input_rasters(network(PoissonInput(1 * Hz)), 10**12)
    with pytest.raises(NetworkError, match="RateCoding: 1000000000000000 steps of 1 x 2 intensities.*Take fewer steps"):
        input_rasters(network(ImageInput(RateCoding(10**15))), 5, [[0.5, 0.5]])


def test_units_of_images():
    with pytest.raises(UnitError, match="images are in volt"):
        input_rasters(network(ImageInput(RateCoding(5))), 5, [[0.5, 0.5]] * mV)
