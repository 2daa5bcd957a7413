"""A comparison as a table and as a figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from neurosim.analysis.comparison_parts import Compared, Place, StateComparison, keys, place_of, shared_keys
from neurosim.analysis.plots import COLOURS
from neurosim.display.picture import Picture
from neurosim.results.recording import Recording
from neurosim.terminal.tables import TextTable

_BOTH, _A, _B = "0.55", COLOURS[0], COLOURS[1]
_AROUND = 120
"""Number of steps of a trace that are drawn on each side of the largest error."""
_DETAILS = ("arithmetic", "tag", "integration")


def title(recording: Recording) -> str:
    """Engine and arithmetic of a recording, as a title."""
    info = recording.info
    detail = next((str(info[key]) for key in _DETAILS if key in info), "")
    return " ".join(part for part in (str(info.get("engine", "")), detail) if part) or "recording"


def table(comparison: Compared) -> TextTable:
    """Table with one row per population, state and readout."""
    out = TextTable(f"a: {title(comparison.a)}   b: {title(comparison.b)}")
    for column in ("what", "equal", "first difference", "agreement", "error"):
        out.add_column(column, justify="right" if column in ("agreement", "error") else "left")
    for p in comparison.populations:
        error = f"{p.rate_error:.3g} Hz of {p.rate_a:.3g} Hz"
        out.add_row(f"spikes of {p.population}", _yes(p.equal), _place(p.first), f"{100 * p.agreement:.2f} %", error)
    for s in comparison.states:
        out.add_row(f"{s.of}.{s.variable}", _yes(s.max_error == 0), "", "", f"max {s.max_error:.3g}, rms {s.rms_error:.3g}")
    r = comparison.readout
    if r is not None:
        right = "" if r.accuracy_a is None else f"accuracy {r.accuracy_a:.4f}, {r.accuracy_b:.4f}"
        out.add_row(f"predictions of {r.population}", _yes(r.agreement == 1), "", f"{100 * r.agreement:.2f} %", right)
    for o in comparison.overflows:
        found = [_counts(counts, recording) for counts, recording in ((o.a, comparison.a), (o.b, comparison.b))]
        out.add_row(f"overflows of {o.population}", _yes(o.a == o.b), f"a: {found[0]}; b: {found[1]}", "", "")
    for name in comparison.uncompared:
        out.add_row(name, "", "in one recording only", "", "")
    return out


def _counts(counts: Mapping[str, int] | None, recording: Recording) -> str:
    """Overflow counts as text; Lava does not count them, and float arithmetic has no limits."""
    if counts is None:
        return "not counted" if recording.info.get("engine") == "lava" else "no limits"
    return ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items()) or "none"


def _yes(equal: bool) -> str:
    return "yes" if equal else "no"


def _place(place: Place | None) -> str:
    return "" if place is None else f"sample {place.sample}, step {place.step}, neuron {place.neuron}"


def figure(comparison: Compared) -> Figure:
    """Figure with spikes on the left, rates on the right, and below the state with the largest error, if any was probed."""
    state = _furthest(comparison)
    fig = Picture(figsize=(10, 6.6 if state else 4.2), layout="constrained")
    grid = fig.add_gridspec(2 if state else 1, 3, height_ratios=(5, 3) if state else None)
    first = comparison.first
    _spikes(fig.add_subplot(grid[0, :2]), comparison, first[1].sample if first else 0)
    _rates(fig.add_subplot(grid[0, 2]), comparison)
    if state:
        _trace(fig.add_subplot(grid[1, :]), comparison, state)
    for text in fig.findobj(Text):
        # Matplotlib would read a $ in a name as the beginning of a formula.
        text.set_parse_math(False)
    return fig


def _furthest(comparison: Compared) -> StateComparison | None:
    """The voltage with the largest error, or else such a state; weights change too slowly to be drawn as traces."""
    traces = [s for s in comparison.states if s.variable != "w" and s.worst]
    return max(traces, key=lambda s: (s.variable == "v", s.max_error), default=None)


def _spikes(ax: Axes, comparison: Compared, sample: int) -> None:
    """Draw spikes: shared ones small and grey, the others large and in the colour of the recording that contains them."""
    a, b = comparison.a, comparison.b
    names, scale = list(a.spikes), a.dt * 1e3
    edges = np.concatenate([[0.0], np.cumsum(np.sqrt([a.sizes[name] for name in names]))])
    for low, high, name in zip(edges, edges[1:], names, strict=False):
        shared = shared_keys(a, b, name)
        groups = (shared, np.setdiff1d(keys(a, name), shared), np.setdiff1d(keys(b, name), shared))
        for k, found in enumerate(groups):
            place = place_of(a, name, found)
            here = place.sample == sample
            y = low + (np.asarray(place.neuron)[here] + 0.5) / a.sizes[name] * (high - low)
            ax.plot(np.asarray(place.step)[here] * scale, y, rasterized=True, ls="", **_MARKS[k])
        ax.axhline(high, color="0.8", lw=0.6, zorder=0)
    ax.set_yticks((edges[:-1] + edges[1:]) / 2, [f"{name}\n({a.sizes[name]})" for name in names])
    ax.set(xlim=(-0.5 * scale, (a.steps - 0.5) * scale), ylim=(0, edges[-1]))
    _dress(ax, f"Spikes of sample {sample}", "time (ms)", "population (neurons)")
    _spike_legend(ax, comparison)


_MARKS: tuple[dict[str, Any], ...] = (
    {"marker": ".", "ms": 3, "mew": 0, "color": _BOTH},
    {"marker": "|", "ms": 8, "mew": 1.6, "color": _A},
    {"marker": "_", "ms": 5, "mew": 1.6, "color": _B},
)


def _short_names(comparison: Compared) -> tuple[str, str]:
    """Short names that distinguish the two recordings, such as "float" and "fixed", or else "a" and "b"."""
    a, b = (title(r).replace(",", " ").split() for r in (comparison.a, comparison.b))
    own = [" ".join(w for w in mine if w not in theirs) for mine, theirs in ((a, b), (b, a))]
    return (own[0], own[1]) if all(0 < len(name) <= 16 for name in own) else ("a", "b")


def _spike_legend(ax: Axes, comparison: Compared) -> None:
    labels = ("in both", *(f"only in {name}" for name in _short_names(comparison)))
    for marks, label in zip(_MARKS, labels, strict=True):
        ax.plot([], [], ls="", label=label, **{**marks, "ms": 8})
    _legend_above(ax)


def _rates(ax: Axes, comparison: Compared) -> None:
    """Draw the rate of every neuron in `b` against that in `a`, mean over samples."""
    top = 0.0
    for k, name in enumerate(comparison.a.spikes):
        x, y = (r.rates(name).mean(axis=0) for r in (comparison.a, comparison.b))
        ax.plot(x, y, ".", ms=6, mew=0, alpha=0.7, color=COLOURS[k % len(COLOURS)], label=name, rasterized=True)
        top = max(top, float(x.max(initial=0)), float(y.max(initial=0)))
    top = 1.05 * top or 1.0
    ax.plot([0, top], [0, top], color="0.6", lw=0.8, zorder=0)
    ax.set(xlim=(0, top), ylim=(0, top), aspect="equal")
    ax.legend(frameon=False, fontsize=9)
    _dress(ax, "Rate of each neuron", *(f"in {name} (Hz)" for name in _short_names(comparison)))


def _trace(ax: Axes, comparison: Compared, state: StateComparison) -> None:
    """Draw both traces around the largest error."""
    sample, step, column = state.worst
    window = slice(max(0, step - _AROUND), step + _AROUND)
    scale = comparison.a.dt * 1e3
    for recording, colour, name, style in ((comparison.a, _A, "a", "-"), (comparison.b, _B, "b", "--")):
        values = recording.states[state.of, state.variable][sample, window, column]
        time = recording.steps_of(state.of, state.variable)[window] * scale
        ax.plot(time, values, style, lw=1.3, color=colour, label=f"{name}: {title(recording)}")
    ax.axvline(comparison.a.steps_of(state.of, state.variable)[step] * scale, color="0.8", lw=5, zorder=0)
    ax.margins(x=0)
    _legend_above(ax)
    where = f"{state.of}.{state.variable}, probed neuron {column}, sample {sample}"
    _dress(ax, f"{where}: largest error {state.max_error:.3g}", "time (ms)", f"{state.variable} (SI)")


def _legend_above(ax: Axes) -> None:
    ax.legend(ncols=3, loc="lower right", bbox_to_anchor=(1, 1), frameon=False, fontsize=9, handletextpad=0.4)


def _dress(ax: Axes, heading: str, xlabel: str, ylabel: str) -> None:
    ax.set_title(heading, fontsize=11, loc="left")
    ax.set_xlabel(xlabel, fontsize=10)
    ax.set_ylabel(ylabel, fontsize=10)
    ax.tick_params(labelsize=9)
    ax.spines[["top", "right"]].set_visible(False)
