"""JSON files with a checksum of their content, read within limits."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosim.errors import DataError, UncheckedFile
from neurosim.files.atomic import atomic_write
from neurosim.files.bounds import size_of

CHECKSUM = "checksum"
LARGEST = 64 << 20
"""Size in bytes of the largest JSON file that is read."""
MOST = 3_000_000
"""Largest number of values in it; a value takes up to a hundred times more bytes in memory than in the file."""


def checksum(content: Any) -> str:
    """SHA-256 of a JSON value, computed from its text with sorted keys and without spaces."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def with_checksum(content: Mapping[str, Any]) -> dict[str, Any]:
    """Copy of `content` with its checksum in the entry "checksum"."""
    # JSON turns keys that are numbers into text, and the checksum must match the content that is read.
    bare = json.loads(json.dumps(_bare(content)))
    return {**bare, CHECKSUM: checksum(bare)}


def write_json(path: str | os.PathLike[str], content: Mapping[str, Any]) -> None:
    """Write `content` and its checksum to a file, completely or not at all."""
    with atomic_write(path) as partial:
        partial.write_text(json.dumps(with_checksum(content), indent=2) + "\n", encoding="utf-8")


def read_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the JSON object in a file and check it; the checksum is not part of the result.

    Warns
    -----
    UncheckedFile
        If the file has no checksum, like files of older versions.

    Raises
    ------
    DataError
        If the file is missing, too large or not a JSON object, or does not match its checksum.
    """
    where = Path(path)
    size_of(where, LARGEST)
    try:
        text = where.read_text(encoding="utf-8")
        _count(text)
        found = json.loads(text)
        good = not isinstance(found, dict) or CHECKSUM not in found or found[CHECKSUM] == checksum(_bare(found))
    except OSError as error:
        raise DataError(f"{where}: cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: damaged, incomplete or not JSON ({error}); copy it again.") from None
    if not isinstance(found, dict):
        raise DataError(f"{where}: contains a JSON {type(found).__name__}; expected an object.")
    if CHECKSUM not in found:
        warnings.warn(UncheckedFile(f"{where} has no checksum, so damage to it cannot be detected."), stacklevel=2)
        return found
    if not good:
        raise DataError(
            f"{where}: damaged, or changed by hand: the content does not match its checksum. Copy it again; "
            'if you changed it on purpose, remove the entry "checksum".'
        )
    return _bare(found)


def _bare(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != CHECKSUM}


def _count(text: str) -> None:
    """Raise ValueError if there are more values than are read; signs inside of texts are counted too."""
    values = sum(text.count(sign) for sign in ",[{")
    if values > MOST:
        raise ValueError(f"it has up to {values} values; expected at most {MOST}")
