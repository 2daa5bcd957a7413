"""Texts about a projection of a network, for tables, pictures and files."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from neurosim.network.projection import Projection


def synapses_of(network: Any, projection: Projection) -> int:
    """Number of synapses of a projection; in dense weights, pairs with weight 0 count if the projection learns."""
    matrix = network.weights(projection)
    if isinstance(matrix, sparse.csr_array):
        return int(matrix.nnz)
    return int(np.size(matrix) if projection.plasticity is not None else np.count_nonzero(matrix))


def delay_text(network: Any, projection: Projection) -> str:
    """Delay of a projection, such as "1 ms" or "1 to 4 ms"; "" without one."""
    delays = 1e3 * network.delays(projection)
    if not delays.size or not delays.any():
        return ""
    low, high = float(delays.min()), float(delays.max())
    return f"{low:g} ms" if low == high else f"{low:g} to {high:g} ms"


def rule_text(projection: Projection) -> str:
    """Name of the rule by which a projection learns, its third factors, and short-term plasticity; "" if it has neither."""
    rule, released = projection.plasticity, projection.short_term
    words = []
    if rule is not None:
        words.append(rule.name + (f" (third factor {', '.join(rule.modulators)})" if rule.modulators else ""))
    if released is not None:
        words.append("short-term plasticity")
    return ", ".join(words)
