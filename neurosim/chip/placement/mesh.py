"""Where each core lies: on which chip, and in which tile of its mesh.

Cores with much traffic to each other share a chip, and are close to each other on it. Both start from a greedy order: the next
core is the one with the most traffic to those that are placed. Pairs of cores are then exchanged as long as that helps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from neurosim.program.fixed import IntArray
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.chip.target import Target

_PASSES, _EXCHANGES = 4, 400


def positions(traffic: sparse.csr_array, target: Target) -> IntArray:
    """Number of the physical core of each core, counted over chips."""
    both = sparse.csr_array(traffic + traffic.T)
    both.setdiag(0)
    both.eliminate_zeros()
    size = target.placement.cores_per_chip.value
    chips = chips_of(both, size)
    found = np.zeros(both.shape[0], np.int64)
    for chip in range(int(chips.max(initial=-1)) + 1):
        mine = np.flatnonzero(chips == chip)
        found[mine] = chip * size + _on_a_chip(both[mine][:, mine].toarray(), target)
    return found


def chips_of(traffic: sparse.csr_array, size: int) -> IntArray:
    """Chip of each core; a chip has room for `size` cores. `traffic` is symmetric."""
    n = traffic.shape[0]
    many = -(-n // size)
    if many <= 1:
        return np.zeros(n, np.int64)
    # Places that stay empty are cores without traffic, so that an exchange can also move one core.
    places = size * many
    rows = np.pad(traffic.indptr, (0, places - n), "edge")
    padded = sparse.csr_array((traffic.data, traffic.indices, rows), shape=(places, places))
    tried = [_exchanged_chips(padded, _begun(traffic, each, size)) for each in (size, -(-n // many))]
    return min(tried, key=lambda chips: _between(padded, chips))[:n]


def _begun(traffic: sparse.csr_array, each: int, size: int) -> IntArray:
    """Chips with `each` cores that were grown one after the other, and places that stay empty."""
    n = traffic.shape[0]
    chips = np.zeros(n, np.int64)
    chips[_grown(traffic, each)] = np.arange(n) // each
    many = -(-n // size)
    return np.concatenate([chips, np.repeat(np.arange(many), size - np.bincount(chips, minlength=many))])


def _between(traffic: sparse.csr_array, chips: IntArray) -> float:
    paths = traffic.tocoo()
    return float(paths.data[chips[paths.row] != chips[paths.col]].sum())


def _grown(traffic: sparse.csr_array, size: int) -> IntArray:
    """Cores in an order in which each one follows those to which it has the most traffic; every `size` cores begin anew."""
    n = traffic.shape[0]
    order, near, total = np.zeros(n, np.int64), np.zeros(n), np.asarray(traffic.sum(axis=1)).ravel()
    left = np.ones(n, bool)
    for k in range(n):
        if k % size == 0:
            near = np.zeros(n)
        # Among equal cores, the one with the most traffic of all comes first.
        best = np.flatnonzero(left & (near == near[left].max()))
        chosen = best[np.argmax(total[best])]
        order[k], left[chosen] = chosen, False
        begin, end = traffic.indptr[chosen], traffic.indptr[chosen + 1]
        near[traffic.indices[begin:end]] += traffic.data[begin:end]
    return order


def _exchanged_chips(traffic: sparse.csr_array, chips: IntArray) -> IntArray:
    """Chips after exchanges of cores that lower the traffic between chips."""
    n, many = len(chips), int(chips.max()) + 1
    chips = chips.copy()
    to_chip = np.asarray((traffic @ sparse.csr_array((np.ones(n), (np.arange(n), chips)), shape=(n, many))).todense())
    for _ in range(_PASSES):
        better = False
        for a in range(n):
            row = traffic[[a]].toarray().ravel()
            gain = to_chip[a, chips] - to_chip[a, chips[a]] + to_chip[:, chips[a]] - to_chip[np.arange(n), chips] - 2 * row
            gain[chips == chips[a]] = 0
            b = int(np.argmax(gain))
            if gain[b] > 1e-9:
                _exchange(traffic, to_chip, chips, a, b)
                better = True
        if not better:
            break
    return chips


def _exchange(traffic: sparse.csr_array, to_chip: FloatArray, chips: IntArray, a: int, b: int) -> None:
    for core, old, new in ((a, chips[a], chips[b]), (b, chips[b], chips[a])):
        begin, end = traffic.indptr[core], traffic.indptr[core + 1]
        neighbours, weight = traffic.indices[begin:end], traffic.data[begin:end]
        to_chip[neighbours, old] -= weight
        to_chip[neighbours, new] += weight
    chips[a], chips[b] = chips[b], chips[a]


def tiles(target: Target, cores: IntArray) -> tuple[IntArray, IntArray]:
    """Column and row of the tiles of physical cores on their chips; the places are counted down the columns."""
    core = target.placement
    tile = cores % core.cores_per_chip.value // (core.cores_per_tile.value if core.cores_per_tile else 1)
    rows = core.tile_rows.value if core.tile_rows else max(1, round(np.sqrt(core.cores_per_chip.value)))
    return tile // rows, tile % rows


def _on_a_chip(traffic: FloatArray, target: Target) -> IntArray:
    """Places of the cores of one chip; places that stay empty are cores without traffic."""
    n, size = len(traffic), target.placement.cores_per_chip.value
    places = min(size, max(2 * n, 16))
    full = np.zeros((places, places))
    full[:n, :n] = traffic
    column, row = tiles(target, np.arange(places))
    apart = np.abs(column[:, None] - column) + np.abs(row[:, None] - row)
    at = np.empty(places, np.int64)
    at[_grown(sparse.csr_array(full), places)] = np.arange(places)
    return _exchanged_places(full, apart.astype(np.float64), at)[:n]


def _exchanged_places(traffic: FloatArray, apart: FloatArray, at: IntArray) -> IntArray:
    """Places after exchanges that lower the sum of traffic times hops; each time the best exchange of all is made."""
    everyone = np.arange(len(at))
    for _ in range(_EXCHANGES):
        hops = apart[at][:, at]
        cost = traffic @ hops
        stays = cost[everyone, everyone]
        gain = stays[:, None] + stays - cost - cost.T - 2 * traffic * hops
        a, b = np.unravel_index(int(np.argmax(gain)), gain.shape)
        if gain[a, b] <= 1e-9 * max(float(stays.sum()), 1.0):
            break
        at[[a, b]] = at[[b, a]]
    return at
