"""A folder that one run at a time writes into."""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from filelock import FileLock, Timeout

from neurosim.errors import UsageError
from neurosim.files.atomic import explained

P = ParamSpec("P")
T = TypeVar("T")

LOCK = ".neurosim-lock"


@contextmanager
def folder_lock(folder: str | os.PathLike[str] | None) -> Iterator[None]:
    """Keep other processes out of `folder` while the block runs; it is made if needed. None locks nothing.

    The same thread may take it again within the block. The kernel frees it when the process ends, whatever ends it; the file
    that then stays behind locks nothing.

    Raises
    ------
    UsageError
        If another run has it.
    NeurosimError
        If the folder cannot be made or written.
    """
    if folder is None:
        yield
        return
    place = Path(folder)
    made = not place.is_dir()
    with explained(place):
        place.mkdir(parents=True, exist_ok=True)
        lock = _acquired(place)
    try:
        yield
    finally:
        # The file goes while it is locked: whoever has it open then finds that it is gone, and makes a new one.
        if lock.lock_counter == 1:
            with suppress(OSError):
                Path(lock.lock_file).unlink()
        lock.release()
        if made:
            # Only where nothing came to lie in it.
            with suppress(OSError):
                place.rmdir()


def alone(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function that is given a `folder` by name have it for itself while it runs."""

    @functools.wraps(function)
    def locked(*args: P.args, **given: P.kwargs) -> T:
        with folder_lock(cast("Path | None", given.get("folder"))):
            return function(*args, **given)

    return locked


def _acquired(folder: Path) -> FileLock:
    path = folder.resolve() / LOCK
    lock = FileLock(path, timeout=0, is_singleton=True)
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(
            f"{folder}: {_holder(path)}, writes into it. Wait for that run, end it, or name another folder "
            "with --out (in Python: folder=...)."
        ) from None
    path.write_text(f"process {os.getpid()} on {platform.node()}, since {datetime.now():%Y-%m-%d %H:%M}", encoding="utf-8")
    return lock


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")[:200] or "another run"
    except (OSError, UnicodeDecodeError):
        return "another run"
