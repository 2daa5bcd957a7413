"""Places of a rule's variables on the chip: the slots x1, x2 and y1..y3 of its traces and third factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neurosim.errors import UnsupportedError
from neurosim.plasticity.products import StepRule
from neurosim.program.engine_rule import VARIABLES, X_TRACES, Y_TRACES, Sending

if TYPE_CHECKING:
    from neurosim.chip.target import Target

_WITH_THIRD = 3
"""Factors of a learning engine to which neurons send third factors."""


@dataclass(frozen=True)
class Slots:
    """Places of the variables of a rule on the chip.

    Attributes
    ----------
    names : mapping
        Described name -> name on the chip; for a third factor, the slot of its positive part.
    negative : mapping
        Third factor -> slot of its negative part, if it has one.
    now : mapping
        Trace of arrivals -> slot of the spikes of this step, which the other slot of the trace contains too.
    modulators : tuple of str
        Names of the third factors.
    spare : str
        An unused slot x1 or x2, or "" if both are used.
    """

    names: Mapping[str, str]
    negative: Mapping[str, str]
    now: Mapping[str, str]
    modulators: tuple[str, ...]
    spare: str

    @property
    def sent(self) -> dict[str, str]:
        """Slot -> name of the third factor that the post neuron sends there."""
        return {self.names[name]: name for name in self.modulators} | {slot: name for name, slot in self.negative.items()}

    def sending(self, scales: Mapping[str, float]) -> dict[str, Sending]:
        """Slot -> how its third factor is written there."""
        plus = {self.names[name]: Sending(scales[name], low=0) for name in self.modulators}
        return plus | {slot: Sending(-scales[name], low=0) for name, slot in self.negative.items()}


def assign(rule: StepRule, target: Target) -> Slots:
    """Assign slots to the variables of a rule: first to traces, then to third factors.

    A third factor that can be negative takes two slots, one per sign. A trace of arrivals takes two as well: Lava's x includes
    the spikes that are emitted in this step and arrive in the next, so the trace of arrivals is x without the spikes of this
    step, times 1 / kept.

    Raises
    ------
    UnsupportedError
        If there are not enough slots, or if the rule has third factors and the target has none.
    """
    if rule.modulators and target.engine.factors.value < _WITH_THIRD:
        raise UnsupportedError(
            f"Rule {rule.name!r}: {target.title} has no third factors, but the rule reads {', '.join(rule.modulators)}. "
            "Deploy to a chip that has them, such as loihi2, or use a rule without third factors."
        )
    arrivals = [t.name for t in rule.traces if t.channel == "arrival"]
    pre = [*(t.name for t in rule.traces if t.side == "pre"), *(f"{name}, now" for name in arrivals)]
    post = [t.name for t in rule.traces if t.side == "post"]
    signed = [name for name in rule.modulators if name not in rule.positive]
    wanted = [*post, *rule.modulators, *(f"-{name}" for name in signed)]
    sides = ((pre, X_TRACES, "presynaptic traces"), (wanted, Y_TRACES, "postsynaptic traces and third factors"))
    for names, slots, what in sides:
        if len(names) > len(slots):
            raise UnsupportedError(
                f"Rule {rule.name!r}: its {what} need {len(names)} places ({', '.join(names)}); a chip has {', '.join(slots)}. "
                "A third factor takes two places, one per sign, and a trace of arrivals takes two. Share a trace, or leave one "
                "out."
            )
    places = dict(zip(pre, X_TRACES, strict=False)) | dict(zip(wanted, Y_TRACES, strict=False))
    spare = next((x for x in X_TRACES if x not in places.values()), "")
    negative = {name: places.pop(f"-{name}") for name in signed}
    now = {name: places.pop(f"{name}, now") for name in arrivals}
    return Slots(dict(VARIABLES) | places, negative, now, tuple(rule.modulators), spare)
