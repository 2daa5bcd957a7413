"""The drift of a network as a table and as a figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from neurosim.analysis.comparison_parts import keys, place_of, shared_keys
from neurosim.analysis.drift_measures import probed
from neurosim.analysis.drift_parts import Drifted
from neurosim.analysis.plots import COLOURS
from neurosim.terminal.tables import TextTable

_AROUND = 60
"""Steps of a trace that are drawn on each side of the first spike that differs."""
_NONE = ""
_COLUMNS: dict[str, Callable[[Any], str]] = {
    "spikes that differ": lambda c: f"{100 * c.spikes:.3g} %",
    "rate (Hz)": lambda c: f"{c.rate:.3g}",
    "membrane (% of threshold)": lambda c: _percent(c.membrane, "", ""),
    "weights (% of largest)": lambda c: _percent(c.weights, "", ""),
    "accuracy (points)": lambda c: _percent(c.accuracy, "+", ""),
    "share alone": lambda c: _percent(c.share, "", " %"),
    "share in order": lambda c: _percent(c.share_in_order, "", " %"),
}


def _percent(value: float | None, sign: str, unit: str) -> str:
    return _NONE if value is None else f"{100 * value + 0.0:{sign}.3g}{unit}"


def table(drift: Drifted) -> TextTable:
    """Table with one row per cause, the total, and what is outside of it."""
    out = TextTable(f"Drift of {drift.network} on {drift.target}: {_heading(drift)}")
    rows = [*drift.causes, drift.total, *drift.further]
    used = [name for name, text in _COLUMNS.items() if any(text(row) for row in rows)]
    out.add_column("cause, on its own")
    for name in used:
        out.add_column(name, justify="right")
    for cause in drift.causes:
        texts = ["none", *[""] * (len(used) - 1)] if cause.exact else [_COLUMNS[name](cause) for name in used]
        out.add_row(cause.cause, *texts)
    out.add_section()
    out.add_row("total, float to chip", *(_COLUMNS[name](drift.total) for name in used))
    for cause in drift.further:
        out.add_row(cause.cause, *(_COLUMNS[name](cause) for name in used))
    out.caption, out.caption_justify = "\n".join([_sum(drift), *drift.notes]), "left"
    return out


def _heading(drift: Drifted) -> str:
    right = "" if drift.accuracy is None else ", accuracy {:.2%} in float and {:.2%} on the chip".format(*drift.accuracy)
    return f"mean rate {drift.rate:.4g} Hz{right}"


def _sum(drift: Drifted) -> str:
    if drift.explained is None or drift.interaction is None:
        return "No rate changes on the chip."
    return (
        f"The causes alone sum to {100 * drift.explained:.3g} % of the total; what their sum leaves has "
        f"{100 * drift.interaction:.3g} % of its size."
    )


def figure(drift: Drifted) -> Figure:
    """Bars of the shares and of the rates on top, and below a membrane in both runs, if one was recorded."""
    traces = [key for key in drift.float_run.states if key in drift.chip_run.states]
    drawn = Figure(figsize=(9.5, 7.2 if traces else 4.2), layout="constrained")
    grid = drawn.add_gridspec(2 if traces else 1, 2, height_ratios=(4, 3) if traces else None)
    left = drawn.add_subplot(grid[0, 0])
    _rates(left, drift)
    _shares(drawn.add_subplot(grid[0, 1], sharey=left), drift)
    if traces:
        _trace(drawn.add_subplot(grid[1, :]), drift)
    for text in drawn.findobj(Text):
        # Matplotlib would read a $ in a name as the beginning of a formula.
        text.set_parse_math(False)
    return drawn


def _rates(ax: Axes, drift: Drifted) -> None:
    """Size of what each cause does to the rates."""
    rows = [*drift.causes, drift.total]
    colours = [COLOURS[5]] * len(drift.causes) + [COLOURS[0]]
    bars = ax.barh([row.cause for row in rows], [row.rate for row in rows], color=colours, height=0.65)
    ax.bar_label(bars, [f"{row.rate:.2g}" for row in rows], padding=3, fontsize=9)
    ax.invert_yaxis()
    ax.set_xlim(0, 1.2 * max((row.rate for row in rows), default=0.0) or 1.0)
    _dress(ax, "Change of rates, each cause alone", "root of the mean square (Hz)", "")


def _shares(ax: Axes, drift: Drifted) -> None:
    """What each cause contributes to the total, alone and in order."""
    names = [row.cause for row in (*drift.causes, drift.total)]
    place = np.arange(len(names))
    alone = [*(row.share for row in drift.causes), drift.explained]
    later = [*(row.share_in_order for row in drift.causes), None if drift.explained is None else 1.0]
    for values, shift, colour, label in ((alone, -0.17, COLOURS[5], "alone"), (later, 0.17, COLOURS[1], "in order")):
        shown = [0.0 if value is None else 100 * value for value in values]
        ax.barh(place + shift, shown, height=0.32, color=colour, label=label)
    ax.axvline(100, color="0.6", lw=0.8, zorder=0)
    ax.axvline(0, color="0.3", lw=0.8)
    ax.tick_params(labelleft=False)
    ax.legend(frameon=False, fontsize=9, loc="lower right", bbox_to_anchor=(1.02, 1), ncols=2)
    _dress(ax, "Share of the total", "share (%)", "")


def _trace(ax: Axes, drift: Drifted) -> None:
    """A membrane in both runs around the first spike that differs."""
    name, sample, step, column = _first(drift)
    window, scale = slice(max(0, step - _AROUND), step + _AROUND), drift.float_run.dt * 1e3
    time = np.arange(drift.float_run.steps)[window] * scale
    pairs = ((drift.float_run, COLOURS[0], "-", "float"), (drift.chip_run, COLOURS[1], "--", "on the chip"))
    for run, colour, style, label in pairs:
        ax.plot(time, run.states[name, "v"][sample, window, column], style, lw=1.3, color=colour, label=label)
    ax.axvline(step * scale, color="0.85", lw=4, zorder=0)
    ax.margins(x=0)
    ax.legend(frameon=False, fontsize=9, ncols=2, loc="lower right", bbox_to_anchor=(1, 1))
    _dress(ax, f"Membrane of {name}, sample {sample}, at its first spike that differs", "time (ms)", "v (SI)")


def _first(drift: Drifted) -> tuple[str, int, int, int]:
    """Population, sample, step and column of a trace: the last population's first spike that differs, or the first neuron."""
    a, b, found = drift.float_run, drift.chip_run, []
    for name, variable in a.states:
        apart = np.setxor1d(np.union1d(keys(a, name), keys(b, name)), shared_keys(a, b, name))
        sample, step, neuron = (np.asarray(part) for part in place_of(a, name, apart))
        recorded = probed(a.sizes[name])
        here = np.flatnonzero(np.isin(neuron, recorded))
        if here.size and variable == "v":
            k = here[0]
            found.append((name, int(sample[k]), int(step[k]), recorded.index(int(neuron[k]))))
    return found[-1] if found else (next(iter(a.states))[0], 0, 0, 0)


def _dress(ax: Axes, heading: str, xlabel: str, ylabel: str) -> None:
    ax.set_title(heading, fontsize=11, loc="left")
    ax.set_xlabel(xlabel, fontsize=10)
    ax.set_ylabel(ylabel, fontsize=10)
    ax.tick_params(labelsize=9)
    ax.spines[["top", "right"]].set_visible(False)
