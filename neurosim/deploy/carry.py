"""Moving a tag into the weight at a phase: whole steps of w go over, the rest stays in the tag.

A rule that says ``w += a * tag`` and ``tag -= tag`` at one phase means that the weight takes over what the tag has gathered. A
weight on the chip has no fraction, and its rounding draws one random number for all synapses of a step. So the tag is kept in
1/32 of a weight's step, and the engine's own shift makes whole steps of it, with the phase as a y that is 1::

    dw = 1 * 2^0 * u0 * (t + 16) * y   the hidden shift of 5 bits makes floor((t + 16) / 32), the nearest whole number
    dt = -1 * 2^5 * u0 * (t - 15) * y  floor(-(t - 15) / 32) is the same with a minus: what has gone over is taken off
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from neurosim.deploy.learning import SYNAPTIC_BITS, TRACE_BITS, ChipProduct, hidden_shift
from neurosim.deploy.terms import Term
from neurosim.plasticity.products import GateKind, StepRule

SHIFT = hidden_shift(SYNAPTIC_BITS + TRACE_BITS)
"""Bits of a tag behind a step of w."""


@dataclass(frozen=True)
class Carry:
    """The two terms of the move, and the phase."""

    into: Term
    off: Term
    phase: str

    def scales(self, weight_scale: float) -> dict[str, float]:
        """Scales that it asks for."""
        return {self.phase: 1.0, "tag": self.into.coefficient * weight_scale * (1 << SHIFT)}

    def products(self, names: Mapping[str, str]) -> tuple[ChipProduct, ChipProduct]:
        """The engine's products; `names` are the places on the chip."""
        t, y, half = names["tag"], names[self.phase], 1 << SHIFT - 1
        return (
            ChipProduct(names["w"], "u", 1, 0, ((t, half), (y, 0))),
            ChipProduct(t, "u", -1, SHIFT, ((t, 1 - half), (y, 0))),
        )


def carry_of(rule: StepRule, terms: Iterable[Term]) -> Carry | None:
    """The move of a tag into w at a phase that post neurons send, if `terms` have one and w gets nothing else."""
    found = tuple(terms)
    into = [t for t in found if t.target == "w" and t.coefficient > 0]
    for phase in rule.positive:
        factors = tuple(sorted((("tag", 0.0), (phase, 0.0))))
        off = [t for t in found if t.target == "tag" and t.factors == factors and t.coefficient == -1.0]
        alone = len(into) == sum(t.target == "w" for t in found) == 1
        if alone and into[0].factors == factors and into[0].gate.kind is GateKind.EVERY and off:
            return Carry(into[0], off[0], phase)
    return None
