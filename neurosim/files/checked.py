"""Values from a file, each of the kind and in the range that it must have."""

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
    """A group or an array of an HDF5 file.

    Every method raises ValueError, which names the place, what was found and what is expected.
    """

    item: Any

    def whole(self, name: str, low: int) -> int:
        """The attribute `name`, a whole number from `low` to 2^31 - 1."""
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
        """The attribute `name`, JSON of `kind`; `default` is the JSON of one that is not there."""
        text = default if default is not None and name not in self.item.attrs else self.text(name)
        return parsed(text, kind, f"attribute {name}")

    def parts(self, name: str) -> Mapping[str, Node]:
        """What is in the group `name`, or in this one for "", by name; nothing where there is none."""
        if name and name not in self.item:
            return {}
        group = self.item[name] if name else self.item
        if not isinstance(group, h5py.Group):
            raise ValueError(f"{group.name} is an array; expected a group")
        return {key: Node(item) for key, item in group.items()}

    def part(self, name: str) -> Node:
        """What is called `name` in this group."""
        if not isinstance(self.item, h5py.Group) or name not in self.item:
            raise ValueError(f"{self.item.name} has no {name}")
        return Node(self.item[name])

    def array(self, kinds: str, ndim: int | None = None) -> NDArray[Any]:
        """The values of an array whose dtype is one of `kinds`, and which has `ndim` dimensions."""
        data = self.item
        if not isinstance(data, h5py.Dataset):
            raise ValueError(f"{data.name} is a group; expected an array")
        # An empty list becomes floats of no elements.
        if data.dtype.kind not in kinds and data.size:
            raise ValueError(f"{data.name} holds {data.dtype}; expected {'whole ' if kinds == WHOLE else ''}numbers")
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
    """JSON text as a value of `kind`; a ValueError says where it is something else.

    Whole numbers may stand for fractions, but no text for a number.
    """
    try:
        return kind.validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part)[:40] for part in (who, *first["loc"]))
        raise ValueError(f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None


def in_range(values: NDArray[Any], end: int, who: str) -> NDArray[Any]:
    """`values`, which are from 0 to `end` - 1; a ValueError says which are not."""
    if values.size and not (values.min() >= 0 and values.max() < end):
        raise ValueError(f"{who} reaches from {values.min()} to {values.max()}; expected 0 to {end - 1}")
    return values
