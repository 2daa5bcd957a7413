"""Moving a tag into the weight: whole steps of w go over, the rest stays in the tag.

A rule that says ``w += a * tag`` and ``tag -= tag`` at one phase, or at one event of the post neuron, means that the weight
takes over what the tag has gathered. A weight on the chip has no fraction, and its rounding draws one random number for all
synapses of a step. So the tag is kept in 1/32 of a weight's step, and the engine's own shift makes whole steps of it, with the
phase or the event as a y that is 1 (and y0 for u0 at an event)::

    dw = 1 * 2^0 * u0 * (t + 16) * y   the hidden shift of 5 bits makes floor((t + 16) / 32), the nearest whole number
    dt = -1 * 2^5 * u0 * (t - 15) * y  floor(-(t - 15) / 32) is the same with a minus: what has gone over is taken off
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from neurosim.chip.learning_engine.terms import Term
from neurosim.plasticity.products import GateKind, StepRule
from neurosim.program.engine_rule import GATES, SYNAPTIC_BITS, TRACE_BITS, ChipProduct, hidden_shift

SHIFT = hidden_shift(SYNAPTIC_BITS + TRACE_BITS)
"""Bits of a tag behind a step of w."""


@dataclass(frozen=True)
class Carry:
    """The two terms of the move, and the phase."""

    into: Term
    off: Term
    phase: str
    """Or event; as a third factor."""

    def scales(self, weight_scale: float) -> dict[str, float]:
        """Scales that it asks for."""
        return {self.phase: 1.0, "tag": self.into.coefficient * weight_scale * (1 << SHIFT)}

    def products(self, names: Mapping[str, str]) -> tuple[ChipProduct, ChipProduct]:
        """The engine's products; `names` are the places on the chip."""
        t, y, half = names["tag"], names[self.phase], 1 << SHIFT - 1
        gate = GATES[self.into.gate.kind]
        return (
            ChipProduct(names["w"], gate, 1, 0, ((t, half), (y, 0))),
            ChipProduct(t, gate, -1, SHIFT, ((t, 1 - half), (y, 0))),
        )


def carry_of(rule: StepRule, terms: Iterable[Term]) -> Carry | None:
    """The move of a tag into w at a phase or an event that post neurons send, if `terms` have one and w gets nothing else."""
    found = tuple(terms)
    into = [t for t in found if t.target == "w" and t.coefficient > 0]
    for phase in rule.positive:
        factors = tuple(sorted((("tag", 0.0), (phase, 0.0))))
        alone = len(into) == sum(t.target == "w" for t in found) == 1
        if not alone or into[0].factors != factors or into[0].gate.kind is GateKind.PRE:
            continue
        same = (into[0].gate, "tag", -1.0, factors)
        off = [t for t in found if (t.gate, t.target, t.coefficient, t.factors) == same]
        if off:
            return Carry(into[0], off[0], phase)
    return None
