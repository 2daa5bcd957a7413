import json
import os

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from neurosim.errors import DataError
from neurosim.files.seal import reseal
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes, WeightTrace

RNG = np.random.default_rng(0)


@pytest.fixture
def recording():
    matrix = RNG.normal(size=(3, 5))
    return Recording(
        dt=1e-4,
        steps=40,
        samples=2,
        sizes={"a": 3, "b": 5, "silent": 2},
        spikes={
            "a": Spikes.from_raster(RNG.integers(0, 2, (2, 40, 3)) * 7),
            "b": Spikes.from_raster(RNG.random((2, 40, 5)) < 0.1),
            "silent": Spikes.from_raster(np.zeros((2, 40, 2))),
        },
        states={("b", "v"): RNG.normal(size=(2, 40, 5)), ("b", "g_exc"): RNG.normal(size=(2, 40, 1))},
        weights={"a_b": WeightTrace(np.arange(0, 40, 10), np.broadcast_to(matrix, (4, 3, 5)))},
        info={"engine": "brian2", "seconds": {"run": {"wall": 1.5}}, "plastic": []},
    )


def test_reads_back_what_was_written(tmp_path, recording):
    recording.save(tmp_path / "run.h5")
    found = Recording.load(tmp_path / "run.h5")
    assert (found.dt, found.steps, found.samples) == (1e-4, 40, 2)
    assert (found.sizes, found.info) == (recording.sizes, recording.info)
    for name, spikes in recording.spikes.items():
        for column in ("sample", "step", "neuron", "payload"):
            assert_array_equal(getattr(found.spikes[name], column), getattr(spikes, column))
    assert found.states.keys() == recording.states.keys()
    for key, values in recording.states.items():
        assert_array_equal(found.states[key], values)
    assert_array_equal(found.weights["a_b"].steps, recording.weights["a_b"].steps)
    assert_array_equal(found.weights["a_b"].values, recording.weights["a_b"].values)
    assert_array_equal(found.raster("a"), recording.raster("a"))


def test_opens_without_neurosim(tmp_path, recording):
    recording.save(tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        assert file.attrs["dt"] == 1e-4 and file.attrs["steps"] == 40 and file.attrs["samples"] == 2
        assert json.loads(file.attrs["info"])["engine"] == "brian2"
        assert file["spikes/a"].attrs["n"] == 3
        assert file["states/b/v"].shape == (2, 40, 5) and file["states/b/v"].compression == "gzip"
        assert file["weights/a_b/values"].shape == (4, 3, 5)


def test_replaces_a_file_and_leaves_no_other(tmp_path, recording):
    path = tmp_path / "new folder" / "run.h5"
    recording.save(path)
    recording.save(path)
    assert os.listdir(path.parent) == ["run.h5"]


def test_a_failed_save_keeps_the_old_file(tmp_path, recording):
    path = tmp_path / "run.h5"
    recording.save(path)
    before = path.read_bytes()
    with pytest.raises(DataError, match="Recording.info contains a value that JSON cannot represent"):
        Recording(1e-4, 1, 1, {}, {}, info={"when": object()}).save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["run.h5"]


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scramble(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 4 : 3 * len(content) // 4] = bytes(len(content) // 2)
    path.write_bytes(bytes(content))


def without_population_size(path):
    with h5py.File(path, "a") as file:
        del file["spikes/a"].attrs["n"]


@pytest.mark.parametrize(
    "damage", [cut, scramble, without_population_size, lambda path: path.write_text("spikes"), lambda path: path.write_text("")]
)
def test_damaged_files_say_so(tmp_path, recording, damage):
    path = tmp_path / "run.h5"
    recording.save(path)
    damage(path)
    with pytest.raises(DataError, match=r"run\.h5: damaged, incomplete or not HDF5 .*; save the recording again"):
        Recording.load(path)


def test_other_files_versions_and_names_that_are_not_there(tmp_path, recording):
    path = tmp_path / "run.h5"
    recording.save(path)
    with h5py.File(path, "a") as file:
        file.attrs["format_version"] = 99
    reseal(path)
    with pytest.raises(DataError, match=r"format version 99, but this version of neurosim reads 1"):
        Recording.load(path)
    with h5py.File(path, "w") as file:
        file["data"] = [1, 2]
    reseal(path)
    with pytest.raises(DataError, match="an HDF5 file, but not a recording"):
        Recording.load(path)
    with pytest.raises(DataError, match=r"nothing\.h5: no such file"):
        Recording.load(tmp_path / "nothing.h5")


def test_as_a_neo_block(recording):
    pytest.importorskip("neo")
    block = recording.to_neo()
    first, second = block.segments
    assert block.annotations["info"]["engine"] == "brian2"
    assert [t.annotations["population"] for t in first.spiketrains] == ["a"] * 3 + ["b"] * 5 + ["silent"] * 2
    train = second.spiketrains[1]
    assert_array_equal(np.rint(train.rescale("s").magnitude / 1e-4), np.nonzero(recording.raster("a")[1, :, 1])[0])
    assert float(train.t_stop.rescale("s")) == pytest.approx(4e-3)
    assert len(first.spiketrains[-1]) == 0
    signal = second.analogsignals[0]
    assert signal.annotations["variable"] == "v" and signal.shape == (40, 5)
    assert_array_equal(signal.magnitude, recording.states["b", "v"][1])
    assert float(signal.sampling_period.rescale("s")) == pytest.approx(1e-4)


def test_without_neo(recording, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "neo", None)
    with pytest.raises(Exception, match=r"install it with  pip install 'neurosim\[analysis\]'"):
        recording.to_neo()
