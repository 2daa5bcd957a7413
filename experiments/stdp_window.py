"""Is the window of pair STDP the exponential of its formula, on every execution?

Song, Miller, Abbott 2000 (doi:10.1038/78829): a pair with t_post - t_pre = d changes a weight by A+ exp(-d/tau+) where d > 0,
by -A- exp(d/tau-) where d < 0; a pair in one step counts on both sides here. Each of 20 pre neurons and each of 391 post
neurons spikes once, at a time of its own, so that one run holds 20 synapses of every lag from -100 to 100 ms. Teachers make
the post neurons spike; the plastic weights are far too weak for that. Weights and changes are in units of the largest weight.

Brian2 and the emulator in float follow the formula to rounding. In the chip's integers an amplitude has a mantissa of four
bits, a trace seven bits that are rounded at random in every step, and a weight eight: a unit of a trace is worth 0.016 here,
a unit of the weight 0.004, and the sum of both is the tolerance of the mean over 20 synapses. The rounding of a trace adds up
to 1.6 units (standard deviation), so that a single synapse may be five units of the trace away. Lava's ``floating_pt`` knows
no upper bound of a weight and runs the rule without it; no weight comes near.

What to see: six windows on top of each other. Those in integers lie around the line, with the noise of their traces where a
trace is oldest but not yet gone, and are equal to each other, bit for bit.
"""

from functools import cache

import numpy as np
from matplotlib.figure import Figure

from neurosim import LIF, AllToAll, Network, OneToOne, Population, Projection, SpikeArray, deploy, emulate_network, simulate
from neurosim.analysis.plots import COLOURS
from neurosim.plasticity import pair_stdp
from neurosim.study import Grid, Measure, Size, Study
from neurosim.units import ms

A_PLUS, A_MINUS, TAU = 0.4, 0.42, 20
PRE, POST = 150 + 10 * np.arange(20), np.arange(50, 441)
LAGS = POST[None] - PRE[:, None]
DURATION = 500 * ms
LARGEST, START = 1e-3, 0.5
"""Largest weight, in thresholds; the weight at the start, in largest weights."""


def formula(lag):
    """Change by one pair at a lag in ms."""
    lag = np.asarray(lag)
    return (A_PLUS * (lag >= 0) - A_MINUS * (lag <= 0)) * np.exp(-np.abs(lag) / TAU)


def network(largest=LARGEST):
    """All pairs of pre and post neurons, and teachers that spike a step before their post neurons shall."""
    rule = pair_stdp(A_PLUS * LARGEST, A_MINUS * LARGEST, TAU * ms, TAU * ms, bounds=(0, largest))
    return Network(
        "window",
        [
            Population("pre", len(PRE), SpikeArray(np.arange(len(PRE)), PRE * ms)),
            Population("teacher", len(POST), SpikeArray(np.arange(len(POST)), (POST - 1) * ms)),
            Population("post", len(POST), LIF(tau_m=10 * ms, v_th=1.0)),
        ],
        [Projection("pre", "post", AllToAll(START * LARGEST), plasticity=rule), Projection("teacher", "post", OneToOne(4.0))],
    )


RUNS = {
    "brian2_exact": lambda: simulate(network(), DURATION, progress=False),
    "brian2_step": lambda: simulate(network(), DURATION, integration="step", progress=False),
    "emulator_float": lambda: emulate_network(network(), DURATION),
    "lava_float": lambda: deploy(network(None)).run_lava(DURATION, arithmetic="float", timeout=300),
    "emulator_fixed": lambda: deploy(network()).emulate(DURATION),
    "lava_fixed": lambda: deploy(network()).run_lava(DURATION, timeout=300),
}
TOLERANCE = {
    "brian2_exact": (1e-9, 1e-9),
    "brian2_step": (1e-9, 1e-9),
    "emulator_float": (1e-9, 1e-9),
    "lava_float": (1e-6, 1e-6),
    "emulator_fixed": (0.02, 0.08),
    "lava_fixed": (0.02, 0.08),
}
"""Run -> how far the mean over the synapses of a lag, and any one of them, may be from the formula."""

