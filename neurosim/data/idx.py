"""Reading IDX files, the format of MNIST: magic number, size of each dimension, big-endian values.

Format: http://yann.lecun.com/exdb/mnist/ ("The IDX file format").
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import DataError
from neurosim.files.bounds import size_of

_GZIP_MAGIC = b"\x1f\x8b"
_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
LARGEST = 1 << 30
"""Size in bytes of the largest file that is read."""
_FREE, _UNPACKED = 64 << 20, 20
"""A gzip file may unpack to `_FREE` bytes, or to `_UNPACKED` times its own size; for images of MNIST the factor is 5."""
_REMEDY = "Replace the file: download it again, or copy it from a good source."


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read an IDX file, plain or gzipped.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    array
        Array with the shape and type that the header declares, in the byte order of this machine; it is read-only.

    Raises
    ------
    DataError
        If the file cannot be read, or is not a complete IDX file.
    """
    return parse_idx(read_payload(path), os.fspath(path))


def read_payload(path: str | os.PathLike[str]) -> bytes:
    """Content of a file, decompressed if it is gzipped (recognised by its first bytes, not by its name).

    Raises
    ------
    DataError
        If the file cannot be read, is damaged, or unpacks to more bytes than images can have; unpacking then stops.
    """
    size = size_of(path, LARGEST)
    try:
        with Path(path).open("rb") as file:
            zipped = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
            file.seek(0)
            return _decompressed(file, max(_FREE, _UNPACKED * size), os.fspath(path)) if zipped else file.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{os.fspath(path)}: damaged gzip file ({error}). {_REMEDY}") from error
    except OSError as error:
        who, reason = os.fspath(path), error.strerror or error
        raise DataError(f"{who}: cannot be read ({reason}). Check the path and its permissions.") from error


def _decompressed(file: BinaryIO, most: int, who: str) -> bytes:
    with gzip.GzipFile(fileobj=file) as stream:
        found = stream.read(most + 1)
    if len(found) > most:
        raise _damaged(who, f"a gzip file that unpacks to more than {most} bytes", "images or labels")
    return found


def parse_idx(payload: bytes, who: str) -> NDArray[Any]:
    """Array from the bytes of an IDX file; `who` names the file in errors."""
    dtype, n_dims = _magic(payload, who)
    header = 4 + 4 * n_dims
    if len(payload) < header:
        raise _damaged(who, f"{len(payload)} bytes", f"a header of {header} bytes for {n_dims} dimensions")
    shape = struct.unpack(f">{n_dims}I", payload[4:header])
    expected = header + math.prod(shape) * dtype.itemsize
    if len(payload) != expected:
        raise _damaged(who, f"{len(payload)} bytes", f"{expected} bytes for shape {shape} of {dtype.name}")
    array = np.frombuffer(payload, dtype, offset=header).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _magic(payload: bytes, who: str) -> tuple[np.dtype[Any], int]:
    """Type of the values and number of dimensions."""
    magic = payload[:4]
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPES or magic[3] == 0:
        known = ", ".join(f"{code:02x}" for code in _DTYPES)
        raise _damaged(
            who,
            f"first bytes '{magic.hex(' ')}'",
            f"'00 00 TT DD' with a type TT of {known} and at least one dimension DD",
        )
    return np.dtype(_DTYPES[magic[2]]), magic[3]


def _damaged(who: str, found: str, expected: str) -> DataError:
    return DataError(f"{who}: not a complete IDX file: found {found}, expected {expected}. {_REMEDY}")
