"""What was lost on the way to the chip: every rounding, clip and saturation, and each limit with what was used of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["rounding", "clip", "saturation", "overflow", "allowed", "note"]


@dataclass(frozen=True)
class Loss:
    """One thing that the integers do not say exactly.

    Attributes
    ----------
    kind : str
        "rounding", "clip", "saturation", "overflow" (a register that inputs could overflow; `wanted` is how far they could
        drive it, `got` is its limit), "allowed" (a named exception that the user granted) or "note".
    where, field : str
        Population or projection, and its parameter.
    wanted, got : float
        Described and effective value; of the worst element where there are many.
    text : str
        One sentence for people.
    """

    kind: Kind
    where: str
    field: str
    wanted: float
    got: float
    text: str


@dataclass(frozen=True)
class Check:
    """A limit of the target and how much of it is used."""

    name: str
    where: str
    used: float
    limit: float

    @property
    def ok(self) -> bool:
        """Whether the limit holds."""
        return self.used <= self.limit


@dataclass(frozen=True)
class QuantisationReport:
    """Losses and checked limits of one deployment."""

    target: str
    losses: tuple[Loss, ...]
    checks: tuple[Check, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "target": self.target,
            "losses": [asdict(loss) for loss in self.losses],
            "checks": [asdict(check) for check in self.checks],
        }
