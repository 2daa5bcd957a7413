"""Recordings and studies for other programs, data of other programs as input, and files that explain themselves."""

from __future__ import annotations

import importlib.util
import json
import sys
from datetime import datetime, timezone

import h5py
import numpy as np
import pytest

import neurosim
from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Probe, Projection, Recording
from neurosim.errors import NetworkError, UsageError
from neurosim.network.other_names import PYNN
from neurosim.rate.checkpoint import RateTraining
from neurosim.results.run_data import Spikes
from neurosim.study.frames import to_xarray as sweep
from neurosim.study.table import Row, Table
from neurosim.train.desire.training import Training
from neurosim.units import Hz, ms, mV
from tests.acceptance.shown_objects import learning, study_results


@pytest.fixture(scope="module")
def recording():
    network = Network(
        "small",
        [Population("noise", 20, PoissonInput(80 * Hz)), Population("cells", 5, LIF(tau_m=20 * ms, v_th=10 * mV))],
        [Projection("noise", "cells", AllToAll(1 * mV))],
        [Probe("cells", "v", neurons=[1, 3])],
    )
    return neurosim.simulate(network, 100 * ms)


def thinned():
    probes = [Probe("cells", "v"), Probe("more", "v", every=10 * ms), Probe("few", "v", average="neurons")]
    populations = [Population(name, 3, LIF(tau_m=20 * ms, v_th=10 * mV), current=4 * mV) for name in ("cells", "more", "few")]
    return neurosim.emulate_network(Network("n", populations, [], probes), 50 * ms)


def test_states_for_xarray_have_axes_and_units(recording):
    pytest.importorskip("xarray")
    found = recording.to_xarray()
    v = found["cells_v"]
    assert v.dims == ("sample", "time", "neuron") and v.attrs["units"] == "volt" and v.attrs["long_name"] == "v of cells"
    assert list(found["neuron"]) == [1, 3] and found["time"].attrs["units"] == "s"
    np.testing.assert_array_equal(v.sel(sample=0, neuron=3), recording.states["cells", "v"][0, :, 1])
    np.testing.assert_allclose(found["time"], np.arange(100) * 1e-3)
    assert found.attrs["network"] == "small" and json.loads(found.attrs["info"])["engine"] == "brian2"


def test_states_with_other_times_have_axes_of_their_own():
    pytest.importorskip("xarray")
    found = thinned().to_xarray()
    assert found["cells_v"].dims == ("sample", "time", "neuron")
    assert found["more_v"].dims == ("sample", "time_more_v", "neuron")
    assert found["few_v"].dims == ("sample", "time", "neuron_few_v")
    np.testing.assert_allclose(found["time_more_v"], [0, 0.01, 0.02, 0.03, 0.04])
    assert neurosim.emulate_network(Network("n", [Population("a", 1, LIF(tau_m=20 * ms, v_th=1.0))]), 5 * ms).to_xarray().sizes


def test_sweeps_for_xarray_and_pandas(tmp_path):
    pytest.importorskip("xarray")
    results = study_results(tmp_path)
    found = results.to_xarray()
    assert found["m"].dims == ("a", "b", "seed") and found["m"].attrs == {"units": "mV", "long_name": "a number"}
    assert float(found["m"].sel(a=2.0, b="x", seed=1)) == 2.25 and found.attrs["study"] == "toy"
    frame = results.to_pandas()
    assert list(frame.columns) == ["a", "b", "seed", "m", "seconds"] and len(frame) == 8
    assert frame.m.tolist() == results.table.column("m")


def row(point, seed, value):
    return Row(point, seed, {"m": value}, {}, 0.0, "")


def test_a_sweep_that_is_no_grid_has_one_axis():
    pytest.importorskip("xarray")
    some = tuple(row({"x": k / 7, "y": k / 3}, 0, float(k)) for k in range(9))
    found = sweep(Table(("x", "y"), ("m",), some), {}, {})
    assert found["m"].dims == ("trial",) and found["x"].dims == ("trial",) and float(found["y"][3]) == 1.0


