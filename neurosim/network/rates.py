"""Rates of Poisson inputs: constant, or changing in time."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.checks.grid import whole_steps
from neurosim.errors import NetworkError, shown
from neurosim.neurons.timed import Timed
from neurosim.units import FloatArray, si


def checked_rates(rate: Any, who: str) -> FloatArray:
    """Rates in hertz: (), (n,), or for a `Timed` rate (rows,) or (rows, n).

    Raises
    ------
    NetworkError, UnitError
        If they are not finite rates of zero or more.
    """
    rates = rate.rows("hertz", who) if isinstance(rate, Timed) else si(rate, "hertz", who)
    if not (np.all(np.isfinite(rates)) and np.all(rates >= 0)):
        raise NetworkError(f"{who}: expected finite rates of zero or more, found {shown(rate)}.")
    return rates


def check_rates_of(rate: Any, n: int, who: str) -> None:
    """Raise NetworkError unless there is one rate, or one per neuron."""
    if isinstance(rate, Timed):
        rate.check_size(n, who)
        return
    shape = checked_rates(rate, who).shape
    if shape not in ((), (n,)):
        raise NetworkError(f"{who} has shape {shape}; expected a single rate or ({n},).")


def check_period(rate: Any, dt: float, who: str) -> None:
    """Raise NetworkError unless a rate that changes in time does so after whole steps."""
    if isinstance(rate, Timed):
        whole_steps(rate.period, dt, f"{who}: every")


def rates_of(rate: Any, first: int, steps: int, dt: float, who: str) -> FloatArray:
    """Rates in hertz from step `first` on: (), (n,), or for a `Timed` rate (steps, 1) or (steps, n).

    Raises
    ------
    NetworkError
        If the rows of a `Timed` rate do not cover these steps.
    """
    rates = checked_rates(rate, who)
    if not isinstance(rate, Timed):
        return rates
    period = whole_steps(rate.period, dt, who)
    row = np.arange(first, first + steps) // period
    if steps and row[-1] >= len(rates):
        raise NetworkError(
            f"{who}: it has {len(rates)} rows of {rate.period:g} s, and the run lasts longer; give rows for the whole run."
        )
    chosen = rates[row]
    return chosen if chosen.ndim == 2 else chosen[:, None]
