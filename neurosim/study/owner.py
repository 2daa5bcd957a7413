"""Names of the processes that work on a study, each with a file lock that the kernel releases even after SIGKILL."""

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
# A process can always lock its own file again, so a lock does not show that this process is alive: it keeps its names here.
_ours: set[str] = set()


@contextmanager
def ownership(folder: Path) -> Iterator[str]:
    """Context with a name for this process, and a locked file of that name in `folder`.

    Files that killed processes left there are removed. At the end the folder is removed if no other process uses it.
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
    """Create, open and lock the file `name`, and return its descriptor."""
    # The name is added first, because testing a lock that this process holds would release it.
    _ours.add(name)
    for _ in range(_TRIES):
        # The last process to leave removes the folder, which can happen at any moment.
        with suppress(FileNotFoundError):
            # `exist_ok` is not used, because it raises if the folder disappears between its two checks.
            with suppress(FileExistsError):
                folder.mkdir(parents=True)
            handle = os.open(folder / name, os.O_CREAT | os.O_RDWR, 0o666)
            # Unlike flock, a lock of lockf is not inherited by a forked child, which may outlive this process.
            fcntl.lockf(handle, fcntl.LOCK_EX)
            # Between the two calls above, another process may have removed the file because it was not locked yet.
            if os.fstat(handle).st_nlink:
                return handle
            os.close(handle)
    raise OSError(errno.EBUSY, "other processes keep removing it")


def was_given(name: object) -> bool:
    """Whether `name` has the form of a process name; in a database that was changed by hand it may be anything, even a path."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def is_alive(folder: Path, name: str) -> bool:
    """Whether the process that took `name` still runs; the file of a dead process is removed, other files are left alone."""
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
