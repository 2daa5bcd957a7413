"""Checked reading of values from a file: each must have the expected type and range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import h5py
import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")
REALS, WHOLE = "iufb", "iu"
LARGEST_WHOLE = 2**31 - 1


@dataclass(frozen=True)
class Node:
    """A group or an array of an HDF5 file, whose values are checked when they are read.

    Every method raises ValueError, which names the place, the value that was found, and what was expected.
    """

    item: Any

    def whole(self, name: str, low: int) -> int:
        """The attribute `name`, an integer from `low` to 2^31 - 1."""
        found = self._attribute(name)
        if not isinstance(found, int | np.integer) or isinstance(found, bool) or not low <= found <= LARGEST_WHOLE:
            raise self._wrong(name, found, f"a whole number from {low} to {LARGEST_WHOLE}")
        return int(found)

    def positive(self, name: str) -> float:
        """The attribute `name`, a finite number above 0."""
        found = self._attribute(name)
        if not isinstance(found, int | float | np.integer | np.floating) or not 0 < found < math.inf:
            raise self._wrong(name, found, "a number above 0")
        return float(found)

    def text(self, name: str) -> str:
        """The attribute `name`, which is text."""
        found = self._attribute(name)
        if not isinstance(found, str):
            raise self._wrong(name, found, "text")
        return found

    def json(self, name: str, kind: TypeAdapter[T], default: str | None = None) -> T:
        """The attribute `name`, which is JSON of `kind`; `default` is used if the attribute is missing."""
        text = default if default is not None and name not in self.item.attrs else self.text(name)
        return parsed(text, kind, f"attribute {name}")

    def parts(self, name: str) -> Mapping[str, Node]:
        """Members of the group `name` by name, or of this group for ""; empty if there is no such group."""
        if name and name not in self.item:
            return {}
        group = self.item[name] if name else self.item
        if not isinstance(group, h5py.Group):
            raise ValueError(f"{group.name} is an array; expected a group")
        return {key: Node(item) for key, item in group.items()}

    def part(self, name: str) -> Node:
        """Member `name` of this group."""
        if not isinstance(self.item, h5py.Group) or name not in self.item:
            raise ValueError(f"{self.item.name} has no {name}")
        return Node(self.item[name])

    def array(self, kinds: str, ndim: int | None = None) -> NDArray[Any]:
        """Values of an array, whose dtype must be one of `kinds`, and which must have `ndim` dimensions."""
        data = self.item
        if not isinstance(data, h5py.Dataset):
            raise ValueError(f"{data.name} is a group; expected an array")
        # An empty list is stored as an array of floats without elements.
        if data.dtype.kind not in kinds and data.size:
            raise ValueError(f"{data.name} contains {data.dtype}; expected {'whole ' if kinds == WHOLE else ''}numbers")
        if ndim is not None and data.ndim != ndim:
            raise ValueError(f"{data.name} has the shape {data.shape}; expected {ndim} dimensions")
        return np.asarray(data[()])

    def _attribute(self, name: str) -> Any:
        if name not in self.item.attrs:
            raise ValueError(f"{self.item.name} has no attribute {name}")
        return self.item.attrs[name]

    def _wrong(self, name: str, found: Any, expected: str) -> ValueError:
        return ValueError(f"attribute {name} of {self.item.name} is {str(found)[:60]!r}; expected {expected}")


def parsed(text: str, kind: TypeAdapter[T], who: str) -> T:
    """JSON text as a value of `kind`; raise ValueError, which names the place, if it is of another kind.

    An integer is accepted in place of a float, but text is not accepted in place of a number.
    """
    try:
        return kind.validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part)[:40] for part in (who, *first["loc"]))
        raise ValueError(f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None


def in_range(values: NDArray[Any], end: int, who: str) -> NDArray[Any]:
    """Check that `values` are from 0 to `end` - 1 and return them; raise ValueError if they are not."""
    if values.size and not (values.min() >= 0 and values.max() < end):
        raise ValueError(f"{who} ranges from {values.min()} to {values.max()}; expected 0 to {end - 1}")
    return values
