"""Random streams: from one root seed, each named part has an independent stream, so adding a part changes no other."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.arrays import whole_number
from neurosim.draws import generator


def checked_seed(seed: Any, who: str) -> int:
    """Check that `seed` is a whole number of at least 0, and return it; otherwise a NetworkError names `who`.

    There is no upper limit, because ``numpy.random.SeedSequence`` accepts integers of any size.
    """
    return whole_number(seed, f"{who}: seed")


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Generator for the part called `names` under the root `seed`; raises NetworkError as `checked_seed` does.

    Parameters
    ----------
    seed : int
        Root seed, zero or more.
    names : str or int
        What the numbers are for.

    Raises
    ------
    NetworkError
        If the seed is not a whole number from 0 on.
    """
    return generator(checked_seed(seed, "Random stream"), names)
