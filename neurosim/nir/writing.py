"""NIR files from nested mappings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np

from neurosim.files.hdf5 import atomic_foreign_hdf5

_VERSION = "1.0.8"
"""Version of the format."""


def write_graph(path: str | os.PathLike[str], graph: Mapping[str, Any]) -> None:
    """Write a graph that is nested mappings, as NIR stores it: ``type``, ``nodes``, ``edges`` and ``metadata``.

    Raises
    ------
    NeurosimError
        If the file cannot be written.
    """
    with atomic_foreign_hdf5(path) as file:
        _write(file, {"version": _VERSION, "node": graph})


def _write(group: Any, data: Mapping[str, Any]) -> None:
    for name, value in data.items():
        if name == "edges":
            _write_edges(group, value)
        elif isinstance(value, Mapping):
            _write(group.create_group(name), value)
        elif isinstance(value, str):
            group.create_dataset(name, data=value, dtype=_text())
        else:
            array = np.asarray(value)
            group.create_dataset(name, data=array, **({"compression": "gzip"} if array.size > 64 else {}))


def _write_edges(group: Any, edges: list[tuple[str, str]]) -> None:
    made = group.create_dataset("edges", shape=(len(edges), 2), dtype=_text())
    if edges:
        made[:] = np.array(edges, dtype=object)


def _text() -> Any:
    return h5py.string_dtype()

