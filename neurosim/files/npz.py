"""Arrays of numbers and text in .npz files, which are checked to be complete and no larger than the file.

The zip format stores a checksum of each array, and each array stores its own size. `numpy.savez` does not compress, so an array
cannot be larger in memory than in the file.
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
"""Size in bytes of the largest file that is read."""
_ARRAYS = 100_000
_KINDS = "iufbU"
_ENDING = ".npy"


def write_npz(path: str | os.PathLike[str], arrays: Mapping[str, Any]) -> None:
    """Write arrays by name to a file, completely or not at all."""
    with atomic_write(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)


def read_npz(path: str | os.PathLike[str], remedy: str = "copy it again") -> dict[str, NDArray[Any]]:
    """Read arrays by name from a file that `write_npz` wrote.

    Raises
    ------
    DataError
        If the file is missing, damaged, or contains compressed arrays or Python objects, which `write_npz` does not write.
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
        raise DataError(f"{where}: damaged, incomplete or not an .npz file ({said}); {remedy}.") from error


def _check(parts: list[zipfile.ZipInfo], size: int) -> None:
    names = [part.filename for part in parts]
    if len(parts) > _ARRAYS or len(set(names)) < len(names):
        raise ValueError(
            f"it has {len(names)} arrays with {len(set(names))} names; expected different names and at most {_ARRAYS} arrays"
        )
    if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
        raise ValueError("it has compressed arrays; expected uncompressed ones, as numpy.savez writes them")
    if sum(part.file_size for part in parts) > size:
        raise ValueError(f"its arrays have {sum(part.file_size for part in parts)} bytes, but the file has only {size}")


def _array(content: bytes, name: str) -> NDArray[Any]:
    if not name.endswith(_ENDING):
        raise ValueError(f"{name[:100]!r} is not an array")
    stream = io.BytesIO(content)
    reader: Any = npy
    if reader.read_magic(stream) != (1, 0):
        raise ValueError(f"{name[:100]!r} has a header of another version")
    shape, by_columns, dtype = reader.read_array_header_1_0(stream)
    begin = stream.tell()
    if dtype.kind not in _KINDS:
        raise ValueError(f"{name[:100]!r} contains {dtype}; expected numbers or text")
    size = math.prod(shape)
    if any(n < 0 for n in shape) or size * dtype.itemsize != len(content) - begin:
        raise ValueError(f"{name[:100]!r} has {len(content) - begin} bytes for shape {shape} of {dtype}")
    values = np.frombuffer(content, dtype, offset=begin) if len(content) > begin else np.zeros(size, dtype)
    return values.reshape(shape, order="F" if by_columns else "C").copy(order="K")


def fitting(found: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """Description of the first difference of arrays from `own` in name, shape or type; "" if there is none."""
    if set(found) != set(own):
        return f"unexpected or missing: {', '.join(sorted(set(found) ^ set(own)))[:200]}"
    for name, array in own.items():
        wanted, given = np.asarray(array), np.asarray(found[name])
        # Only the kind of the type is compared, because the type of text contains its length.
        if (wanted.shape, wanted.dtype.kind) != (given.shape, given.dtype.kind):
            return f"{name} is {given.dtype} {given.shape}; expected {wanted.dtype} {wanted.shape}"
    return ""
