"""Figures of the results of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.analysis.plots import COLOURS
from neurosim.study.table import Table
from neurosim.study.values import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def curve(ax: Axes, table: Table, parameter: str, measure: str, label: str = "", colour: str = COLOURS[0]) -> Axes:
    """Draw the mean of a measure against a parameter, with bootstrap intervals over all other columns; each trial is a dot.

    Parameters
    ----------
    ax : Axes
        Matplotlib axes that are drawn on and returned.
    table : Table
        Trials of a study.
    parameter : str
        Column of the horizontal axis.
    measure : str
        Column of the vertical axis.
    label : str
        Label of the curve; "" for none.
    colour : str
        Colour, by any name that Matplotlib knows.
    """
    points = list(table.by(parameter))
    places = positions([value for (value,), _ in points])
    sums = [rows.summary(measure) for _, rows in points]
    mean = np.array([s.mean for s in sums])
    reach = np.abs(np.nan_to_num(np.array([[s.mean - s.low for s in sums], [s.high - s.mean for s in sums]])))
    ax.errorbar(places, mean, yerr=reach, marker="o", ms=5, lw=1.4, capsize=3, color=colour, label=label or measure)
    for place, (_, rows) in zip(places, points, strict=True):
        ax.plot(np.full(len(rows), place), rows.values(measure), ".", ms=4, color=colour, alpha=0.45)
    # Matplotlib would read a $ in a name as the beginning of a formula.
    ax.set_xlabel(parameter, fontsize=11, parse_math=False)
    _ticks(ax, [value for (value,), _ in points], places)
    ax.tick_params(labelsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def positions(values: Sequence[Any]) -> Any:
    """Positions of values on an axis: numbers at their value, other values at 0, 1, 2, ..."""
    plain = [v["si"] if isinstance(v, Mapping) else v for v in values]
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in plain)
    return np.array(plain, np.float64) if numbers else np.arange(len(plain), dtype=np.float64)


def default_figure(table: Table, units: Mapping[str, str]) -> Figure:
    """Figure with one panel per measure, against the first parameter that varies, and one curve per value of a second one.

    If more than two parameters vary, or the second has more values than there are colours, the curve is over all other columns.

    Parameters
    ----------
    table : Table
        Trials of a study.
    units : mapping
        Measure -> its unit.
    """
    from matplotlib.figure import Figure

    varying = [p for p in table.parameters if len(list(table.by(p))) > 1]
    parameter = (varying or list(table.parameters))[0]
    second = varying[1] if len(varying) == 2 else ""
    curves = list(table.by(second)) if second else []
    figure = Figure(figsize=(6.5, 1.0 + 2.8 * len(table.measures)), layout="constrained")
    axes = figure.subplots(len(table.measures), squeeze=False)[:, 0]
    for k, (ax, measure) in enumerate(zip(axes, table.measures, strict=True)):
        if 0 < len(curves) <= len(COLOURS):
            _curves(ax, curves, parameter, second, measure)
        else:
            curve(ax, table, parameter, measure, colour=COLOURS[k % len(COLOURS)])
        unit = units.get(measure, "1")
        ax.set_ylabel(measure if unit == "1" else f"{measure} ({unit})", fontsize=11, parse_math=False)
    return figure


def _curves(ax: Axes, curves: Sequence[tuple[Any, Table]], parameter: str, second: str, measure: str) -> None:
    for ((value,), rows), colour in zip(curves, COLOURS, strict=False):
        curve(ax, rows, parameter, measure, f"{second} = {shown(value)}", colour)
    for text in ax.legend(frameon=False, fontsize=9).get_texts():
        text.set_parse_math(False)


def _ticks(ax: Axes, values: Sequence[Any], places: Any) -> None:
    if len(values) <= 12:
        ax.set_xticks(places, [shown(v) for v in values], parse_math=False)
