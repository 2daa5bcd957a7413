"""NIR files as nested mappings; a file is checked within bounds before it is read, and reading never runs code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.errors import DataError
from neurosim.files.hdf5 import open_foreign_hdf5
from neurosim.nir.nodes import Graph, graph_of

_LONGEST_TEXT = 1 << 20


def read_graph(source: Any) -> Graph:
    """The graph of a NIR file, or of an object of the package `nir`.

    Raises
    ------
    DataError
        If the file is missing, damaged or no NIR graph; names what was found, what was expected, and the remedy.
    NetworkError
        If a node is of a kind that neurosim does not read.
    """
    if isinstance(source, str | os.PathLike):
        return graph_of(_from_file(Path(source)), str(source))
    if not callable(getattr(source, "to_dict", None)) or isinstance(source, type):
        raise DataError(f"from_nir: found {type(source).__name__}; expected the path of a NIR file, or a nir.NIRGraph.")
    return graph_of(source.to_dict(), "NIR graph")


def _from_file(path: Path) -> Mapping[str, Any]:
    with open_foreign_hdf5(path, "NIR file", "check the path; expected a file that nir.write wrote") as file:
        top = file.get("node")
        if not isinstance(top, h5py.Group):
            found = ", ".join(str(name)[:40] for name in list(file)[:8]) or "nothing"
            raise DataError(f"{path}: an HDF5 file with {found}; expected the group 'node'. Is it the right file?")
        return _group(top)


def _group(group: Any) -> dict[str, Any]:
    return {name: _group(item) if isinstance(item, h5py.Group) else _value(item) for name, item in group.items()}


def _value(dataset: Any) -> Any:
    """A number, an array, a text, or nested lists of texts; None for an empty dataset."""
    if dataset.shape is None:
        return None
    if h5py.check_string_dtype(dataset.dtype) is None:
        return np.asarray(dataset[()])
    return _texts(dataset[()])


def _texts(found: Any) -> Any:
    if isinstance(found, np.ndarray):
        return [_texts(item) for item in found]
    text = found.decode("utf-8", errors="replace") if isinstance(found, bytes) else str(found)
    if len(text) > _LONGEST_TEXT:
        raise DataError(f"a text in the file has {len(text)} characters; expected at most {_LONGEST_TEXT}.")
    return text
