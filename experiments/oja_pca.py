"""Does Oja's rule with spikes find the first principal component of its inputs, at the norm that is asked for?

Oja 1982 (doi:10.1007/BF00275687). Sixteen inputs fire as Poisson trains whose rates follow two hidden sources, drawn anew
every 200 ms: one is rarely on and drives the inputs around 5 strongly, the other is mostly on and drives those around 11
weakly. Five neurons with different random weights see the same inputs for 600 s.

The rule moves w by eta y (g x - y w), with traces x and y of the spikes. Rates are not negative, so traces have means, and
what counts is the matrix of second moments C = E[x x^T], means included. A neuron whose trace is y = w . x / g rests where C
w = (w . C w / g^2) w, that is, at an eigenvector of norm g; only the one of the largest eigenvalue is stable. The neuron is
linear so that this holds: it keeps its voltage (no leak) and subtracts its threshold, here g = 1, at a spike, so that it
sends w . x spikes for x spikes. C follows from the statistics of the inputs; it is computed, not estimated. What is left of
the theory: the jitter of single output spikes raises E[y^2] by 1/12 (regular spikes), a part in a thousand here.

What to see: the weights turn from anywhere to the component within 100 s, and on the way reach norm 1. The grey line is how
far the direction of the mean rates is from the component: plain Hebb without correlations would end there.
"""

from functools import cache

import numpy as np
from matplotlib.figure import Figure
from scipy.linalg import toeplitz

from neurosim import Network, Population, Probe, Projection, SoftResetLIF, SpikeRaster, emulate_network, per_step
from neurosim.analysis.plots import COLOURS
from neurosim.plasticity import oja
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study
from neurosim.study.figures import curve
from neurosim.units import ms, second

INPUTS, NEURONS = 16, 5
TAU, HELD, SECONDS, LOOK = 100, 200, 600, 25
"""Of the traces and of a drawn source, in steps of 1 ms; of the run and between looks at the weights, in seconds."""
ETA, NORM = 3e-6, 1.0
ON = np.array([0.15, 0.85])
"""Probability that a source is on."""
PLACE = np.arange(INPUTS)
DRIVE = 0.1 * np.array([np.exp(-(((PLACE - 5) / 2.5) ** 2) / 2), 0.2 * np.exp(-(((PLACE - 11) / 2.5) ** 2) / 2)])
IDLE = 0.005
"""Probability of an input's spike in a step: `DRIVE` of each source that is on, plus `IDLE`."""


def moments():
    """Mean (n,) and second moments (n, n) of the input traces."""
    kept = np.exp(-1 / TAU)
    kernel = kept ** np.arange(30 * TAU)
    # A source that is redrawn every HELD steps is the same at two times k apart with probability 1 - k / HELD.
    same = toeplitz(np.clip(1 - np.arange(len(kernel)) / HELD, 0, None))
    slow = kernel @ same @ kernel * ON * (1 - ON)
    chance, wobble = IDLE + ON @ DRIVE, (ON * (1 - ON)) @ DRIVE**2
    shot = (chance - chance**2 - wobble) / (1 - kept**2)
    mean = chance / (1 - kept)
    return mean, np.outer(mean, mean) + (DRIVE.T * slow) @ DRIVE + np.diag(shot)


@cache
def component():
    """The first eigenvector of the second moments."""
    return np.linalg.eigh(moments()[1])[1][:, -1]


def cosine(weights):
    """|cos| of each column with the component."""
    return np.abs(component() @ weights) / np.linalg.norm(weights, axis=0)


