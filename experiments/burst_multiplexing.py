"""Do events and bursts over the same axons carry two signals, one up and one down?

Payeur, Guerguiev, Zenke, Richards, Naud 2021 (doi:10.1038/s41593-021-00857-x), figure 3, with the background noise there.

* Static: cells with constant currents into soma (I_s) and dendrite (I_d), 40 cells for each of 63 pairs, without synapses
  between them; 4 s, the first 0.5 s left out. Once with the driving force of dendritic synapses from the soma's voltage, as in
  the authors' simulator, and once from the dendrite's own.
* Sines: the network of ``models/burst_multiplexing.py``, 4000 + 4000 pyramidal cells, 1000 PV and 1000 SOM cells. After 1 s the
  lower cells (1) get a sine into the soma (200 pA, 0.5 s), the upper ones (2) one into the dendrite (100 pA, 1.118 s); 63 bins
  of 50 ms. Correlations are between bins at the same time; no lag is sought.

What to see: I_s moves the event rate (ER) and I_d the burst probability (BP), with little cross-talk. In the network ER of the
lower cells follows their somatic current and ER of the upper cells follows that; BP of the upper cells follows their dendritic
current, and BP of the lower cells follows the burst rate (BR) of the upper ones.

C++ is compiled once, in the folder for temporary files, and serves all seeds.
"""

import fcntl
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import gettempdir

import numpy as np
from matplotlib.figure import Figure

from neurosim import Network, Population, Timed, simulate
from neurosim.analysis.bursts import burst_rate, event_rate
from neurosim.analysis.plots import COLOURS
from neurosim.models import load_model
from neurosim.neurons import DrivingForce
from neurosim.study import Grid, Measure, Size, Study
from neurosim.units import ms, pA, second

SOMATIC = (-200, -100, 0, 100, 200, 300, 400)
DENDRITIC = (-200, -100, 0, 50, 100, 150, 200, 300, 400)
PAIRS = [(s, d) for s in SOMATIC for d in DENDRITIC]
"""Constant currents in pA."""
FORCES = {"static": DrivingForce.SOMA, "static_dendrite": DrivingForce.DENDRITE}
"""Part -> whose voltage drives dendritic synapses."""
PARTS = [*FORCES, "lower", "upper"]
POINTS = range(len(PAIRS))
SETTLING = 0.5
"""Seconds left out at the beginning of the static parts."""
SCALE = {
    "n": 4000,
    "cells": 40,
    "duration": 3.5,
    "burn_in": 1.0,
    "bin": 0.05,
    "dt": 0.1,
    "target": "cpp_standalone",
    "slack": 0.0,
}
"""Cells of a population, and of a pair of currents; seconds measured of these, before sines, and of a bin; step in ms; how much
less than expected `check` takes, for networks with few events in a bin."""
AT_LEAST = {"r(ER1, I_s)": 0.9, "r(BP2, I_d)": 0.9, "r(ER2, ER1)": 0.85, "r(BP1, BR2)": 0.8}


@contextmanager
def compiled(part):
    """The folder of a part's C++; one process at a time."""
    folder = Path(gettempdir()) / STUDY.name / part
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def run(network, duration, target, part):
    with compiled(part) if target == "cpp_standalone" else nullcontext() as folder:
        return simulate(network, duration * second, target=target, build_dir=folder, progress=False)


def rates(recording, population, window, skipped, neurons=None):
    """Event and burst rate (2, windows) after `skipped` seconds."""
    found = [f(recording, population, window, neurons)[0] for f in (event_rate, burst_rate)]
    return np.array(found)[:, round(skipped / window) :]


@cache
def static(part, cells, duration, dt, target, seed):
    """(4, pairs): currents in pA, event and burst rate."""
    described = load_model("burst_multiplexing", n=4, seconds=0.01)
    currents = np.repeat(PAIRS, cells, axis=0).T
    somatic, dendritic = currents * pA
    cell = replace(described.population("lower").neuron, I_s=somatic, I_d=dendritic, dend_driving_force=FORCES[part])
    network = Network("pairs", [Population("cell", len(PAIRS) * cells, cell)], dt=dt * ms, seed=seed)
    recording = run(network, SETTLING + duration, target, part)
    of_pair = [range(k * cells, (k + 1) * cells) for k in POINTS]
    found = [rates(recording, "cell", SETTLING, SETTLING, neurons).mean(axis=1) for neurons in of_pair]
    return np.vstack([np.transpose(PAIRS), np.transpose(found)])


@cache
def sines(n, burn_in, window, dt, target, seed):
    """Population -> (4, bins): mean currents in pA, event and burst rate."""
    seconds = len(POINTS) * window
    network = load_model("burst_multiplexing", n=n, seconds=seconds, burn_in=burn_in, dt=dt, seed=seed)
    recording = run(network, burn_in + seconds, target, "sines")
    return {
        name: np.vstack([*currents(network.population(name).neuron, burn_in, window), *rates(recording, name, window, burn_in)])
        for name in ("lower", "upper")
    }


