"""How a deployment shows itself; nothing is placed or run for it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from neurosim.chip.report import QuantisationReport
from neurosim.display.html import block, paragraph, table
from neurosim.display.short import cut

if TYPE_CHECKING:
    from neurosim.chip.placement.fit import Fit

_MOST = 10
"""Rows of a table in a notebook."""


def losses_text(report: QuantisationReport) -> str:
    """Number of losses of each kind, such as "3 roundings, 1 clip"."""
    counts = Counter(loss.kind for loss in report.losses)
    return ", ".join(f"{n} {kind}{'' if n == 1 or kind == 'allowed' else 's'}" for kind, n in counts.items()) or "no losses"


def html(title: str, report: QuantisationReport, fit: Fit | None) -> str:
    """The losses, and the limits that are used most; whether the network fits only if this is known already."""
    losses = [(x.where, x.field, x.kind, x.wanted, x.got, cut(x.text, 160)) for x in report.losses]
    limits = [(c.name, c.where, c.used, c.limit, 100 * c.used / c.limit if c.limit else 0.0) for c in report.checks]
    fullest = sorted(limits, key=lambda row: row[-1], reverse=True)
    return block(
        f"{title}: {losses_text(report)}",
        paragraph("" if fit is None else str(fit)),
        table(("where", "parameter", "loss", "as described", "on the chip", "explanation"), losses, most=_MOST),
        table(("limit", "where", "used", "allowed", "share (%)"), fullest, most=_MOST),
    )
