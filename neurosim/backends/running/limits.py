"""Numbers that a chip cannot hold, said in described units."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from neurosim.backends.emulator.given import OutOfRange
from neurosim.errors import NetworkError


@contextmanager
def limits_in(described: Callable[[Any], Any]) -> Iterator[None]:
    """Say which numbers are possible in described units, which the function `described` makes of stored ones.

    Raises
    ------
    NetworkError
        Instead of an `OutOfRange` of the block.
    """
    try:
        yield
    except OutOfRange as error:
        found, low, high = (np.asarray(described(number)) for number in (error.found, error.low, error.high))
        raise NetworkError(
            f"Running: {error.what}: found {found.flat[0]:.6g}; the chip holds {low.max():.6g} to {high.min():.6g} there, in "
            "SI. Set smaller values, or deploy with scales= that leave room for them."
        ) from None
