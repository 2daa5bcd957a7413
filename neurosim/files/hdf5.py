"""HDF5 files that are either whole or not there: written with a seal, and read by one reader that trusts none of them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from neurosim.errors import DataError, NeurosimError, UncheckedFile
from neurosim.files.atomic import atomic_write
from neurosim.files.bounds import size_of
from neurosim.files.checked import Node
from neurosim.files.hdf5_child import check_in_child
from neurosim.files.hdf5_walk import Walk
from neurosim.files.seal import ATTRIBUTE, checked_seal, looks_like_hdf5, seal_of

LARGEST = 64 << 30
"""Bytes of a file that is read, and of the arrays in it."""
_FREE, _UNPACKED = 256 << 20, 64
"""A file that was not made here may hold so many bytes when unpacked, or so many times its own size."""
_SUFFIXES = (".h5", ".hdf5")


@dataclass(frozen=True)
class Kind:
    """A format of ours in HDF5.

    Attributes
    ----------
    title : str
        What its attribute ``format`` says.
    noun : str
        In messages.
    versions : tuple of int
        Of ``format_version`` that are read.
    writer : str
        Who writes it.
    remedy : str
        What to do about a damaged one.
    """

    title: str
    noun: str
    versions: tuple[int, ...]
    writer: str
    remedy: str


@contextmanager
def atomic_hdf5(path: str | os.PathLike[str]) -> Iterator[Any]:
    """An `h5py.File` to fill; it becomes `path`, with a seal, when the block ends well.

    Raises
    ------
    NeurosimError
        If the file cannot be written.
    """
    # In memory first: on a full disk HDF5 itself fails a second time when it closes the file, and takes the process with it.
    with h5py.File("memory", "w", driver="core", backing_store=False) as file:
        file.attrs[ATTRIBUTE] = True
        yield file
        file.flush()
        image = file.id.get_file_image()
    with atomic_write(path) as partial, partial.open("wb") as out:
        out.write(seal_of(image))
        out.write(image)


@contextmanager
def open_hdf5(path: str | os.PathLike[str], kind: Kind) -> Iterator[Node]:
    """The root of a file that is known to be whole and of `kind`; what the block reads of it is checked (`Node`).

    A file with a seal is as it was written, or refused before HDF5 sees it. One that was not made here by this user is read in
    a child process first, within limits of time and memory. In any file, links and arrays that lead elsewhere, and arrays that
    are larger than what the file can hold, are refused.

    Warns
    -----
    UncheckedFile
        If it has no seal, as files of older versions.

    Raises
    ------
    DataError
        If the file is missing, damaged, of another kind or version, or if the block finds it so.
    """
    where = Path(path)
    size = size_of(where, LARGEST, f"check the path; expected one that {kind.writer} wrote")
    try:
        with _opened(where, size) as file:
            _check_format(where, file, kind)
            yield Node(file)
    except NeurosimError:
        raise
    except (OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError, ArithmeticError, MemoryError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{where}: damaged, cut off or not HDF5 ({said}); {kind.remedy}, or copy it anew.") from error


def format_of(path: str | os.PathLike[str]) -> str:
    """The attribute ``format`` of a file; "" of one that is no HDF5.

    Raises
    ------
    DataError
        If it is damaged.
    """
    where = Path(path)
    if not (looks_like_hdf5(where) or (where.suffix in _SUFFIXES and where.is_file())):
        return ""
    try:
        with _opened(where, size_of(where, LARGEST)) as file:
            return str(file.attrs.get("format", ""))
    except (OSError, LookupError, ValueError, TypeError, RuntimeError, MemoryError) as error:
        said = " ".join(str(error).split())
        raise DataError(f"{where}: damaged, cut off or not HDF5 ({said}); make it again, or copy it anew.") from error


@contextmanager
def _opened(where: Path, size: int) -> Iterator[Any]:
    """The file, after all checks that need not know its format."""
    seal = checked_seal(where)
    most = LARGEST if seal.made_here else min(LARGEST, max(_FREE, _UNPACKED * size))
    if not seal.made_here:
        check_in_child(where, most)
    with h5py.File(where, "r") as file:
        for _ in Walk(most).datasets(file):
            pass
        if not seal.there:
            if ATTRIBUTE in file.attrs:
                raise ValueError("its seal is missing")
            warnings.warn(UncheckedFile(f"{where} has no seal, so that damage to it cannot be seen."), stacklevel=6)
        yield file


def _check_format(where: Path, file: Any, kind: Kind) -> None:
    if file.attrs.get("format") != kind.title:
        raise DataError(f"{where}: an HDF5 file, but no {kind.noun}; expected one that {kind.writer} wrote.")
    version = file.attrs.get("format_version")
    if version not in kind.versions:
        known = " and ".join(map(str, kind.versions))
        raise DataError(
            f"{where}: format version {version}, and this neurosim reads {known}; "
            f"read it with the neurosim that wrote it, or {kind.remedy}."
        )
