import errno
import os
import stat

import numpy as np
import pytest

from neurosim.errors import DataError, NeurosimError
from neurosim.files.atomic import atomic_write


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_and_leaves_nothing_else(tmp_path):
    with atomic_write(tmp_path / "new" / "a.txt") as partial:
        partial.write_text("whole")
        assert partial.parent == tmp_path / "new"
        assert not (tmp_path / "new" / "a.txt").exists()
    assert (tmp_path / "new" / "a.txt").read_text() == "whole"
    assert names(tmp_path / "new") == ["a.txt"]


def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path / "plain").write_text("x")
    with atomic_write(tmp_path / "atomic") as partial:
        partial.write_text("x")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "atomic")}
    assert len(modes) == 1


def test_suffix_is_kept_for_writers_that_append_one(tmp_path):
    with atomic_write(tmp_path / "w.npz") as partial:
        np.savez(partial, a=np.arange(3))
    assert names(tmp_path) == ["w.npz"]


@pytest.mark.parametrize("raised", [ValueError("x"), DataError("x"), KeyboardInterrupt()])
def test_old_file_survives_a_failure(tmp_path, raised):
    (tmp_path / "a").write_text("old")
    with pytest.raises(type(raised)), atomic_write(tmp_path / "a") as partial:
        partial.write_text("half")
        raise raised
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_two_writers_of_one_name_do_not_meet(tmp_path):
    with atomic_write(tmp_path / "a") as first, atomic_write(tmp_path / "a") as second:
        first.write_text("outer")
        second.write_text("inner")
        assert first != second
    assert (tmp_path / "a").read_text() == "outer"
    assert names(tmp_path) == ["a"]


REMEDIES = {errno.ENOSPC: "Free some space", errno.EACCES: "you may write", errno.EIO: "Check the folder"}


@pytest.mark.parametrize("number, remedy", REMEDIES.items())
def test_os_errors_name_file_and_remedy(tmp_path, number, remedy):
    path = tmp_path / "a"
    with pytest.raises(NeurosimError, match=remedy) as error, atomic_write(path):
        raise OSError(number, os.strerror(number))
    assert str(path) in str(error.value)
    assert os.strerror(number) in str(error.value)


def test_folder_in_the_place_of_the_file(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(NeurosimError, match="directory"), atomic_write(tmp_path / "a") as partial:
        partial.write_text("x")
    assert names(tmp_path) == ["a"]


def test_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "a").write_text("x")
    with pytest.raises(NeurosimError, match="could not be written"), atomic_write(tmp_path / "a" / "b"):
        pass


def test_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(NeurosimError, match="could not be written"), atomic_write(tmp_path / "a"):
        pass
