"""Places of a rule's variables on the chip: x1, x2, y1..y3, and which of them a third factor takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurosim.deploy.learning import VARIABLES, X_TRACES, Y_TRACES, Sending
from neurosim.errors import UnsupportedError
from neurosim.plasticity.products import StepRule


@dataclass(frozen=True)
class Slots:
    """Places of a rule.

    Attributes
    ----------
    names : mapping
        Described name -> name on the chip; of a third factor, that of its positive part.
    negative : mapping
        Third factor -> slot of its negative part.
    spare : str
        An x that nothing uses, or "".
    """

    names: Mapping[str, str]
    negative: Mapping[str, str]
    spare: str

    @property
    def sent(self) -> dict[str, str]:
        """Slot -> third factor."""
        return {self.names[name]: name for name in self.negative} | {slot: name for name, slot in self.negative.items()}

    def sending(self, scales: Mapping[str, float]) -> dict[str, Sending]:
        """How each slot is written."""
        plus = {self.names[name]: Sending(scales[name], low=0) for name in self.negative}
        return plus | {slot: Sending(-scales[name], low=0) for name, slot in self.negative.items()}


def assign(rule: StepRule) -> Slots:
    """Traces first, then third factors, each in two slots: one for its positive part and one for its negative part.

    Raises
    ------
    UnsupportedError
        If there are not enough slots.
    """
    pre = [t.name for t in rule.traces if t.side == "pre"]
    post = [t.name for t in rule.traces if t.side == "post"]
    wanted = [*post, *rule.modulators, *(f"-{name}" for name in rule.modulators)]
    sides = ((pre, X_TRACES, "presynaptic traces"), (wanted, Y_TRACES, "postsynaptic traces and third factors"))
    for names, slots, what in sides:
        if len(names) > len(slots):
            raise UnsupportedError(
                f"Rule {rule.name!r}: its {what} need {len(names)} places ({', '.join(names)}); a chip has {', '.join(slots)}, "
                "and a third factor takes two, one a sign. Share a trace, or leave one out."
            )
    places = dict(zip(pre, X_TRACES, strict=False)) | dict(zip(wanted, Y_TRACES, strict=False))
    negative = {name: places.pop(f"-{name}") for name in rule.modulators}
    return Slots(dict(VARIABLES) | places, negative, next((x for x in X_TRACES if x not in places.values()), ""))
