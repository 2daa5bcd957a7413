"""Results of a study for pandas and xarray."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neurosim.results.optional import needed
from neurosim.study.table import Table
from neurosim.study.values import canonical, shown

_SPARSE = 4
"""A table with more than so many empty cells for each trial is no grid."""


def columns(table: Table) -> dict[str, list[Any]]:
    """Columns by name: parameters (in SI units, with the unit in the name), seed, measures, seconds."""
    out: dict[str, list[Any]] = {}
    for name in table.parameters:
        values = table.column(name)
        units = sorted({v["unit"] for v in values if isinstance(v, Mapping)})
        # A column has one unit or none; values with different units are written as text.
        if len(units) == 1 and all(isinstance(v, Mapping) for v in values):
            out[f"{name} ({units[0]})"] = [v["si"] for v in values]
        else:
            out[name] = [shown(v) if isinstance(v, Mapping | list) else v for v in values]
    return out | {name: table.column(name) for name in ("seed", *table.measures, "seconds")}


def to_pandas(columns: Mapping[str, Sequence[Any]]) -> Any:
    """The columns as a `pandas.DataFrame`, one row per trial."""
    return needed("pandas", "analysis", "to_pandas").DataFrame(dict(columns))


def to_xarray(table: Table, units: Mapping[str, tuple[str, str]], about: Mapping[str, Any]) -> Any:
    """The finished trials as an `xarray.Dataset` with one axis per parameter and one for seeds, or with the axis "trial"."""
    xarray = needed("xarray", "analysis", "to_xarray")
    names = (*table.parameters, "seed")
    levels = {name: _levels(table.column(name)) for name in names}
    if math.prod(len(found) for found in levels.values()) > _SPARSE * max(1, len(table)):
        return _listed(xarray, table, names, units, about)
    places = [[list(levels[name]).index(canonical(v)) for v in table.column(name)] for name in names]
    variables = {}
    for measure in table.measures:
        cells = np.full([len(levels[name]) for name in names], np.nan)
        cells[tuple(map(tuple, places))] = table.values(measure)
        variables[measure] = (names, cells, _labels(units, measure))
    coordinates = {name: (name, *_coordinate(list(found.values()))) for name, found in levels.items()}
    return xarray.Dataset(variables, coordinates, dict(about))


def _listed(xarray: Any, table: Table, names: Sequence[str], units: Mapping[str, tuple[str, str]], about: Any) -> Any:
    variables = {m: ("trial", table.values(m), _labels(units, m)) for m in table.measures}
    coordinates = {name: ("trial", *_coordinate(table.column(name))) for name in names}
    return xarray.Dataset(variables, coordinates, dict(about))


def _levels(values: Sequence[Any]) -> dict[str, Any]:
    """Different values in the order of the table, by their text."""
    return {canonical(value): value for value in values}


def _coordinate(values: Sequence[Any]) -> tuple[Any, dict[str, str]]:
    """Values of an axis, and its attributes: quantities become SI numbers with a unit; what is no number becomes text."""
    units = {v["unit"] for v in values if isinstance(v, Mapping)}
    single = all(isinstance(v, Mapping) and isinstance(v["si"], int | float) for v in values)
    if len(units) == 1 and single:
        return np.array([v["si"] for v in values], np.float64), {"units": units.pop()}
    if all(isinstance(v, int | float) for v in values):
        return np.array(values), {}
    return np.array([v if isinstance(v, str) else shown(v) for v in values]), {}


def _labels(units: Mapping[str, tuple[str, str]], measure: str) -> dict[str, str]:
    unit, meaning = units.get(measure, ("1", ""))
    return {"units": unit, "long_name": meaning}
