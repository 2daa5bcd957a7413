"""HDF5 files that are either complete or absent: they are written with a seal, and checked whenever they are read."""

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
from neurosim.files.hdf5_walk import Walk, opened
from neurosim.files.seal import ATTRIBUTE, checked_seal, looks_like_hdf5, seal_of

LARGEST = 64 << 30
"""Size in bytes of the largest file that is read, and limit for the arrays in it."""
_FREE, _UNPACKED = 256 << 20, 64
"""A file that was not made here may unpack to `_FREE` bytes, or to `_UNPACKED` times its own size."""
_SUFFIXES = (".h5", ".hdf5")


@dataclass(frozen=True)
class Kind:
    """A format of neurosim in HDF5.

    Attributes
    ----------
    title : str
        Value of the attribute ``format``.
    noun : str
        Name of such a file, for messages.
    versions : tuple of int
        Values of ``format_version`` that can be read.
    writer : str
        Function or command that writes such files, for messages.
    remedy : str
        Remedy for a damaged file, for messages.
    """

    title: str
    noun: str
    versions: tuple[int, ...]
    writer: str
    remedy: str


@contextmanager
def atomic_hdf5(path: str | os.PathLike[str]) -> Iterator[Any]:
    """Yield an `h5py.File` to fill; if the block succeeds, it is written to `path` with a seal.

    Raises
    ------
    NeurosimError
        If the file cannot be written.
    """
    # The file is created in memory first: on a full disk, HDF5 fails again when it closes a file, and crashes the process.
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
    """Yield the root of a file, after checking that the file is complete and of `kind`; values are checked too (`Node`).

    A file with a seal is refused before HDF5 reads it if any byte has changed. A file that was not made on this machine by this
    user is first read in a child process, within limits of time and memory. In every file, links and arrays that refer to
    other places, and arrays that are larger than the file can contain, are refused.

    Warns
    -----
    UncheckedFile
        If the file has no seal, like files of older versions.

    Raises
    ------
    DataError
        If the file is missing, damaged, or of another kind or version, or if the block finds a damaged value.
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
        raise DataError(f"{where}: damaged, incomplete or not HDF5 ({said}); {kind.remedy}, or copy it again.") from error


def format_of(path: str | os.PathLike[str]) -> str:
    """The attribute ``format`` of a file; "" if it is not an HDF5 file.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    where = Path(path)
    if not (looks_like_hdf5(where) or (where.suffix in _SUFFIXES and where.is_file())):
        return ""
    try:
        with _opened(where, size_of(where, LARGEST)) as file:
            return str(file.attrs.get("format", ""))
    except (OSError, LookupError, ValueError, TypeError, RuntimeError, MemoryError) as error:
        said = " ".join(str(error).split())
        raise DataError(f"{where}: damaged, incomplete or not HDF5 ({said}); make it again, or copy it again.") from error


@contextmanager
def open_foreign_hdf5(path: str | os.PathLike[str], noun: str, missing: str) -> Iterator[Any]:
    """Yield the `h5py.File` of another program, after it was read in a child process within limits of time and memory.

    Arrays of numbers and of text are allowed; links and arrays that refer to other places, and arrays that are larger than the
    file can contain, are refused.

    Parameters
    ----------
    noun : str
        What the file should be, for messages: "NIR file".
    missing : str
        Remedy if there is no such file.

    Raises
    ------
    DataError
        If the file is missing, or damaged, or not within the limits; also if the block finds a damaged value.
    """
    where = Path(path)
    most = max(_FREE, _UNPACKED * size_of(where, LARGEST, missing))
    try:
        check_in_child(where, min(LARGEST, most), foreign=True)
        with h5py.File(where, "r") as file:
            for _ in Walk(min(LARGEST, most), foreign=True).datasets(file):
                pass
            yield file
    except NeurosimError:
        raise
    except (OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError, ArithmeticError, MemoryError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{where}: damaged, incomplete or no {noun} ({said}); write it again, or copy it again.") from error


@contextmanager
def atomic_foreign_hdf5(path: str | os.PathLike[str]) -> Iterator[Any]:
    """Yield an `h5py.File` to fill, for another program to read; it is written to `path` completely or not at all."""
    with h5py.File("memory", "w", driver="core", backing_store=False) as file:
        yield file
        file.flush()
        image = file.id.get_file_image()
    with atomic_write(path) as partial:
        partial.write_bytes(image)


@contextmanager
def _opened(where: Path, size: int) -> Iterator[Any]:
    """Open a file, after all checks that do not depend on its format."""
    seal = checked_seal(where)
    most = LARGEST if seal.made_here else min(LARGEST, max(_FREE, _UNPACKED * size))
    if not seal.made_here:
        check_in_child(where, most)
    with opened(where) as file:
        for _ in Walk(most).datasets(file):
            pass
        if not seal.there:
            if ATTRIBUTE in file.attrs:
                raise ValueError("its seal is missing")
            why = "was not closed, because its run goes on or was ended; it " if seal.grows else ""
            warnings.warn(UncheckedFile(f"{where} {why}has no seal, so damage to it cannot be detected."), stacklevel=6)
        yield file


def _check_format(where: Path, file: Any, kind: Kind) -> None:
    if file.attrs.get("format") != kind.title:
        found = file.attrs.get("format")
        other = f" (it is a {found})" if isinstance(found, str) and found.startswith("neurosim ") and len(found) < 50 else ""
        raise DataError(f"{where}: an HDF5 file, but not a {kind.noun}{other}; expected one that {kind.writer} wrote.")
    version = file.attrs.get("format_version")
    if version not in kind.versions:
        known = " and ".join(map(str, kind.versions))
        raise DataError(
            f"{where}: format version {version}, but this version of neurosim reads {known}; "
            f"read it with the version of neurosim that wrote it, or {kind.remedy}."
        )
