"""Picture of a placement: the cores of each chip as a grid of tiles, coloured by load, with the traffic between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from neurosim.chip.placement.mesh import tiles
from neurosim.display.picture import Picture
from neurosim.program.fixed import IntArray
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.chip.placement.placed import Placed

_MOST_CHIPS, _LINES = 12, 60
"""Chips that are drawn, and lines of traffic on each."""
_TRAFFIC = "#D55E00"


def picture(placement: Placed) -> Figure:
    """Figure with one panel per chip."""
    chips = np.unique(placement.chip)[:_MOST_CHIPS]
    columns = min(3, max(1, len(chips)))
    rows = -(-max(1, len(chips)) // columns)
    fig = Picture(figsize=(1.2 + 5.2 * columns, 0.9 + 2.9 * rows), layout="constrained")
    drawn = None
    for k, chip in enumerate(chips):
        ax = fig.add_subplot(rows, columns, k + 1)
        drawn = _chip(ax, placement, int(chip))
    if drawn is not None:
        fig.colorbar(drawn, ax=fig.axes, label="largest share used of a core", shrink=0.8)
    left = placement.chips - len(chips)
    fig.suptitle(
        f"{placement.cores} cores on {placement.target.title}" + (f"; {left} more chips are not drawn" if left else ""),
        fontsize=12,
    )
    return fig


def _chip(ax: Axes, placement: Placed, chip: int) -> PatchCollection:
    size = placement.target.placement.cores_per_chip.value
    x, y, side = _squares(placement, np.arange(size))
    mine = placement.chip == chip
    load = np.full(size, np.nan)
    load[placement.ids[mine] % size] = placement.load[mine]
    squares = [Rectangle((a, b), side, side) for a, b in zip(x, y, strict=True)]
    colours = colormaps["viridis"].with_extremes(bad="#ffffff")
    cores = PatchCollection(squares, cmap=colours, edgecolor="0.75", linewidth=0.5)
    cores.set_array(np.ma.masked_invalid(load))
    cores.set_clim(0, 1)
    ax.add_collection(cores)
    _lines(ax, placement, mine, x + side / 2, y + side / 2)
    ax.set(xlim=(-0.1, x.max() + side + 0.1), ylim=(y.max() + side + 0.1, -0.1), aspect="equal", xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(f"chip {chip}: {int(mine.sum())} of {size} cores", fontsize=10, loc="left")
    return cores


def _squares(placement: Placed, cores: IntArray) -> tuple[FloatArray, FloatArray, float]:
    """Corners and side of the squares of cores; those of a tile stand together."""
    column, row = tiles(placement.target, cores)
    together = placement.target.placement.cores_per_tile
    each = together.value if together else 1
    wide = int(np.ceil(np.sqrt(each)))
    within, side = cores % each, 0.86 / wide
    return column + within % wide * side + 0.04, row + within // wide * side + 0.04, side * 0.94


def _lines(ax: Axes, placement: Placed, mine: FloatArray, x: FloatArray, y: FloatArray) -> None:
    """The largest traffic between cores of the chip, as lines whose width follows the traffic."""
    rows = np.flatnonzero(mine)
    between = placement.traffic[rows][:, rows].tocoo()
    apart = between.row != between.col
    data, a, b = between.data[apart], between.row[apart], between.col[apart]
    most = np.argsort(-data, kind="stable")[:_LINES]
    if not len(most) or data[most[0]] <= 0:
        return
    at = placement.ids[rows] % placement.target.placement.cores_per_chip.value
    ends = [[(x[at[a[k]]], y[at[a[k]]]), (x[at[b[k]]], y[at[b[k]]])] for k in most]
    widths = 0.3 + 2.2 * data[most] / data[most[0]]
    ax.add_collection(LineCollection(ends, linewidths=widths, colors=_TRAFFIC, alpha=0.55, capstyle="round"))
