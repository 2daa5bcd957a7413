"""Random numbers for algorithms that learn from noise."""

from __future__ import annotations

import numpy as np

from neurosim.rate.activations import Array


def signs(rng: np.random.Generator, shape: tuple[int, int], dtype: np.dtype[np.generic], size: float = 1.0) -> Array:
    """Random numbers `size` or -`size`, with equal probability, (neurons, images).

    They have the mean 0 and the standard deviation `size`, as those of a normal distribution may have, and need a bit each.
    """
    n = shape[0] * shape[1]
    found = np.unpackbits(np.frombuffer(rng.bytes(-(-n // 8)), np.uint8), count=n).reshape(shape).astype(dtype)
    found *= 2 * size
    found -= size
    return found
