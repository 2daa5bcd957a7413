"""Checks of sparse matrices: every sparse format of SciPy is converted to a checked CSR array, which is a copy."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosim.arrays import as_floats, whole_numbers
from neurosim.checks.described import Described
from neurosim.errors import NetworkError, UnitError, shown
from neurosim.units import in_si, si

Matrix: TypeAlias = NDArray[np.generic] | sparse.csr_array

_PAIRS = {"csr": ("pre", "post"), "csc": ("post", "pre")}
_UNITS = {"volt": "mV", "ampere": "nA", "siemens": "nS"}


@dataclass(frozen=True, repr=False)
class Sparse(Described):
    """Sparse weight matrix with a unit, which a SciPy matrix cannot carry: ``Sparse(matrix, mV)``.

    Every stored entry is a synapse, even if its value is 0.

    Parameters
    ----------
    matrix : scipy.sparse matrix or array (n_pre, n_post)
        Matrix in any sparse format. A copy is stored; it is checked when the network is created.
    unit : quantity
        Weight that corresponds to an entry of 1, in the unit of the postsynaptic receptor.

    Raises
    ------
    NetworkError, UnitError
        If the matrix is not sparse, or the unit is not a quantity.
    """

    matrix: Any
    unit: Any

    def __post_init__(self) -> None:
        if not sparse.issparse(self.matrix):
            raise NetworkError(f"Sparse.matrix: expected a SciPy sparse matrix, found {shown(self.matrix)}; use array * unit.")
        factor, _ = in_si(self.unit, "Sparse.unit")
        if factor.ndim or not (np.isfinite(factor) and factor > 0):
            raise NetworkError(f"Sparse.unit: expected one positive quantity such as mV, found {shown(self.unit)}.")
        object.__setattr__(self, "matrix", deepcopy(self.matrix))

    def __repr__(self) -> str:
        return f"Sparse({_described(self.matrix)}, {shown(self.unit)})"


def own(value: Any) -> Any:
    """Copy of an array, sparse matrix or list, which later changes by the user do not affect; else `value` itself."""
    if isinstance(value, np.ndarray):
        if value.base is None and not value.flags.writeable:
            return value
        value = value.copy()
        value.flags.writeable = False
    # The copy methods of SciPy check only some of the arrays, and may modify them.
    return deepcopy(value) if isinstance(value, list) or sparse.issparse(value) else value


def sparse_weights(weights: Any, shape: tuple[int, int], unit: str) -> sparse.csr_array:
    """Convert a sparse matrix, plain or `Sparse`, to a read-only CSR array in SI.

    Raises
    ------
    NetworkError, UnitError
        If its shape is not `shape` or its unit is not `unit`, or if it is not consistent (see `canonical`).
    """
    plain = not isinstance(weights, Sparse)
    if plain and unit != "1":
        raise UnitError(
            f"weights: expected a value in {unit}, found a sparse matrix, which carries no unit (also after * mV); "
            f"write Sparse(matrix, {_UNITS.get(unit, 'unit')})."
        )
    factor = 1.0 if plain else float(si(weights.unit, unit, "Sparse.unit"))
    matrix = weights if plain else weights.matrix
    if matrix.shape != shape:
        raise NetworkError(f"weights have shape {matrix.shape}; expected (n_pre, n_post) = {shape}.")
    found = canonical(matrix, "weights")
    return found if factor == 1.0 else frozen(_like(found, found.data * factor))


def canonical(matrix: Any, who: str) -> sparse.csr_array:
    """Convert a sparse matrix to a checked, read-only CSR array in float64 with sorted rows; stored zeros are kept.

    Raises
    ------
    NetworkError, UnitError
        If its index arrays are not consistent, if two entries belong to one pair, or if its values are not real numbers.
    """
    if matrix.ndim != 2:
        raise NetworkError(f"{who}: expected a sparse matrix (n_pre, n_post), found {_described(matrix)}.")
    if matrix.format in ("csr", "csc", "bsr"):
        check_compressed(matrix, who)
    pre, post, values = _triplets(matrix)
    return from_pairs(pre, post, values, matrix.shape, who)


def from_pairs(pre: Any, post: Any, values: Any, shape: tuple[int, int], who: str) -> sparse.csr_array:
    """Read-only CSR array (n_pre, n_post) with `values[k]` at ``(pre[k], post[k])``; errors as in `canonical`."""
    data = as_floats(values, who)
    rows = _indices(pre, f"{who}, pre indices", shape[0] - 1)
    columns = _indices(post, f"{who}, post indices", shape[1] - 1)
    if not rows.shape == columns.shape == data.shape or data.ndim != 1:
        raise NetworkError(
            f"{who}: {data.size} values, {rows.size} pre and {columns.size} post indices; expected three lists of equal length."
        )
    made = sparse.coo_array((data, (rows, columns)), shape=shape).tocsr()
    if made.nnz < len(data):
        pair, again = _repeated(rows, columns)
        raise NetworkError(
            f"{who}: {again} pairs have several entries, the first is {pair}; expected one. "
            "Call .sum_duplicates() on the matrix if they should add up."
        )
    return frozen(made)


def _indices(given: Any, who: str, high: int) -> NDArray[np.int64]:
    """Checked indices up to `high`; an array that has them already is not copied."""
    kept = type(given) is np.ndarray and given.dtype == np.int64 and given.size and given.min() >= 0 and given.max() <= high
    return given if kept else whole_numbers(given, who, high=high)


def _repeated(rows: Any, columns: Any) -> tuple[str, int]:
    """First pair that occurs more than once, and the number of such pairs."""
    pairs, counts = np.unique(np.stack([rows, columns]), axis=1, return_counts=True)
    again = pairs[:, counts > 1]
    return f"{again[0, 0]} -> {again[1, 0]}", again.shape[1]


def check_compressed(matrix: Any, who: str) -> None:
    """Raise NetworkError unless the index arrays of a CSR, CSC or BSR matrix are consistent; wrong ones corrupt memory."""
    across = matrix.blocksize if matrix.format == "bsr" else (1, 1)
    lines, width = (matrix.shape[0] // across[0], matrix.shape[1] // across[1])
    if matrix.format == "csc":
        lines, width = width, lines
    if len(matrix.indices) != len(matrix.data):
        raise NetworkError(f"{who}: {len(matrix.indices)} indices for {len(matrix.data)} entries; expected one for each.")
    of, to = _PAIRS.get(matrix.format, ("pre", "post"))
    starts = whole_numbers(matrix.indptr, f"{who}.indptr", high=len(matrix.indices))
    if starts.shape != (lines + 1,) or starts[0] != 0 or np.any(np.diff(starts) < 0):
        raise NetworkError(
            f"{who}: indptr does not divide its {len(matrix.data)} entries into {lines} {of} lines; expected {lines + 1} "
            "numbers that begin with 0 and do not fall."
        )
    whole_numbers(matrix.indices, f"{who}, {to} indices", high=width - 1)


def frozen(matrix: sparse.csr_array) -> sparse.csr_array:
    """Make the arrays of `matrix` read-only, and return it."""
    for part in (matrix.data, matrix.indices, matrix.indptr):
        part.flags.writeable = False
    return matrix


def _triplets(matrix: Any) -> tuple[Any, Any, Any]:
    """Pre indices, post indices and values, in the order of storage."""
    if matrix.format in _PAIRS:
        lines = np.repeat(np.arange(len(matrix.indptr) - 1), np.diff(matrix.indptr))
        pair = (lines, matrix.indices[: len(lines)])
        return (*(pair if matrix.format == "csr" else pair[::-1]), matrix.data[: len(lines)])
    coo = matrix if matrix.format == "coo" else matrix.tocoo()
    return coo.row, coo.col, coo.data


def _like(matrix: sparse.csr_array, values: NDArray[np.float64]) -> sparse.csr_array:
    return sparse.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def _described(matrix: Any) -> str:
    return f"a sparse matrix of shape {matrix.shape}"


@dataclass(frozen=True)
class InSi:
    """Weights or delays that are already in SI, for example those of a trained network."""

    values: Any


def nonzero(matrix: Matrix) -> tuple[Any, Any, Any]:
    """Pre indices, post indices and weights of the synapses of a matrix; in a dense matrix, all pairs have a synapse."""
    if isinstance(matrix, sparse.csr_array):
        coo = matrix.tocoo()
        return coo.row, coo.col, coo.data
    pre, post = np.indices(matrix.shape)
    return pre.ravel(), post.ravel(), np.asarray(matrix).ravel()


def per_synapse(delays: Any, pre: Any, post: Any) -> Any:
    """Delays of the synapses that `nonzero` lists; a single delay stays single."""
    return delays[pre, post] if delays.ndim == 2 else delays
