"""Spikes and states of a recording on an axis; `neurosim.analysis.plots` has these two functions and others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.display.figures import COLOURS, dress, legend
from neurosim.errors import NetworkError, unknown_name
from neurosim.results.run_data import RunData

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def raster(ax: Axes, recording: RunData, populations: Sequence[str] | None = None, sample: int = 0) -> Axes:
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
    scale, unit = time_axis(recording)
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
    return dress(ax, f"time ({unit})", "population (neurons)")


def trace(
    ax: Axes,
    recording: RunData,
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
    values = recording.states[population, variable][sample] / size_of(unit)
    scale, time_unit = time_axis(recording)
    for k, neuron in enumerate(neurons):
        label = f"{population} {neuron}"
        ax.plot(recording.steps_of(population, variable) * scale, values[:, neuron], lw=1.2, color=COLOURS[k % 8], label=label)
    ax.set_xlim(0, recording.steps * scale)
    if len(neurons) > 1:
        legend(ax)
    return dress(ax, f"time ({time_unit})", f"{variable} ({unit or 'SI'})")


def _known(names: Any, name: str, kind: str) -> None:
    if name not in names:
        raise NetworkError("Recording: " + unknown_name(kind, name, names))


def size_of(unit: str) -> float:
    """SI value of a unit by Brian2's name; 1 without one."""
    # The units are those of Brian2, which takes long to import.
    from neurosim import units

    return float(getattr(units, unit)) if unit else 1.0


def time_axis(recording: RunData) -> tuple[float, str]:
    """Length of a step on the time axis, and the unit of the axis."""
    return (recording.dt, "s") if recording.steps * recording.dt > 2 else (recording.dt * 1e3, "ms")
