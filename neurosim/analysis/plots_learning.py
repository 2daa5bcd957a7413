"""Plots of learned weights and of learning rules; as in `neurosim.analysis.plots`, each function returns its axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.analysis.plots import COLOURS
from neurosim.errors import NetworkError
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STRENGTHENED, WEAKENED = COLOURS[0], COLOURS[1]


def receptive_fields(ax: Axes, weights: Any, image_shape: tuple[int, int], neurons: Sequence[int] | None = None) -> Axes:
    """Draw the receptive field of each post neuron: its incoming weights as an image, in a grid on one axis.

    All images have the same colour scale, centred on zero.

    Parameters
    ----------
    ax : Axes
        Matplotlib axes that are drawn on and returned.
    weights : array (n_pre, n_post)
        Weights in any unit; pre neuron k is pixel k of an image, row by row.
    image_shape : tuple of int
        Rows and columns of an image.
    neurons : sequence of int, optional
        Numbers of the post neurons, row by row from the top left; all if left out.

    Raises
    ------
    NetworkError
        If the number of pre neurons is not that of the pixels, or there is no such post neuron.
    """
    values = np.asarray(weights.toarray() if hasattr(weights, "toarray") else weights, np.float64)
    _check_image(values, image_shape)
    chosen = range(values.shape[1]) if neurons is None else neurons
    _check_neurons(values.shape[1], chosen)
    grid = _grid(values[:, list(chosen)].T.reshape(-1, *image_shape))
    reach = float(np.nanmax(np.abs(grid), initial=0)) or 1.0
    image = ax.imshow(grid, cmap="PuOr_r", vmin=-reach, vmax=reach, interpolation="nearest")
    _name_tiles(ax, chosen, image_shape)
    ax.figure.colorbar(image, ax=ax, label="weight", shrink=0.8)
    ax.set_axis_off()
    return ax


def rule_window(ax: Axes, delays: Any, changes: Any) -> Axes:
    """Draw the weight change against the spike-time difference of a pair of spikes.

    Parameters
    ----------
    ax : Axes
        Matplotlib axes that are drawn on and returned.
    delays : array (n,)
        Time of the post spike minus time of the pre spike, in s, in any order.
    changes : array (n,)
        Change of the weight after that pair.

    Raises
    ------
    NetworkError
        If the two arrays have different lengths.
    """
    time, change = np.ravel(np.asarray(delays, np.float64)) * 1e3, np.ravel(np.asarray(changes, np.float64))
    if len(time) != len(change):
        raise NetworkError(f"rule_window: found {len(time)} delays and {len(change)} changes; expected one change per delay.")
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)
    ax.axvline(0, color="0.6", lw=0.8, zorder=0)
    _stems(ax, time, change, change > 0, "potentiation", STRENGTHENED)
    _stems(ax, time, change, change < 0, "depression", WEAKENED)
    ax.plot(time[change == 0], change[change == 0], ".", ms=4, color="0.4")
    if np.any(change):
        ax.legend(frameon=False, fontsize=9)
    ax.set_xlabel("post minus pre spike (ms)", fontsize=11)
    ax.set_ylabel("weight change", fontsize=11)
    ax.tick_params(labelsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _stems(ax: Axes, time: FloatArray, change: FloatArray, mine: Any, label: str, colour: str) -> None:
    if not mine.any():
        return
    ax.vlines(time[mine], 0, change[mine], color=colour, lw=1.2, alpha=0.5)
    ax.plot(time[mine], change[mine], "o", ms=3.5, color=colour, label=label)


def _check_image(values: FloatArray, shape: tuple[int, int]) -> None:
    if values.ndim != 2 or values.shape[0] != shape[0] * shape[1]:
        raise NetworkError(
            f"receptive_fields: found weights of shape {values.shape} for images of {shape[0]} x {shape[1]} pixels; "
            f"expected ({shape[0] * shape[1]}, n_post)."
        )


def _check_neurons(count: int, chosen: Sequence[int]) -> None:
    unknown = [k for k in chosen if not 0 <= k < count]
    if unknown or not len(chosen):
        raise NetworkError(
            f"receptive_fields: found neurons = {unknown or 'none'}; expected at least one number from 0 to {count - 1}."
        )


def _grid(tiles: FloatArray) -> FloatArray:
    """Images (n, rows, columns) in a near-square grid with one empty (NaN) pixel between them."""
    count, high, wide = tiles.shape
    columns = _columns(count)
    rows = -(-count // columns)
    grid = np.full((rows * (high + 1) - 1, columns * (wide + 1) - 1), np.nan)
    for k, tile in enumerate(tiles):
        top, left = k // columns * (high + 1), k % columns * (wide + 1)
        grid[top : top + high, left : left + wide] = tile
    return grid


def _columns(count: int) -> int:
    return int(np.ceil(np.sqrt(count)))


def _name_tiles(ax: Axes, chosen: Sequence[int], shape: tuple[int, int]) -> None:
    """Write the number of each neuron in the corner of its image, if there is room for it."""
    columns = _columns(len(chosen))
    if columns > 10:
        return
    for k, neuron in enumerate(chosen):
        top, left = k // columns * (shape[0] + 1), k % columns * (shape[1] + 1)
        outline = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.75}
        ax.text(left - 0.4, top - 0.4, str(neuron), fontsize=7, ha="left", va="top", bbox=outline)
