"""Results of a study as a table with one row per trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurosim.display.short import Short
from neurosim.errors import UsageError, unknown_name
from neurosim.study.stats import Summary, summary
from neurosim.study.values import Point, canonical
from neurosim.units import FloatArray


@dataclass(frozen=True)
class Row(Short):
    """Parameters and results of a finished trial."""

    point: Point
    seed: int
    measures: Mapping[str, float]
    data: Mapping[str, Mapping[str, str]]
    seconds: float
    key: str


@dataclass(frozen=True)
class Table(Short):
    """Finished trials of a study, sorted by their parameters and their seed.

    Attributes
    ----------
    parameters, measures : tuple of str
        Names of the columns.
    rows : tuple of Row
        One row per trial.
    """

    parameters: tuple[str, ...]
    measures: tuple[str, ...]
    rows: tuple[Row, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[Any]:
        """All values of a parameter, a measure, "seed" or "seconds"; a quantity is ``{"si": ..., "unit": ...}``."""
        if name in self.measures:
            return [row.measures[name] for row in self.rows]
        if name in self.parameters:
            return [row.point[name] for row in self.rows]
        if name in ("seed", "seconds"):
            return [getattr(row, name) for row in self.rows]
        raise UsageError(unknown_name("column", name, (*self.parameters, *self.measures, "seed", "seconds")))

    def values(self, measure: str) -> FloatArray:
        """A measure as an array."""
        return np.array(self.column(measure), np.float64)

    def where(self, **values: Any) -> Table:
        """Table of only the rows with these values of parameters, or with these seeds."""
        wanted = {name: canonical(value) for name, value in values.items()}
        columns = {name: [canonical(v) for v in self.column(name)] for name in wanted}
        good = [all(columns[n][k] == text for n, text in wanted.items()) for k in range(len(self.rows))]
        return replace(self, rows=tuple(row for row, fits in zip(self.rows, good, strict=True) if fits))

    def by(self, *parameters: str) -> Iterator[tuple[tuple[Any, ...], Table]]:
        """Group the rows by the values of some parameters: pairs of values and table, in the order of the table."""
        groups: dict[str, list[Row]] = {}
        columns = [self.column(name) for name in parameters]
        keys = [[column[k] for column in columns] for k in range(len(self.rows))]
        for row, key in zip(self.rows, keys, strict=True):
            groups.setdefault(canonical(key), []).append(row)
        first = {canonical(key): tuple(key) for key in reversed(keys)}
        return ((first[text], replace(self, rows=tuple(rows))) for text, rows in groups.items())

    def summary(self, measure: str) -> Summary:
        """Mean, standard deviation and bootstrap interval of a measure over all rows."""
        return summary(self.values(measure))


def ordered(rows: Sequence[Row], parameters: Sequence[str]) -> tuple[Row, ...]:
    """Rows sorted by their parameters and their seed; numbers are sorted by size, other values by their text."""

    def rank(value: Any) -> tuple[int, float, str]:
        number = value["si"] if isinstance(value, Mapping) else value
        return (0, float(number), "") if isinstance(number, int | float) else (1, 0.0, canonical(value))

    return tuple(sorted(rows, key=lambda row: (*(rank(row.point[name]) for name in parameters), row.seed)))
