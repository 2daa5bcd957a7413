"""Check that data fit into memory, made before the memory is allocated."""

from __future__ import annotations

import os

from neurosim.errors import NetworkError


def check_memory(needed: int, who: str, remedy: str) -> None:
    """Raise NetworkError if `needed` bytes are more than this machine's memory.

    Parameters
    ----------
    who : str
        Description of the data, with sizes: ``"Spikes of 'noise' (100 steps, 5 neurons)"``.
    remedy : str
        Advice on how to need less memory.
    """
    there = _physical()
    if there is not None and needed > there:
        raise NetworkError(f"{who}: {_gib(needed)}, and this machine has {_gib(there)}. {remedy}")


def _physical() -> int | None:
    """Memory of this machine in bytes; None if the system does not report it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _gib(size: int) -> str:
    return f"{size / 2**30:.3g} GiB" if size < 2**100 else "more GiB than a number can express"
