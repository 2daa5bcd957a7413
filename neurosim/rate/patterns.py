"""Small sets of binary patterns on which generative models can be measured exactly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import DTypeLike

from neurosim.errors import UsageError
from neurosim.rate.activations import Array
from neurosim.units import FloatArray


@dataclass(frozen=True)
class Patterns:
    """Different binary patterns with their probabilities.

    Attributes
    ----------
    pixels : array (pixels, patterns)
        The patterns, of 0 and 1.
    probability : array (patterns,)
        Probability of each pattern; the sum is 1.
    """

    pixels: FloatArray
    probability: FloatArray

    @property
    def entropy(self) -> float:
        """Entropy in nats; no model has a higher mean log-likelihood than its negative."""
        return float(-(self.probability * np.log(self.probability)).sum())

    def drawn(self, rng: np.random.Generator, n: int, dtype: DTypeLike = np.float32) -> Array:
        """`n` patterns drawn by their probabilities, (pixels, n)."""
        return np.ascontiguousarray(self.pixels[:, rng.choice(len(self.probability), n, p=self.probability)], dtype)


def bars_and_stripes(side: int = 4) -> Patterns:
    """All images of `side` x `side` pixels that consist of full rows or of full columns, with equal probabilities.

    There are ``2 * 2**side - 2``: the empty and the full image consist of rows and of columns, and count once.
    """
    return _patterns(side, of_rows=1.0, of_columns=1.0, same=True)


def lines(side: int = 3) -> Patterns:
    """Images of full columns or, half as often, of full rows, without the empty and the full image.

    With 3 x 3 pixels these are the 12 patterns of natural reweighted wake-sleep (Várady et al. 2020, arXiv:2008.06687).
    """
    return _patterns(side, of_rows=1.0, of_columns=2.0, same=False)


def _patterns(side: int, of_rows: float, of_columns: float, same: bool) -> Patterns:
    if side < 2:
        raise UsageError(f"Patterns of {side} x {side} pixels: expected a side of at least 2.")
    weights: dict[tuple[int, ...], float] = {}
    for bits in product((0, 1), repeat=side):
        if same or 0 < sum(bits) < side:
            weights[tuple(np.repeat(bits, side).tolist())] = of_rows
            weights[tuple(np.tile(bits, side).tolist())] = of_columns
    probability = np.array(list(weights.values()))
    return Patterns(np.array(list(weights), float).T, probability / probability.sum())
