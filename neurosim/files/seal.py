"""The seal of an HDF5 file: a line at its beginning with a checksum of the rest of the file.

The first 512 bytes of an HDF5 file may contain other data (the user block), if HDF5's own signature follows. h5py, MATLAB and
h5dump therefore open a sealed file like any other. The line is ``neurosim sealed sha256=... made=...``: the SHA-256 of all data
after the block, and the signature of the user who wrote the file (`neurosim.files.trust`), which shows that it was made here.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from neurosim.files import trust
from neurosim.files.atomic import atomic_write

HDF5 = b"\x89HDF\r\n\x1a\n"
BLOCK = 512
ATTRIBUTE = "sealed"
"""Attribute of the root of every sealed file; if a file has this attribute but no seal, the seal was removed."""

_PURPOSE = "hdf5"
_FIRST = b"neurosim sealed "
_LINE = re.compile(rb"neurosim sealed sha256=([0-9a-f]{64}) made=([0-9a-f]{64}|-)\n\0*")
_PIECE = 1 << 20


@dataclass(frozen=True)
class Seal:
    """Result of checking the seal of a file.

    Attributes
    ----------
    there : bool
        Whether the file is sealed; if it is, all its bytes are as they were written.
    made_here : bool
        Whether it was written by this user on this machine.
    grows : bool
        Whether it is a file that grows and was not closed, so that it has room for a seal and none yet.
    """

    there: bool
    made_here: bool = False
    grows: bool = False


def seal_of(content: bytes, signed: bool = True) -> bytes:
    """Block with the seal, which precedes the HDF5 file `content`."""
    return _block(hashlib.sha256(content).hexdigest(), signed)


def checked_seal(path: Path) -> Seal:
    """Check the seal of a file by reading all its bytes, before HDF5 opens the file.

    Raises
    ------
    ValueError
        If it is not an HDF5 file, or its content does not match its seal.
    """
    with path.open("rb") as file:
        block = file.read(BLOCK)
        if block.startswith(HDF5):
            return Seal(False)
        if block == bytes(BLOCK) and file.read(len(HDF5)) == HDF5:
            return Seal(False, grows=True)
        line = _LINE.fullmatch(block)
        if line is None or len(block) < BLOCK:
            raise ValueError("its seal is damaged" if block.startswith(_FIRST) else "it does not begin like an HDF5 file")
        found = hashlib.sha256()
        while piece := file.read(_PIECE):
            found.update(piece)
    if found.hexdigest() != line[1].decode():
        raise ValueError("its content does not match its seal: bytes were changed or are missing")
    return Seal(True, trust.made_here(_PURPOSE, line[1], line[2].decode()))


def seal_in_place(path: Path) -> None:
    """Write the seal of a closed file into the room at its beginning."""
    with path.open("r+b") as file:
        file.seek(BLOCK)
        found = hashlib.sha256()
        while piece := file.read(_PIECE):
            found.update(piece)
        file.seek(0)
        file.write(_block(found.hexdigest(), signed=True))


def looks_like_hdf5(path: Path) -> bool:
    """Whether a file begins like an HDF5 file, with or without a seal."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.read(BLOCK + len(HDF5))
    return first.startswith((HDF5, _FIRST, bytes(BLOCK) + HDF5))


def reseal(path: str | os.PathLike[str], *, mine: bool = False) -> None:
    """Give a file a new seal, for example after you changed it on purpose, or if it comes from an older version.

    Parameters
    ----------
    path : path
        File to seal.
    mine : bool
        Treat the file as made here from now on, so that it is read without a child process and its limits.
    """
    where = Path(path)
    content = where.read_bytes()
    body = content if content.startswith(HDF5) else content[BLOCK:]
    with atomic_write(where) as partial, partial.open("wb") as file:
        file.write(seal_of(body, signed=mine))
        file.write(body)


def _block(digest: str, signed: bool) -> bytes:
    made = trust.signature(_PURPOSE, digest.encode()) if signed else ""
    return f"{_FIRST.decode()}sha256={digest} made={made or '-'}\n".encode().ljust(BLOCK, b"\0")
