"""Limits on the size of files, which somebody else may have made."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from neurosim.errors import DataError


def size_of(path: str | os.PathLike[str], largest: int, missing: str = "check the path") -> int:
    """Size in bytes of a regular file.

    Raises
    ------
    DataError
        If the file does not exist (`missing` is the remedy), is a folder, pipe or device, or has more than `largest` bytes.
    """
    where = Path(path)
    try:
        found = where.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(f"{where}: no such file; {missing}.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{where}: cannot be read ({reason}). Check the path and its permissions.") from None
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{where}: a folder, pipe or device; expected a file.")
    if found.st_size > largest:
        raise DataError(f"{where}: found {found.st_size} bytes; expected at most {largest}. Is it the right file?")
    return found.st_size