def currents(cell, burn_in, window):
    """Means of I_s and I_d in each bin, in pA."""
    for current in (cell.I_s, cell.I_d):
        if not isinstance(current, Timed):
            current = Timed(np.full(len(POINTS), current / pA) * pA, window * second)
        width = round(window / current.period)
        yield np.asarray(current.values)[-len(POINTS) * width :].reshape(len(POINTS), width).mean(axis=1) * 1e12


def trial(t):
    part, point = t.parameters["part"], t.parameters["point"]
    n, cells, duration, burn_in, window, dt, target, _ = (t.parameters[name] for name in SCALE)
    if part in FORCES:
        found = static(part, cells, duration, dt, target, t.seed)
    else:
        found = sines(n, burn_in, window, dt, target, t.seed)[part]
    I_s, I_d, events, bursts = found[:, point]
    measures = {"I_s": I_s, "I_d": I_d, "event_rate": events, "burst_rate": bursts, "burst_probability": bursts / events}
    return {name: np.round(value, 9) for name, value in measures.items()}


def mean(table, part, measure):
    """One a point, over the seeds."""
    return by_seed(table, part, measure).mean(axis=0)


def by_seed(table, part, measure):
    """(seeds, points)."""
    rows = dict(table.by("part"))[part,]
    return np.array([own.values(measure)[np.argsort(own.values("point"))] for _, own in rows.by("seed")])


def grid(table, part, measure):
    """(I_s, I_d)."""
    return mean(table, part, measure).reshape(len(SOMATIC), len(DENDRITIC))


def correlations(table):
    """Name -> one a seed."""
    of = {
        "r(ER1, I_s)": (("lower", "event_rate"), ("lower", "I_s")),
        "r(BP2, I_d)": (("upper", "burst_probability"), ("upper", "I_d")),
        "r(ER2, ER1)": (("upper", "event_rate"), ("lower", "event_rate")),
        "r(BP1, BR2)": (("lower", "burst_probability"), ("upper", "burst_rate")),
        "r(BP2, I_s)": (("upper", "burst_probability"), ("lower", "I_s")),
    }
    pairs = {name: [by_seed(table, *side) for side in sides] for name, sides in of.items()}
    return {name: [np.corrcoef(a, b)[0, 1] for a, b in zip(*sides, strict=True)] for name, sides in pairs.items()}


def tuning(table):
    """What the static part shows: factor of the event rate, burst probabilities, cross-talk of both kinds."""
    events, p = (grid(table, "static", name) for name in ("event_rate", "burst_probability"))
    zero = SOMATIC.index(0)
    return {
        "rise": events[-1, 0] / events[0, 0],
        "low": p[zero, 0],
        "high": p[zero, -1],
        "fall": 1 - (events.min(axis=1) / events[:, 0]).min(),
        "shift": (p[-1] - p[0]).max(),
    }


def draw_tuning(rate, probability, own, table):
    for d, colour in zip((-200, 100, 400), COLOURS, strict=False):
        line = grid(table, "static", "event_rate")[:, DENDRITIC.index(d)]
        rate.plot(SOMATIC, line, "o-", ms=3, lw=1, color=colour, label=f"I_d = {d} pA")
    for s, colour in zip((-200, 0, 200, 400), COLOURS, strict=False):
        probability.plot(*tuned(table, "static", s), "o-", ms=3, lw=1, color=colour, label=f"I_s = {s} pA")
    for part, colour, label in zip(FORCES, COLOURS, ("soma's voltage", "dendrite's voltage"), strict=False):
        own.plot(*tuned(table, part, 0), "o-", ms=3, lw=1, color=colour, label=label)
    axes(rate, "somatic current I_s (pA)", "event rate (Hz)", "constant currents")
    axes(probability, "dendritic current I_d (pA)", "burst probability", "constant currents")
    axes(own, "dendritic current I_d (pA)", "burst probability", "whose voltage drives dendritic synapses (I_s = 0)")
    probability.set_ylim(0, 1)
    own.set_ylim(0, 1)


def tuned(table, part, somatic):
    return DENDRITIC, grid(table, part, "burst_probability")[SOMATIC.index(somatic)]