def test_a_missing_trial_is_nan_and_quantities_are_si():
    pytest.importorskip("xarray")
    time = {"si": 0.02, "unit": "second"}, {"si": 0.04, "unit": "second"}
    points = [{"t": time[0], "w": [1, 2]}, {"t": time[1], "w": [1, 2]}, {"t": time[1], "w": None}]
    rows = tuple(row(point, 0, value) for point, value in zip(points, (1.0, 2.0, 3.0), strict=True))
    found = sweep(Table(("t", "w"), ("m",), rows), {"m": ("Hz", "rate")}, {})
    assert found["t"].attrs == {"units": "second"} and list(found["t"]) == [0.02, 0.04]
    assert np.isnan(found["m"].sel(t=0.02, w="None", seed=0)) and float(found["m"].sel(t=0.04, w="[1, 2]", seed=0)) == 2.0


def test_nwb_is_valid_and_has_all_spikes(recording, tmp_path):
    pynwb = pytest.importorskip("pynwb")
    path = tmp_path / "run.nwb"
    recording.to_nwb(path, start=datetime(2026, 1, 2, tzinfo=timezone.utc))
    assert not pynwb.validate(path=str(path))
    with pynwb.NWBHDF5IO(str(path), "r") as io:
        file = io.read()
        assert list(file.units["population"].data[:]) == ["noise"] * 20 + ["cells"] * 5
        times = file.units["spike_times"][22]
        mine = recording.spikes["cells"].neuron == 2
        np.testing.assert_allclose(times, recording.spikes["cells"].step[mine] * 1e-3)
        series = file.acquisition["cells_v"]
        np.testing.assert_array_equal(series.data[:], recording.states["cells", "v"][0])
        assert series.unit == "volts" and len(file.trials) == 1 and file.session_start_time.year == 2026
        assert json.loads(file.notes)["parts"]["populations"]["cells"]["n"] == 5


