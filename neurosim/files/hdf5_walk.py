"""What may be in an HDF5 file that is read: groups and arrays of numbers that are all in the file itself.

Imports nothing of neurosim, since it also runs in a child process (`neurosim.files.hdf5_child`), for files of unknown origin.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np

_DEPTH = 6
_OBJECTS = 100_000
_ATTRIBUTE_BYTES = 64 << 20
_FILTERS = {h5py.h5z.FILTER_DEFLATE: "gzip", h5py.h5z.FILTER_SHUFFLE: "shuffle", h5py.h5z.FILTER_FLETCHER32: "fletcher32"}
_GZIP = 1100
"""No byte that gzip stores gives more."""
_SMALL = 4096


@dataclass
class Walk:
    """One walk through a file.

    Parameters
    ----------
    most : int
        Bytes of all datasets together, unpacked.
    """

    most: int
    declared: int = 0
    seen: set[Any] = field(default_factory=set)

    def datasets(self, group: Any, depth: int = 0) -> Iterator[Any]:
        """All datasets below `group`, after their declarations were checked.

        Raises
        ------
        ValueError
            Names what must not be there.
        """
        self._visit(group)
        if depth > _DEPTH:
            raise ValueError(f"groups lie in groups more than {_DEPTH} deep, at {short(group.name)}")
        for name in group:
            place = f"{group.name.rstrip('/')}/{name}"
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                kind = {h5py.SoftLink: "soft", h5py.ExternalLink: "external"}.get(type(link), "strange")
                raise ValueError(f"{short(place)} is a link of the {kind} kind, which leads elsewhere")
            item = group[name]
            if isinstance(item, h5py.Group):
                yield from self.datasets(item, depth + 1)
            elif isinstance(item, h5py.Dataset):
                self._check(item, place)
                yield item
            else:
                raise ValueError(f"{short(place)} is a stored type; expected groups and arrays")

    def _visit(self, item: Any) -> None:
        """Each object once: loops and arrays under two names are refused."""
        address = h5py.h5o.get_info(item.id).addr
        if address in self.seen:
            raise ValueError(f"{short(item.name)} is linked twice, or a loop")
        self.seen.add(address)
        if len(self.seen) > _OBJECTS:
            raise ValueError(f"it has more than {_OBJECTS} groups and arrays")
        for name in item.attrs:
            _check_attribute(item, name)

    def _check(self, dataset: Any, place: str) -> None:
        self._visit(dataset)
        if dataset.is_virtual or dataset.external:
            raise ValueError(f"the values of {short(place)} lie in other files or arrays")
        if dataset.dtype.kind not in "iufb" or dataset.dtype.itemsize > 16:
            raise ValueError(f"{short(place)} holds {dataset.dtype}; expected numbers")
        _check_filters(dataset, place)
        size = math.prod(dataset.shape or (0,)) * dataset.dtype.itemsize
        stored = dataset.id.get_storage_size()
        if size > max(_SMALL, _GZIP * stored):
            raise ValueError(f"{short(place)} has the shape {dataset.shape}, {size} bytes, of which {stored} are in the file")
        self.declared += size
        if self.declared > self.most:
            raise ValueError(
                f"its arrays have more than {self.most} bytes when unpacked, too many for its size; if you trust it, "
                "neurosim.files.seal.reseal(path, mine=True) lifts the limit"
            )


def short(name: str) -> str:
    """A name from a file, in a message."""
    text = repr(name)
    return text if len(text) <= 100 else f"{text[:100]}..."


def _check_filters(dataset: Any, place: str) -> None:
    how = dataset.id.get_create_plist()
    for k in range(how.get_nfilters()):
        number = how.get_filter(k)[0]
        if number not in _FILTERS:
            raise ValueError(f"{short(place)} is packed by filter {number}; expected {', '.join(_FILTERS.values())}")


def _check_attribute(item: Any, name: str) -> None:
    attribute = item.attrs.get_id(name)
    kind, place = attribute.dtype, f"attribute {short(name)} of {short(item.name)}"
    if kind.kind not in "iufbS" and h5py.check_string_dtype(kind) is None:
        raise ValueError(f"{place} holds {kind}; expected numbers or text")
    if math.prod(attribute.shape) * kind.itemsize > _ATTRIBUTE_BYTES:
        raise ValueError(f"{place} has the shape {attribute.shape}, which is too large")


def read_all(file: Any, datasets: list[Any]) -> None:
    """Read every attribute and every array, piece by piece, and keep nothing."""
    for item in (file, *datasets):
        for name in item.attrs:
            _ = item.attrs[name]
    for dataset in datasets:
        for piece in _pieces(dataset):
            _ = np.asarray(dataset[piece])


def _pieces(dataset: Any) -> Iterator[Any]:
    if dataset.chunks is not None:
        yield from dataset.iter_chunks()
    elif dataset.ndim and dataset.size:
        rows = max(1, (16 << 20) * len(dataset) // (dataset.size * dataset.dtype.itemsize))
        yield from (slice(k, k + rows) for k in range(0, len(dataset), rows))
    else:
        yield ()
