"""Means with intervals over seeds, and tests paired by seed, computed with scipy."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from neurosim.errors import UsageError

CONFIDENCE = 0.95
_RESAMPLES = 9999


@dataclass(frozen=True)
class Summary:
    """Summary of a measure over seeds.

    Attributes
    ----------
    n : int
        Number of seeds.
    mean, sd : float
        Sample mean and standard deviation (n - 1); sd is NaN for one seed.
    low, high : float
        95 % bootstrap interval (BCa) of the mean; NaN for one seed.
    """

    n: int
    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True)
class Paired:
    """Comparison of a measure between two settings with the same seeds.

    Attributes
    ----------
    n : int
        Number of pairs.
    difference : Summary
        Second value minus first value.
    t_test, wilcoxon : float
        Two-sided p values of the paired t-test and of Wilcoxon's signed-rank test; NaN if all pairs are equal or there are
        fewer than two. With n pairs, that of Wilcoxon's test cannot be below 2 / 2**n.
    """

    n: int
    difference: Summary
    t_test: float
    wilcoxon: float


def summary(values: Any) -> Summary:
    """Mean, standard deviation and bootstrap interval of values; the same values give the same numbers."""
    array = np.asarray(values, np.float64)
    n = len(array)
    if n == 0:
        return Summary(0, *[float("nan")] * 4)
    mean = float(array.mean())
    if n == 1:
        return Summary(1, mean, *[float("nan")] * 3)
    low, high = _interval(tuple(array.tolist()))
    return Summary(n, mean, float(array.std(ddof=1)), low, high)


def paired(first: Any, second: Any) -> Paired:
    """Paired tests of `second` against `first`, element by element."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if len(a) != len(b):
        raise UsageError(f"Paired tests need the same number of values on both sides; found {len(a)} and {len(b)}.")
    difference = b - a
    if len(a) < 2 or not difference.any():
        return Paired(len(a), summary(difference), float("nan"), float("nan"))
    t_test = 0.0 if _constant(difference) else float(stats.ttest_rel(b, a).pvalue)
    return Paired(len(a), summary(difference), t_test, float(stats.wilcoxon(difference).pvalue))


def _constant(values: Any) -> bool:
    """Whether values differ only by rounding errors."""
    return bool(np.ptp(values) <= 1e-12 * np.max(np.abs(values)))


@functools.lru_cache(maxsize=4096)
def _interval(values: tuple[float, ...]) -> tuple[float, float]:
    # The BCa method would divide by a spread of 0.
    if _constant(values):
        return values[0], values[0]
    found = stats.bootstrap(
        (np.array(values),), np.mean, confidence_level=CONFIDENCE, n_resamples=_RESAMPLES, random_state=np.random.default_rng(0)
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)
