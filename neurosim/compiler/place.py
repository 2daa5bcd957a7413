"""Where compiled kernels are kept: a folder that only this user may write, since machine code is loaded from it."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

import platformdirs


def kernel_folder() -> Path:
    """The user's cache folder; where that may not be written, a folder for temporary files."""
    folder = Path(platformdirs.user_cache_dir("neurosim", appauthor=False)) / "kernels"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK | os.X_OK) and _is_own(folder):
            return folder
    return temporary_folder()


def temporary_folder() -> Path:
    """A folder for temporary files that belongs to this user alone, the same one in every process if possible."""
    folder = Path(tempfile.gettempdir()) / f"neurosim-kernels-{os.getuid()}"
    with suppress(OSError):
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        if _is_own(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix="neurosim-kernels-"))


def _is_own(folder: Path) -> bool:
    """Whether it is a folder of this user that nobody else may write."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
