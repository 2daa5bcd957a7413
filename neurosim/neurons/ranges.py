"""SI values of parameters with units, and checks of their ranges."""

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
"""Condition for values, in addition to being finite, and its description in messages."""

POSITIVE: Range = (lambda value: value > 0, "positive, finite values")
NOT_NEGATIVE: Range = (lambda value: value >= 0, "finite values of zero or more")
_FINITE: Range = (np.isfinite, "finite values")


def si_values(neuron: Neuron, units: Mapping[str, str]) -> dict[str, Any]:
    """SI arrays of the parameters that `units` lists; `Timed` parameters are unchanged."""
    return {f.name: timed_or_si(neuron, f.name, units[f.name]) for f in fields(neuron) if f.name in units}


def check_start(value: Any, who: str) -> None:
    """Raise NetworkError if a voltage at time zero is not finite; None stands for the default of the neuron."""
    if value is not None and not np.all(np.isfinite(si(value, "volt", who))):
        raise NetworkError(f"{who} = {shown(value)}; expected finite voltages.")


def check_ranges(neuron: Neuron, values: Mapping[str, Any], ranges: Mapping[str, Range]) -> None:
    """Check that all values are finite and within the range of their name; `Timed` values are checked elsewhere.

    Raises
    ------
    NetworkError
        If a value does not fit; the message contains the parameter, its value and the expected range.
    """
    for name, value in values.items():
        fits, expected = ranges.get(name, _FINITE)
        if not (isinstance(value, Timed) or (np.all(np.isfinite(value)) and np.all(fits(value)))):
            given = shown(getattr(neuron, name))
            raise NetworkError(f"{type(neuron).__name__}.{name} = {given}; expected {expected}.")
