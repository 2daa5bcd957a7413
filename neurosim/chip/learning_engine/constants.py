"""Constants of the learning engine: a small mantissa times a power of two, or a sum of two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.chip.target_schema import LearningEngine

CLOSE = 0.02
"""Relative error below which one product is enough for one constant."""


@dataclass(frozen=True)
class Literals:
    """All positive constants in rising order, each as (mantissa, exponent) with the largest mantissa.

    A large mantissa with a small exponent is the same number, but loses less in the hidden shift: the engine multiplies by the
    mantissa before this shift and applies the exponent after it.
    """

    values: FloatArray
    pairs: tuple[tuple[int, int], ...]

    @property
    def smallest(self) -> float:
        """Smallest constant above 0."""
        return float(self.values[0])

    def place(self, size: FloatArray) -> FloatArray:
        """Index of the nearest constant to each positive number."""
        middles = (self.values[1:] + self.values[:-1]) / 2
        return np.asarray(np.searchsorted(middles, size))

    def rest(self, size: FloatArray) -> FloatArray:
        """Difference between each positive number and the nearest constant."""
        return np.asarray(size - self.values[self.place(size)])

    def error(self, size: FloatArray) -> FloatArray:
        """Relative error of positive numbers as one constant, or as the sum of two where one is not close."""
        first = self.rest(size)
        worth = np.abs(first) >= self.smallest / 2
        second = np.where(worth, np.abs(self.rest(np.abs(first))), np.abs(first))
        single = np.abs(first) / size
        # A second product costs the chip as much as the first, so it counts like half of the error that is accepted.
        return np.asarray(np.where(single <= CLOSE, single, np.minimum(single, second / size + CLOSE / 2)))

    def fit(self, wanted: float) -> tuple[tuple[int, int], ...]:
        """(mantissa, exponent) of one constant, or of two whose sum is closer if the error of one is above `CLOSE`."""
        first = self._nearest(wanted)
        left = wanted - first[0] * 2.0 ** first[1]
        if abs(left) <= CLOSE * abs(wanted) or abs(left) < self.smallest / 2:
            return (first,)
        return first, self._nearest(left)

    def _nearest(self, wanted: float) -> tuple[int, int]:
        mantissa, exponent = self.pairs[int(self.place(np.asarray(abs(wanted))))]
        return int(np.sign(wanted)) * mantissa, exponent


def literals(learning: LearningEngine) -> Literals:
    """The constants of a target's learning engine.

    The mantissa -8 is left out: Lava rewrites -8 * 2^e to -4 * 2^(e + 1), which rounds differently in the hidden shift.
    """
    found: dict[float, tuple[int, int]] = {}
    for exponent in range(learning.exponent.max, learning.exponent.min - 1, -1):
        for mantissa in range(1, learning.mantissa.max + 1):
            found[mantissa * 2.0**exponent] = (mantissa, exponent)
    values = sorted(found)
    return Literals(np.asarray(values), tuple(found[v] for v in values))
