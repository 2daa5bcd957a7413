"""Conversion of parameters that change in time to Brian2's TimedArrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import brian2
import numpy as np

from neurosim.backends.brian2.blueprint import Cells
from neurosim.errors import NetworkError, shown
from neurosim.neurons.timed import Timed
from neurosim.units import as_quantity

Given = Mapping[str, tuple[Any, str]]
"""Parameter -> (value, unit)."""


def timed_parameters(parameters: Given) -> dict[str, tuple[Timed, str]]:
    """The parameters that change in time."""
    return {name: given for name, given in parameters.items() if isinstance(given[0], Timed)}


def check_timed(cells: Iterable[Cells], dt: float, steps: int) -> None:
    """Raise NetworkError unless the values of each timed parameter cover `steps` steps of `dt` seconds in whole steps."""
    for own in cells:
        for name, (value, _) in timed_parameters(own.equations.parameters).items():
            who = f"Population {own.name!r}: its {name}"
            each = value.period / dt
            if round(each) < 1 or abs(each - round(each)) > 1e-6:
                raise NetworkError(f"{who} changes every {shown(value.every)}; expected a whole number of steps of {dt:g} s.")
            rows = len(value.values)
            if rows * round(each) < steps - round(own.since.get(name, 0.0) / dt):
                raise NetworkError(
                    f"{who} has {rows} values for {value.period:g} s each, {rows * value.period:g} s in total, but the run "
                    f"lasts {steps * dt:g} s; give more values, or simulate a shorter time."
                )


def timed_lines(timed: Given, since: Mapping[str, float]) -> list[str]:
    """Model lines of the timed parameters; a value that all neurons share from the start on is looked up once per step."""
    return [_line(name, np.ndim(value.values) > 1, unit, since.get(name, 0.0)) for name, (value, unit) in timed.items()]


def _line(name: str, each: bool, unit: str, since: float) -> str:
    # Brian2 integrates exactly only what it knows to be constant within a step, and does not know it of a table at t - x.
    # Beside other variables that are constant within a step, it accepts none that is shared.
    flag = " (constant over dt)" if since else "" if each else " (shared)"
    when = f"t - {since!r}*second" if since else "t"
    return f"{name} = {_table(name)}({when}{', i' if each else ''}) : {unit}{flag}"


def timed_tables(timed: Given) -> dict[str, Any]:
    """Name in the equations -> TimedArray."""
    return {
        _table(name): brian2.TimedArray(as_quantity(value.rows(unit, name), unit), dt=value.period * brian2.second)
        for name, (value, unit) in timed.items()
    }


def _table(name: str) -> str:
    return f"{name}_in_time"
