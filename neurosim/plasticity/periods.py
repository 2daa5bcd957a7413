"""Periods of updates at regular times: a number of steps, or a time that becomes steps in a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.checks.dimensions import PLAIN
from neurosim.checks.given import number, with_unit
from neurosim.errors import NetworkError, shown
from neurosim.plasticity.products import Gate, GateKind

_LONGEST = 2**31 - 1
_EXAMPLE = '{1: {"w": "eta * x"}} or [(10*ms, {"w": "eta * x"})]'


def periods_of(rule: str, every: Any) -> list[tuple[Gate, Any]]:
    """Gates and updates of the argument `every`: a mapping, or pairs of a period and updates.

    A quantity cannot be the key of a dict, so a period in time is the first of a pair.
    """
    if every is None:
        return []
    pairs = list(every.items()) if isinstance(every, Mapping) else every
    if not (isinstance(pairs, list | tuple) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs)):
        raise NetworkError(f"Rule {rule!r}: every is {shown(every)}; expected periods with updates, such as {_EXAMPLE}.")
    return [(period_gate(f"Rule {rule!r}: every", period), texts) for period, texts in pairs]


def period_gate(who: str, period: Any) -> Gate:
    """Gate that opens at regular times; `period` is a number of steps, or a time.

    Raises
    ------
    NetworkError, UnitError
        If it is neither, or not above zero.
    """
    # In NumPy, time spans are whole numbers.
    whole = isinstance(period, int | np.integer) and not isinstance(period, bool | np.timedelta64)
    if whole and 1 <= period <= _LONGEST:
        return Gate(GateKind.EVERY, period=int(period))
    if getattr(period, "dim", None) is None or number(who, period)[1] == PLAIN:
        raise NetworkError(
            f"{who} = {shown(period)}; expected whole numbers of steps, at least 1 and at most {_LONGEST}, or a time "
            "such as 10*ms."
        )
    seconds = with_unit(who, period, "second")
    if seconds <= 0:
        raise NetworkError(f"{who} = {shown(period)}; expected a time above zero, such as 10*ms.")
    return Gate(GateKind.EVERY, seconds=seconds)
