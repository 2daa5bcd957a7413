"""JSON files with a checksum of their content, read within bounds."""

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
"""Bytes of a JSON file that is read."""
MOST = 3_000_000
"""Values in it; each takes up to a hundred times the bytes in memory that it takes in the file."""


def checksum(content: Any) -> str:
    """SHA-256 of a JSON value: of its text with sorted keys and no spaces."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def with_checksum(content: Mapping[str, Any]) -> dict[str, Any]:
    """`content` with its checksum in the entry "checksum"."""
    # As it will be read: keys that are numbers become text.
    bare = json.loads(json.dumps(_bare(content)))
    return {**bare, CHECKSUM: checksum(bare)}


def write_json(path: str | os.PathLike[str], content: Mapping[str, Any]) -> None:
    """Write `content` and its checksum; the file is whole or not there."""
    with atomic_write(path) as partial:
        partial.write_text(json.dumps(with_checksum(content), indent=2) + "\n", encoding="utf-8")


def read_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The JSON object in a file, without its checksum.

    Warns
    -----
    UncheckedFile
        If it has no checksum, as files of older versions.

    Raises
    ------
    DataError
        If the file is missing, too large, no JSON object, or not what its checksum was made of.
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
        raise DataError(f"{where}: damaged, cut off or no JSON ({error}); copy it anew.") from None
    if not isinstance(found, dict):
        raise DataError(f"{where}: holds a JSON {type(found).__name__}; expected an object.")
    if CHECKSUM not in found:
        warnings.warn(UncheckedFile(f"{where} has no checksum, so that damage to it cannot be seen."), stacklevel=2)
        return found
    if not good:
        raise DataError(
            f"{where}: damaged, or changed by hand: its content does not fit its checksum. Copy it anew; "
            'after a change by hand that you want, remove the entry "checksum".'
        )
    return _bare(found)


def _bare(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != CHECKSUM}


def _count(text: str) -> None:
    """Fail for more values than are read; those in texts are counted, too."""
    values = sum(text.count(sign) for sign in ",[{")
    if values > MOST:
        raise ValueError(f"it has up to {values} values; at most {MOST} are read")
