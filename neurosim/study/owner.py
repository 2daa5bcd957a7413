"""Who works on a study, in a way that ends with the process: a file lock that the kernel frees even after SIGKILL."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neurosim.data.files import explained

# A process can always lock its own file again, so it has to remember.
_ours: set[str] = set()


@contextmanager
def ownership(folder: Path) -> Iterator[str]:
    """A name of this process for the time of the block, with a locked file of that name in `folder`."""
    name = secrets.token_hex(8)
    path = folder / name
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
    # Unlike flock, such a lock does not pass to a forked child, which may outlive us.
    fcntl.lockf(handle, fcntl.LOCK_EX)
    _ours.add(name)
    try:
        yield name
    finally:
        _ours.discard(name)
        with suppress(OSError):
            path.unlink()
        os.close(handle)


def is_alive(folder: Path, name: str) -> bool:
    """Whether the process that took `name` still runs; the file of a dead one is removed."""
    path = folder / name
    if name in _ours:
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
