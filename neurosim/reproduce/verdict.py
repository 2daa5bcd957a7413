"""Whether a result that was made again is equal, and if not, where it first differs.

The comparison is exact: the same versions on the same kind of
machine give the same bits, and where they do not, the first difference is named with what else has changed. Another processor
adds in another order: there the measures of a study are compared to six digits of the largest value that each has, and the
verdict says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.results.provenance import provenance

_VOLATILE = ("date", "commit", "cores")
_DIGITS = 6


@dataclass(frozen=True)
class Verdict:
    """What came out.

    Attributes
    ----------
    compared : str
        What was made again.
    difference : str
        The first one; empty if there is none.
    notes : tuple of str
        What was not compared, and what else has changed since.
    """

    compared: str
    difference: str = ""
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.difference


@dataclass(frozen=True)
class Format:
    """A kind of file that can be made again.

    Attributes
    ----------
    title : str
        For people.
    recognises : function
        Whether a path is one.
    again : function
        ``again(path, jobs, trust) -> Verdict``.
    """

    title: str
    recognises: Callable[[Path], bool]
    again: Callable[[Path, int, bool], Verdict]


def first_difference(stored: Any, found: Any, where: str = "") -> str:
    """Where two results of plain values and arrays first differ, or ""; a truth value, text or number must be equal."""
    if isinstance(stored, Mapping) and isinstance(found, Mapping):
        return _in_mapping(stored, found, where)
    if isinstance(stored, np.ndarray) or isinstance(found, np.ndarray):
        return _in_array(np.asarray(stored), np.asarray(found), where)
    if isinstance(stored, list | tuple) and isinstance(found, list | tuple) and len(stored) == len(found):
        parts = (first_difference(a, b, f"{where}[{k}]") for k, (a, b) in enumerate(zip(stored, found, strict=True)))
        return next(filter(None, parts), "")
    return "" if stored == found else f"{where}: {stored!r} in the file, {found!r} now"


def _in_mapping(stored: Mapping[Any, Any], found: Mapping[Any, Any], where: str) -> str:
    for name in stored:
        if name not in found:
            return f"{where} {name}: in the file, but not now".strip()
        difference = first_difference(stored[name], found[name], f"{where} {name}".strip())
        if difference:
            return difference
    more = [name for name in found if name not in stored]
    return f"{where} {more[0]}: not in the file".strip() if more else ""


def _in_array(stored: Any, found: Any, where: str) -> str:
    if stored.shape != found.shape:
        return f"{where}: shape {stored.shape} in the file, {found.shape} now"
    unequal = np.argwhere(stored != found)
    if not len(unequal):
        return ""
    at = tuple(int(k) for k in unequal[0])
    place = ", ".join(map(str, at))
    share = f"{len(unequal)} of {stored.size} elements differ"
    return f"{where}[{place}]: {stored[at]!r} in the file, {found[at]!r} now ({share})"


def rounding(then: Mapping[str, Any]) -> tuple[float, tuple[str, ...]]:
    """How far measures may be off, as a part of the largest value of each, for a stored provenance; and a note if at all."""
    was, now = then.get("processor"), provenance()["processor"]
    if was == now:
        return 0.0, ()
    return 10.0**-_DIGITS, (f"made on another processor ({was}, here {now}): measures were compared to {_DIGITS} digits",)


def changes_since(then: Mapping[str, Any]) -> tuple[str, ...]:
    """Versions and machine that are others than those of a stored provenance."""
    now = provenance()
    names = (name for name in then if name not in _VOLATILE and then[name] != now.get(name))
    return tuple(f"{name} was {then[name]}, is {now.get(name, 'missing')}" for name in names)
