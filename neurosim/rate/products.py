"""Products of activities that BLAS adds to a matrix in place."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from scipy.linalg.blas import get_blas_funcs

from neurosim.errors import UsageError


def add_product(matrix: NDArray[Any], factor: float, rows: NDArray[Any], columns: NDArray[Any]) -> None:
    """Compute ``matrix += factor * rows @ columns.T`` in place.

    Parameters
    ----------
    matrix : array (r, c)
        Contiguous matrix, in row-major or column-major order; the order decides how BLAS rounds.
    factor : float
        Factor of the product.
    rows, columns : array (r, images) and (c, images)
        Factors of the matrix product.

    Raises
    ------
    UsageError
        If the matrix is not contiguous, because BLAS would then change a copy of it.
    """
    if not (matrix.flags.c_contiguous or matrix.flags.f_contiguous):
        raise UsageError(
            f"add_product: found a matrix of shape {matrix.shape} that is not contiguous; pass np.ascontiguousarray of it."
        )
    (gemm,) = get_blas_funcs(("gemm",), (matrix,))
    # Transposed views are the arrays that BLAS reads; of others, it is given copies.
    if matrix.flags.c_contiguous:
        gemm(factor, columns.T, rows.T, beta=1.0, c=matrix.T, trans_a=True, overwrite_c=True)
    else:
        gemm(factor, rows.T, columns.T, beta=1.0, c=matrix, trans_a=True, overwrite_c=True)
