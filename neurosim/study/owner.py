"""Who works on a study, in a way that ends with the process: a file lock that the kernel frees even after SIGKILL."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neurosim.files.atomic import explained

_BYTES = 8
_NAME = re.compile(rf"[0-9a-f]{{{2 * _BYTES}}}")
_TRIES = 100
# A process can always lock its own file again, so it has to remember.
_ours: set[str] = set()


@contextmanager
def ownership(folder: Path) -> Iterator[str]:
    """A name of this process for the time of the block, with a locked file of that name in `folder`.

    Files that killed processes have left there are removed, and at the end the folder, if nobody else is in it.
    """
    name = secrets.token_hex(_BYTES)
    with explained(folder):
        handle = _locked(folder, name)
    try:
        for other in os.listdir(folder):
            is_alive(folder, other)
        yield name
    finally:
        with suppress(OSError):
            (folder / name).unlink()
            folder.rmdir()
        os.close(handle)
        _ours.discard(name)


def _locked(folder: Path, name: str) -> int:
    """The open and locked file of `name`."""
    # First: to look whether a lock of this very process is held would free it.
    _ours.add(name)
    for _ in range(_TRIES):
        # Whoever leaves last removes the folder, which may be just now.
        with suppress(FileNotFoundError):
            # Not `exist_ok`, which raises if the folder goes between its two looks.
            with suppress(FileExistsError):
                folder.mkdir(parents=True)
            handle = os.open(folder / name, os.O_CREAT | os.O_RDWR, 0o666)
            # Unlike flock, such a lock does not pass to a forked child, which may outlive us.
            fcntl.lockf(handle, fcntl.LOCK_EX)
            # Another process that came between the two lines has taken us for dead.
            if os.fstat(handle).st_nlink:
                return handle
            os.close(handle)
    raise OSError(errno.EBUSY, "other processes keep removing it")


def was_given(name: object) -> bool:
    """Whether `name` may be that of a process: of a database that was changed by hand, it may be anything, even a path."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def is_alive(folder: Path, name: str) -> bool:
    """Whether the process that took `name` still runs; the file of a dead one is removed. A strange file is left alone."""
    path = folder / name
    if name in _ours or not was_given(name):
        return True
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return True
    else:
        with suppress(OSError):
            path.unlink()
        return False
    finally:
        os.close(handle)
