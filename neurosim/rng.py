"""Random streams: one root seed, an independent stream for each named part, so that adding a part changes no other."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from neurosim.arrays import whole_number


def checked_seed(seed: Any, who: str) -> int:
    """`seed` as the integer that it is; NetworkError names `who` if it is no whole number of at least 0.

    There is no largest one: ``numpy.random.SeedSequence`` takes integers of any size.
    """
    return whole_number(seed, f"{who}: seed")


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Generator for the part called `names` under the root `seed`; NetworkError if that is no seed (see `checked_seed`)."""
    key = tuple(n if isinstance(n, int) else zlib.crc32(n.encode()) for n in names)
    return np.random.default_rng(np.random.SeedSequence(checked_seed(seed, "Random stream"), spawn_key=key))
