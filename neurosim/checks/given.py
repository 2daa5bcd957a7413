"""Checks of single numbers, choices and mappings from users; the error names the value that does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from neurosim.checks.dimensions import PLAIN, Dimension, dimension_of
from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.units import FloatArray, si


def number(who: str, value: Any) -> tuple[float, Dimension]:
    """Check that `value` is one finite number; return it in SI, with its dimension.

    Raises
    ------
    NetworkError
        If it is not a single real number or quantity, or not finite.
    """
    found = _real(value)
    if found is None:
        raise NetworkError(f"{who} is {shown(value)}; expected one number or quantity.")
    if not np.isfinite(found):
        raise NetworkError(f"{who} is {found}; expected a finite number.")
    return found, dimension_of(value)


def _real(value: Any) -> float | None:
    """`value` as a float, infinite if it is too large; None if it is not a single real number."""
    # In NumPy, time spans are a kind of numbers.
    if isinstance(value, bool | np.bool_ | np.ma.MaskedArray | np.timedelta64):
        return None
    if isinstance(value, Real):
        try:
            return float(value)
        except OverflowError:
            return float("inf")
    one = isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iuf"
    return float(np.asarray(value)) if one else None


def plain(who: str, value: Any) -> float:
    """Check that `value` is one finite number without unit; raise UnitError if it has one."""
    return with_unit(who, value, "1")


def with_unit(who: str, value: Any, unit: str) -> float:
    """Check that `value` is one finite number in `unit`, and return it in SI; raise UnitError for another unit."""
    found, _ = number(who, value)
    si(value, unit, who)
    return found


def seconds(who: str, value: Any) -> float:
    """Time in seconds, given with a unit or as a plain number of seconds; raise UnitError for another unit."""
    found, dimension = number(who, value)
    if dimension != PLAIN:
        si(value, "second", who)
    return found


def whole(who: str, value: Any) -> int:
    """Check that `value` is one whole number without unit, which may be written as 8.0; raise NetworkError otherwise."""
    found = plain(who, value)
    if found != int(found):
        raise NetworkError(f"{who} = {shown(value)}; expected a whole number.")
    return int(found)


def choice(who: str, kind: str, value: Any, known: tuple[str, ...]) -> str:
    """Check that `value` is one of `known`; otherwise raise a NetworkError that lists them."""
    if not isinstance(value, str):
        raise NetworkError(f"{who}: {kind} is {shown(value)}; expected one of {', '.join(known)}.")
    if value not in known:
        raise NetworkError(f"{who}: " + unknown_name(kind, value[:100], known))
    return value


def mapping(who: str, value: Any, example: str) -> dict[Any, Any]:
    """Convert a mapping to a dict; None becomes an empty one.

    Raises
    ------
    NetworkError
        If it is not a mapping.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise NetworkError(f"{who} is {shown(value)}; expected a mapping such as {example}.")
    return dict(value)


def pair(who: str, value: Any) -> tuple[Any, Any]:
    """Bounds as (low, high), where None stands for a side without a bound; raise NetworkError if they are not two."""
    if value is None:
        return None, None
    known = isinstance(value, tuple | list) or (isinstance(value, np.ndarray) and value.ndim == 1)
    if not known or len(value) != 2:
        raise NetworkError(f"{who} is {shown(value)}; expected (low, high), with None for no limit on a side.")
    low, high = value
    return None if _real(low) == -np.inf else low, None if _real(high) == np.inf else high


def plain_array(who: str, value: Any) -> FloatArray:
    """Convert real numbers without unit to an array; truth values become 0 and 1.

    Raises
    ------
    NetworkError, UnitError
        If they are texts, complex numbers or masked arrays, or have a unit.
    """
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        array = np.asarray(None)
    if isinstance(value, np.ma.MaskedArray) or array.dtype.kind not in "biuf":
        raise NetworkError(f"{who} is {shown(value)}; expected real numbers.")
    return si(array.astype(np.float64) if array.dtype.kind == "b" else value, "1", who)
