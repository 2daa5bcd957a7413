"""Sections of a deployment's report about cores: the design rules, and the utilisation of each core with a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neurosim.chip.placement.cores import AMOUNTS
from neurosim.chip.placement.fit import Fit
from neurosim.chip.placement.placement import Placement
from neurosim.chip.resources.design_rules import Finding, not_checked
from neurosim.report.page import Section

_MOST = 40
"""Cores that the table lists."""


def cores_sections(fit: Fit) -> list[Section]:
    """One section about the rules, and one about the cores if the network fits."""
    return [_rules(fit), *([] if fit.placement is None else [_cores(fit.placement)])]


def _rules(fit: Fit) -> Section:
    head = ("rule", "where", "used", "allowed", "holds", "source of the limit")
    worst = sorted(fit.findings, key=lambda f: f.used / f.allowed if f.allowed else float(f.used), reverse=True)
    rows = [(f.rule, f.where, f.used, f.allowed, "yes" if f.ok else f"no. {f.remedy}", f.confidence) for f in _first(worst)]
    text = (
        "What one neuron of each population, or one spike of each projection, needs of a core of its own. A network that "
        "breaks one of these rules fits on no number of cores. Not checked, because no number is published: "
        f"{'; '.join(not_checked(fit.target))}."
    )
    return Section("Design rules", text, table=[head, *rows])


def _first(worst: Sequence[Finding]) -> Sequence[Finding]:
    """All that break a rule, and the largest of the others."""
    return [f for k, f in enumerate(worst) if k < _MOST or not f.ok]


def _cores(placement: Placement) -> Section:
    size = placement.target.placement.cores_per_chip.value
    head = ("chip", "core", *(f"{name} (%)" for name in AMOUNTS), "populations")
    rows: list[tuple[Any, ...]] = []
    for row in range(min(placement.cores, _MOST)):
        who = ", ".join(f"{name} {n}" for name, n in placement.populations_of(int(placement.ids[row])).items())
        shares = [round(float(100 * share), 1) for share in placement.shares[row]]
        rows.append((int(placement.chip[row]), int(placement.ids[row] % size), *shares, who))
    left = placement.cores - len(rows)
    more = f" {left} more cores are not listed." if left else ""
    text = (
        f"{placement.summary()} Lines are messages between cores, "
        f"{'weighed by spikes' if placement.weighed else 'one per neuron'}; the thickest lines have the most.{more}"
    )
    return Section("Cores", text, placement.plot(), [head, *rows])
