"""Arrays in .npz files: whole, of numbers and text, no larger than the file."""

import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from neurosim.errors import DataError
from neurosim.files.npz import fitting, read_npz, write_npz

ARRAYS = {
    "a/b": np.arange(6.0).reshape(2, 3),
    "by columns": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
    "one": np.array(7),
    "none": np.zeros((3, 0)),
    "text": np.array('{"x": "é"}'),
    "true": np.array([True, False]),
}


def test_reads_what_was_written(tmp_path):
    write_npz(tmp_path / "x.npz", ARRAYS)
    found = read_npz(tmp_path / "x.npz")
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype and found[name].flags.writeable
        assert_array_equal(found[name], array)
    assert fitting(found, ARRAYS) == ""


def objects(path):
    np.savez(path, x=np.array([{}], dtype=object))


def compressed(path):
    np.savez_compressed(path, x=np.zeros(10**6))


def too_large(path):
    """A header that says more than there is."""
    np.savez(path, x=np.zeros(1000))
    path.write_bytes(path.read_bytes().replace(b"(1000,)", b"(9999,)"))


def too_large_in_order(path):
    """The same with a right checksum."""
    np.save(path.with_suffix(".npy"), np.zeros(1000))
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", path.with_suffix(".npy").read_bytes().replace(b"(1000,)", b"(9999,)"))


def twice(path):
    with zipfile.ZipFile(path, "w") as file, pytest.warns(UserWarning):
        file.writestr("x.npy", b"1")
        file.writestr("x.npy", b"2")


def no_array(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.py", b"1")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (objects, "expected numbers or text"), (compressed, "compressed"), (too_large, "CRC"),
        (too_large_in_order, r"8000 bytes.*9999"),
        (twice, "2 arrays with 1 names"), (no_array, "is not an array"), (lambda path: path.write_bytes(b"PK"), "not a zip"),
        (lambda path: path.mkdir(), "a folder, pipe or device"), (lambda path: None, "no such file"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(tmp_path, make, said):
    make(tmp_path / "x.npz")
    with pytest.raises(DataError, match=rf"x\.npz: .*{said}"):
        read_npz(tmp_path / "x.npz")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"one": np.array(1.5)}, "one is float64"),
        ({"none": np.zeros(3)}, "none is"),
        ({"more": np.array(1)}, "unexpected or missing: more"),
    ],
)
def test_what_does_not_fit(changed, said):
    assert said in fitting({**ARRAYS, **changed}, ARRAYS)
