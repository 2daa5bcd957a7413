"""Weights in described units, and as a program stores them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from neurosim.backends.emulator.given import check_numbers
from neurosim.checks.matrices import Matrix
from neurosim.chip.quantise.weights import grid, values, with_values
from neurosim.program.fixed import WEIGHT_RANGE, FixedProjection, store
from neurosim.program.step import StepProjection


def scaled(matrix: Any, factor: Any) -> Matrix:
    """A dense or sparse matrix times one number, or one per column."""
    return sparse.csr_array(matrix.multiply(factor)) if sparse.issparse(matrix) else np.asarray(matrix) * factor


def floored(matrix: Matrix) -> Matrix:
    """Weights rounded down to whole numbers."""
    return with_values(matrix, np.floor(values(matrix)))


def stored(matrix: Any, unit: Any, projection: StepProjection | FixedProjection) -> Matrix:
    """Described weights as multiples of `unit`; in integers, the nearest ones that the chip stores for the projection.

    Raises
    ------
    OutOfRangeError
        If a weight is beyond the field of the chip, which is narrower where weights of few bits do not learn.
    """
    numbers: Any = scaled(matrix, 1 / unit)
    if not isinstance(projection, FixedProjection):
        return numbers
    # Learning rounds to whole numbers, and what does not learn has its low bits dropped.
    step = 1 if projection.rule is not None else grid(projection.mode, projection.weight_bits)
    whole = with_values(numbers, np.rint(values(numbers) / step) * step)
    check_numbers(f"Running: weights of {projection.name!r}", values(whole), _range(projection))
    return whole


def _range(projection: FixedProjection) -> tuple[float, float]:
    """Least and largest integer that the chip stores."""
    if projection.rule is not None:
        return WEIGHT_RANGE[projection.mode]
    low, high = store(np.array([-256, 256], np.int32), projection.mode, projection.weight_bits)
    return float(low), float(high)
