"""Checks of arrays and whole numbers: lists are converted to arrays, and an error names values that are not real numbers."""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosim.errors import NetworkError, UnitError, shown

_REFUSED = {
    "b": "truth values; turn them into numbers with .astype(float), or into indices with np.flatnonzero",
    "c": "complex numbers; take .real or abs()",
    "U": "text; turn it into numbers",
    "S": "text; turn it into numbers",
    "M": "dates; turn them into numbers",
    "m": "time spans of NumPy; write them with units, such as 5*ms",
}
_EXACT = 2.0**53
"""Largest size up to which floats represent all whole numbers."""


def leaves(value: Any, depth: int = 32) -> Iterator[Any]:
    """Elements of nested lists and tuples; a list below `depth`, for example one that contains itself, is one element."""
    if isinstance(value, list | tuple) and depth:
        for part in value:
            yield from leaves(part, depth - 1)
    else:
        yield value


def shape_of(value: Any) -> tuple[int, ...]:
    """Shape of an array or of a list of numbers; () for all other values, which other functions check."""
    if not isinstance(value, np.ndarray | list | tuple):
        return ()
    try:
        return np.shape(value)
    except (ValueError, RuntimeError):
        return ()


def as_floats(value: Any, who: str) -> NDArray[np.float64]:
    """Convert `value` to a new float64 array, ignoring units.

    Raises
    ------
    UnitError
        If it does not consist of real numbers.
    """
    return np.array(_real(value, who), dtype=np.float64)


def whole_numbers(value: Any, who: str, low: int = 0, high: int | None = None) -> NDArray[np.int64]:
    """Convert whole numbers from `low` to `high`, such as indices, to a new int64 array.

    Floats are accepted if they are whole numbers, like those returned by ``np.loadtxt``.

    Raises
    ------
    NetworkError
        If a number is not whole or not in this range; the message contains the first such number.
    """
    array = np.asarray(_real(value, who))
    top = np.iinfo(np.int64).max if high is None else high
    if array.size and array.dtype.kind != "f" and array.min() >= low and array.max() <= top:
        return array.astype(np.int64)
    wrong = ~((array >= low) & (array <= top))
    if array.dtype.kind == "f":
        wrong |= (np.floor(array) != array) | (np.abs(array) > _EXACT)
    if np.any(wrong):
        place = np.unravel_index(int(np.argmax(wrong)), array.shape)
        where = f" at place {', '.join(str(int(k)) for k in place)}" if array.ndim else ""
        raise NetworkError(f"{who}: expected whole numbers {_range(low, high)}, found {array[place].item()}{where}.")
    return array.astype(np.int64)


def whole_number(value: Any, who: str, low: int = 0, high: int | None = None) -> int:
    """Check that `value` is one whole number from `low` to `high`, such as a size or a count, and return it.

    Raises
    ------
    NetworkError
        If it is anything else, including a float or a truth value.
    """
    # In NumPy, time spans are a kind of integers.
    if isinstance(value, bool | np.bool_ | np.timedelta64) or not isinstance(value, int | np.integer):
        raise NetworkError(f"{who} = {shown(value)}; expected a whole number {_range(low, high)}.")
    if value < low or (high is not None and value > high):
        raise NetworkError(f"{who} = {shown(value)}; expected a whole number {_range(low, high)}.")
    return int(value)


def _range(low: int, high: int | None) -> str:
    return f"of at least {low}" if high is None else f"from {low} to {high}"


def _real(value: Any, who: str) -> NDArray[Any]:
    """Convert `value` to an array of integers or floats."""
    if sparse.issparse(value):
        raise UnitError(f"{who}: expected a number or an array of numbers, found a sparse matrix; pass its .toarray().")
    if any(isinstance(leaf, np.ma.MaskedArray) and np.any(leaf.mask) for leaf in leaves(value)):
        raise UnitError(f"{who}: found masked entries; fill them (.filled(value)) or leave them out (.compressed()).")
    try:
        array = np.asarray(value)
        if array.dtype == np.object_ and all(_is_real(element) for element in array.ravel()):
            array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise UnitError(f"{who}: expected a number or an array of numbers, found {shown(value)}.") from None
    if array.dtype.kind not in "iuf":
        kind = f" ({_REFUSED[array.dtype.kind]})" if array.dtype.kind in _REFUSED else ""
        raise UnitError(f"{who}: expected a number or an array of numbers, found {shown(value)}{kind}.")
    return array


def _is_real(element: Any) -> bool:
    return isinstance(element, numbers.Real) and not isinstance(element, bool | np.bool_)
