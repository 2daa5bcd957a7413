"""Hostile and foreign files are refused with an error that names them; sealed files are read as they were written."""

import os
import warnings

import h5py
import numpy as np
import pytest

from neurosim import compare
from neurosim.errors import DataError, UncheckedFile
from neurosim.files import hdf5, hdf5_child
from neurosim.files.seal import BLOCK, reseal
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes
from tests.unit.hostile_hdf5 import ATTRIBUTES, CONTENT, STRUCTURES, external_link, huge_shape, recording

RECORDING = Recording(1e-3, 10, 1, {"cells": 3}, {"cells": Spikes.from_raster(np.eye(10, 3)[None])}, info={"x": 1.5})


@pytest.fixture
def unchecked():
    """Reads files of unknown origin in this process, which is fast."""
    with pytest.MonkeyPatch.context() as patched, warnings.catch_warnings():
        warnings.simplefilter("ignore", UncheckedFile)
        patched.setattr(hdf5, "check_in_child", lambda path, most: None)
        yield


@pytest.mark.parametrize("harm", [*STRUCTURES, *CONTENT], ids=lambda harm: harm.__name__)
def test_what_must_not_be_there_is_refused(tmp_path, harm, unchecked):
    path = recording(tmp_path / "r.h5")
    with h5py.File(path, "a") as file:
        harm(path, file)
    with pytest.raises(DataError, match=r"r\.h5: .*(" + {**STRUCTURES, **CONTENT}[harm] + ")") as caught:
        Recording.load(path)
    assert len(str(caught.value)) < 600 and "\n" not in str(caught.value)


@pytest.mark.parametrize(("attributes", "said"), ATTRIBUTES, ids=str)
def test_attributes_have_their_kind_and_range(tmp_path, attributes, said, unchecked):
    with pytest.raises(DataError, match=said):
        Recording.load(recording(tmp_path / "r.h5", **attributes))


@pytest.mark.parametrize("harm", [external_link, huge_shape], ids=lambda harm: harm.__name__)
def test_the_child_refuses_it_first_and_a_seal_of_a_stranger_does_not_help(tmp_path, harm, monkeypatch):
    path = recording(tmp_path / "r.h5")
    with h5py.File(path, "a") as file:
        harm(path, file)
    reseal(path)
    monkeypatch.setattr(hdf5, "Walk", None)
    with pytest.raises(DataError, match=STRUCTURES[harm]):
        Recording.load(path)


def test_a_file_of_another_program_is_read_with_a_notice(tmp_path):
    with pytest.warns(UncheckedFile, match=r"r\.h5 has no seal"):
        found = Recording.load(recording(tmp_path / "r.h5"))
    assert found.sizes == {"cells": 3} and len(found.spikes["cells"]) == 4


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass", "does not end"),
        ("import os; os.abort()", "made HDF5 fail"),
    ],
)
def test_only_the_child_ends(tmp_path, code, said, monkeypatch):
    monkeypatch.setattr(hdf5_child, "_RUN", code)
    with pytest.raises(DataError, match=f"{said}.*save the recording again"):
        Recording.load(recording(tmp_path / "r.h5"))


def test_a_sealed_file_opens_without_neurosim_and_without_notice(tmp_path):
    path = tmp_path / "r.h5"
    RECORDING.save(path)
    with h5py.File(path) as file:
        assert file.attrs["steps"] == 10 and file["spikes/cells/step"].shape == (3,)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Recording.load(path).info == {"x": 1.5}


def test_a_file_made_here_needs_no_child(tmp_path, monkeypatch):
    RECORDING.save(tmp_path / "r.h5")
    monkeypatch.setattr(hdf5, "check_in_child", None)
    assert Recording.load(tmp_path / "r.h5").steps == 10


def test_any_changed_byte_is_seen(tmp_path):
    path = tmp_path / "r.h5"
    RECORDING.save(path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        changed = bytearray(whole)
        changed[place] ^= 16
        path.write_bytes(bytes(changed))
        # A changed signature only makes it somebody else's file.
        if not 86 <= place < 157:
            with pytest.raises(DataError, match="seal|not begin like an HDF5"):
                Recording.load(path)


def test_a_file_that_lost_its_seal_is_no_old_file(tmp_path, unchecked):
    path = tmp_path / "r.h5"
    RECORDING.save(path)
    path.write_bytes(path.read_bytes()[BLOCK:])
    with pytest.raises(DataError, match="its seal is missing"):
        Recording.load(path)


def test_after_a_change_by_hand_it_is_sealed_anew(tmp_path):
    path = tmp_path / "r.h5"
    RECORDING.save(path)
    with h5py.File(path, "a") as file:
        file.attrs["dt"] = 2e-3
    with pytest.raises(DataError, match="does not match its seal"):
        Recording.load(path)
    reseal(path)
    assert Recording.load(path).dt == 2e-3


@pytest.mark.parametrize("name", ["pipe", "folder"])
def test_no_regular_file(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="a folder, pipe or device"):
        Recording.load(tmp_path / name)


def test_the_limit_of_size_is_lifted_by_hand(tmp_path, unchecked, monkeypatch):
    monkeypatch.setattr(hdf5, "_FREE", 1000)
    monkeypatch.setattr(hdf5, "_UNPACKED", 0.1)
    path = recording(tmp_path / "r.h5")
    with h5py.File(path, "a") as file:
        file.create_dataset("states/cells/v", data=np.zeros((1, 10, 3000)), compression="gzip")
    with pytest.raises(DataError, match=r"when unpacked.*reseal\(path, mine=True\)"):
        Recording.load(path)
    reseal(path, mine=True)
    assert Recording.load(path).states["cells", "v"].shape == (1, 10, 3000)


def test_names_from_a_file_are_no_formulas(tmp_path, unchecked):
    path = recording(tmp_path / "r.h5", info='{"engine": "$x^{$"}')
    with h5py.File(path, "a") as file:
        file.move("spikes/cells", "spikes/$a_{$")
    found = Recording.load(path)
    compare(found, found).figure().savefig(tmp_path / "x.svg")
