"""Short texts of objects: what differs from the defaults, arrays by their shape, and never more than a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

import numpy as np

from neurosim.display.equality import equal, hashed

LONGEST = 400
"""Largest number of characters in a short text."""
_OF_A_VALUE, _ENTRIES = 120, 4


class Short:
    """Base of dataclasses whose ``repr`` is short (the class, and what differs from the defaults), and whose arrays compare."""

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        # The decorator of a dataclass writes a complete text, and a comparison and a hash of tuples, into every class without.
        cls.__repr__ = cls.__repr__  # type: ignore[method-assign]
        cls.__eq__ = cls.__eq__  # type: ignore[method-assign]
        cls.__hash__ = cls.__hash__  # type: ignore[method-assign]

    __eq__ = equal
    __hash__ = hashed

    def __repr__(self) -> str:
        given = ", ".join(_given(self)) if is_dataclass(self) else ""
        return cut(f"{type(self).__name__}({given})", LONGEST)


def cut(text: str, most: int) -> str:
    """`text` on one line, with at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."


def listed(names: Mapping[str, Any], most: int = 6) -> str:
    """Names with a text each, such as "noise 20, cells 5", and how many more there are."""
    shown = ", ".join(f"{name} {text}" for name, text in list(names.items())[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def entries(name: str, values: Mapping[str, Any]) -> str:
    """Text of a mapping called `name`: its keys, each with its value."""
    shown = ", ".join(f"{key!r}: {short_value(value)}" for key, value in values.items())
    return cut(f"{name}({shown or 'none'})", LONGEST)


def short_value(value: Any) -> str:
    """Text of an attribute: arrays by their shape, collections by their first entries."""
    if not isinstance(value, type) and getattr(value, "size", 1) > _ENTRIES and hasattr(value, "shape"):
        return f"<array {value.shape}>"
    if isinstance(value, np.generic) and not hasattr(value, "dim"):
        return repr(value.item())
    if isinstance(value, Mapping):
        return "{" + _some([f"{key!r}: {short_value(item)}" for key, item in list(value.items())[:_ENTRIES]], len(value)) + "}"
    if isinstance(value, list | tuple):
        first, last = "[]" if isinstance(value, list) else "()"
        return first + _some([short_value(item) for item in value[:_ENTRIES]], len(value)) + last
    if isinstance(value, Short):
        return cut(repr(value), _OF_A_VALUE)
    return cut(str(value) if hasattr(value, "dim") else repr(value), _OF_A_VALUE)


def _some(shown: list[str], count: int) -> str:
    left = count - len(shown)
    return cut(", ".join(shown), _OF_A_VALUE) + (f", and {left} more" if left else "")


def _given(made: Any) -> Iterator[str]:
    for field in fields(made):
        value = getattr(made, field.name)
        if field.repr and not _is_default(field, value):
            yield f"{field.name}={short_value(value)}"


def _is_default(field: Field[Any], value: Any) -> bool:
    """Whether a plain value is the default; arrays are not compared."""
    if field.default_factory is not MISSING:
        return isinstance(value, Mapping | tuple | list) and not value
    default = field.default
    return value is default or (isinstance(value, str | int | float) and type(value) is type(default) and value == default)