def test_samples_follow_each_other_in_nwb(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    spikes = Spikes.from_raster(np.ones((2, 3, 1), int))
    two = Recording(1e-3, 3, 2, {"a": 1}, {"a": spikes}, {("a", "v"): np.arange(6.0).reshape(2, 3, 1)})
    two.to_nwb(tmp_path / "two.nwb")
    with pynwb.NWBHDF5IO(str(tmp_path / "two.nwb"), "r") as io:
        file = io.read()
        np.testing.assert_allclose(file.units["spike_times"][0], np.arange(6) * 1e-3)
        np.testing.assert_allclose(file.acquisition["a_v"].timestamps[:], np.arange(6) * 1e-3)
        np.testing.assert_allclose(file.trials["start_time"][:], [0, 3e-3])


def test_nwb_needs_a_time_zone(recording, tmp_path):
    pytest.importorskip("pynwb")
    with pytest.raises(UsageError, match="expected a datetime with a time zone"):
        recording.to_nwb(tmp_path / "a.nwb", start=datetime(2026, 1, 2))


@pytest.mark.parametrize(
    ("package", "convert", "extra"),
    [
        ("neo", lambda r: r.to_neo(), "analysis"),
        ("xarray", lambda r: r.to_xarray(), "analysis"),
        ("pynwb", lambda r: r.to_nwb("a.nwb"), "nwb"),
    ],
)
def test_a_missing_package_is_named(recording, package, convert, extra, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=rf"to_{package[-3:] if extra == 'nwb' else package} needs .*neurosim\[{extra}\]"):
        convert(recording)
    assert not list(tmp_path.iterdir())


def test_neo_has_the_units(recording):
    pytest.importorskip("neo")
    (signal,) = recording.to_neo().segments[0].analogsignals
    assert str(signal.units.dimensionality) == "V"


CAMERA = np.dtype([("x", "i2"), ("y", "i2"), ("t", "i8"), ("p", "?")])


def test_events_of_a_camera_become_spikes():
    events = np.array([(1, 0, 0, 0), (1, 0, 500, 0), (0, 2, 2000, 1), (1, 0, 1000, 0)], CAMERA)
    made = neurosim.event_spikes(events, (2, 3, 2), 1 * ms)
    n = 2 * 3 * 2
    raster = made.raster(n, 3, 1e-3, np.random.default_rng(0))
    assert sorted(zip(*np.nonzero(raster), strict=True)) == [(0, 1), (1, 1), (2, (1 * 3 + 2) * 2 + 0)]
    counts = neurosim.event_counts(events, (2, 3, 2), 1 * ms)
    assert counts.values.shape == (3, n) and counts.values[0, 1] == 2 and counts.values.sum() == 4
    network = Network("n", [Population("dvs", n, made), Population("c", 1, LIF(tau_m=20 * ms, v_th=1.0))])
    assert len(neurosim.emulate_network(network, 5 * ms).spikes["dvs"]) == 3


def test_events_of_sounds_have_no_height_and_other_ticks():
    events = np.array([(3, 1.0), (5, 2.5)], [("x", "i8"), ("t", "f8")])
    made = neurosim.event_spikes(events, [8], 1 * ms, tick=1 * ms)
    raster = made.raster(8, 4, 1e-3, np.random.default_rng(0))
    assert sorted(zip(*np.nonzero(raster), strict=True)) == [(1, 3), (2, 5)]
    assert not neurosim.event_spikes(events[:0], [8], 1 * ms).raster(8, 4, 1e-3, np.random.default_rng(0)).any()
    events["t"] *= 1000.5
    assert neurosim.event_spikes(events, [8], 1 * ms).raster(8, 3, 1e-3, np.random.default_rng(0)).sum() == 2, "microseconds"
    with pytest.raises(NetworkError, match="the field t has fractions from 0.01 to 0.025, .*: tick=1.second"):
        neurosim.event_spikes(np.array([(3, 0.01), (5, 0.025)], events.dtype), [8], 1 * ms)


@pytest.mark.parametrize(
    ("events", "sensor", "words"),
    [
        (np.array([(9, 0, 0, 0)], CAMERA), (2, 3, 2), "the field x"),
        (np.array([(0, 0, -1, 0)], CAMERA), (2, 3, 2), "expected times from 0 to 2147483647 steps"),
        (np.array([(0, 0)], [("x", "i2"), ("t", "i8")]), (2, 3), "expected numbers in y for the sensor"),
        (np.array([(0, "a")], [("x", "i2"), ("t", "U1")]), (2,), "expected numbers in t"),
        (np.zeros(3), (2,), "expected a structured array"),
        (np.array([(0.7, 1.0)], [("x", "f8"), ("t", "f8")]), (2,), "the field x: expected whole numbers .* found 0.7"),
        (np.array([(-0.7, 1.0)], [("x", "f8"), ("t", "f8")]), (2,), "the field x: .* from 0 to 1, found -0.7"),
        (np.array([(np.nan, 1.0)], [("x", "f8"), ("t", "f8")]), (2,), "the field x: expected whole numbers .* found nan"),
        (np.ma.masked_array(np.zeros(2, CAMERA), [True, False]), (2, 3, 2), "masked entries"),
        (np.array([(0, 0, 0, 1)], CAMERA), (2**40, 2**40, 2), "places; expected at most 2147483647"),
        (np.array([(0, 0, 0, 0)], CAMERA), (2, 3, 2, 1), "expected width, height and number of polarities"),
    ],
)
def test_wrong_events_are_named(events, sensor, words):
    for make in (neurosim.event_spikes, neurosim.event_counts):
        with pytest.raises(NetworkError, match=f"{make.__name__}.*{words}"):
            make(events, sensor, 1 * ms)


def test_counts_that_do_not_fit_are_refused():
    with pytest.raises(NetworkError, match="do not fit into memory; use event_spikes"):
        neurosim.event_counts(np.array([(0, 0, 10**12, 0)], CAMERA), (640, 480, 2), 1 * ms)


def of_states(**widths):
    """A recording with these states, whose values are their widths; "__" stands between population and variable."""
    keys = {tuple(name.split("__")): width for name, width in widths.items()}
    none = np.zeros(0, np.int32)
    return Recording(
        1e-3, 10, 1, {name: 9 for name, _ in keys}, {name: Spikes(none, none, none, none) for name, _ in keys},
        {key: np.full((1, 10, width), float(width)) for key, width in keys.items()},
    )  # fmt: skip


def test_states_whose_names_meet_keep_names_of_their_own(tmp_path):
    made = of_states(a__b_v=1, a_b__v=2, b__v=1, c__v=2, exc__v=3, neuron_exc__v=4)
    if importlib.util.find_spec("xarray"):
        found = made.to_xarray()
        assert (found["a_b_v"].attrs["population"], found["a_b_v_"].attrs["population"]) == ("a", "a_b")
        assert {(v.attrs["population"], v.attrs["variable"]): float(v.max()) for v in found.values()} == {
            key: values.max() for key, values in made.states.items()
        }
        assert found["exc_v"].dims[2] == "neuron_exc_v_"
    if importlib.util.find_spec("pynwb"):
        made.to_nwb(tmp_path / "run.nwb")
        with h5py.File(tmp_path / "run.nwb") as file:
            assert {"a_b_v", "a_b_v_", "neuron_exc_v"} <= set(file["acquisition"])


@pytest.mark.parametrize("name", PYNN)
def test_names_of_pynn_say_what_to_write(name):
    with pytest.raises(ImportError, match=f"no {name}, which is a name of PyNN; write "):
        exec(f"from neurosim import {name}", {})
    first = PYNN[name].split("(")[0].split()[0].rstrip(",")
    assert "=" in PYNN[name].split("(")[0] or hasattr(neurosim, first)


def test_other_names_are_unknown_as_ever():
    with pytest.raises(AttributeError):
        neurosim.absent  # noqa: B018


def arrays(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: dict(item.attrs)}) if isinstance(item, h5py.Dataset) else None)
        return found, dict(file.attrs)


