"""Does a network fit on a chip, and on how many cores? The answer of a deployment, with all that stands against it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from neurosim.chip.placement.place import place
from neurosim.chip.placement.placement import Placement
from neurosim.chip.resources.design_rules import Finding, findings, not_checked
from neurosim.chip.resources.needs import Needs
from neurosim.display.html import block, paragraph, table
from neurosim.display.short import LONGEST, Short, cut
from neurosim.errors import QuantisationError

if TYPE_CHECKING:
    from neurosim.chip.target import Target


@dataclass(frozen=True, eq=False)
class Fit(Short):
    """Whether a network fits on its target.

    Attributes
    ----------
    target : Target
        The chip.
    findings : tuple of Finding
        Every design rule at every part, also where it holds.
    placement : Placement, optional
        Its cores; none if it does not fit.
    problem : str
        Why there is no placement although every rule holds, or "".
    """

    target: Target
    findings: tuple[Finding, ...]
    placement: Placement | None
    problem: str = ""

    @property
    def fits(self) -> bool:
        """Whether the network can be placed."""
        return self.placement is not None

    @property
    def violations(self) -> tuple[Finding, ...]:
        """What breaks a rule."""
        return tuple(finding for finding in self.findings if not finding.ok)

    def __str__(self) -> str:
        """The answer in a few sentences."""
        left_out = f"Not checked, because no number is published: {'; '.join(not_checked(self.target))}."
        if self.placement is not None:
            return f"The network fits. {self.placement.summary()} {left_out}"
        broken = " ".join(str(finding) for finding in self.violations)
        return f"The network does not fit on {self.target.title}. {broken or self.problem} {left_out}"

    def __repr__(self) -> str:
        return cut(f"<Fit on {self.target.title}: {'fits' if self.fits else 'does not fit'}; {self}>", LONGEST)

    def _repr_html_(self) -> str:
        rows = [(f.rule, f.where, f.used, f.allowed, f.ok, "" if f.ok else f.remedy) for f in self.findings]
        worst = sorted(rows, key=lambda row: (row[4], -row[2] / row[3] if row[3] else 0.0))
        head = ("rule", "where", "used", "allowed", "holds", "remedy")
        return block(f"Fit on {self.target.title}", paragraph(str(self)), table(head, worst, most=10))

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain values for JSON."""
        return {
            "fits": self.fits,
            "violations": [asdict(finding) for finding in self.violations],
            "problem": self.problem,
            "not_checked": list(not_checked(self.target)),
            "placement": None if self.placement is None else self.placement.to_dict(),
        }


def fit_of(needs: Needs, target: Target) -> Fit:
    """Check the design rules and, if they hold, place the network."""
    found = findings(needs, target)
    if not all(finding.ok for finding in found):
        return Fit(target, found, None)
    try:
        return Fit(target, found, place(needs, target))
    except QuantisationError as error:
        return Fit(target, found, None, str(error))
