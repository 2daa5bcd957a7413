"""Figures of a whole recording: spikes and states of a sample, and weights over time."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurosim.display.figures import COLOURS, dress, legend, plain_texts
from neurosim.display.picture import Picture
from neurosim.errors import UsageError, shown
from neurosim.results.drawing import raster, time_axis
from neurosim.results.recorded import Recorded, of_weight
from neurosim.results.run_data import RunData
from neurosim.results.weight_trace import SparseValues, WeightTrace
from neurosim.units import FloatArray

_MOST_STATES, _MOST_WEIGHTS = 6, 6
"""Panels of states, and rows of weights, in one figure."""
_SYMBOLS = {"volt": "V", "amp": "A", "siemens": "S", "farad": "F", "second": "s", "hertz": "Hz"}
_PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def picture(recording: RunData, sample: int, neurons: int) -> Figure:
    """Figure of one sample: spikes on top, and a panel for each probed state below."""
    if not recording.samples:
        raise UsageError("Recording.plot: the recording has no samples, so there is nothing to draw.")
    if not (isinstance(sample, int | np.integer) and 0 <= sample < recording.samples):
        raise UsageError(f"Recording.plot: sample = {shown(sample)}; expected a number from 0 to {recording.samples - 1}.")
    keys = [key for key, values in recording.states.items() if values.size][:_MOST_STATES]
    spikes = 1.2 + 0.7 * min(6, len(recording.sizes))
    heights = [spikes, *(1.7 for _ in keys)]
    figure = Picture(figsize=(8, 0.7 + sum(heights)), layout="constrained")
    axes = figure.subplots(len(heights), height_ratios=heights, squeeze=False, sharex=True)[:, 0]
    raster(axes[0], recording, sample=sample)
    for ax, key in zip(axes[1:], keys, strict=True):
        _state(ax, recording, key, sample, neurons)
    for ax in axes[:-1]:
        ax.set_xlabel("")
    left = len(recording.states) - len(keys)
    axes[0].set_title(_title(recording, sample, left), fontsize=11, loc="left")
    return plain_texts(figure)


def _title(recording: RunData, sample: int, left: int) -> str:
    name = str(recording.info.get("network", "")) or "recording"
    parts = [name, f"sample {sample}" if recording.samples > 1 else "", f"{left} more states are not drawn" if left else ""]
    return ", ".join(part for part in parts if part)


def _state(ax: Axes, recording: RunData, key: tuple[str, str], sample: int, neurons: int) -> None:
    values = recording.states[key][sample]
    factor, unit = axis_unit(recording.unit_of(*key), values)
    scale, time_unit = time_axis(recording)
    count = min(values.shape[1], max(1, neurons))
    for k in range(count):
        ax.plot(recording.steps_of(*key) * scale, values[:, k] / factor, lw=1.1, color=COLOURS[k % 8], label=str(k))
    ax.set_xlim(-0.5 * scale, (recording.steps - 0.5) * scale)
    if count > 1:
        ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1), title="probed\nneuron", title_fontsize=8)
    dress(ax, f"time ({time_unit})", f"{key[0]}\n{key[1]} ({unit})")


def axis_unit(unit: str, values: Any) -> tuple[float, str]:
    """SI size and name of a unit in which numbers of an SI unit are easy to read."""
    if unit in ("", "1"):
        return 1.0, "SI" if unit == "" else "no unit"
    symbol, largest = _SYMBOLS.get(unit), float(np.nanmax(np.abs(values), initial=0.0))
    if symbol is None or not np.isfinite(largest):
        return 1.0, unit
    size, prefix = next((p for p in _PREFIXES if largest >= p[0]), _PREFIXES[-1] if largest else _PREFIXES[0])
    return size, f"{prefix}{symbol}"


def weights_picture(recording: RunData, projection: str | None, most: int) -> Figure:
    """Figure with one row per projection: weights over time, and their distribution."""
    found = Recorded(recording.weights, "weights", of_weight)
    names = list(found)[:_MOST_WEIGHTS] if projection is None else [projection]
    if not names:
        raise UsageError(
            "Recording.plot_weights: no weights were recorded; add Probe(PROJECTION, 'w', every=10*ms) to the network."
        )
    figure = Picture(figsize=(9, 0.4 + 2.6 * len(names)), layout="constrained")
    rows = figure.subplots(len(names), 2, width_ratios=(2, 1), squeeze=False)
    for (left, right), name in zip(rows, names, strict=True):
        _row(left, right, recording, name, found[name], most)
    return plain_texts(figure)


def _row(left: Axes, right: Axes, recording: RunData, name: str, trace: WeightTrace, most: int) -> None:
    values = _per_synapse(trace)
    factor, unit = axis_unit(recording.unit_of(name, "w"), values)
    long = len(trace.steps) and trace.steps[-1] * recording.dt > 2
    time = trace.steps * recording.dt * (1 if long else 1e3)
    chosen = np.unique(np.linspace(0, values.shape[1] - 1, min(max(1, most), values.shape[1])).astype(np.int64))
    mark = "." if len(time) == 1 else "none"
    left.plot(time, values[:, chosen] / factor, marker=mark, lw=0.6, alpha=0.35, color=COLOURS[0])
    left.plot(time, values.mean(axis=1) / factor, marker=mark, lw=2, color=COLOURS[1], label="mean of all")
    legend(left)
    count = "all" if len(chosen) == values.shape[1] else f"{len(chosen)} of"
    left.set_title(f"{name}: {count} {values.shape[1]} weights", fontsize=11, loc="left")
    dress(left, "time (s)" if long else "time (ms)", f"weight ({unit})")
    _distribution(right, values / factor, unit)


def _distribution(ax: Axes, values: FloatArray, unit: str) -> None:
    edges = np.histogram_bin_edges(values[[0, -1]], 40).tolist()
    ends = {"at the start": values[0], "at the end": values[-1]} if len(values) > 1 else {"recorded": values[-1]}
    for colour, (label, at) in zip(COLOURS[4::-4] if len(ends) > 1 else COLOURS, ends.items(), strict=False):
        ax.hist(at, edges, histtype="step", lw=1.5, color=colour, label=label)
    legend(ax)
    dress(ax, f"weight ({unit})", "synapses")


def _per_synapse(trace: WeightTrace) -> FloatArray:
    """Weights (times, synapses)."""
    values = trace.values.data if isinstance(trace.values, SparseValues) else np.asarray(trace.values)
    return np.asarray(values.reshape(len(values), -1))
