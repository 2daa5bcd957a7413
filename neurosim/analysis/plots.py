"""Plots of recordings and results.

Each function takes an axis and data, draws, and returns the axis; layout and saving are left to the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim import units
from neurosim.errors import NetworkError, unknown_name
from neurosim.results.recording import Recording
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
"""Colours of Okabe & Ito (2008), which can be distinguished with any colour vision; yellow is last, as it is faint on white."""

Band = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


def raster(ax: Axes, recording: Recording, populations: Sequence[str] | None = None, sample: int = 0) -> Axes:
    """Draw spikes over time, with the first population at the bottom.

    The height of a population grows with the square root of its size, so that ten output neurons stay visible
    above a thousand inputs.

    Parameters
    ----------
    ax : Axes
        Matplotlib axes that are drawn on and returned.
    recording : Recording
        The run.
    populations : sequence of str, optional
        Names of the populations, from the bottom up; all if left out.
    sample : int
        Number of the sample.

    Raises
    ------
    NetworkError
        If the recording has no such population or sample.
    """
    names = list(recording.spikes if populations is None else populations)
    for name in names:
        _known(recording.spikes, name, "population")
    sizes = [recording.sizes[name] for name in names]
    edges = np.concatenate([[0.0], np.cumsum(np.sqrt(sizes))])
    scale, unit = _time_axis(recording)
    for k, name in enumerate(names):
        spikes = recording.spikes[name]
        mine = spikes.sample == sample
        low, high = edges[k], edges[k + 1]
        y = low + (spikes.neuron[mine] + 0.5) / sizes[k] * (high - low)
        # Points are as large as the rows allow, on an axis that is about 250 points high.
        size, colour = np.clip(250 * (high - low) / edges[-1] / sizes[k], 2.5, 5), COLOURS[k % len(COLOURS)]
        ax.plot(spikes.step[mine] * scale, y, ".", ms=size, mew=0, color=colour, rasterized=True)
        ax.axhline(high, color="0.8", lw=0.6, zorder=0)
    ax.set_yticks((edges[:-1] + edges[1:]) / 2, [f"{name}\n({recording.sizes[name]})" for name in names])
    ax.set(xlim=(-0.5 * scale, (recording.steps - 0.5) * scale), ylim=(0, edges[-1]))
    return _dress(ax, f"time ({unit})", "population (neurons)")


def trace(
    ax: Axes,
    recording: Recording,
    population: str,
    variable: str,
    neurons: Sequence[int] = (0,),
    sample: int = 0,
    unit: str = "",
) -> Axes:
    """Draw a probed variable over time.

    Parameters
    ----------
    ax : Axes
        Matplotlib axes that are drawn on and returned.
    recording : Recording
        A run with a probe of the variable.
    population : str
        Name of the population.
    variable : str
        Name of the probed variable.
    neurons : sequence of int
        Numbers among the probed neurons: columns of ``recording.states[population, variable]``.
    sample : int
        Number of the sample.
    unit : str
        Unit of the axis, by Brian2's name ("mV"); SI numbers if left out.

    Raises
    ------
    NetworkError
        If the recording has no such variable, neuron or sample.
    """
    known = [f"{p}.{v}" for p, v in recording.states]
    _known(known, f"{population}.{variable}", "probed state")
    values = recording.states[population, variable][sample] / _size_of(unit)
    scale, time_unit = _time_axis(recording)
    for k, neuron in enumerate(neurons):
        label = f"{population} {neuron}"
        ax.plot(recording.steps_of(population, variable) * scale, values[:, neuron], lw=1.2, color=COLOURS[k % 8], label=label)
    ax.set_xlim(0, recording.steps * scale)
    if len(neurons) > 1:
        _legend(ax)
    return _dress(ax, f"time ({time_unit})", f"{variable} ({unit or 'SI'})")


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
    flat = {label: np.ravel(np.asarray(w)) / _size_of(unit) for label, w in weights.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(flat.values())), bins).tolist()
    for k, (label, values) in enumerate(flat.items()):
        share = np.full(len(values), 100 / len(values))
        ax.hist(values, edges, weights=share, histtype="step", lw=1.6, color=COLOURS[k % 8], label=label)
    _legend(ax)
    return _dress(ax, f"weight ({unit})" if unit else "weight", "share of synapses (%)")


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
    _legend(ax)
    return _dress(ax, "epoch", ylabel)


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
    return _dress(ax, "predicted class", "true class")


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
    values = np.asarray(weights, np.float64) / _size_of(unit)
    reach = np.nanmax(np.abs(values), initial=0)
    signed = {"cmap": "PuOr_r", "vmin": -reach, "vmax": reach}
    style = signed if values.min() < 0 < values.max() else {"cmap": "viridis"}
    image = ax.imshow(values, aspect="auto", interpolation="nearest", **style)
    ax.figure.colorbar(image, ax=ax, label=f"{label} ({unit})" if unit else label)
    return _dress(ax, "post neuron", "pre neuron")


def _known(names: Any, name: str, kind: str) -> None:
    if name not in names:
        raise NetworkError("Recording: " + unknown_name(kind, name, names))


def _size_of(unit: str) -> float:
    return float(getattr(units, unit)) if unit else 1.0


def _time_axis(recording: Recording) -> tuple[float, str]:
    """Length of a step on the time axis, and the unit of the axis."""
    return (recording.dt, "s") if recording.steps * recording.dt > 2 else (recording.dt * 1e3, "ms")


def _legend(ax: Axes) -> None:
    ax.legend(frameon=False, fontsize=9)


def _dress(ax: Axes, xlabel: str, ylabel: str) -> Axes:
    ax.set_xlabel(xlabel, fontsize=11)
    ax.set_ylabel(ylabel, fontsize=11)
    ax.tick_params(labelsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
