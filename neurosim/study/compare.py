"""Two places in one or two studies, under the same seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from neurosim.errors import UsageError
from neurosim.study.results import Results, read_results
from neurosim.study.stats import Paired, Summary, paired, summary
from neurosim.study.table import Row, Table
from neurosim.study.values import canonical, shown


@dataclass(frozen=True)
class Side:
    """One side of a comparison: results, or those of their rows that have some parameters.

    Attributes
    ----------
    label : str
        As the user wrote it.
    results : Results
        The study.
    fixed : mapping
        Parameter -> value, as people read it.
    """

    label: str
    results: Results
    fixed: Mapping[str, str]

    @property
    def table(self) -> Table:
        """The rows."""
        table = self.results.table
        rows = [row for row in table.rows if all(shown(row.point[name]) == text for name, text in self.fixed.items())]
        if not rows:
            raise UsageError(f"{self.label}: no finished trial has these parameters; 'neurosim study show' lists them.")
        return Table(table.parameters, table.measures, tuple(rows))


@dataclass(frozen=True)
class Difference:
    """A measure on both sides."""

    measure: str
    first: Summary
    second: Summary
    paired: Paired


def parse_side(text: str, place: Callable[[str], Any] = str) -> Side:
    """``FOLDER``, ``FOLDER@VERSION``, ``FOLDER:bits=8`` or all together, ``FOLDER@2:bits=8,eta=0.1``.

    Parameters
    ----------
    place : function
        Folder or name -> path.
    """
    where, _, choices = text.partition(":")
    folder, _, version = where.partition("@")
    if version and not version.isdigit():
        raise UsageError(f"{text}: the version {version!r} is no number; expected such as {folder}@2.")
    results = read_results(place(folder), int(version) if version else None)
    pairs = [choice.partition("=") for choice in choices.split(",") if choice]
    for name, equals, _value in pairs:
        if not equals or name not in results.table.parameters:
            raise UsageError(f"{text}: {name!r}: expected PARAMETER=VALUE out of {', '.join(results.table.parameters)}.")
    return Side(text, results, {name: value for name, _, value in pairs})


def compare_sides(first: Side, second: Side) -> list[Difference]:
    """Every measure that both have, paired by seed and by the parameters that neither side fixes.

    Raises
    ------
    UsageError
        If no trial of one side has a partner on the other.
    """
    a, b = _keyed(first, second), _keyed(second, first)
    common = [key for key in a if key in b]
    if not common:
        raise UsageError(f"{first.label} and {second.label}: no trials in common (same seed and other parameters).")
    shared = [m for m in first.results.table.measures if m in second.results.table.measures]
    return [_difference(name, [a[k] for k in common], [b[k] for k in common]) for name in shared]


def _difference(measure: str, first: list[Row], second: list[Row]) -> Difference:
    one, two = ([row.measures[measure] for row in rows] for rows in (first, second))
    return Difference(measure, summary(one), summary(two), paired(one, two))


def _keyed(side: Side, other: Side) -> dict[str, Row]:
    """Rows by what must be equal on both sides."""
    fixed = {**side.fixed, **other.fixed}
    shared = [p for p in side.results.table.parameters if p in other.results.table.parameters and p not in fixed]
    found: dict[str, Row] = {}
    for row in side.table.rows:
        key = canonical([[row.point[name] for name in shared], row.seed])
        if key in found:
            raise UsageError(f"{side.label}: several trials of seed {row.seed} fit; fix more parameters, after a colon.")
        found[key] = row
    return found
