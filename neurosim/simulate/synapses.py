"""Wires -> Synapses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import brian2
import numpy as np
from scipy import sparse

from neurosim.network import nonzero
from neurosim.simulate.blueprint import Wires
from neurosim.simulate.names import synapses_name
from neurosim.units import FloatArray, as_quantity

WEIGHT = "synaptic_weight"
"""Not plain w, which some neurons have as a variable of their own."""


def has_synapses(wires: Wires) -> bool:
    """Whether there is any pair to connect."""
    return not isinstance(wires.weights, sparse.csr_array) or wires.weights.nnz > 0


def synapses(wires: Wires, groups: Mapping[str, Any], clock: Any) -> Any:
    """The Synapses of a projection: one shared weight or delay is a constant, others are one a synapse."""
    pairs, values = _pairs(wires)
    alike = bool(np.all(values == values[0]))
    delays = _delays(wires, pairs)
    made = brian2.Synapses(
        groups[wires.pre],
        groups[wires.post],
        "" if alike else f"{WEIGHT} : {wires.unit}",
        on_pre=f"{wires.variable}_post += {WEIGHT}",
        delay=delays * brian2.second if delays.ndim == 0 and delays else None,
        namespace={WEIGHT: as_quantity(values[0], wires.unit)} if alike else {},
        clock=clock,
        name=synapses_name(wires.name),
    )
    # Without arguments: every pair, pre-major, the order of a matrix row by row.
    made.connect(**pairs)
    if not alike:
        setattr(made, WEIGHT, as_quantity(values, wires.unit))
    if delays.ndim:
        made.delay = delays * brian2.second
    return made


def _pairs(wires: Wires) -> tuple[dict[str, Any], FloatArray]:
    if isinstance(wires.weights, sparse.csr_array):
        pre, post, values = nonzero(wires.weights)
        return {"i": pre, "j": post}, values
    return {}, np.ravel(np.asarray(wires.weights, np.float64))


def _delays(wires: Wires, pairs: Mapping[str, Any]) -> FloatArray:
    """One delay (0-d) if all synapses share it, else one a synapse."""
    given = np.asarray(wires.delays)
    if given.ndim:
        given = given[pairs["i"], pairs["j"]] if pairs else given.ravel()
    return np.asarray(given.flat[0]) if np.all(given == given.flat[0]) else given