def network(seed):
    """Inputs with two sources, and linear neurons."""
    rng, steps = stream(seed, "sources"), SECONDS * 1000
    chance = IDLE + (rng.random((steps // HELD, len(ON))) < ON) @ DRIVE
    spikes = rng.random((steps, INPUTS)) < np.repeat(chance, HELD, axis=0)
    start = stream(seed, "start").uniform(0, 0.5, (INPUTS, NEURONS))
    return Network(
        "oja",
        [
            Population("inputs", INPUTS, SpikeRaster(spikes)),
            Population("neurons", NEURONS, SoftResetLIF(tau_m=per_step(1.0), v_th=NORM)),
        ],
        [Projection("inputs", "neurons", start, plasticity=oja(ETA, NORM, TAU * ms))],
        [Probe("inputs_neurons", "w", every=LOOK * second)],
    )


@cache
def history(seed):
    """Weights (looks, n_pre, n_post) every `LOOK` seconds; one run serves the trials of all times."""
    return emulate_network(network(seed), SECONDS * second).weights["inputs_neurons"].values


def trial(t):
    weights = history(t.seed)[t.parameters["time"] // LOOK]
    norms = np.linalg.norm(weights, axis=0)
    found = {"cosine": cosine(weights).min(), "norm": norms.mean(), "off_norm": np.abs(norms - NORM).max()}
    # The last bits depend on the processor, and results shall be the same everywhere.
    return {name: np.round(value, 9) for name, value in found.items()}


def figure(table):
    drawn = Figure(figsize=(7, 5.6), layout="constrained")
    top, bottom = drawn.subplots(2, 1, sharex=True)
    curve(top, table, "time", "cosine", "worst neuron").set_ylabel("|cos| with the component", fontsize=11)
    top.axhline(cosine(moments()[0][:, None])[0], ls="--", lw=0.9, color="0.5", label="direction of the mean rates")
    curve(bottom, table, "time", "norm", colour=COLOURS[1]).set_ylabel("norm of the weights", fontsize=11)
    bottom.axhline(NORM, lw=0.6, color="0.6")
    top.set_xlabel("")
    times = list(dict.fromkeys(table.column("time")))
    bottom.set_xticks(times[:: max(1, len(times) // 6)])
    bottom.set_xlabel("time (s)", fontsize=11)
    top.legend(frameon=False, fontsize=9, loc="lower right")
    return drawn


def late(table):
    """The rows of the second half of the run."""
    return [table.where(time=time) for (time,), _ in table.by("time") if time > SECONDS / 2]


def answer(table):
    cosines, off = (np.concatenate([rows.values(name) for rows in late(table)]) for name in ("cosine", "off_norm"))
    mean = cosine(moments()[0][:, None])[0]
    return (
        f"In the second half of the run every neuron has |cos| of at least {cosines.min():.4f} with the component (the mean "
        f"rates: {mean:.3f}), and a norm within {off.max():.4f} of {NORM:g}."
    )


def check(table):
    for rows in late(table):
        if not (rows.values("cosine").min() > 0.99 and rows.values("off_norm").max() < 0.02):
            found = f"|cos| {rows.values('cosine').min():.4f}, norm off by {rows.values('off_norm').max():.4f}"
            raise ValueError(f"At {rows.column('time')[0]} s: {found}.")
    start = table.where(time=0)
    if not start.values("cosine").max() < 0.95:
        raise ValueError("The weights lay along the component from the beginning.")


STUDY = Study(
    name="oja_pca",
    question="Does Oja's rule with spikes find the first principal component of its inputs, at the norm asked for?",
    trial=trial,
    parameters=Grid({"time": list(range(0, SECONDS + 1, LOOK))}),
    seeds=5,
    measures={
        "cosine": Measure("1", "smallest |cos| of a neuron's weights with the first component"),
        "norm": Measure("1", "mean norm of a neuron's weights"),
        "off_norm": Measure("1", "largest distance of a norm from the one asked for"),
    },
    figure=figure,
    answer=answer,
    expected="In the second half |cos| > 0.99 and norms within 0.02 of 1, for every neuron and seed.",
    check=check,
    ci=Size(Grid({"time": [0, 100, 200, 350, 400, 500, 600]}), seeds=2),
)
