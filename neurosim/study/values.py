"""Parameter values as JSON text, with their units; equal values always have the same text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neurosim.errors import UsageError
from neurosim.units import as_quantity, unit_of

Point = Mapping[str, Any]
"""Point of the parameter space: parameter -> plain JSON value."""

QUANTITY = {"si", "unit"}
"""Entries of a stored quantity."""


def plain(value: Any, who: str) -> Any:
    """Convert `value` to plain JSON; a quantity becomes ``{"si": 0.02, "unit": "second"}``.

    Raises
    ------
    UsageError
        If it is not a number, text, boolean, None, quantity, or list of these.
    """
    if hasattr(value, "dim"):
        return {"si": np.asarray(value).tolist(), "unit": unit_of(value)}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Sequence):
        return [plain(item, who) for item in value]
    raise UsageError(f"{who} = {value!r}: expected a number, text, quantity, or a list of these, so that it can be stored.")


def lively(value: Any) -> Any:
    """Convert a value of `plain` back to the form that a trial gets: quantities become Brian2's, lists stay lists."""
    if isinstance(value, Mapping) and set(value) == QUANTITY:
        return as_quantity(value["si"], value["unit"])
    if isinstance(value, list):
        return [lively(item) for item in value]
    return value


def shown(value: Any) -> str:
    """A stored value as text for people: quantities in a suitable unit, such as ``5 ms``."""
    if isinstance(value, Mapping) and set(value) == QUANTITY:
        # Brian2 writes "5. ms".
        return str(as_quantity(value["si"], value["unit"])).replace(". ", " ")
    return f"{value:g}" if isinstance(value, float) else str(value)


def described(point: Point, seed: int | None = None) -> str:
    """A point and the seed as text for messages: ``bits=8, seed=0``."""
    parts = [f"{name}={shown(value)}" for name, value in point.items()]
    return ", ".join(parts if seed is None else [*parts, f"seed={seed}"])


def canonical(value: Any) -> str:
    """The canonical JSON text of a plain value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def trial_key(point: Point, seed: int) -> str:
    """Name of a trial in the store: its parameters and its seed, never its position."""
    return canonical({"parameters": dict(point), "seed": seed})
