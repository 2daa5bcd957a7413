"""Chips on which the sign of a weight belongs to the neuron that sends, and not to the synapse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from neurosim.errors import UnsupportedError
from neurosim.program.step import StepProgram, StepProjection

if TYPE_CHECKING:
    from neurosim.chip.target import Target


def check_signs(program: StepProgram, target: Target) -> None:
    """Raise UnsupportedError if a neuron sends over weights of both signs, and the target has one sign per neuron."""
    if target.limits.weight_mixed is not None:
        return
    seen: dict[str, tuple[Any, Any, StepProjection]] = {}
    for k in program.projections:
        weights = sparse.csr_array(k.weights)
        up, down = (np.asarray((sign * weights > 0).sum(axis=1)).ravel() > 0 for sign in (1, -1))
        if up.any() and down.any():
            _refuse(f"Projection {k.name!r} has", target)
        before = seen.get(k.pre)
        if before is not None and np.any((up & before[1]) | (down & before[0])):
            _refuse(f"Projections {before[2].name!r} and {k.name!r}, which begin at the same neurons, have", target)
        seen[k.pre] = (up, down, k) if before is None else (up | before[0], down | before[1], k)


def _refuse(who: str, target: Target) -> None:
    raise UnsupportedError(
        f"{who} weights of both signs, and on {target.title} all synapses of a neuron that sends have the same sign. Use one "
        "population that excites and one that inhibits."
    )
