"""HDF5 files that are either whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h5py

from neurosim.data.files import atomic_write


@contextmanager
def atomic_hdf5(path: str | os.PathLike[str]) -> Iterator[Any]:
    """An `h5py.File` to fill; it becomes `path` when the block ends well.

    Raises
    ------
    NeurosimError
        If the file cannot be written.
    """
    # In memory first: on a full disk HDF5 itself fails a second time when it closes the file, and takes the process with it.
    with h5py.File("memory", "w", driver="core", backing_store=False) as file:
        yield file
        file.flush()
        image = file.id.get_file_image()
    with atomic_write(path) as partial:
        partial.write_bytes(image)
