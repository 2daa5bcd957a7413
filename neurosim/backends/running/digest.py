"""Digest of a description or a program: the same in every process, and another one for what runs differently."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Set
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.display.equality import same


def digest(described: Any) -> str:
    """Digest of everything that determines what a network, or its program, does."""
    return hashlib.sha256(repr(_plain(described)).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A description as nested tuples of plain values; arrays as their digest, and what has its default left out.

    So a version of neurosim whose descriptions have more attributes reads the files of an older one.
    """
    if is_dataclass(value) and not isinstance(value, type):
        given = ((f.name, getattr(value, f.name)) for f in fields(value) if not _is_default(f, getattr(value, f.name)))
        return (type(value).__name__, *((name, _plain(found)) for name, found in given), *_text_of(value))
    if isinstance(value, Mapping):
        return tuple((str(key), _plain(item)) for key, item in value.items())
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    if isinstance(value, Set):
        return ("set", *sorted(repr(_plain(item)) for item in value))
    if sparse.issparse(value):
        whole = sparse.csr_array(value)
        return ("sparse", *map(_plain, (whole.data, whole.indices, whole.indptr)), whole.shape)
    if isinstance(value, np.ndarray):
        return _of_array(value)
    return _of_one(value)


def _is_default(declared: Field[Any], value: Any) -> bool:
    if declared.default_factory is not MISSING:
        return same(value, declared.default_factory())
    return declared.default is not MISSING and same(value, declared.default)


def _text_of(value: Any) -> tuple[Any, ...]:
    """The step of a neuron that is written as one, which belongs to its class; () for everything else."""
    declaration = getattr(type(value), "declaration", None)
    return () if declaration is None else (("declaration", _plain(declaration)),)


def _of_array(value: Any) -> tuple[Any, ...]:
    plain = np.ascontiguousarray(value)
    return (value.shape, str(plain.dtype), str(getattr(value, "dim", "")), hashlib.sha256(plain.tobytes()).hexdigest())


def _of_one(value: Any) -> Any:
    """Text of one value; numbers that are equal have the same, and no text contains an address."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return repr(int(value))
    if callable(value):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value).__qualname__)}"
    kind: Any = type(value)
    if kind.__repr__ is object.__repr__:
        return (kind.__name__, _plain(vars(value)) if hasattr(value, "__dict__") else "")
    return repr(value)
