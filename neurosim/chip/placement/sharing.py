"""An order of neurons in which those that share inputs follow each other, for networks that are short of input axons.

Slices are grown one after the other: the next neuron is the one of which the largest part of the inputs has an axon on the core
already, of all neurons whose further inputs have room. This is the greedy algorithm for covering; a random network has little
to share, but what it has counts, because it needs an axon for almost every synapse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.chip.resources.needs import Needs, PopulationNeed
from neurosim.chip.resources.pattern import SomePairs
from neurosim.compiler import compile_kernels
from neurosim.compiler.machine import address_of
from neurosim.program.fixed import IntArray

_WINDOW = 16384
"""Neurons among which the next one is chosen; the time grows with it, and a fourfold window saves 1 % of the cores."""
_KERNEL = """
def ordered(
    n: i64, most: i64, left: P[i32], begins: P[i64], pre: P[i32], starts: P[i64], post: P[i32], fan: P[f64],
    seen: P[i32], shared: P[i32], out: P[i32]
):
    many = n
    group = i32(0)
    done = i64(0)
    while many > 0:
        group += 1
        room = most
        for k in range(many):
            shared[left[k]] = 0
        at = i64(0)
        while at >= 0 and many > 0:
            best = -1.0
            at = i64(-1)
            for k in range(many):
                j = left[k]
                own = f64(shared[j])
                if fan[j] - own <= f64(room) and own > best * fan[j]:
                    best = own / fan[j]
                    at = k
            if at < 0 and room == most:
                at = many - 1
            if at >= 0:
                j = left[at]
                many -= 1
                left[at] = left[many]
                out[done] = j
                done += 1
                for s in range(begins[j], begins[j + 1]):
                    i = pre[s]
                    if seen[i] != group:
                        seen[i] = group
                        room -= 1
                        for t in range(starts[i], starts[i + 1]):
                            shared[post[t]] += 1
"""


def sharing(needs: Needs, in_axons: int) -> Mapping[str, IntArray]:
    """Rank of every neuron in the order, by population, for cores with `in_axons` input axons."""
    return {p.name: _ranks(p, needs, in_axons) for p in needs.populations}


def _ranks(population: PopulationNeed, needs: Needs, in_axons: int) -> IntArray:
    patterns = [axons.pattern for axons in needs.axons_into(population.name)]
    some = [pattern.columns for pattern in patterns if isinstance(pattern, SomePairs)]
    for_all = sum(pattern.n_pre for pattern in patterns if not isinstance(pattern, SomePairs))
    ranks = np.arange(population.n)
    if some and in_axons > for_all:
        ranks[_order(sparse.csc_array(sparse.vstack(some)), in_axons - for_all)] = np.arange(population.n)
    return ranks


def _order(columns: sparse.csc_array, most: int) -> IntArray:
    """Post neurons, the columns, in the order in which they are placed."""
    rows, n = columns.tocsr(), columns.shape[1]
    fan = np.maximum(np.diff(columns.indptr), 1).astype(np.float64)
    found = np.empty(n, np.int32)
    synapses = [*_indices(columns), *_indices(rows), fan]
    place = compile_kernels(_KERNEL, ["ordered"]).function("ordered")
    for low in range(0, n, _WINDOW):
        left = np.arange(low, min(low + _WINDOW, n), dtype=np.int32)
        own = [np.full(columns.shape[0], -1, np.int32), np.zeros(n, np.int32), np.empty(len(left), np.int32)]
        place(len(left), most, address_of(left), *(address_of(array) for array in (*synapses, *own)))
        found[low : low + len(left)] = own[-1]
    return found.astype(np.int64)


def _indices(matrix: Any) -> tuple[Any, Any]:
    return np.ascontiguousarray(matrix.indptr, np.int64), np.ascontiguousarray(matrix.indices, np.int32)
