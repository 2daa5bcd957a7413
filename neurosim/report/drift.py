"""Report page of a deployment with its drift: the causes, the total, and what the chip does not represent exactly."""

from __future__ import annotations

from typing import Any

from neurosim.analysis.drift import Drift
from neurosim.analysis.drift_parts import CauseDrift
from neurosim.backends.deployment import Deployment
from neurosim.report.deployment import deployment_answer, deployment_sections
from neurosim.report.page import Section, page
from neurosim.report.provenance import provenance

_HEAD = (
    "cause", "spikes that differ (%)", "rate (Hz)", "membrane (% of threshold)", "weights (% of largest)", "accuracy (points)",
    "share alone (%)", "share in order (%)",
)  # fmt: skip
_EXPLAINED = (
    "Each row puts numbers of one kind, as the chip has them, into the difference equations in float, and leaves everything "
    "else as described. Integer arithmetic is what a run on the chip does beyond all numbers together; limits of states and "
    "learning noise are measured apart from it. A rate is the root of the mean square change over neurons, each averaged over "
    "the samples. A share is the projection of a cause's change of rates onto the total change. Membranes are compared before "
    "any run has another spike."
)


def drift_page(deployment: Deployment, drift: Drift, command: str) -> str:
    """HTML page: the drift and its causes first, then the sections of the deployment."""
    title = f"Drift of {drift.network} on {drift.target}"
    answer = f"{_answer(drift)}\n\n{deployment_answer(deployment)}"
    return page(title, answer, [drift_section(drift), *deployment_sections(deployment)], provenance(), command)


def drift_section(drift: Drift) -> Section:
    """Section with the table of causes and their picture."""
    rows = [_row(cause) for cause in (*drift.causes, drift.total, *drift.further)]
    text = "\n\n".join([_EXPLAINED, *drift.notes])
    return Section("Drift and its causes", text, drift.plot(), [_HEAD, *rows])


def _row(found: CauseDrift) -> tuple[Any, ...]:
    fractions = (found.membrane, found.weights, found.accuracy, found.share, found.share_in_order)
    return (found.cause, 100 * found.spikes, found.rate, *(None if f is None else 100 * f for f in fractions))


def _answer(drift: Drift) -> str:
    largest = max(drift.causes, key=lambda cause: cause.rate)
    right = "" if drift.accuracy is None else " Accuracy: {:.2%} in float, {:.2%} on the chip.".format(*drift.accuracy)
    if drift.explained is None:
        return f"No rate changes on the chip.{right}"
    return (
        f"On the chip, rates change by {drift.total.rate:.3g} Hz (root of the mean square) of {drift.rate:.4g} Hz. The largest "
        f"cause is: {largest.cause}. On their own, the causes sum to {100 * drift.explained:.3g} % of the change.{right}"
    )
