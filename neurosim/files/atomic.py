"""Files that are either whole or not there."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neurosim.errors import NeurosimError

_NO_SPACE = "Free some space, or choose a folder on another disk."
_NO_RIGHT = "Choose a folder that you may write to."
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
    """Write a file so that nobody ever sees half of it.

    Parameters
    ----------
    path : path
        The final name. Its folder is made if needed; a file of that name is replaced.

    Yields
    ------
    Path
        A free name in the same folder. When the block ends it is renamed to `path`; if the block raises, or
        is interrupted, it is removed and `path` is as it was.

    Raises
    ------
    NeurosimError
        For any OSError in the block: no space, no permission, a folder in the place of the file.
    """
    final = Path(path)
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
    """Write several files so that either all of them are there or none.

    Parameters
    ----------
    path : path
        The final folder, made if needed. Files in it of the same names are replaced, others stay.

    Yields
    ------
    Path
        An empty folder beside it. When the block ends its files move to `path`; if the block raises, or is
        interrupted, it is removed and `path` is as it was.

    Raises
    ------
    NeurosimError
        For any OSError in the block: no space, no permission, a file in the place of the folder.
    """
    final = Path(path)
    partial = _free_name(final)
    try:
        with explained(final):
            partial.mkdir(parents=True)
            yield partial
            _move_files(partial, final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _free_name(final: Path) -> Path:
    # The suffix stays: numpy and matplotlib choose or append one by the name they are given.
    return final.with_name(f".{final.stem}-{secrets.token_hex(6)}{final.suffix}")


def check_place(path: str | os.PathLike[str]) -> None:
    """Raise NeurosimError where `path` could not be written; before a long run, not after.

    Nothing is made or changed, so a full disk goes unseen.
    """
    final = Path(path)
    there = next(folder for folder in (final.parent, *final.parent.absolute().parents) if folder.exists())
    with explained(final):
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
    """Turn an OSError of the block into a NeurosimError that names `final` and the remedy."""
    try:
        yield
    except OSError as error:
        raise NeurosimError(f"{final}: could not be written ({_reason(error)}). {_remedy(error)}") from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _remedy(error: OSError) -> str:
    return _REMEDIES.get(error.errno or 0, "Check the folder and the name.")