def test_the_file_of_a_recording_explains_itself(tmp_path):
    run = neurosim.start(learning())
    run.to(tmp_path / "stream.h5")
    run.advance(50 * ms)
    run.close()
    neurosim.emulate_network(learning(), 50 * ms).save(tmp_path / "whole.h5")
    for name in ("stream", "whole"):
        found, file = arrays(tmp_path / f"{name}.h5")
        assert all(a["units"] and len(a["description"]) > 10 for a in found.values())
        assert found["states/cells/v"]["units"] == found["weights/noise_cells/values"]["units"] == "volt"
        parts = json.loads(file["info"])["parts"]
        assert "neurosim" in file["description"] and parts["projections"]["noise_cells"]["plasticity"] == "pair_stdp"
        assert Recording.load(tmp_path / f"{name}.h5").unit_of("cells", "v") == "volt"


def test_other_files_explain_themselves(tmp_path):
    network = learning()
    run = neurosim.start(network)
    run.advance(5 * ms)
    run.save(tmp_path / "run.h5")
    weights = {"noise_cells": np.ones((20, 5))}
    Training(network, weights, ()).save(tmp_path / "training.h5")
    RateTraining({"w": [np.ones((2, 2))]}, (), {}).save(tmp_path)
    for name in ("run", "training", "rates"):
        found, _ = arrays(tmp_path / f"{name}.h5")
        assert found and all(a["units"] and len(a["description"]) > 10 for a in found.values()), name
    assert arrays(tmp_path / "training.h5")[0]["weights/noise_cells"]["units"] == "volt"
    assert all(a["name"] for a in arrays(tmp_path / "run.h5")[0].values())


def test_large_networks_are_described_in_part(tmp_path):
    many = Network("n", [Population(f"p{k}" * 8, 1, neurosim.Izhikevich()) for k in range(300)])
    assert len(many.about["parts"]["populations"]) == 100
    found = Recording(1e-3, 1, 1, {}, {}, info=dict(many.about))
    found.save(tmp_path / "many.h5")
    assert Recording.load(tmp_path / "many.h5").info["parts"] == many.about["parts"]
