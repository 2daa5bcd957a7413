"""Lock of a folder, so that only one run at a time writes into it."""

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
    """Lock `folder` against other processes while the block runs; the folder is created if needed. None locks nothing.

    The same thread may lock it again within the block. The kernel releases the lock when the process ends, however it ends;
    a lock file that then remains locks nothing.

    Raises
    ------
    UsageError
        If another run has locked the folder.
    NeurosimError
        If the folder cannot be created or written.
    """
    if folder is None:
        yield
        return
    place = Path(folder)
    if "\0" in str(place):
        raise UsageError(f"folder = {str(place)!r}: the name of a folder cannot contain a null character; choose another name.")
    with explained(place):
        made = not place.is_dir()
        place.mkdir(parents=True, exist_ok=True)
        lock = _acquired(place)
    try:
        yield
    finally:
        # The file is removed while it is locked, so that a process that has just opened it notices this and creates a new one.
        if lock.lock_counter == 1:
            with suppress(OSError):
                Path(lock.lock_file).unlink()
        lock.release()
        if made:
            # This fails, as it should, if the folder contains files.
            with suppress(OSError):
                place.rmdir()


def file_lock(path: Path) -> FileLock:
    """Lock a file that is about to be written, beside it, until `unlock`; the kernel releases the lock of a process that ends.

    Raises
    ------
    UsageError
        If another run, of this process or another one, is writing the file.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(f"{path}: another run is writing this file. Wait for it, end it, or choose another file.") from None
    return lock


def unlock(lock: FileLock) -> None:
    """Release a lock of `file_lock`, and remove what lies beside the file."""
    with suppress(OSError):
        Path(lock.lock_file).unlink()
    lock.release()


def alone(function: Callable[P, T]) -> Callable[P, T]:
    """Decorator of a function with a keyword argument `folder`, which is locked while the function runs."""

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
            f"{folder}: another run is writing into this folder ({_holder(path)}). Wait for that run, end it, or choose "
            "another folder with --out (in Python: folder=...)."
        ) from None
    path.write_text(f"process {os.getpid()} on {platform.node()}, since {datetime.now():%Y-%m-%d %H:%M}", encoding="utf-8")
    return lock


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")[:200] or "its process is not known"
    except (OSError, UnicodeDecodeError):
        return "its process is not known"
