"""Weight histograms side by side, for the pages about weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from neurosim.analysis.plots import weight_histogram

MOST = 9
"""More projections than this make a page that nobody reads."""
_COLUMNS = 3


@dataclass(frozen=True)
class Panel:
    """One projection.

    Attributes
    ----------
    title : str
        Its name.
    weights : mapping
        Label -> array of any shape, in SI.
    unit : str
        Unit to draw in, by Brian2's name.
    """

    title: str
    weights: Mapping[str, Any]
    unit: str = ""


def histogram_grid(panels: Sequence[Panel]) -> Figure:
    """A histogram for each panel, three in a row."""
    rows, columns = -(-len(panels) // _COLUMNS), min(len(panels), _COLUMNS)
    fig = Figure(figsize=(1 + 3.6 * max(columns, 1), 3.1 * max(rows, 1)), layout="constrained")
    for k, panel in enumerate(panels):
        ax = fig.add_subplot(rows, columns, k + 1)
        weight_histogram(ax, panel.weights, unit=panel.unit)
        ax.set_title(panel.title, fontsize=11, loc="left")
    return fig


def more_than_drawn(count: int) -> str:
    """A sentence where some of `count` projections are not drawn, else nothing."""
    left = count - MOST
    return f" {left} more projection{'' if left == 1 else 's'} are not drawn." if left > 0 else ""
