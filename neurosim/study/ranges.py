"""Ranges from which parameters are drawn at random, or chosen by an optimiser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from neurosim.errors import UsageError
from neurosim.study.asked import AskedFor


class Drawable(Protocol):
    """Range of parameter values."""

    def draw(self, rng: np.random.Generator) -> Any:
        """Draw one value at random."""

    def suggest(self, trial: Any, name: str) -> Any:
        """Let optuna choose one value."""


@dataclass(frozen=True)
class Range(AskedFor):
    """Real numbers from `low` to `high`, uniformly distributed.

    Parameters
    ----------
    low, high : float
        Limits.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check(self, self.low < self.high and self.high - self.low < np.inf, "low below high")

    def draw(self, rng: np.random.Generator) -> float:
        return float(rng.uniform(self.low, self.high))

    def suggest(self, trial: Any, name: str) -> float:
        return float(trial.suggest_float(name, self.low, self.high))


@dataclass(frozen=True)
class LogRange(AskedFor):
    """Positive numbers from `low` to `high`, uniformly distributed on a logarithmic scale: for rates and time constants.

    Parameters
    ----------
    low, high : float
        Limits, above zero.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check(self, 0 < self.low < self.high, "0 < low < high")

    def draw(self, rng: np.random.Generator) -> float:
        return float(np.exp(rng.uniform(np.log(float(self.low)), np.log(float(self.high)))))

    def suggest(self, trial: Any, name: str) -> float:
        return float(trial.suggest_float(name, self.low, self.high, log=True))


@dataclass(frozen=True)
class Integers(AskedFor):
    """Integers from `low` to `high`, both included.

    Parameters
    ----------
    low, high : int
        Smallest and largest number.
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        _check(self, -(2**63) <= self.low <= self.high < 2**63, "low up to high, of 64 bits")

    def draw(self, rng: np.random.Generator) -> int:
        return int(rng.integers(self.low, self.high, endpoint=True))

    def suggest(self, trial: Any, name: str) -> int:
        return int(trial.suggest_int(name, self.low, self.high))


@dataclass(frozen=True)
class Choice(AskedFor):
    """One of the given `values`.

    Parameters
    ----------
    values : sequence
        Values that are drawn with equal probability.
    """

    values: Sequence[Any]

    def __post_init__(self) -> None:
        _check(self, len(self.values) > 0, "at least one value")

    def draw(self, rng: np.random.Generator) -> Any:
        return self.values[int(rng.integers(len(self.values)))]

    def suggest(self, trial: Any, name: str) -> Any:
        # The index is suggested, because the categories of optuna support only plain values.
        return self.values[trial.suggest_int(name, 0, len(self.values) - 1)]


def _check(found: object, good: bool, expected: str) -> None:
    if not good:
        raise UsageError(f"{found}: expected {expected}.")
