"""Writing files such that they are either complete or absent."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neurosim.errors import NeurosimError, shown

_NO_SPACE = "Free some space, or choose a folder on another disk."
_NO_RIGHT = "Choose a folder in which you may write."
_REMEDIES = {
    errno.ENOSPC: _NO_SPACE,
    errno.EDQUOT: _NO_SPACE,
    errno.EFBIG: _NO_SPACE,
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: _NO_RIGHT,
}


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file such that other processes never see an incomplete one.

    Parameters
    ----------
    path : path
        Final name of the file. Its folder is created if needed; an existing file is replaced.

    Yields
    ------
    Path
        Unused name in the same folder, for the block to write. At the end of the block this file is renamed to `path`; if
        the block raises an exception or is interrupted, it is removed and `path` stays as it was.

    Raises
    ------
    NeurosimError
        If an OSError occurs in the block: no space, no permission, a folder in the place of the file.
    """
    final = file_of(path)
    partial = _free_name(final)
    try:
        with explained(final):
            final.parent.mkdir(parents=True, exist_ok=True)
            yield partial
            os.replace(partial, final)
    finally:
        with suppress(OSError):
            partial.unlink()


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write several files such that, if the block fails, none of them is written.

    Parameters
    ----------
    path : path
        Final folder, which is created if needed. Existing files of the same names are replaced, others stay.

    Yields
    ------
    Path
        Empty folder next to `path`, for the block to write into. At the end of the block its files are moved to `path`; if
        the block raises an exception or is interrupted, the folder is removed and `path` stays as it was.

    Raises
    ------
    NeurosimError
        If an OSError occurs in the block: no space, no permission, a file in the place of the folder.
    """
    final = file_of(path)
    partial = _free_name(final)
    try:
        with explained(final):
            partial.mkdir(parents=True)
            yield partial
            _move_files(partial, final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def file_of(path: str | os.PathLike[str]) -> Path:
    """The path of a file; a NeurosimError if it cannot be the name of one."""
    final = Path(path)
    if not final.name or "\0" in str(final):
        raise NeurosimError(f"{shown(str(path))} is no name of a file; expected a path such as 'results/run.h5'.")
    return final


def _free_name(final: Path) -> Path:
    # The suffix is kept, because numpy appends it if it is missing and matplotlib chooses the format by it.
    return final.with_name(f".{final.stem}-{secrets.token_hex(6)}{final.suffix}")


def check_place(path: str | os.PathLike[str]) -> None:
    """Raise NeurosimError if `path` could not be written, so that a long run does not fail at its end.

    Nothing is created or changed, so a full disk is not noticed.
    """
    final = file_of(path)
    with explained(final):
        there = next(folder for folder in (final.parent, *final.parent.absolute().parents) if folder.exists())
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{there} is a file")
        if not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, f"no right to write into {there}")


def _move_files(source: Path, final: Path) -> None:
    final.mkdir(exist_ok=True)
    for path in sorted(source.rglob("*")):
        place = final / path.relative_to(source)
        if path.is_dir():
            place.mkdir(exist_ok=True)
        else:
            os.replace(path, place)


@contextmanager
def explained(final: Path) -> Iterator[None]:
    """Convert an OSError in the block to a NeurosimError that names `final` and the remedy."""
    try:
        yield
    except OSError as error:
        raise NeurosimError(f"{final}: could not be written ({_reason(error)}). {_remedy(error)}") from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _remedy(error: OSError) -> str:
    return _REMEDIES.get(error.errno or 0, "Check the folder and the name.")
