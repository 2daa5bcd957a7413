"""Data sets with checksums, and atomic writing of files."""

from neurosim.data.datasets import Dataset, dataset_names, load_dataset
from neurosim.data.fetch import fetch
from neurosim.data.idx import read_idx
from neurosim.files.atomic import atomic_write

__all__ = ["Dataset", "atomic_write", "dataset_names", "fetch", "load_dataset", "read_idx"]
