"""Numbers that a chip cannot hold, said in described units."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from neurosim.errors import OutOfRangeError

FOR_WEIGHTS, FOR_STATES = ", or describe the network with weights or bounds that reach this", ", or deploy with smaller scales="
"""Other remedies: the exponent of weights follows from the description, and the scale of states is chosen."""


@contextmanager
def limits_in(described: Callable[[Any], Any], remedy: str = "") -> Iterator[None]:
    """Say which numbers are possible in described units, which the function `described` makes of stored ones, and the `remedy`.

    Raises
    ------
    OutOfRangeError
        In place of one in the integers of the chip.
    """
    try:
        yield
    except OutOfRangeError as error:
        found, low, high = (np.asarray(described(number)) for number in (error.found, error.low, error.high))
        least, most = float(low.max()), float(high.min())
        raise OutOfRangeError(
            error.who.replace("Session", "Running"), float(f"{found.flat[0]:.6g}"), least, most,
            f"the chip holds {least:.6g} to {most:.6g} there, in SI. Set smaller values{remedy}.",
        ) from None  # fmt: skip
