"""Plans: the points of the parameter space that a study measures, as a grid or random draws.

A search is in `neurosim.study.search`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from neurosim.errors import UsageError, unknown_name
from neurosim.rng import stream
from neurosim.study.asked import AskedFor, check_at_least
from neurosim.study.ranges import Choice, Drawable
from neurosim.study.values import Point, plain

Score = Callable[[Point, str], float | None]
"""Function from a point and a measure to the mean over the seeds; None if a trial failed."""


class Plan(Protocol):
    """Points of the parameter space to measure, such as Grid({"tau": [5, 10]})."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""

    def __len__(self) -> int:
        """Number of points."""

    def rounds(self, score: Score) -> Iterator[Sequence[Point]]:
        """Points to measure, round by round; all points of a round are measured before the next round is requested."""

    def with_values(self, values: Mapping[str, Sequence[Any]]) -> Plan:
        """The same plan, but with only the given values for some parameters."""


@dataclass(frozen=True)
class Grid(AskedFor):
    """Plan with every combination of parameter values.

    Parameters
    ----------
    values : mapping
        Parameter -> its values; quantities keep their units.
    """

    values: Mapping[str, Sequence[Any]]

    def __post_init__(self) -> None:
        for name, values in self.values.items():
            if isinstance(values, str) or not isinstance(values, Iterable) or not list(values):
                raise UsageError(f"Grid: {name} = {values!r}: expected a list of at least one value.")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.values)

    def __len__(self) -> int:
        return math.prod(len(list(values)) for values in self.values.values())

    def rounds(self, score: Score) -> Iterator[Sequence[Point]]:
        columns = [[plain(v, name) for v in values] for name, values in self.values.items()]
        yield [dict(zip(self.values, row, strict=True)) for row in itertools.product(*columns)]

    def with_values(self, values: Mapping[str, Sequence[Any]]) -> Grid:
        check_names(self, values)
        return replace(self, values={**self.values, **values})


@dataclass(frozen=True)
class Random(AskedFor):
    """Plan with independent random draws of all parameters.

    Parameters
    ----------
    ranges : mapping
        Parameter -> `Range`, `LogRange`, `Integers` or `Choice`.
    n : int
        Number of points.
    seed : int
        Seed of the draws. A point depends only on the seed and on its number, so that a larger `n` begins with the same points.
    """

    ranges: Mapping[str, Drawable]
    n: int
    seed: int = 0

    def __post_init__(self) -> None:
        check_at_least(self, n=1, seed=0)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.ranges)

    def __len__(self) -> int:
        return self.n

    def rounds(self, score: Score) -> Iterator[Sequence[Point]]:
        yield [self._point(k) for k in range(self.n)]

    def _point(self, k: int) -> Point:
        return {name: plain(r.draw(stream(self.seed, "point", k, name)), name) for name, r in self.ranges.items()}

    def with_values(self, values: Mapping[str, Sequence[Any]]) -> Random:
        check_names(self, values)
        return replace(self, ranges={**self.ranges, **{name: Choice(v) for name, v in values.items()}})


def check_names(plan: Plan, names: Iterable[str]) -> None:
    """Raise UsageError for a name that is not a parameter of the plan."""
    for name in names:
        if name not in plan.names:
            raise UsageError("--set: " + unknown_name("parameter", name, plan.names))
