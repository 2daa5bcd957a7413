"""Equality of descriptions and results that hold arrays, which NumPy compares number by number, and hashes that fit it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import Any

import numpy as np


def equal(one: Any, other: Any) -> Any:
    """``__eq__`` of a data class: its fields, or its identity if it was declared with ``eq=False``."""
    if one is other:
        return True
    if type(one) is not type(other) or not _compared_by_parts(one):
        return NotImplemented
    return _same_parts(one, other)


def hashed(made: Any) -> int:
    """``__hash__`` of a data class: equal for those that are `equal`; TypeError if a part has no hash, such as an array."""
    if not _compared_by_parts(made):
        return object.__hash__(made)
    return hash((type(made), *map(_hashable, _parts(made).values())))


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal: arrays by shape, unit and numbers (NaN equals NaN), collections and objects by their parts.

    Sparse matrices are equal if they have the same entries, in whatever order; an entry that is stored as 0 is one, too.
    """
    if one is other or (_is_nan(one) and _is_nan(other)):
        return True
    if type(one) is type(other) and is_dataclass(one) and not isinstance(one, type):
        return _same_parts(one, other)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and _same_arrays(one, other)
    if _is_sparse(one) or _is_sparse(other):
        return _is_sparse(one) and _is_sparse(other) and _same_matrices(one, other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return bool(np.all(one == other))


def _compared_by_parts(made: Any) -> bool:
    declared = getattr(type(made), "__dataclass_params__", None)
    return declared is not None and declared.eq


def _same_parts(one: Any, other: Any) -> bool:
    return same(_parts(one), _parts(other))


def _parts(made: Any) -> dict[str, Any]:
    """Compared fields; of a class that is not declared as a data class, also the attributes that its methods set."""
    parts = {f.name: getattr(made, f.name) for f in fields(made) if f.compare}
    if "__dataclass_params__" in vars(type(made)):
        return parts
    declared = {f.name for f in fields(made)}
    return parts | {name: value for name, value in vars(made).items() if name not in declared and not _is_cached(made, name)}


def _is_cached(made: Any, name: str) -> bool:
    return isinstance(getattr(type(made), name, None), cached_property)


def _hashable(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_hashable, value))
    # Python hashes NaN by its identity, and here all NaN are equal.
    return "NaN" if _is_nan(value) else value


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _is_sparse(value: Any) -> bool:
    # SciPy takes long to import, and a sparse matrix can exist only if somebody did.
    scipy = sys.modules.get("scipy.sparse")
    return scipy is not None and scipy.issparse(value)


def _same_arrays(one: Any, other: Any) -> bool:
    if getattr(one, "dim", None) != getattr(other, "dim", None):
        return False
    plain = np.asarray(one), np.asarray(other)
    if all(array.dtype.kind == "O" for array in plain):
        return plain[0].shape == plain[1].shape and same(*(array.ravel().tolist() for array in plain))
    return np.array_equal(*plain, equal_nan=all(array.dtype.kind in "fc" for array in plain))


def _same_matrices(one: Any, other: Any) -> bool:
    if one.shape != other.shape:
        return False
    entries = [_entries(matrix) for matrix in (one, other)]
    return same(*entries) or (len(entries[0][-1]) == len(entries[1][-1]) and same(*map(_sorted, entries)))


def _entries(matrix: Any) -> list[Any]:
    """Indices along each axis and values of the stored entries, in the order of storage."""
    if matrix.format not in ("csr", "csc") or matrix.ndim != 2:
        found = matrix.tocoo()
        return [*found.coords, found.data]
    # The matrices of descriptions are not checked yet, and SciPy's own conversion writes outside of memory for wrong ones.
    lines = np.repeat(np.arange(len(matrix.indptr) - 1), np.maximum(np.diff(matrix.indptr), 0))
    return [*((lines, matrix.indices) if matrix.format == "csr" else (matrix.indices, lines)), matrix.data]


def _sorted(entries: list[Any]) -> list[Any]:
    *axes, values = entries
    if any(len(axis) != len(values) for axis in axes):
        return entries
    order = np.lexsort(axes[::-1])
    return [part[order] for part in entries]
