"""Connections from a list: of each synapse, the pre neuron, the post neuron, the weight and the delay."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.arrays import shape_of, whole_numbers
from neurosim.checks.described import checked
from neurosim.errors import NetworkError, shown
from neurosim.network.connectivity import FromList
from neurosim.network.network import Projection


@checked
def projections_from_list(
    pre: str,
    post: str,
    edges: Any,
    weight: Any,
    delay: Any = None,
    *,
    name: str = "",
    **options: Any,
) -> list[Projection]:
    """Projections with the synapses of a list, in which a pair may have several synapses with weights and delays of their own.

    Parameters
    ----------
    pre, post : str
        Populations, as of a `Projection`.
    edges : (pre, post)
        Two lists (synapses,) with the indices of the neurons.
    weight : quantity
        Weights: one, or one per synapse, in the order of the list.
    delay : time, optional
        Delays: one, or one per synapse.
    name : str
        Name of the first projection, "pre_post" by default; the following ones, which have the second, third ... synapse of
        each pair, are called "pre_post_2" and so on.
    **options
        Further arguments of each `Projection`, such as ``plasticity``.

    Returns
    -------
    list of Projection
        As many as the largest number of synapses of one pair.

    Raises
    ------
    NetworkError
        If the lists are not of equal length, or hold what is no index.
    """
    pair = isinstance(edges, tuple | list) or (isinstance(edges, np.ndarray) and edges.ndim > 0)
    if not (pair and len(edges) == 2):
        raise NetworkError(f"projections_from_list: edges = {shown(edges)}; expected two lists, (pre, post).")
    given = FromList(weight, *edges)
    first, second = (whole_numbers(side, "projections_from_list: edges") for side in (given.pre, given.post))
    for what, value in (("weight", weight), ("delay", delay)):
        if shape_of(value) not in ((), first.shape):
            raise NetworkError(f"projections_from_list: {what} has shape {shape_of(value)}; expected one, or {first.shape}.")
    rank = _ranks(first, second)
    base = name or f"{pre}_{post}"
    return [
        Projection(
            pre,
            post,
            FromList(_of(weight, layer), first[layer], second[layer]),
            delay=_of(delay, layer),
            name=base if k == 0 else f"{base}_{k + 1}",
            **options,
        )
        for k in range(int(rank.max(initial=-1)) + 1)
        for layer in [np.flatnonzero(rank == k)]
    ]


def _of(value: Any, layer: Any) -> Any:
    """The values of the synapses of one layer; a single value is that of all."""
    if shape_of(value) == ():
        return value
    return value[layer] if isinstance(value, np.ndarray) else [value[k] for k in layer]


def _ranks(pre: Any, post: Any) -> Any:
    """For each synapse, how many synapses of the same pair come before it in the list."""
    order = np.lexsort((np.arange(len(pre)), post, pre))
    fresh = np.ones(len(pre), bool)
    fresh[1:] = (np.diff(pre[order]) != 0) | (np.diff(post[order]) != 0)
    starts = np.maximum.accumulate(np.where(fresh, np.arange(len(pre)), 0))
    rank = np.empty(len(pre), np.int64)
    rank[order] = np.arange(len(pre)) - starts
    return rank
