"""Equality of descriptions and results that hold arrays, which NumPy compares number by number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np


def equal(one: Any, other: Any) -> Any:
    """``__eq__`` of a data class: its fields, or its identity if it was declared with ``eq=False``."""
    if one is other:
        return True
    declared = getattr(type(one), "__dataclass_params__", None)
    if type(one) is not type(other) or declared is None or not declared.eq:
        return NotImplemented
    return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one) if f.compare)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal: arrays by shape, unit and numbers (NaN equals NaN), collections by their parts."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and _same_arrays(one, other)
    # SciPy takes long to import, and a sparse matrix can exist only if somebody did.
    if hasattr(one, "tocsr") and hasattr(other, "tocsr"):
        return bool(one.shape == other.shape and (one != other).nnz == 0)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    found = equal(one, other)
    return bool(np.all(one == other)) if found is NotImplemented else found


def _same_arrays(one: Any, other: Any) -> bool:
    if getattr(one, "dim", None) != getattr(other, "dim", None):
        return False
    plain = np.asarray(one), np.asarray(other)
    return np.array_equal(*plain, equal_nan=all(array.dtype.kind in "fc" for array in plain))
