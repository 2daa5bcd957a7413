"""Places of a rule's variables on the chip: x1, x2, y1..y3, and which of them a third factor takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurosim.errors import UnsupportedError
from neurosim.plasticity.products import StepRule
from neurosim.program.engine_rule import VARIABLES, X_TRACES, Y_TRACES, Sending


@dataclass(frozen=True)
class Slots:
    """Places of a rule.

    Attributes
    ----------
    names : mapping
        Described name -> name on the chip; of a third factor, that of its positive part.
    negative : mapping
        Third factor -> slot of its negative part, if it has one.
    now : mapping
        Trace of arrivals -> slot of the spikes of this step, which the other slot holds too.
    modulators : tuple of str
        Third factors.
    spare : str
        An x that nothing uses, or "".
    """

    names: Mapping[str, str]
    negative: Mapping[str, str]
    now: Mapping[str, str]
    modulators: tuple[str, ...]
    spare: str

    @property
    def sent(self) -> dict[str, str]:
        """Slot -> third factor."""
        return {self.names[name]: name for name in self.modulators} | {slot: name for name, slot in self.negative.items()}

    def sending(self, scales: Mapping[str, float]) -> dict[str, Sending]:
        """How each slot is written."""
        plus = {self.names[name]: Sending(scales[name], low=0) for name in self.modulators}
        return plus | {slot: Sending(-scales[name], low=0) for name, slot in self.negative.items()}


def assign(rule: StepRule) -> Slots:
    """Traces first, then third factors, each in two slots unless it is positive: one a sign.

    A trace of arrivals takes two: Lava's x holds the spikes that leave in this step, which arrive in the next, so the arrivals
    are x without the spikes of this step, times 1 / kept.

    Raises
    ------
    UnsupportedError
        If there are not enough slots.
    """
    arrivals = [t.name for t in rule.traces if t.channel == "arrival"]
    pre = [*(t.name for t in rule.traces if t.side == "pre"), *(f"{name}, now" for name in arrivals)]
    post = [t.name for t in rule.traces if t.side == "post"]
    signed = [name for name in rule.modulators if name not in rule.positive]
    wanted = [*post, *rule.modulators, *(f"-{name}" for name in signed)]
    sides = ((pre, X_TRACES, "presynaptic traces"), (wanted, Y_TRACES, "postsynaptic traces and third factors"))
    for names, slots, what in sides:
        if len(names) > len(slots):
            raise UnsupportedError(
                f"Rule {rule.name!r}: its {what} need {len(names)} places ({', '.join(names)}); a chip has {', '.join(slots)}, "
                "and a third factor takes two, one a sign, a trace of arrivals too. Share a trace, or leave one out."
            )
    places = dict(zip(pre, X_TRACES, strict=False)) | dict(zip(wanted, Y_TRACES, strict=False))
    spare = next((x for x in X_TRACES if x not in places.values()), "")
    negative = {name: places.pop(f"-{name}") for name in signed}
    now = {name: places.pop(f"{name}, now") for name in arrivals}
    return Slots(dict(VARIABLES) | places, negative, now, tuple(rule.modulators), spare)
