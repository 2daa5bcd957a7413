"""Comparison of two parameter settings, or of two studies, with the same seeds."""

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
    """One side of a comparison: the results of a study, or only those with certain parameter values.

    Attributes
    ----------
    label : str
        Text with which the user named this side.
    results : Results
        Results of the study.
    fixed : mapping
        Parameter -> the value to select, as text.
    """

    label: str
    results: Results
    fixed: Mapping[str, str]

    @property
    def table(self) -> Table:
        """Finished trials of this side."""
        table = self.results.table
        rows = [row for row in table.rows if all(shown(row.point[name]) == text for name, text in self.fixed.items())]
        if not rows:
            raise UsageError(f"{self.label}: no finished trial has these parameters; 'neurosim study show' lists them.")
        return Table(table.parameters, table.measures, tuple(rows))


@dataclass(frozen=True)
class Difference:
    """Comparison of one measure: its summary on both sides, and the paired tests."""

    measure: str
    first: Summary
    second: Summary
    paired: Paired


def parse_side(text: str, place: Callable[[str], Any] = str) -> Side:
    """Parse one side of a comparison.

    Parameters
    ----------
    text : str
        ``FOLDER``, ``FOLDER@VERSION``, ``FOLDER:bits=8``, or a combination such as ``FOLDER@2:bits=8,eta=0.1``.
    place : function
        Function from a folder or name to its path.
    """
    where, _, choices = text.partition(":")
    folder, _, version = where.partition("@")
    if version and not version.isdigit():
        raise UsageError(f"{text}: the version {version!r} is not a number; expected a version such as {folder}@2.")
    results = read_results(place(folder), int(version) if version else None)
    pairs = [choice.partition("=") for choice in choices.split(",") if choice]
    for name, equals, _value in pairs:
        if not equals or name not in results.table.parameters:
            known = ", ".join(results.table.parameters)
            raise UsageError(f"{text}: found {name!r}; expected PARAMETER=VALUE, where PARAMETER is one of {known}.")
    return Side(text, results, {name: value for name, _, value in pairs})


def compare_sides(first: Side, second: Side) -> list[Difference]:
    """Compare every measure that both sides have, paired by seed and by the parameters that neither side fixes.

    Raises
    ------
    UsageError
        If no trial of one side corresponds to a trial of the other.
    """
    a, b = _keyed(first, second), _keyed(second, first)
    common = [key for key in a if key in b]
    if not common:
        raise UsageError(
            f"{first.label} and {second.label} have no trials in common; expected some with the same seed and the same values "
            "of the parameters that are not fixed."
        )
    shared = [m for m in first.results.table.measures if m in second.results.table.measures]
    return [_difference(name, [a[k] for k in common], [b[k] for k in common]) for name in shared]


def _difference(measure: str, first: list[Row], second: list[Row]) -> Difference:
    one, two = ([row.measures[measure] for row in rows] for rows in (first, second))
    return Difference(measure, summary(one), summary(two), paired(one, two))


def _keyed(side: Side, other: Side) -> dict[str, Row]:
    """Rows of a side by their key: the seed, and the parameters that must be equal on both sides."""
    fixed = {**side.fixed, **other.fixed}
    shared = [p for p in side.results.table.parameters if p in other.results.table.parameters and p not in fixed]
    found: dict[str, Row] = {}
    for row in side.table.rows:
        key = canonical([[row.point[name] for name in shared], row.seed])
        if key in found:
            raise UsageError(
                f"{side.label}: found several trials with seed {row.seed}, expected one; fix more parameters after a colon, "
                "such as FOLDER:bits=8."
            )
        found[key] = row
    return found
