"""Data sets with checksums, and the files that results are kept in."""

from neurosim.data.datasets import Dataset, dataset_names, load_dataset
from neurosim.data.fetch import fetch
from neurosim.data.files import atomic_write
from neurosim.data.idx import read_idx

__all__ = ["Dataset", "atomic_write", "dataset_names", "fetch", "load_dataset", "read_idx"]
