"""The seal of an HDF5 file: a line before it that knows every byte of it.

HDF5 leaves the first 512 bytes of a file to others, if its own signature follows there (the user block), so that h5py, MATLAB
and h5dump open a sealed file as any other. The line is ``neurosim sealed sha256=... made=...``: SHA-256 of all that follows the
block, and the signature of who wrote it (`neurosim.files.trust`), by which a file that was made here is known.
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
"""Of the root of a sealed file: one that has it and no seal has lost its seal."""

_PURPOSE = "hdf5"
_FIRST = b"neurosim sealed "
_LINE = re.compile(rb"neurosim sealed sha256=([0-9a-f]{64}) made=([0-9a-f]{64}|-)\n\0*")
_PIECE = 1 << 20


@dataclass(frozen=True)
class Seal:
    """What the beginning of a file says.

    Attributes
    ----------
    there : bool
        Whether the file is sealed; then every byte of it is as it was written.
    made_here : bool
        Whether it was written by this user on this machine.
    """

    there: bool
    made_here: bool = False


def seal_of(content: bytes, signed: bool = True) -> bytes:
    """The block that goes before the HDF5 file `content`."""
    return _block(hashlib.sha256(content).hexdigest(), signed)


def checked_seal(path: Path) -> Seal:
    """The seal of a file, after reading all of it; nothing of it was given to HDF5 yet.

    Raises
    ------
    ValueError
        If it is no HDF5 file, or not what was sealed.
    """
    with path.open("rb") as file:
        block = file.read(BLOCK)
        if block.startswith(HDF5):
            return Seal(False)
        line = _LINE.fullmatch(block)
        if line is None or len(block) < BLOCK:
            raise ValueError("its seal is damaged" if block.startswith(_FIRST) else "it begins as no HDF5 file does")
        found = hashlib.sha256()
        while piece := file.read(_PIECE):
            found.update(piece)
    if found.hexdigest() != line[1].decode():
        raise ValueError("its content does not fit its seal: bytes were changed or are missing")
    return Seal(True, trust.made_here(_PURPOSE, line[1], line[2].decode()))


def looks_like_hdf5(path: Path) -> bool:
    """Whether a file begins as one with or without seal."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.read(len(_FIRST))
    return first.startswith((HDF5, _FIRST))


def reseal(path: str | os.PathLike[str], *, mine: bool = False) -> None:
    """Seal a file anew, after a change by hand that is wanted, or an old one.

    Parameters
    ----------
    mine : bool
        Whether it counts as made here from now on, so that it is read without a child process and its limits.
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
