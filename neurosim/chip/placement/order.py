"""Orders in which the neurons of a population are cut into slices.

Neurons that follow each other share a core, so they should have inputs in common: they then share input axons, and the synapses
of an axon fill its words. The order of the description often has this property, but not if groups are hidden in a population.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import reverse_cuthill_mckee

from neurosim.chip.resources.needs import Needs
from neurosim.chip.resources.pattern import SomePairs
from neurosim.program.fixed import IntArray


def described(needs: Needs, in_axons: int) -> Mapping[str, IntArray]:
    """The order of the description."""
    return {p.name: np.arange(p.n) for p in needs.populations}


def clustered(needs: Needs, in_axons: int) -> Mapping[str, IntArray]:
    """An order in which neurons with synapses in common are close: reverse Cuthill-McKee on the graph of all neurons.

    Cuthill, McKee (1969), doi:10.1145/800195.805928. Projections between all pairs are left out: they favour no order.
    """
    sizes = _sizes(needs)
    begins = dict(zip(sizes, np.cumsum([0, *sizes.values()]), strict=False))
    total = int(sum(sizes.values()))
    graph = sparse.csr_array((total, total), dtype=np.int8)
    for k in needs.projections:
        if isinstance(k.pattern, SomePairs):
            found = k.pattern.columns.tocoo()
            places = (found.row + begins[k.pre], found.col + begins[k.post])
            graph = graph + sparse.csr_array((found.data, places), shape=(total, total))
    rank = np.empty(total, np.int64)
    rank[reverse_cuthill_mckee(sparse.csr_array(graph))] = np.arange(total)
    return {p.name: rank[begins[p.name] : begins[p.name] + p.n] for p in needs.populations}


def _sizes(needs: Needs) -> dict[str, int]:
    """Neurons of all populations, those on the host included."""
    hosts = {k.pre: k.pattern.n_pre for k in needs.projections if k.host}
    return {**hosts, **{p.name: p.n for p in needs.populations}}


def has_sparse(needs: Needs) -> bool:
    """Whether an order can matter."""
    return any(isinstance(k.pattern, SomePairs) for k in needs.projections)
