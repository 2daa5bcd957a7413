"""Weights in described units, and as a program stores them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from neurosim.checks.matrices import Matrix


def scaled(matrix: Any, factor: Any) -> Matrix:
    """A dense or sparse matrix times one number, or one per column."""
    return sparse.csr_array(matrix.multiply(factor)) if sparse.issparse(matrix) else np.asarray(matrix) * factor


def stored(matrix: Any, unit: Any, whole: bool) -> Matrix:
    """Described weights as multiples of `unit`, rounded to whole numbers if the program has only those."""
    numbers: Any = scaled(matrix, 1 / unit)
    if not whole:
        return numbers
    return sparse.csr_array(numbers.rint()) if sparse.issparse(numbers) else np.rint(numbers)
