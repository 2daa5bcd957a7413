"""Distributions with units; numbers are drawn when the size and the random stream are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.checks.described import Described
from neurosim.errors import NetworkError, UnitError, shown
from neurosim.units import FloatArray, si, unit_of


class Distribution(Described):
    """Base of the distributions from which weights, delays and initial values are drawn."""

    def draw(self, size: tuple[int, ...], unit: str, rng: np.random.Generator) -> FloatArray:
        """Sample of shape `size` in SI."""
        raise NotImplementedError


@dataclass(frozen=True)
class Normal(Distribution):
    """Normal distribution with standard deviation `sd`, which is zero or more and in the unit of `mean`.

    Parameters
    ----------
    mean : quantity or number
        Mean, in the unit of what is drawn.
    sd : quantity or number
        Standard deviation, zero or more, in the unit of `mean`.

    Raises
    ------
    NetworkError
        If a value is not finite, or `sd` is below zero.
    UnitError
        If the units differ.
    """

    mean: Any
    sd: Any

    def __post_init__(self) -> None:
        _, sd = _distribution(self, "mean", "sd")
        if np.any(sd < 0):
            raise NetworkError(f"Normal.sd = {shown(self.sd)}; expected a standard deviation of zero or more.")

    def draw(self, size: tuple[int, ...], unit: str, rng: np.random.Generator) -> FloatArray:
        """Sample of shape `size` in SI."""
        return rng.normal(si(self.mean, unit, "Normal.mean"), np.abs(si(self.sd, unit, "Normal.sd")), size)


@dataclass(frozen=True)
class Uniform(Distribution):
    """Uniform distribution between `low` and `high`, which is not below `low`.

    Parameters
    ----------
    low, high : quantity or number
        Limits, in the unit of what is drawn.

    Raises
    ------
    NetworkError
        If a value is not finite, or `high` is below `low`.
    UnitError
        If the units differ.
    """

    low: Any
    high: Any

    def __post_init__(self) -> None:
        low, high = _distribution(self, "low", "high")
        if np.any(low > high):
            raise NetworkError(f"Uniform: low = {shown(self.low)} is above high = {shown(self.high)}; swap them.")
        if high / 2 - low / 2 > np.finfo(np.float64).max / 2:
            raise NetworkError(f"Uniform: from {shown(self.low)} to {shown(self.high)} is too wide for floats; narrow it.")

    def draw(self, size: tuple[int, ...], unit: str, rng: np.random.Generator) -> FloatArray:
        """Sample of shape `size` in SI."""
        # Adding zero takes the sign from -0, which is not below 0.
        return rng.uniform(si(self.low, unit, "Uniform.low"), si(self.high, unit, "Uniform.high") + 0.0, size)


@dataclass(frozen=True)
class Clipped(Distribution):
    """A distribution whose values below `low` or above `high` are replaced by these bounds; None for a side without a bound.

    Parameters
    ----------
    of : Normal or Uniform
        Distribution whose values are limited.
    low, high : quantity or number, optional
        Limits, in the unit of the values; None for no limit.
    """

    of: Distribution
    low: Any = None
    high: Any = None

    def draw(self, size: tuple[int, ...], unit: str, rng: np.random.Generator) -> FloatArray:
        """Sample of shape `size` in SI."""
        low, high = (
            bound if value is None else si(value, unit, f"Clipped.{name}")
            for name, value, bound in (("low", self.low, -np.inf), ("high", self.high, np.inf))
        )
        if np.ndim(low) or np.ndim(high) or not low <= high:
            raise NetworkError(
                f"Clipped: low = {shown(self.low)}, high = {shown(self.high)}; expected two single numbers in rising order."
            )
        return np.clip(self.of.draw(size, unit, rng), low, high)


def _share_unit(of: Any, names: Sequence[str], found: Sequence[FloatArray], units: Sequence[str]) -> bool:
    """Give a plain zero the unit of the other parameter; return whether one of them is a plain zero."""
    for k, name in enumerate(names):
        if units[k] == "1" and not found[k]:
            object.__setattr__(of, name, 0.0 * getattr(of, names[1 - k]))
            return True
    return False


def _distribution(of: Any, *names: str) -> list[FloatArray]:
    """Parameters of a distribution in SI, checked to be finite, single and in one unit."""
    kind, units = type(of).__name__, [unit_of(getattr(of, name)) for name in names]
    found = [si(getattr(of, name), unit, f"{kind}.{name}") for name, unit in zip(names, units, strict=True)]
    for name, value in zip(names, found, strict=True):
        if value.ndim or not np.isfinite(value):
            raise NetworkError(f"{kind}.{name} = {shown(getattr(of, name))}; expected one finite number.")
    if units[0] != units[1] and not _share_unit(of, names, found, units):
        one, other = ("a plain number" if unit == "1" else f"in {unit}" for unit in units)
        raise UnitError(f"{kind}: {names[0]} is {one}, and {names[1]} {other}; expected the same unit.")
    return found
