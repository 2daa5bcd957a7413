"""Comparison of a result that was computed again with the stored one: whether they are equal, and where they first differ.

The comparison is exact, because the same versions on the same kind of machine give the same bits. If they do not, the verdict
names the first difference and what else has changed. Another processor may add numbers in another order. Measures of a study
are then compared to six digits, relative to the largest value of each measure, and the verdict contains a note about this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.display.short import Short
from neurosim.results.provenance import provenance

_VOLATILE = ("date", "commit", "cores")
_DIGITS = 6


@dataclass(frozen=True)
class Verdict(Short):
    """Result of a comparison.

    Attributes
    ----------
    compared : str
        Description of what was computed again.
    difference : str
        Description of the first difference; empty if there is none.
    notes : tuple of str
        Parts that were not compared, and versions that have changed since.
    """

    compared: str
    difference: str = ""
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether there is no difference."""
        return not self.difference


@dataclass(frozen=True)
class Format:
    """A kind of file whose result can be computed again.

    Attributes
    ----------
    title : str
        Name of the format, for messages.
    recognises : function
        Function that decides whether a path is a file of this format.
    again : function
        Function ``again(path, jobs, trust) -> Verdict`` that computes the result again and compares it.
    """

    title: str
    recognises: Callable[[Path], bool]
    again: Callable[[Path, int, bool], Verdict]


def first_difference(stored: Any, found: Any, where: str = "") -> str:
    """Description of the first difference between two results of plain values and arrays, or ""; all values must be equal."""
    if isinstance(stored, Mapping) and isinstance(found, Mapping):
        return _in_mapping(stored, found, where)
    if isinstance(stored, np.ndarray) or isinstance(found, np.ndarray):
        return _in_array(np.asarray(stored), np.asarray(found), where)
    if isinstance(stored, list | tuple) and isinstance(found, list | tuple) and len(stored) == len(found):
        parts = (first_difference(a, b, f"{where}[{k}]") for k, (a, b) in enumerate(zip(stored, found, strict=True)))
        return next(filter(None, parts), "")
    same = stored == found or (stored != stored and found != found)  # NaN, such as the angle of a layer that does not change
    return "" if same else f"{where}: {stored!r} in the file, {found!r} now"


def _in_mapping(stored: Mapping[Any, Any], found: Mapping[Any, Any], where: str) -> str:
    for name in stored:
        if name not in found:
            return f"{where} {name}: in the file, but not in the new result".strip()
        difference = first_difference(stored[name], found[name], f"{where} {name}".strip())
        if difference:
            return difference
    more = [name for name in found if name not in stored]
    return f"{where} {more[0]}: in the new result, but not in the file".strip() if more else ""


def _in_array(stored: Any, found: Any, where: str) -> str:
    if stored.shape != found.shape:
        return f"{where}: shape {stored.shape} in the file, {found.shape} now"
    unequal = np.argwhere((stored != found) & ~((stored != stored) & (found != found)))
    if not len(unequal):
        return ""
    at = tuple(int(k) for k in unequal[0])
    place = ", ".join(map(str, at))
    share = f"{len(unequal)} of {stored.size} elements differ"
    return f"{where}[{place}]: {stored[at]!r} in the file, {found[at]!r} now ({share})"


def rounding(then: Mapping[str, Any]) -> tuple[float, tuple[str, ...]]:
    """Tolerance of measures, relative to the largest value of each, for a stored provenance; and a note if it is not 0."""
    was, now = then.get("processor"), provenance()["processor"]
    if was == now:
        return 0.0, ()
    note = f"computed on another processor ({was}; this one is {now}): measures were compared to {_DIGITS} digits"
    return 10.0**-_DIGITS, (note,)


def changes_since(then: Mapping[str, Any]) -> tuple[str, ...]:
    """Versions and machine properties that differ from those in a stored provenance."""
    now = provenance()
    names = (name for name in then if name not in _VOLATILE and then[name] != now.get(name))
    return tuple(f"{name} was {then[name]}, is now {now.get(name, 'missing')}" for name in names)