MARKS = ("o", "s", "^", "v", "D", "x")


@cache
def changes(run):
    """Changes of all weights (pre, post), in largest weights; one run serves the trials of all lags."""
    recording = RUNS[run]()
    if len(recording.spikes["post"].step) != len(POST):
        raise ValueError("The post neurons did not spike with their teachers and only then.")
    return recording.weights["pre_post"].values[-1] / LARGEST - START


def trial(t):
    lag = t.parameters["lag"]
    found = changes(t.parameters["run"])[LAGS == lag]
    away = np.abs(found - formula(lag))
    # The last bits depend on the processor, and results shall be the same everywhere.
    return {"change": np.round(found.mean(), 12), "spread": np.round(found.std(), 12), "worst": np.round(away.max(), 12)}


def figure(table):
    drawn = Figure(figsize=(8, 5.2), layout="constrained")
    top, bottom = drawn.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    line = np.arange(-100, 101)
    for side in (line[line < 0], line[line > 0]):
        top.plot(side, formula(side), "k-", lw=1, label="formula" if side[0] < 0 else None)
    for k, ((run,), rows) in enumerate(table.by("run")):
        lags = np.array(rows.column("lag"))
        off, how = rows.values("change") - formula(lags), MARKS[k]
        name = run.capitalize().replace("_", ", ")
        top.plot(lags, rows.values("change"), how, ms=7 - k * 0.6, mfc="none", color=COLOURS[k], label=name)
        bottom.errorbar(lags, off, rows.values("spread"), fmt=how, ms=4, mfc="none", lw=0.8, color=COLOURS[k])
    top.set_ylabel("change of the weight", fontsize=11)
    top.legend(frameon=False, fontsize=9, loc="upper left", ncols=2)
    bottom.set_xlabel("t_post - t_pre (ms)", fontsize=11)
    bottom.set_ylabel("minus the formula", fontsize=11)
    for ax in (top, bottom):
        ax.axhline(0, lw=0.6, color="0.6")
        ax.spines[["top", "right"]].set_visible(False)
    return drawn


def farthest(rows):
    """How far the means, and single synapses, are from the formula."""
    return np.abs(rows.values("change") - formula(rows.column("lag"))).max(), rows.values("worst").max()


def answer(table):
    parts = [f"{run} {mean:.2g} ({one:.2g})" for (run,), rows in table.by("run") for mean, one in [farthest(rows)]]
    return f"Largest distance of a mean (of a single synapse) from the formula, in largest weights: {', '.join(parts)}."


def check(table):
    for (run,), rows in table.by("run"):
        mean, one = farthest(rows)
        if not (mean <= TOLERANCE[run][0] and one <= TOLERANCE[run][1]):
            found = f"means are off by up to {mean:.3g}, single synapses by {one:.3g}"
            raise ValueError(f"{run}: {found}; allowed {TOLERANCE[run]}.")
    fixed = [rows.values("change") for (run,), rows in table.by("run") if run in ("emulator_fixed", "lava_fixed")]
    if len(fixed) == 2 and not np.array_equal(*fixed):
        raise ValueError("The emulator and Lava differ in integers.")


NEAR = [1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100]

STUDY = Study(
    name="stdp_window",
    question="Is the window of pair STDP the exponential of its formula, on every execution?",
    trial=trial,
    parameters=Grid({"run": list(RUNS), "lag": [*(-lag for lag in reversed(NEAR)), 0, *NEAR]}),
    seeds=1,
    measures={
        "change": Measure("1", "mean change over the synapses of a lag, in largest weights"),
        "spread": Measure("1", "their standard deviation"),
        "worst": Measure("1", "largest distance of one of them from the formula"),
    },
    figure=figure,
    answer=answer,
    expected="Float to 1e-9 (Lava 1e-6); integers within a unit of a trace and one of a weight, 0.02 of the largest weight.",
    check=check,
    ci=Size(Grid({"run": [run for run in RUNS if not run.startswith("lava")], "lag": [-100, -20, -5, -1, 0, 1, 5, 20, 100]})),
)
