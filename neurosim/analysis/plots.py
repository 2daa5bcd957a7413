"""Plots of recordings and results.

Each function takes an axis and data, draws, and returns the axis; layout and saving are left to the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.display.figures import COLOURS as COLOURS
from neurosim.display.figures import dress, legend
from neurosim.results.drawing import raster as raster
from neurosim.results.drawing import size_of
from neurosim.results.drawing import trace as trace
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Band = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


def weight_histogram(ax: Axes, weights: Mapping[str, Any], unit: str = "", bins: int = 60) -> Axes:
    """Draw distributions of weights with common bins.

    Parameters
    ----------
    ax : Axes
        Matplotlib axes that are drawn on and returned.
    weights : mapping
        Label -> weights, an array of any shape in SI units.
    unit : str
        Unit of the axis, by Brian2's name.
    bins : int
        Number of bins.
    """
    flat = {label: np.ravel(np.asarray(w)) / size_of(unit) for label, w in weights.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(flat.values())), bins).tolist()
    for k, (label, values) in enumerate(flat.items()):
        share = np.full(len(values), 100 / len(values))
        ax.hist(values, edges, weights=share, histtype="step", lw=1.6, color=COLOURS[k % 8], label=label)
    legend(ax)
    return dress(ax, f"weight ({unit})" if unit else "weight", "share of synapses (%)")


def extremes(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Band from the worst to the best seed."""
    return values.min(axis=0), values.max(axis=0)


def one_sd(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Band of one standard deviation about the mean."""
    mean, sd = values.mean(axis=0), values.std(axis=0)
    return mean - sd, mean + sd


def learning_curve(
    ax: Axes, curves: Mapping[str, Any], band: Band = extremes, ylabel: str = "accuracy (%)"
) -> Axes:
    """Draw the mean over seeds with a band, for each label.

    Parameters
    ----------
    ax : Axes
        Matplotlib axes that are drawn on and returned.
    curves : mapping
        Label -> array (seeds, epochs).
    band : callable
        Function that returns the limits of the band: `extremes` or `one_sd`.
    ylabel : str
        Label of the vertical axis.
    """
    for k, (label, runs) in enumerate(curves.items()):
        values = np.atleast_2d(np.asarray(runs, np.float64))
        epoch, colour = np.arange(1, values.shape[1] + 1), COLOURS[k % len(COLOURS)]
        ax.fill_between(epoch, *band(values), color=colour, alpha=0.2, lw=0)
        seeds = f"{label} (n = {len(values)})"
        ax.plot(epoch, values.mean(axis=0), marker="o", ms=3.5, color=colour, label=seeds)
    ax.locator_params(axis="x", integer=True)
    legend(ax)
    return dress(ax, "epoch", ylabel)


def confusion(ax: Axes, matrix: Any, labels: Sequence[str] | None = None) -> Axes:
    """Draw a confusion matrix: true classes are rows, predicted classes columns; colours show fractions, numbers are counts.

    Parameters
    ----------
    ax : Axes
        Matplotlib axes that are drawn on and returned.
    matrix : array (classes, classes)
        Number of samples for each true and predicted class.
    labels : sequence of str, optional
        Names of the classes.
    """
    counts = np.asarray(matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [str(k) for k in range(len(counts))] if labels is None else list(labels)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.5 else "black"
        ax.text(column, row, f"{count:g}", ha="center", va="center", fontsize=8, color=colour)
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    return dress(ax, "predicted class", "true class")


def weights_image(ax: Axes, weights: Any, unit: str = "", label: str = "weight") -> Axes:
    """Draw a weight matrix `(n_pre, n_post)` (SI) as an image; colours are centred on zero if both signs occur.

    Parameters
    ----------
    ax : Axes
        Matplotlib axes that are drawn on and returned.
    weights : array or sparse matrix (n_pre, n_post)
        Weights in SI.
    unit : str
        Unit of the colour bar, by Brian2's name ("mV"); SI numbers if left out.
    label : str
        Label of the colour bar.
    """
    values = np.asarray(weights, np.float64) / size_of(unit)
    reach = np.nanmax(np.abs(values), initial=0)
    signed = {"cmap": "PuOr_r", "vmin": -reach, "vmax": reach}
    style = signed if values.min() < 0 < values.max() else {"cmap": "viridis"}
    image = ax.imshow(values, aspect="auto", interpolation="nearest", **style)
    ax.figure.colorbar(image, ax=ax, label=f"{label} ({unit})" if unit else label)
    return dress(ax, "post neuron", "pre neuron")
