"""Random patterns with an exact number of connections: for each post neuron, for each pre neuron, or in all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.arrays import whole_number
from neurosim.errors import NetworkError
from neurosim.network.connectivity import Connectivity, check_count
from neurosim.network.ends import Ends, Indices


@dataclass(frozen=True)
class FixedInDegree(Connectivity):
    """Random connections in which each post neuron has exactly `n` pre neurons, each at most once.

    Parameters
    ----------
    n : int
        Number of pre neurons of each post neuron, at most as many as there are.
    """

    n: int = 1

    def __post_init__(self) -> None:
        whole_number(self.n, "FixedInDegree.n")

    def pairs(self, ends: Ends, rng: np.random.Generator) -> tuple[Any, Any]:
        post, pre = _chosen("FixedInDegree", self.n, ends.n_post, ends.n_pre, _absent(self, ends), rng)
        return pre, post


@dataclass(frozen=True)
class FixedOutDegree(Connectivity):
    """Random connections in which each pre neuron has exactly `n` post neurons, each at most once.

    Parameters
    ----------
    n : int
        Number of post neurons of each pre neuron, at most as many as there are.
    """

    n: int = 1

    def __post_init__(self) -> None:
        whole_number(self.n, "FixedOutDegree.n")

    def pairs(self, ends: Ends, rng: np.random.Generator) -> tuple[Any, Any]:
        return _chosen("FixedOutDegree", self.n, ends.n_pre, ends.n_post, _inverse(_absent(self, ends), ends), rng)


@dataclass(frozen=True)
class FixedNumber(Connectivity):
    """Exactly `n` random connections between different pairs of neurons.

    Parameters
    ----------
    n : int
        Number of connections, at most as many as there are pairs.
    """

    n: int = 1

    def __post_init__(self) -> None:
        whole_number(self.n, "FixedNumber.n")

    def pairs(self, ends: Ends, rng: np.random.Generator) -> tuple[Any, Any]:
        absent = _absent(self, ends)
        free = ends.n_pre * ends.n_post - (0 if absent is None else int(np.count_nonzero(absent >= 0)))
        if self.n > free:
            raise NetworkError(f"FixedNumber.n = {self.n}; there are only {free} pairs to connect.")
        check_count("FixedNumber", self.n)
        if absent is None:
            return np.divmod(_distinct(ends.n_pre * ends.n_post, self.n, rng), ends.n_post)
        taken = np.sort(absent[absent >= 0] * ends.n_post + np.flatnonzero(absent >= 0))
        return np.divmod(_past(taken, _distinct(free, self.n, rng)), ends.n_post)


def _absent(pattern: Connectivity, ends: Ends) -> Indices | None:
    """For each post neuron, the pre neuron that it may not have, or -1; None where all are allowed."""
    return None if pattern.autapses else ends.self_of(type(pattern).__name__)


def _inverse(absent: Indices | None, ends: Ends) -> Indices | None:
    if absent is None:
        return None
    turned = np.full(ends.n_pre, -1)
    turned[absent[absent >= 0]] = np.flatnonzero(absent >= 0)
    return turned


def _chosen(
    who: str, count: int, rows: int, among: int, absent: Indices | None, rng: np.random.Generator
) -> tuple[Indices, Indices]:
    """`count` different numbers below `among` for each of `rows` rows, without the absent number of each row."""
    check_count(who, count * rows)
    fewest = among - int(absent is not None and bool(np.any(absent >= 0)))
    if count > fewest:
        raise NetworkError(f"{who}.n = {count}; each neuron has only {fewest} possible partners.")
    # The first distinct numbers of a random sequence are a random subset, so what was drawn twice is drawn again.
    open_rows = np.arange(rows)
    width = _width(among, absent, np.repeat(open_rows, count))
    numbers = np.sort(rng.integers(0, width, rows * count).reshape(rows, count))
    while len(open_rows):
        seen = numbers if len(open_rows) == rows else numbers[open_rows]
        here, twice = np.nonzero(seen[:, 1:] == seen[:, :-1])
        again = open_rows[here]
        numbers[again, twice + 1] = rng.integers(0, _width(among, absent, again), len(again))
        open_rows = np.unique(again)
        numbers[open_rows] = np.sort(numbers[open_rows])
    row, number = np.repeat(np.arange(rows), count), numbers.ravel()
    return row, number if absent is None else number + ((absent[row] >= 0) & (number >= absent[row]))


def _width(among: int, absent: Indices | None, rows: Indices) -> Any:
    """Bound of the numbers of each row; one bound for all draws the same numbers as equal bounds, ten times faster."""
    return among if absent is None else among - (absent >= 0)[rows]


def _distinct(among: int, count: int, rng: np.random.Generator) -> Indices:
    """Sorted random subset of the whole numbers below `among`."""
    if 2 * count > among:
        kept = np.ones(among, bool)
        kept[_distinct(among, among - count, rng)] = False
        return np.flatnonzero(kept)
    found = np.zeros(0, np.int64)
    while len(found) < count:
        found = _together(found, np.sort(rng.integers(0, among, count - len(found))))
    return found


def _together(found: Indices, drawn: Indices) -> Indices:
    """The different numbers of two sorted lists, sorted; those of `found` differ already."""
    drawn = drawn[np.concatenate([drawn[:1] >= 0, drawn[1:] != drawn[:-1]])]
    if not len(found):
        return drawn
    place = np.searchsorted(found, drawn)
    fresh = found[np.minimum(place, len(found) - 1)] != drawn
    return np.asarray(np.insert(found, place[fresh], drawn[fresh]))


def _past(taken: Indices, numbers: Indices) -> Indices:
    """The numbers moved up past the sorted `taken` ones, so that they count only what is free."""
    return numbers + np.searchsorted(taken - np.arange(len(taken)), numbers, side="right")
