"""Parameters with units: their SI values, and the ranges that they have to lie in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from neurosim.errors import NetworkError, shown
from neurosim.neurons.base import Neuron, timed_or_si
from neurosim.neurons.timed import Timed
from neurosim.units import si

Range = tuple[Callable[[Any], Any], str]
"""What values have to fulfil beside being finite, and how that is said."""

POSITIVE: Range = (lambda value: value > 0, "positive, finite values")
NOT_NEGATIVE: Range = (lambda value: value >= 0, "finite values of zero or more")
_FINITE: Range = (np.isfinite, "finite values")


def si_values(neuron: Neuron, units: Mapping[str, str]) -> dict[str, Any]:
    """SI arrays of the parameters that `units` names, or what they are in time."""
    return {f.name: timed_or_si(neuron, f.name, units[f.name]) for f in fields(neuron) if f.name in units}


def check_start(value: Any, who: str) -> None:
    """Refuse a voltage at time zero that is not finite; None is left to the neuron."""
    if value is not None and not np.all(np.isfinite(si(value, "volt", who))):
        raise NetworkError(f"{who} = {shown(value)}; expected finite voltages.")


def check_ranges(neuron: Neuron, values: Mapping[str, Any], ranges: Mapping[str, Range]) -> None:
    """Refuse what is not finite, or outside the range of its name; what changes in time was checked on its own.

    Raises
    ------
    NetworkError
        With the parameter, its value, and what was expected.
    """
    for name, value in values.items():
        fits, expected = ranges.get(name, _FINITE)
        if not (isinstance(value, Timed) or (np.all(np.isfinite(value)) and np.all(fits(value)))):
            given = shown(getattr(neuron, name))
            raise NetworkError(f"{type(neuron).__name__}.{name} = {given}; expected {expected}.")
