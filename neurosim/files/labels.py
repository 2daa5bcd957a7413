"""Labels of the arrays in an HDF5 file, so that the file explains itself: their ``units`` and a ``description``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import h5py

Labels = Mapping[str, tuple[str, str]]
"""Place of arrays, with * for names -> their unit ("1" for plain numbers), and what they are."""
UNKNOWN = "SI"
"""Unit of quantities in SI whose dimension the writer does not know."""


def label(file: Any, labels: Labels, units: Mapping[str, str] | None = None) -> None:
    """Write the attributes ``units`` and ``description`` of every array below `file`.

    Parameters
    ----------
    file : h5py.File
        File that has all of its arrays.
    labels : mapping
        Labels of all arrays; of several that fit, the first counts.
    units : mapping, optional
        Place -> unit of single arrays, instead of that of their label.
    """
    for place, dataset in _arrays(file, ""):
        unit, words = next(found for pattern, found in labels.items() if _fits(place, pattern))
        dataset.attrs["units"] = (units or {}).get(place) or unit
        dataset.attrs["description"] = words


def _fits(place: str, pattern: str) -> bool:
    parts, wanted = place.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _arrays(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name, item in group.items():
        if isinstance(item, h5py.Group):
            yield from _arrays(item, f"{before}{name}/")
        else:
            yield f"{before}{name}", item
