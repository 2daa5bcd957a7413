"""Check of the content of an HDF5 file: only groups and arrays of numbers that are in the file itself are allowed.

This module imports nothing of neurosim, because it also runs in a child process (`neurosim.files.hdf5_child`), for files of
unknown origin.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np

_DEPTH, _FOREIGN_DEPTH = 6, 24
_OBJECTS = 100_000
_ATTRIBUTE_BYTES = 64 << 20
_FILTERS = {h5py.h5z.FILTER_DEFLATE: "gzip", h5py.h5z.FILTER_SHUFFLE: "shuffle", h5py.h5z.FILTER_FLETCHER32: "fletcher32"}
_GZIP = 1100
"""Largest number of bytes to which gzip can unpack one byte."""
_SMALL = 4096
_ROOM = 512
"""Bytes before a file in which its seal is written when it is closed."""


def opened(path: Any) -> Any:
    """Open a file to read; a file that grows, and has no seal yet in the room before it, as one that is being written."""
    with open(path, "rb") as file:
        grows = file.read(_ROOM) == bytes(_ROOM)
    return h5py.File(path, "r", swmr=True, libver="latest") if grows else h5py.File(path, "r")


@dataclass
class Walk:
    """One walk through all objects of a file.

    Parameters
    ----------
    most : int
        Largest number of bytes of all datasets together, unpacked.
    declared : int
        Number of bytes of the datasets so far, unpacked.
    seen : set
        Addresses of the objects so far.
    foreign : bool
        Whether it is a file of another program, which may contain arrays of text and deeper groups.
    """

    most: int
    declared: int = 0
    seen: set[Any] = field(default_factory=set)
    foreign: bool = False

    def datasets(self, group: Any, depth: int = 0) -> Iterator[Any]:
        """Yield all datasets below `group`, after checking their declarations.

        Raises
        ------
        ValueError
            If the file contains an object that is not allowed; the message names it.
        """
        self._visit(group)
        deepest = _FOREIGN_DEPTH if self.foreign else _DEPTH
        if depth > deepest:
            raise ValueError(f"groups are nested more than {deepest} deep, at {short(group.name)}")
        for name in group:
            place = f"{group.name.rstrip('/')}/{name}"
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                kind = {h5py.SoftLink: "soft", h5py.ExternalLink: "external"}.get(type(link), "strange")
                raise ValueError(f"{short(place)} is a link of the {kind} kind, which refers to another place")
            item = group[name]
            if isinstance(item, h5py.Group):
                yield from self.datasets(item, depth + 1)
            elif isinstance(item, h5py.Dataset):
                self._check(item, place)
                yield item
            else:
                raise ValueError(f"{short(place)} is a stored type; expected groups and arrays")

    def _visit(self, item: Any) -> None:
        """Check that an object is visited only once, which refuses loops and arrays with two names."""
        address = h5py.h5o.get_info(item.id).addr
        if address in self.seen:
            raise ValueError(f"{short(item.name)} is linked twice, or part of a loop")
        self.seen.add(address)
        if len(self.seen) > _OBJECTS:
            raise ValueError(f"it has more than {_OBJECTS} groups and arrays")
        for name in item.attrs:
            _check_attribute(item, name)

    def _check(self, dataset: Any, place: str) -> None:
        self._visit(dataset)
        if dataset.is_virtual or dataset.external:
            raise ValueError(f"the values of {short(place)} are in other files or arrays")
        text = self.foreign and h5py.check_string_dtype(dataset.dtype) is not None
        if not text and (dataset.dtype.kind not in "iufb" or dataset.dtype.itemsize > 16):
            raise ValueError(f"{short(place)} contains {dataset.dtype}; expected numbers")
        _check_filters(dataset, place)
        size = math.prod(dataset.shape or (0,)) * dataset.dtype.itemsize
        stored = dataset.id.get_storage_size()
        if size > max(_SMALL, _GZIP * stored):
            raise ValueError(
                f"{short(place)} has the shape {dataset.shape}, which needs {size} bytes, but only {stored} are in the file"
            )
        self.declared += size
        if self.declared > self.most:
            raise ValueError(
                f"its arrays have more than {self.most} bytes when unpacked, which is too many for its size; if you trust the "
                "file, neurosim.files.seal.reseal(path, mine=True) removes the limit"
            )


def short(name: str) -> str:
    """A name from a file in a form that is short enough for a message."""
    text = repr(name)
    return text if len(text) <= 100 else f"{text[:100]}..."


def _check_filters(dataset: Any, place: str) -> None:
    how = dataset.id.get_create_plist()
    for k in range(how.get_nfilters()):
        number = how.get_filter(k)[0]
        if number not in _FILTERS:
            raise ValueError(f"{short(place)} is packed with filter {number}; expected {', '.join(_FILTERS.values())}")


def _check_attribute(item: Any, name: str) -> None:
    attribute = item.attrs.get_id(name)
    kind, place = attribute.dtype, f"attribute {short(name)} of {short(item.name)}"
    if kind.kind not in "iufbS" and h5py.check_string_dtype(kind) is None:
        raise ValueError(f"{place} contains {kind}; expected numbers or text")
    if math.prod(attribute.shape) * kind.itemsize > _ATTRIBUTE_BYTES:
        raise ValueError(f"{place} has the shape {attribute.shape}, which is too large")


def read_all(file: Any, datasets: list[Any]) -> None:
    """Read every attribute and every array piece by piece, to find damage; nothing is kept in memory."""
    for item in (file, *datasets):
        for name in item.attrs:
            _ = item.attrs[name]
    for dataset in datasets:
        for piece in _pieces(dataset):
            _ = np.asarray(dataset[piece])


def _pieces(dataset: Any) -> Iterator[Any]:
    # h5py does not iterate over the chunks of an array that is still empty.
    if dataset.chunks is not None and dataset.size:
        yield from dataset.iter_chunks()
    elif dataset.ndim and dataset.size:
        rows = max(1, (16 << 20) * len(dataset) // (dataset.size * dataset.dtype.itemsize))
        yield from (slice(k, k + rows) for k in range(0, len(dataset), rows))
    else:
        yield ()
