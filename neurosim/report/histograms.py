"""Figures with several weight histograms, for report pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from neurosim.analysis.plots import weight_histogram

MOST = 9
"""Largest number of projections that a page shows; with more, the page would be too long to read."""
_COLUMNS = 3


@dataclass(frozen=True)
class Panel:
    """Weights of one projection, for a histogram.

    Attributes
    ----------
    title : str
        Name of the projection.
    weights : mapping
        Label -> weights, an array of any shape in SI units.
    unit : str
        Unit of the axis, by Brian2's name.
    """

    title: str
    weights: Mapping[str, Any]
    unit: str = ""


def histogram_grid(panels: Sequence[Panel]) -> Figure:
    """Figure with one histogram per panel, three in a row."""
    rows, columns = -(-len(panels) // _COLUMNS), min(len(panels), _COLUMNS)
    fig = Figure(figsize=(1 + 3.6 * max(columns, 1), 3.1 * max(rows, 1)), layout="constrained")
    for k, panel in enumerate(panels):
        ax = fig.add_subplot(rows, columns, k + 1)
        weight_histogram(ax, panel.weights, unit=panel.unit)
        ax.set_title(panel.title, fontsize=11, loc="left")
    return fig


def more_than_drawn(count: int) -> str:
    """Sentence that states how many of `count` projections are not drawn; empty if all are."""
    left = count - MOST
    return f" {left} more projection{'' if left == 1 else 's'} are not drawn." if left > 0 else ""
