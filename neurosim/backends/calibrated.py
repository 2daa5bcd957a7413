"""What a calibration chose for a deployment, and what it gained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neurosim.display.short import Short


@dataclass(frozen=True)
class Answers(Short):
    """Answers to some samples.

    Attributes
    ----------
    drift : float
        Mean square change against float, as a fraction of the mean square in float.
    right : float or None
        Fraction of right answers; None without labels.
    """

    drift: float
    right: float | None

    def __str__(self) -> str:
        right = "" if self.right is None else f", {100 * self.right:.2f} % right"
        return f"drift {100 * self.drift:.3g} %{right}"


@dataclass(frozen=True)
class Calibration(Short):
    """What a calibration chose, and what it gained; ``print`` it for a summary.

    Drift is the mean square change of what the readout answers against the run in float: its spike counts, or its highest
    voltages, as a fraction of their mean square.

    Attributes
    ----------
    clips, scales : mapping
        What was chosen; empty where the default stays.
    before, after : Answers
        On the samples of the search.
    held_before, held_after : Answers
        On samples that were held back from the search.
    tried : int
        Number of deployments that were tried.
    accepted : bool
        Whether the choice drifts less on the held-back samples, too, and answers no fewer right. If not, the default is kept.
    """

    clips: Mapping[str, float]
    scales: Mapping[str, float]
    before: Answers
    after: Answers
    held_before: Answers
    held_after: Answers
    tried: int
    accepted: bool

    def __str__(self) -> str:
        kept = "The choice is used." if self.accepted else (
            "It does not drift a tenth less on held-back samples, or answers fewer right there or in all: the default is kept."
        )
        chosen = [f"clip of {name} {value:.4g}" for name, value in self.clips.items()]
        chosen += [f"scale of {name} x {value:g}" for name, value in self.scales.items()]
        return (
            f"Calibration tried {self.tried} deployments: {', '.join(chosen) or 'nothing to choose was better'}. "
            f"Samples of the search: {self.before} before, {self.after} after. Held-back samples: {self.held_before} before, "
            f"{self.held_after} after. {kept}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        names = ("before", "after", "held_before", "held_after")
        return {
            "clips": dict(self.clips), "scales": dict(self.scales), "tried": self.tried, "accepted": self.accepted,
            **{name: vars(getattr(self, name)) for name in names},
        }  # fmt: skip