def draw_sines(events, upper, lower, table):
    time = (np.arange(len(POINTS)) + 0.5) * table.column("bin")[0]
    for name, colour, label in (("lower", COLOURS[0], "ER1, lower cells"), ("upper", COLOURS[1], "ER2, upper cells")):
        curve(events, time, by_seed(table, name, "event_rate"), colour, label)
    curve(upper, time, by_seed(table, "upper", "burst_probability"), COLOURS[1], "BP2, upper cells")
    curve(lower, time, by_seed(table, "lower", "burst_probability"), COLOURS[0], "BP1, lower cells")
    beside(events, time, mean(table, "lower", "I_s"), "I_s of lower cells (pA)")
    beside(upper, time, mean(table, "upper", "I_d"), "I_d of upper cells (pA)")
    beside(lower, time, mean(table, "upper", "burst_rate"), "BR2, upper cells (Hz)")
    axes(events, "time (s)", "event rate (Hz)", "up")
    axes(upper, "time (s)", "burst probability", "at the top")
    axes(lower, "time (s)", "burst probability", "down")


def curve(ax, time, values, colour, label):
    """Mean and range over the seeds."""
    ax.fill_between(time, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.25, lw=0)
    ax.plot(time, values.mean(axis=0), color=colour, lw=1.3, label=label)


def beside(ax, time, values, label):
    """On an axis of its own at the right, with room for a legend above."""
    other = ax.twinx()
    span = np.ptp(values)
    other.set_ylim(values.min() - 0.08 * span, values.max() + 0.4 * span)
    low, high = ax.dataLim.intervaly
    ax.set_ylim(low - 0.08 * (high - low), high + 0.4 * (high - low))
    other.plot(time, values, color="0.45", lw=1, ls="--")
    other.set_ylabel(f"{label}, dashed", color="0.35", fontsize=9)
    other.spines["top"].set_visible(False)


def axes(ax, x, y, title):
    ax.set_title(title, fontsize=10)
    ax.set_xlabel(x, fontsize=10)
    ax.set_ylabel(y, fontsize=10)
    ax.spines["top"].set_visible(False)
    ax.legend(frameon=False, fontsize=8, loc="upper left")


def figure(table):
    drawn = Figure(figsize=(13, 6.6), layout="constrained")
    drawn.get_layout_engine().set(w_pad=0.12, h_pad=0.08)
    above, below = drawn.subplots(2, 3)
    draw_tuning(*above, table)
    draw_sines(*below, table)
    return drawn


def answer(table):
    t = tuning(table)
    lowest = {name: min(found) for name, found in correlations(table).items() if name in AT_LEAST}
    said = ", ".join(f"{name} {value:.2f}" for name, value in lowest.items())
    return (
        f"I_s raises the event rate {t['rise']:.1f} times, I_d the burst probability from {t['low']:.2f} to {t['high']:.2f}; "
        f"I_d lowers the event rate by up to {100 * t['fall']:.0f} %, I_s shifts the burst probability by up to "
        f"{t['shift']:.2f}. "
        f"Lowest correlations of all seeds: {said}."
    )


def check(table):
    t, slack = tuning(table), table.column("slack")[0]
    rises = t["rise"] >= 3 - slack and t["low"] < 0.1 + slack / 4 and t["high"] > 0.8 - slack / 4
    if not (rises and t["fall"] < 0.42 + slack / 2 and t["shift"] < 0.2 + slack / 2):
        raise ValueError(f"Static: {t}; expected rise >= 3, low < 0.1, high > 0.8, fall < 0.42, shift < 0.2.")
    found = correlations(table)
    for name, least in AT_LEAST.items():
        if not min(found[name]) > least - slack:
            raise ValueError(f"Sines: {name} = {np.round(found[name], 3).tolist()}, one a seed; expected above {least}.")


def places(**scale):
    return Grid({"part": PARTS, "point": list(POINTS), **{name: [value] for name, value in (SCALE | scale).items()}})


STUDY = Study(
    name="burst_multiplexing",
    question="Do events and bursts over the same axons carry two signals, one up and one down?",
    trial=trial,
    parameters=places(),
    seeds=5,
    measures={
        "I_s": Measure("pA", "current into the soma, mean over the bin"),
        "I_d": Measure("pA", "current into the dendrite, mean over the bin"),
        "event_rate": Measure("Hz", "events a cell"),
        "burst_rate": Measure("Hz", "bursts a cell"),
        "burst_probability": Measure("1", "bursts over events"),
    },
    figure=figure,
    answer=answer,
    expected="Static: the event rate rises 3.5 times with I_s, the burst probability from 0.08 to 0.85 with I_d; the event "
    "rate falls by up to 39 % with I_d, the burst probability shifts by up to 0.17 with I_s (a prototype of the equations). "
    "Sines: ER1 follows I_s, ER2 follows ER1, BP2 follows I_d, BP1 follows BR2 (Payeur et al. 2021, figure 3).",
    check=check,
    ci=Size(places(n=400, cells=10, duration=1.5, burn_in=0.4, bin=0.025, dt=0.2, target="numpy", slack=0.4), seeds=1),
)
