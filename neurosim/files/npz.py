"""Arrays in an .npz file of ours: whole, of numbers and text, and no larger than the file.

A zip file has a checksum of each array, and each array says its own size. What `numpy.savez` writes is not compressed, so that
nothing grows when it is read.
"""

from __future__ import annotations

import io
import math
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from neurosim.errors import DataError
from neurosim.files.atomic import atomic_write
from neurosim.files.bounds import size_of

LARGEST = 64 << 30
"""Bytes of a file that is read."""
_ARRAYS = 100_000
_KINDS = "iufbU"
_ENDING = ".npy"


def write_npz(path: str | os.PathLike[str], arrays: Mapping[str, Any]) -> None:
    """Write arrays by name; the file is whole or not there."""
    with atomic_write(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)


def read_npz(path: str | os.PathLike[str], remedy: str = "copy it anew") -> dict[str, NDArray[Any]]:
    """Arrays by name, as `numpy.savez` wrote them.

    Raises
    ------
    DataError
        If the file is missing, damaged, or holds what `write_npz` does not write: compressed arrays, Python objects.
    """
    where = Path(path)
    size = size_of(where, LARGEST)
    try:
        with zipfile.ZipFile(where) as file:
            parts = file.infolist()
            _check(parts, size)
            return {part.filename.removesuffix(_ENDING): _array(file.read(part), part.filename) for part in parts}
    except (
        OSError, ValueError, LookupError, TypeError, AttributeError, SyntaxError, RuntimeError, ArithmeticError, MemoryError,
        EOFError, zlib.error, zipfile.BadZipFile,
    ) as error:  # fmt: skip
        said = " ".join(str(error).split())[:300] or type(error).__name__
        raise DataError(f"{where}: damaged, cut off or no .npz file ({said}); {remedy}.") from error


def _check(parts: list[zipfile.ZipInfo], size: int) -> None:
    names = [part.filename for part in parts]
    if len(parts) > _ARRAYS or len(set(names)) < len(names):
        raise ValueError(f"it has {len(names)} arrays of {len(set(names))} names")
    if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
        raise ValueError("it has compressed arrays; expected what numpy.savez writes")
    if sum(part.file_size for part in parts) > size:
        raise ValueError(f"its arrays have {sum(part.file_size for part in parts)} bytes, and the file has {size}")


def _array(content: bytes, name: str) -> NDArray[Any]:
    if not name.endswith(_ENDING):
        raise ValueError(f"{name[:100]!r} is no array")
    stream = io.BytesIO(content)
    reader: Any = npy
    if reader.read_magic(stream) != (1, 0):
        raise ValueError(f"{name[:100]!r} has a header of another version")
    shape, by_columns, dtype = reader.read_array_header_1_0(stream)
    begin = stream.tell()
    if dtype.kind not in _KINDS:
        raise ValueError(f"{name[:100]!r} holds {dtype}; expected numbers or text")
    size = math.prod(shape)
    if any(n < 0 for n in shape) or size * dtype.itemsize != len(content) - begin:
        raise ValueError(f"{name[:100]!r} has {len(content) - begin} bytes for shape {shape} of {dtype}")
    values = np.frombuffer(content, dtype, offset=begin) if len(content) > begin else np.zeros(size, dtype)
    return values.reshape(shape, order="F" if by_columns else "C").copy(order="K")


def fitting(found: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """How arrays differ from `own` by name, shape or type; "" where they fit."""
    if set(found) != set(own):
        return f"it has {', '.join(sorted(set(found) ^ set(own)))[:200]} too many or too few"
    for name, array in own.items():
        wanted, given = np.asarray(array), np.asarray(found[name])
        # Text is as long as it is.
        if (wanted.shape, wanted.dtype.kind) != (given.shape, given.dtype.kind):
            return f"{name} is {given.dtype} {given.shape}; expected {wanted.dtype} {wanted.shape}"
    return ""
