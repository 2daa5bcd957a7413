"""Checks of values from files that anybody may have written: a value of an unexpected type is refused, with its name."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from neurosim.errors import DataError, shown
from neurosim.study.values import QUANTITY, Point
from neurosim.units import is_unit

LARGEST_TEXT = 16 << 20
"""Largest number of characters in one stored text."""
_DEEPEST = 16
_SHOWN = 60


def refused(who: str, found: Any, expected: str) -> DataError:
    """Create the error for a value of an unexpected type."""
    said = shown(found)
    said = said if len(said) <= _SHOWN else f"{said[:_SHOWN]}..."
    return DataError(f"{who}: found {said}; expected {expected}. The file is damaged, or was changed by hand; copy it again.")


def parsed(found: Any, who: str) -> Any:
    """Value of a JSON text."""
    try:
        return json.loads(text(found, who))
    except (ValueError, RecursionError):
        raise refused(who, found, "JSON") from None


def text(value: Any, who: str) -> str:
    """A text of bounded length."""
    if not isinstance(value, str):
        raise refused(who, value, "text")
    if len(value) > LARGEST_TEXT:
        raise DataError(f"{who}: found a text of {len(value)} characters; expected at most {LARGEST_TEXT}.")
    try:
        value.encode()
    except UnicodeEncodeError:
        # JSON may escape half of a surrogate pair, which can be neither printed nor written.
        raise refused(who, value, "text") from None
    return value


def texts(value: Any, who: str) -> tuple[str, ...]:
    """A list of texts without duplicates, as a tuple."""
    if not isinstance(value, list) or len({text(item, who) for item in value}) < len(value):
        raise refused(who, value, "a list of different texts")
    return tuple(value)


def truth(value: Any, who: str) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise refused(who, value, "true or false")
    return value


def whole(value: Any, who: str) -> int:
    """A non-negative integer below 2**63."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise refused(who, value, "a whole number from 0 up")
    return value


def number(value: Any, who: str) -> float:
    """A finite number."""
    if not _is_number(value) or not math.isfinite(value):
        raise refused(who, value, "a finite number")
    return float(value)


def listed(value: Any, who: str) -> list[Any]:
    """A JSON list."""
    if not isinstance(value, list):
        raise refused(who, value, "a list")
    return value


def mapping(value: Any, who: str) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise refused(who, value, "an object")
    return {text(name, who): item for name, item in value.items()}


def point(value: Any, who: str) -> Point:
    """Parameters in the form that `neurosim.study.values.plain` returns."""
    return {name: _plain(item, f"{who}, {name}") for name, item in mapping(value, who).items()}


def settings(value: Any, who: str) -> dict[str, list[Any]]:
    """Parameter -> values that the user chose."""
    found = point(value, who)
    for name, values in found.items():
        if not isinstance(values, list) or not values:
            raise refused(f"{who}, {name}", values, "a list of values")
    return dict(found)


def measures(value: Any, who: str) -> dict[str, float]:
    """Measure -> finite number."""
    return {name: number(item, f"{who}, {name}") for name, item in mapping(value, who).items()}


def checksums(value: Any, who: str) -> dict[str, dict[str, str]]:
    """Data set -> part -> checksum."""
    found = {name: mapping(parts, f"{who}, {name}") for name, parts in mapping(value, who).items()}
    return {name: {part: text(c, f"{who}, {name}") for part, c in parts.items()} for name, parts in found.items()}


def _plain(value: Any, who: str, depth: int = 0) -> Any:
    if isinstance(value, str):
        return text(value, who)
    if value is None or isinstance(value, bool) or _is_number(value):
        return value
    if isinstance(value, list) and depth < _DEEPEST:
        return [_plain(item, who, depth + 1) for item in value]
    if isinstance(value, Mapping) and set(value) == QUANTITY and is_unit(value["unit"]) and _is_numeric(value["si"]):
        return dict(value)
    raise refused(who, value, "a number, text, quantity, or a list of these")


def _is_numeric(value: Any, depth: int = 0) -> bool:
    """Whether `value` is a number, or a rectangular array of numbers."""
    if not isinstance(value, list):
        return _is_number(value)
    lengths = {len(item) if isinstance(item, list) else -1 for item in value}
    return depth < _DEEPEST and len(lengths) < 2 and all(_is_numeric(item, depth + 1) for item in value)


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and float(value) is not None
    except OverflowError:
        return False
