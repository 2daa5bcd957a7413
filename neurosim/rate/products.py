"""Products of activities that are added into a matrix by BLAS itself."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from scipy.linalg.blas import get_blas_funcs


def add_product(matrix: NDArray[Any], factor: float, rows: NDArray[Any], columns: NDArray[Any]) -> None:
    """``matrix += factor * rows @ columns.T`` in place.

    Parameters
    ----------
    matrix : array (r, c)
        C-contiguous.
    rows, columns : array (r, images) and (c, images)
    """
    (gemm,) = get_blas_funcs(("gemm",), (matrix,))
    gemm(factor, columns, rows, beta=1.0, c=matrix.T, trans_b=True, overwrite_c=True)
