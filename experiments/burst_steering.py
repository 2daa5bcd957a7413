"""Do dendrites steer plasticity: weights up under a strong drive, down under a weak one, still while pre cells burst.

Payeur, Guerguiev, Zenke, Richards, Naud 2021 (doi:10.1038/s41593-021-00857-x), figure 2e-g, with `models/burst_steering.py`:
1000 pre and 1000 post pyramidal cells of two compartments, and synapses that learn by the adaptive burst-dependent rule.
Learning is off for 20 s, four times the memory of the averages. Then segments of 25 s follow: the drive of the post dendrites
is 1, 1.5, 1, 0.55 and 1, and in the last one 40 pA flow into the dendrites of the pre cells.

A trial is one bin of time of one run; the trials of a seed share the run. The burst probability of a population is the number
of its bursts over that of its events. Its moving average is the ratio of the averages that the rule compares with, each summed
over the cells.

What to see: the burst probability of the post cells jumps with the drive and its average follows within 5 s. Weights move in
between, up after each rise and down after each fall, while event rates change by about a tenth. In the last segment the pre
cells burst more, and weights stay. So the dendrite says what is learned, and bursts of the pre cells do not.
"""

from functools import cache
from tempfile import TemporaryDirectory

import numpy as np
from matplotlib.figure import Figure
from scipy.signal import lfilter

from neurosim import simulate
from neurosim.analysis.plots import COLOURS
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study, Timing
from neurosim.units import second

DRIVES = (1.0, 1.5, 1.0, 0.55, 1.0, 1.0)
STRONG, WEAK, BURSTS = 1, 3, 5
"""Segments with a strong drive, with a weak one, and with a current into the pre dendrites."""
BINS, OFF = 10, 8
"""Bins of a segment, and of the time before, when learning is off."""
FINE = 20
"""Parts of a bin in which averages are followed."""
PLACES = list(range(OFF + BINS * len(DRIVES)))
FULL = {"n": [1000], "alpha": [5.0], "look": [2.5], "eta": [3.5e-3], "dt": [0.1], "target": ["cpp_standalone"]}
SMALL = {"n": [600], "alpha": [0.4], "look": [0.08], "eta": [1.5e-2], "dt": [0.2], "target": ["numpy"]}
"""A run of 5.4 s: averages remember 0.4 s in place of 5 s, and the rate of learning is higher."""


@cache
def program():
    """Folder of the C++ program: seeds differ in few of its files, and only these are compiled again."""
    return TemporaryDirectory(prefix="burst_steering-")


BUILD = {"cpp_standalone": lambda: {"build_dir": program().name}, "numpy": dict, "cython": dict}
"""Target -> further arguments of a run."""


def counts(spikes, payload, steps, parts):
    """Spikes of one payload in each of so many parts of the run."""
    chosen = spikes.step[spikes.payload == payload].astype(np.int64)
    return np.bincount(chosen * parts // steps, minlength=parts)


def averaged(found, alpha, part):
    """Moving average of counts in parts of so many seconds, up to a factor."""
    kept = np.exp(-part / alpha)
    return lfilter([1], [1, -kept], found)


@cache
def history(seed, target, **options):
    """Measure -> its values in each bin."""
    look = options["look"]
    seconds, bins = look * len(PLACES), len(PLACES)
    network = load_model("burst_steering", drives=DRIVES, off=OFF * look, segment=BINS * look, seed=seed, **options)
    steps = round(seconds / network.step_seconds)
    gate = np.arange(steps) * network.step_seconds >= (OFF - 1e-6) * look
    signals = {"M": gate.astype(float)}
    recording = simulate(network, seconds * second, signals=signals, target=target, progress=False, **BUILD[target]())
    found = {}
    for name in ("pre", "post"):
        events, bursts = (counts(recording.spikes[name], payload, steps, bins * FINE) for payload in (1, 2))
        past = [averaged(count, options["alpha"], look / FINE) for count in (events, bursts)]
        both = np.array([events, bursts, *past], float).reshape(4, bins, FINE).sum(axis=2)
        found[f"{name}_rate"] = both[0] / look / options["n"]
        found[f"{name}_bursts"] = both[1] / np.maximum(both[0], 1)
        found[f"{name}_average"] = both[3] / np.maximum(both[2], 1e-12)
    weights = recording.weights["pre_post"].values
    mean = weights.sum(axis=(1, 2)) / np.count_nonzero(weights[0])
    found["weight"] = 100 * (mean[1:] / mean[0] - 1)
    found["speed"] = np.full(bins, steps / recording.info["seconds"]["run"]["cpu"])
    return found


def trial(t):
    options = {name: value for name, value in t.parameters.items() if name != "bin"}
    found = history(t.seed, **options)
    # The last bits depend on the processor, and results shall be the same everywhere.
    return {name: np.round(values[t.parameters["bin"]], 9) for name, values in found.items()}


def over_time(table, measure):
    """Values (seeds, bins)."""
    return np.array([rows.values(measure) for _, rows in table.by("seed")])


def ends(segment):
    """Index of the last bin before a segment, and of its own last one."""
    return OFF + BINS * segment - 1, OFF + BINS * (segment + 1) - 1


def change(table, segment):
    """Change of the mean weight over a segment, in % of its start value, for each seed."""
    weight = over_time(table, "weight")
    before, after = ends(segment)
    return weight[:, after] - weight[:, before]


def level(table, measure, segment):
    """Mean of a measure over a segment, for each seed."""
    before, after = ends(segment)
    return over_time(table, measure)[:, before + 1 : after + 1].mean(axis=1)


def figure(table):
    look = table.column("look")[0]
    edges = look * (OFF + BINS * np.arange(len(DRIVES) + 1))
    drawn = Figure(figsize=(8, 8), layout="constrained")
    panels = drawn.subplots(3, 1, sharex=True)
    for ax, draw in zip(panels, (_rates, _bursts, _weights), strict=True):
        draw(ax, table)
        for edge in edges[:-1]:
            ax.axvline(edge, lw=0.6, color="0.75", zorder=0)
        ax.set_xlim(0, edges[-1])
        ax.margins(y=0.08)
        ax.spines[["top", "right"]].set_visible(False)
    names = [f"d = {d:g}" for d in DRIVES[:-1]] + ["d = 1, pre +40 pA"]
    for name, edge in zip(["learning off", *names], [0, *edges[:-1]], strict=True):
        panels[0].text(edge + look / 4, 1.02, name, transform=panels[0].get_xaxis_transform(), fontsize=8)
    panels[-1].set_xlabel("time (s)", fontsize=11)
    return drawn


def _band(ax, table, measure, colour, label, scale=1.0, **style):
    """Mean over the seeds, and where all of them are."""
    values = scale * over_time(table, measure)
    look = table.column("look")[0]
    times = look * (np.arange(values.shape[1]) + (1.0 if measure == "weight" else 0.5))
    ax.plot(times, values.mean(axis=0), color=colour, label=label, lw=1.4, **style)
    ax.fill_between(times, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.2, lw=0)


def _rates(ax, table):
    _band(ax, table, "post_rate", COLOURS[0], "post")
    _band(ax, table, "pre_rate", COLOURS[1], "pre")
    ax.set_ylabel("event rate (Hz)", fontsize=11)
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, fontsize=9, ncols=2, loc="lower right")


