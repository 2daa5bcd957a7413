"""The drift of a network as data: what each cause changes, and all together."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from neurosim.display.short import Short
from neurosim.results.recording import Recording


@dataclass(frozen=True)
class CauseDrift(Short):
    """What one cause changes.

    Attributes
    ----------
    cause : str
        The cause.
    spikes : float
        Fraction of the neurons' spikes that only one of the two runs has.
    rate : float
        Change of a neuron's rate, mean over samples, in Hz; root of the mean square over neurons.
    membrane : float or None
        Change of v in thresholds, root of the mean square, in the steps before any run has another spike; None if no membrane
        could be compared.
    weights : float or None
        Change of the weights that were learned, as a fraction of the largest; None if nothing learns.
    accuracy : float or None
        Change of the fraction of right answers; None without labels.
    share : float or None
        Share of the total drift of rates that the cause makes on its own: the projection of its change onto the total. Shares
        of causes that do not influence each other sum to 1. None if rates do not drift.
    share_in_order : float or None
        The same if it is added to the causes before it; these shares always sum to 1.
    exact : bool
        Whether the cause changes nothing that a run could show: the chip has these numbers exactly.
    """

    cause: str
    spikes: float
    rate: float
    membrane: float | None
    weights: float | None
    accuracy: float | None
    share: float | None = None
    share_in_order: float | None = None
    exact: bool = False


@dataclass(frozen=True)
class Drifted(Short):
    """Drift of a network on a chip as numbers; base of `neurosim.analysis.drift.Drift`.

    Attributes
    ----------
    network, target : str
        What was run.
    causes : tuple of CauseDrift
        Each cause on its own.
    total : CauseDrift
        All of them: the run in float against the run in the chip's integers.
    further : tuple of CauseDrift
        Outside of the total: the exact solution in continuous time against float, and float against Lava, where they ran.
    notes : tuple of str
        What did not run, and why.
    rate : float
        Mean rate of the neurons in float, in Hz.
    accuracy : tuple or None
        Fraction of right answers in float and on the chip.
    interaction : float or None
        What the sum of the single changes of rates leaves of the total: the norm of the difference by the norm of the total.
    float_run, chip_run : Recording
        The two runs of the total.
    """

    network: str
    target: str
    causes: tuple[CauseDrift, ...]
    total: CauseDrift
    further: tuple[CauseDrift, ...]
    notes: tuple[str, ...]
    rate: float
    accuracy: tuple[float, float] | None
    interaction: float | None
    float_run: Recording = field(repr=False)
    chip_run: Recording = field(repr=False)

    @property
    def explained(self) -> float | None:
        """Share of the total drift of rates that the single causes explain together; 1 if they do not influence each other."""
        shares = [c.share for c in self.causes if c.share is not None]
        return float(sum(shares)) if shares else None

    def cause(self, name: str) -> CauseDrift:
        """The cause called `name`."""
        return next(c for c in (*self.causes, *self.further) if c.cause == name)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the runs."""
        return {
            "network": self.network,
            "target": self.target,
            "causes": [asdict(c) for c in self.causes],
            "total": asdict(self.total),
            "further": [asdict(c) for c in self.further],
            "notes": list(self.notes),
            "rate": self.rate,
            "accuracy": None if self.accuracy is None else list(self.accuracy),
            "explained": self.explained,
            "interaction": self.interaction,
        }
