"""Transfer of a tag to the weight: the weight changes by whole steps, and the remainder stays in the tag.

A rule with ``w += a * tag`` and ``tag -= tag`` at the same phase, or at the same event of the post neuron, transfers the value
of the tag to the weight. A weight on the chip is an integer, and its rounding draws one random number for all synapses in a
step. To avoid this noise, the tag is stored in units of 1/32 of a weight step, and the engine's hidden shift rounds it to whole
steps. The phase or the event is a y that is 1 (with y0 instead of u0 at an event)::

    dw = 1 * 2^0 * u0 * (t + 16) * y   the hidden shift of 5 bits gives floor((t + 16) / 32), the nearest whole number
    dt = -1 * 2^5 * u0 * (t - 15) * y  floor(-(t - 15) / 32) is the negative of it: the transferred steps are subtracted
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from neurosim.chip.learning_engine.terms import Term
from neurosim.plasticity.products import GateKind, StepRule
from neurosim.program.engine_rule import GATES, SYNAPTIC_BITS, TRACE_BITS, ChipProduct, hidden_shift

SHIFT = hidden_shift(SYNAPTIC_BITS + TRACE_BITS)
"""Number of bits of the tag below one step of w."""


@dataclass(frozen=True)
class Carry:
    """The two terms of the transfer, and the phase or event at which it happens."""

    into: Term
    off: Term
    phase: str
    """Name of the third factor that is 1 at this phase or event."""

    def scales(self, weight_scale: float) -> dict[str, float]:
        """Scales that the transfer requires."""
        return {self.phase: 1.0, "tag": self.into.coefficient * weight_scale * (1 << SHIFT)}

    def products(self, names: Mapping[str, str]) -> tuple[ChipProduct, ChipProduct]:
        """The products of the engine for the transfer; `names` are the places of the variables on the chip."""
        t, y, half = names["tag"], names[self.phase], 1 << SHIFT - 1
        gate = GATES[self.into.gate.kind]
        return (
            ChipProduct(names["w"], gate, 1, 0, ((t, half), (y, 0))),
            ChipProduct(t, gate, -1, SHIFT, ((t, 1 - half), (y, 0))),
        )


def carry_of(rule: StepRule, terms: Iterable[Term]) -> Carry | None:
    """The transfer of a tag to w at a phase or event that post neurons send, if `terms` have one and no other change of w."""
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
