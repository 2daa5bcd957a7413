"""Numbers that a chip cannot hold, said in described units."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.errors import OutOfRangeError

FOR_WEIGHTS, FOR_STATES = ", or describe the network with weights or bounds that reach this", ", or deploy with smaller scales="
"""Other remedies: the exponent of weights follows from the description, and the scale of states is chosen."""


@contextmanager
def limits_in(who: str, given: Any, described: Callable[[Any], Any], remedy: str = "") -> Iterator[None]:
    """Say which of the `given` numbers, which `who` names, is too large, and which are possible, in described units.

    The function `described` makes described numbers of stored ones; the `remedy` is what else helps.

    Raises
    ------
    OutOfRangeError
        In place of one in the integers of the chip.
    """
    try:
        yield
    except OutOfRangeError as error:
        low, high = (np.asarray(described(number)) for number in (error.low, error.high))
        least, most = float(low.max()), float(high.min())
        raise OutOfRangeError(
            f"Running: {who}", _worst(given, least, most), least, most,
            f"the chip holds {least:.6g} to {most:.6g} there, in SI. Set smaller values{remedy}.",
        ) from None  # fmt: skip


def _worst(given: Any, least: float, most: float) -> float:
    numbers = np.ravel(given.data if sparse.issparse(given) else given).astype(np.float64)
    return float(numbers[int(np.argmax(np.maximum(least - numbers, numbers - most)))])