def _bursts(ax, table):
    _band(ax, table, "post_bursts", COLOURS[0], "post", 100)
    _band(ax, table, "post_average", COLOURS[6], "post, moving average", 100, ls="--")
    _band(ax, table, "pre_bursts", COLOURS[1], "pre", 100)
    ax.set_ylabel("burst probability (%)", fontsize=11)
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, fontsize=9, loc="upper right", bbox_to_anchor=(0.85, 1))


def _weights(ax, table):
    _band(ax, table, "weight", COLOURS[2], "mean weight")
    ax.axhline(0, lw=0.6, color="0.6")
    ax.set_ylabel("change of the mean weight (%)", fontsize=11)


def answer(table):
    strong, weak, bursts = (change(table, segment) for segment in (STRONG, WEAK, BURSTS))
    before, after = (100 * level(table, "pre_bursts", segment).mean() for segment in (BURSTS - 1, BURSTS))
    return (
        f"The mean weight changes by {_range(strong)} % under a drive of 1.5, by {_range(weak)} % under 0.55, and by "
        f"{_range(bursts)} % while pre cells burst with {after:.0f} in place of {before:.0f} %."
    )


def _range(values):
    return f"{values.mean():+.2f} ({values.min():+.2f} to {values.max():+.2f})"


def check(table):
    strong, weak, bursts = (change(table, segment) for segment in (STRONG, WEAK, BURSTS))
    if not (np.all(strong > 0) and np.all(weak < 0)):
        raise ValueError(f"Weights change by {strong} % under a strong drive, {weak} % under a weak one; expected up and down.")
    if not np.abs(bursts.mean()) < 0.5 * min(strong.mean(), -weak.mean()):
        raise ValueError(f"Presynaptic bursts change weights by {bursts} %; expected little against {strong} and {weak} %.")
    pre = level(table, "pre_bursts", BURSTS) / level(table, "pre_bursts", BURSTS - 1)
    if not np.all(pre > 1.3):
        raise ValueError(f"The current multiplies the burst probability of pre cells by {pre}; expected more than 1.3.")


STUDY = Study(
    name="burst_steering",
    question="Does the drive of the dendrites steer burst-dependent plasticity, and presynaptic bursting not?",
    trial=trial,
    parameters=Grid({"bin": PLACES} | FULL),
    seeds=5,
    measures={
        "post_rate": Measure("Hz", "events of a post cell"),
        "post_bursts": Measure("1", "bursts over events, post"),
        "post_average": Measure("1", "moving average of it"),
        "pre_rate": Measure("Hz", "events of a pre cell"),
        "pre_bursts": Measure("1", "bursts over events, pre"),
        "pre_average": Measure("1", "moving average of it"),
        "weight": Measure("%", "change of the mean weight since the beginning, at the end of the bin"),
        "speed": Timing("1/s", "steps a CPU second, without building and compiling"),
    },
    figure=figure,
    answer=answer,
    expected="Weights rise under a strong drive, fall under a weak one, and stay while pre cells burst (Payeur et al. 2021).",
    check=check,
    ci=Size(Grid({"bin": PLACES} | SMALL), seeds=1),
)
