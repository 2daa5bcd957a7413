"""Products of activities that are added into a matrix by BLAS itself."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from scipy.linalg.blas import get_blas_funcs

from neurosim.errors import UsageError


def add_product(matrix: NDArray[Any], factor: float, rows: NDArray[Any], columns: NDArray[Any]) -> None:
    """``matrix += factor * rows @ columns.T`` in place.

    Parameters
    ----------
    matrix : array (r, c)
        C-contiguous.
    rows, columns : array (r, images) and (c, images)

    Raises
    ------
    UsageError
        If the matrix is laid out otherwise: BLAS would change a copy of it.
    """
    if not matrix.flags.c_contiguous:
        raise UsageError(f"add_product: matrix {matrix.shape} is not C-contiguous; pass np.ascontiguousarray of it.")
    (gemm,) = get_blas_funcs(("gemm",), (matrix,))
    gemm(factor, columns, rows, beta=1.0, c=matrix.T, trans_b=True, overwrite_c=True)
