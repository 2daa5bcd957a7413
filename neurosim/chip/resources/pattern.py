"""Which neurons a projection connects, so that synapses of any slice of the post neurons can be counted quickly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import sparse

from neurosim.checks.matrices import Matrix
from neurosim.program.fixed import IntArray


@dataclass(frozen=True, eq=False)
class AllPairs:
    """A synapse from each of `n_pre` to each of `n_post` neurons."""

    n_pre: int
    n_post: int

    @property
    def synapses(self) -> int:
        """Number of synapses."""
        return self.n_pre * self.n_post

    def per_axon(self, low: int, high: int) -> tuple[IntArray, IntArray]:
        """Numbers of synapses that axons have onto post neurons `low` to `high`, and how many axons have each."""
        return np.array([high - low]), np.array([self.n_pre])

    def fan_in(self) -> IntArray:
        """Number of synapses of each post neuron."""
        return np.full(self.n_post, self.n_pre)

    def fan_out(self) -> IntArray:
        """Number of synapses of each pre neuron."""
        return np.full(self.n_pre, self.n_post)

    def pairs(self, place: IntArray) -> tuple[IntArray, IntArray]:
        """Every (pre neuron, place of post neurons) once."""
        places = np.unique(place)
        return np.repeat(np.arange(self.n_pre), len(places)), np.tile(places, self.n_pre)

    def ordered(self, order: IntArray) -> AllPairs:
        """The pattern with its post neurons in another order, which is the same."""
        return self


@dataclass(frozen=True, eq=False)
class SomePairs:
    """Synapses as a CSC array `(n_pre, n_post)`, of which only the places of the entries matter."""

    columns: sparse.csc_array

    @property
    def n_pre(self) -> int:
        """Number of pre neurons."""
        return int(self.columns.shape[0])

    @property
    def synapses(self) -> int:
        """Number of synapses."""
        return int(self.columns.indptr[-1])

    def per_axon(self, low: int, high: int) -> tuple[IntArray, IntArray]:
        """Numbers of synapses that axons have onto post neurons `low` to `high`, and how many axons have each."""
        rows = self.columns.indices[self.columns.indptr[low] : self.columns.indptr[high]]
        if len(rows) * 8 < self.n_pre:
            counts = np.unique(rows, return_counts=True)[1]
        else:
            counts = np.bincount(rows)
        how_many = np.bincount(counts)
        found = np.flatnonzero(how_many)
        found = found[found > 0]
        return found, how_many[found]

    def fan_in(self) -> IntArray:
        """Number of synapses of each post neuron."""
        return np.asarray(np.diff(self.columns.indptr), np.int64)

    def fan_out(self) -> IntArray:
        """Number of synapses of each pre neuron."""
        return np.bincount(self.columns.indices, minlength=self.n_pre)

    def pairs(self, place: IntArray) -> tuple[IntArray, IntArray]:
        """Every (pre neuron, place of post neurons) once."""
        many = int(place.max(initial=0)) + 1
        of_synapse = np.repeat(place, np.diff(self.columns.indptr))
        # Sorting is much faster here than numpy.unique, which hashes.
        both = np.sort(self.columns.indices.astype(np.int64) * many + of_synapse)
        both = both[np.concatenate([[True], both[1:] != both[:-1]])] if len(both) else both
        return np.asarray(both // many), np.asarray(both % many)

    def ordered(self, order: IntArray) -> SomePairs:
        """The pattern with its post neurons in another order."""
        return SomePairs(self.columns[:, order])


Pattern: TypeAlias = AllPairs | SomePairs


def union(patterns: Sequence[Pattern]) -> Pattern:
    """Pairs that are connected in at least one of the patterns, which are between the same populations."""
    full = [pattern for pattern in patterns if isinstance(pattern, AllPairs)]
    if full or len(patterns) == 1:
        return (full or patterns)[0]
    columns = [pattern.columns.astype(np.int32) for pattern in patterns if isinstance(pattern, SomePairs)]
    return SomePairs(sparse.csc_array(sum(columns[1:], columns[0])))


def pattern_of(weights: Matrix, learns: bool) -> Pattern:
    """The synapses of a projection: stored entries of a sparse matrix; of an array all that learn, otherwise all but zeros."""
    if isinstance(weights, sparse.csr_array):
        return SomePairs(_shape_only(weights))
    given = np.asarray(weights)
    if learns or np.all(given != 0):
        return AllPairs(*given.shape)
    return SomePairs(_shape_only(sparse.csr_array(given != 0)))


def _shape_only(matrix: sparse.csr_array) -> sparse.csc_array:
    ones = sparse.csr_array((np.ones(matrix.nnz, np.int8), matrix.indices, matrix.indptr), shape=matrix.shape)
    return ones.tocsc()
