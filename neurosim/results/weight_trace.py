"""Weights, tags and traces over time; the weights of sparse projections are stored for their synapses only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray
from scipy import sparse

from neurosim.checks.matrices import Matrix
from neurosim.display.short import Short
from neurosim.errors import NetworkError
from neurosim.results.form import real_array, whole_steps
from neurosim.units import FloatArray


@dataclass(frozen=True, eq=False)
class SparseValues(NDArrayOperatorsMixin, Short):
    """Matrices (times, n_pre, n_post) with the same synapses, which are used as an array and stored for the synapses only.

    Indexing gives dense arrays, of the wanted times only; methods and functions of numpy make the whole array; `matrix` gives
    the sparse matrix of one time.

    Attributes
    ----------
    data : array (times, synapses)
        Values, in the order of the rows of the matrices.
    indices, indptr : array
        Columns and rows of the synapses, as in a `scipy.sparse.csr_array`.
    form : (int, int)
        (n_pre, n_post).

    Raises
    ------
    NetworkError
        If the arrays do not fit each other.
    """

    data: FloatArray
    indices: NDArray[np.int32]
    indptr: NDArray[np.int64]
    form: tuple[int, int]

    def __post_init__(self) -> None:
        rows, columns, synapses = len(self.indptr), self.indices, np.shape(self.data)[-1:]
        fits = np.ndim(self.data) == 2 and rows == self.form[0] + 1 and synapses == (len(columns),)
        # SciPy reads and writes outside of arrays that do not fit each other.
        rises = fits and self.indptr[0] == 0 and self.indptr[-1] == len(columns) and not np.any(np.diff(self.indptr) < 0)
        if not rises or (len(columns) and not 0 <= columns.min() <= columns.max() < self.form[1]):
            raise NetworkError(
                f"SparseValues: data of shape {np.shape(self.data)}, {len(columns)} indices and {rows} numbers in indptr; "
                f"expected those of csr arrays of shape {self.form}, with values (times, synapses)."
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """(times, n_pre, n_post)."""
        return len(self.data), *self.form

    ndim = 3

    @property
    def size(self) -> int:
        """Number of entries of all matrices, as of an array of this shape."""
        return len(self.data) * self.form[0] * self.form[1]

    @property
    def dtype(self) -> Any:
        """Type of the values."""
        return self.data.dtype

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[FloatArray]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, key: Any) -> FloatArray:
        first, *rest = key if isinstance(key, tuple) else (key,)
        if isinstance(first, int | np.integer):
            return np.asarray(self.matrix(int(first)).toarray()[tuple(rest)])
        chosen = SparseValues(self.data[first], self.indices, self.indptr, self.form)
        return np.asarray(np.asarray(chosen)[(slice(None), *rest)])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> FloatArray:
        dense = np.zeros(self.shape)
        rows = np.repeat(np.arange(self.form[0]), np.diff(self.indptr))
        dense[:, rows, self.indices] = self.data
        return dense if dtype is None else dense.astype(dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return getattr(ufunc, method)(*(np.asarray(x) if isinstance(x, SparseValues) else x for x in inputs), **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(np.asarray(self), name)

    def scaled(self, factor: Any) -> SparseValues:
        """The values times one number, or one per post neuron."""
        each = np.asarray(factor)
        return SparseValues(self.data * (each[self.indices] if each.ndim else each), self.indices, self.indptr, self.form)

    def matrix(self, k: int) -> Any:
        """The k-th matrix as a `scipy.sparse.csr_array`."""
        return sparse.csr_array((np.array(self.data[k]), self.indices, self.indptr), shape=self.form)


@dataclass(frozen=True)
class WeightTrace(Short):
    """A synaptic quantity over time, in SI units: `values[k]` is its value before step `steps[k]`, counted over all samples.

    Each value is a matrix `(n_pre, n_post)` for a variable of synapses, and an array `(n,)` for a trace. The weights of a
    sparse projection are `SparseValues`, which take memory for synapses only.

    Attributes
    ----------
    steps : array (times,)
        Steps before which the values hold.
    values : array (times, n_pre, n_post) or (times, n), or SparseValues
        Values at these times.

    Raises
    ------
    NetworkError, UnitError
        If there is not one value for each step, or they are no real numbers.
    """

    steps: NDArray[np.int64]
    values: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", whole_steps(self.steps))
        if not isinstance(self.values, SparseValues):
            object.__setattr__(self, "values", real_array(self.values, "WeightTrace.values"))
        if self.steps.ndim != 1 or self.values.ndim not in (2, 3) or len(self.values) != len(self.steps):
            raise NetworkError(
                f"WeightTrace: found {self.steps.size} steps and values of shape {self.values.shape}; expected one matrix "
                "(n_pre, n_post), or values (n,) of a trace, for each step."
            )

    def matrix(self, k: int) -> Any:
        """The value number `k`; a `scipy.sparse.csr_array` for the weights of a sparse projection."""
        return self.values.matrix(k) if isinstance(self.values, SparseValues) else self.values[k]


def weight_trace(seen: Sequence[tuple[int, Any]]) -> WeightTrace:
    """The trace of what was seen: pairs of a step and a value, all sparse with the same synapses, or all dense."""
    steps, values = np.array([at for at, _ in seen], np.int64), [value for _, value in seen]
    if not sparse.issparse(values[0]):
        return WeightTrace(steps, np.stack([np.asarray(v, np.float64) for v in values]))
    first = values[0]
    data = np.stack([np.asarray(v.data, np.float64) for v in values])
    return WeightTrace(steps, SparseValues(data, first.indices, first.indptr, first.shape))


def fixed_weights(weights: Matrix, steps: NDArray[np.int64]) -> WeightTrace:
    """The trace of weights that do not change, as views that take no memory."""
    times = len(steps)
    if isinstance(weights, sparse.csr_array):
        data = np.broadcast_to(weights.data, (times, weights.nnz))
        return WeightTrace(steps, SparseValues(data, weights.indices, weights.indptr, weights.shape))
    return WeightTrace(steps, np.broadcast_to(np.asarray(weights), (times, *weights.shape)))


def as_stored(trace: WeightTrace, weights: Matrix) -> WeightTrace:
    """A trace of dense weights as that of a sparse projection, if `weights` are sparse."""
    if not isinstance(weights, sparse.csr_array) or isinstance(trace.values, SparseValues):
        return trace
    rows = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
    data = np.asarray(trace.values)[:, rows, weights.indices]
    return WeightTrace(trace.steps, SparseValues(data, weights.indices, weights.indptr, weights.shape))


def in_unit(trace: WeightTrace, unit: FloatArray) -> WeightTrace:
    """A trace times a unit: one number, or one per post neuron."""
    values = trace.values
    return WeightTrace(trace.steps, values.scaled(unit) if isinstance(values, SparseValues) else values * unit)
