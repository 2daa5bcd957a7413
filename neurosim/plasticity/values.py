"""Numbers that a rule is given: one real, finite number each, with or without unit; anything else is refused by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from numbers import Real
from typing import Any, ParamSpec, TypeVar

import numpy as np

from neurosim.dimensions import Dimension, dimension_of
from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.units import si

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


def number(who: str, value: Any) -> tuple[float, Dimension]:
    """One finite number in SI, and its dimension.

    Raises
    ------
    NetworkError
        If it is no single real number or quantity, or not finite.
    """
    found = _real(value)
    if found is None:
        raise NetworkError(f"{who} is {shown(value)}; expected one number or quantity.")
    if not np.isfinite(found):
        raise NetworkError(f"{who} is {found}; expected a finite number.")
    return found, dimension_of(value)


def _real(value: Any) -> float | None:
    """`value` as a float, infinite where it is too large for one; None where it is no single real number."""
    if isinstance(value, bool | np.bool_ | np.ma.MaskedArray):
        return None
    if isinstance(value, Real):
        try:
            return float(value)
        except OverflowError:
            return float("inf")
    one = isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iuf"
    return float(np.asarray(value)) if one else None


def plain(who: str, value: Any) -> float:
    """One finite number without unit; UnitError if it has one."""
    return with_unit(who, value, "1")


def with_unit(who: str, value: Any, unit: str) -> float:
    """One finite number in `unit`, in SI; UnitError if it is in another."""
    found, _ = number(who, value)
    si(value, unit, who)
    return found


def choice(who: str, kind: str, value: Any, known: tuple[str, ...]) -> str:
    """`value`, which is one of `known`; else NetworkError lists them."""
    if not isinstance(value, str):
        raise NetworkError(f"{who}: {kind} is {shown(value)}; expected one of {', '.join(known)}.")
    if value not in known:
        raise NetworkError(f"{who}: " + unknown_name(kind, value, known))
    return value


def mapping(who: str, value: Any, example: str) -> dict[Any, Any]:
    """`value` as a dict; nothing is an empty one.

    Raises
    ------
    NetworkError
        If it is no mapping.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise NetworkError(f"{who} is {shown(value)}; expected a mapping such as {example}.")
    return dict(value)


def pair(who: str, value: Any) -> tuple[Any, Any]:
    """Bounds as (low, high), nothing as no bounds; NetworkError if they are not two."""
    if value is None:
        return None, None
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__len__") or len(value) != 2:
        raise NetworkError(f"{who} is {shown(value)}; expected (low, high), with None for no limit on a side.")
    low, high = value
    return low, high


def checked_arguments(*other: str) -> Callable[[Callable[_Given, _Made]], Callable[_Given, _Made]]:
    """For the factory of a rule: each argument is one finite number, `bounds` are two, and a default of None allows None.

    The factory then calculates with its arguments as it likes. Those named `other` it checks itself.
    """

    def checking(factory: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
        signature = inspect.signature(factory)

        @wraps(factory)
        def checked(*args: _Given.args, **options: _Given.kwargs) -> _Made:
            for name, value in signature.bind(*args, **options).arguments.items():
                if name not in other:
                    _check_argument(f"{factory.__name__}: {name}", name, value, signature.parameters[name].default)
            return factory(*args, **options)

        return checked

    return checking


def _check_argument(who: str, name: str, value: Any, default: Any) -> None:
    if name == "bounds":
        for limit in pair(who, value):
            if limit is not None:
                number(who, limit)
    elif value is not None or default is not None:
        number(who, value)
