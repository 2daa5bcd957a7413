"""Report of a deployment: every rounding, clip and saturation, and each limit of the chip with the amount that is used."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from neurosim.display.short import Short

Kind = Literal["rounding", "clip", "saturation", "overflow", "allowed", "note"]


@dataclass(frozen=True)
class Loss(Short):
    """One quantity that the integers of the chip do not represent exactly.

    Attributes
    ----------
    kind : str
        "rounding", "clip", "saturation", "overflow" (a register that could overflow; `wanted` is the largest value that inputs
        could drive it to, `got` is its limit), "allowed" (an exception that the user allowed by name) or "note".
    where, field : str
        Population or projection, and its parameter.
    wanted, got : float
        Described and effective value; for an array, those of the element with the largest error.
    text : str
        Explanation in one sentence.
    """

    kind: Kind
    where: str
    field: str
    wanted: float
    got: float
    text: str


@dataclass(frozen=True)
class Check(Short):
    """A limit of the target, and how much of it is used.

    Parameters
    ----------
    name : str
        What is limited.
    where : str
        The part of the network, or "" for all of it.
    used : float
        How much the network uses.
    limit : float
        How much the chip has, in the same unit.
    """

    name: str
    where: str
    used: float
    limit: float

    @property
    def ok(self) -> bool:
        """Whether the use is within the limit."""
        return self.used <= self.limit


@dataclass(frozen=True)
class QuantisationReport(Short):
    """Losses and checked limits of one deployment.

    Parameters
    ----------
    target : str
        Name of the chip.
    losses : tuple of Loss
        Everything that was rounded, clipped or accepted by name.
    checks : tuple of Check
        Every limit of the chip, with its use.
    """

    target: str
    losses: tuple[Loss, ...]
    checks: tuple[Check, ...]

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON."""
        return {
            "target": self.target,
            "losses": [asdict(loss) for loss in self.losses],
            "checks": [asdict(check) for check in self.checks],
        }
