"""Where do the ways down of PAL (Max et al. 2022) settle, while the weights stay as they are?

A network 10-20-10-5 is shown random images. Noise of the first hidden layer comes back in the activity of the second, and the
way down between them follows the product of both. It has to settle at the transpose of the weights with the slopes of both
sides, averaged over images (`f' W^T f'`). In a linear network this is the transpose itself; with tanh the two are close; with
ReLU, whose neurons are silent for half of the images, they are farther apart.

The prototype had 18 degrees to the transpose in a linear network, 28 with tanh and 55 with ReLU, and 18, 18 and 23 with
slopes. Nothing was chosen by these angles but the number of mini-batches.
"""

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from neurosim.rate import SQUARED, Learner, layered
from neurosim.rate.algorithms.pal import Pal
from neurosim.rate.gradient import angle
from neurosim.rate.starts import Normal
from neurosim.rate.ways_down import WAYS
from neurosim.study import Grid, Measure, Size, Study

HIDDEN = ("linear", "tanh", "relu")
STEPS = (30, 100, 300, 1000, 3000, 10_000)
COLOURS = dict(zip(HIDDEN, ("#000000", "#0072B2", "#D55E00"), strict=True))


def trial(t):
    hidden = t.parameters["hidden"]
    network = layered(10, 20, 10, 5, hidden=hidden, output="linear", loss=SQUARED, start=Normal(0.3), seed=t.seed, bias=False)
    learner = Learner(network, Pal(eta=0.0, eta_b=0.001, noise=0.05))
    rng, circuit, found = t.rng("images"), learner.circuit, {"before": to_transpose(learner.circuit)}
    nothing = np.zeros((5, 16), np.float32)
    with threadpool_limits(1):
        for step in range(1, t.parameters["steps"] + 1):
            learner.learn(rng.uniform(-1, 1, (10, 16)).astype(np.float32), nothing)
            if step in STEPS:
                found[f"angle_{step}"] = to_transpose(circuit)
    last = {"angle": to_transpose(circuit), "with_slopes": angle(circuit.state[WAYS][1], seen_through(circuit, rng))}
    return {**{f"angle_{step}": last["angle"] for step in STEPS}, **found, **last}


def to_transpose(circuit):
    return angle(circuit.state[WAYS][1], circuit.weights[1])


def seen_through(circuit, rng):
    """W with the slopes of both of its sides, mean over images."""
    h = circuit.forward(rng.uniform(-1, 1, (10, 4096)).astype(np.float32)).h
    below, above = (f.slope(a) for f, a in zip(circuit.network.activations, h[1:3], strict=False))
    return (above @ below.T / above.shape[1]) * circuit.weights[1]


def figure(table):
    drawn = Figure(figsize=(5.5, 3.7), layout="constrained")
    ax = drawn.subplots()
    points = [s for s in STEPS if s <= max(table.column("steps"))]
    for (hidden,), rows in table.by("hidden"):
        values = np.array([rows.values(f"angle_{p}") for p in points])
        ax.plot(points, values, color=COLOURS[hidden], lw=0.5, alpha=0.35)
        ax.plot(points, values.mean(axis=1), color=COLOURS[hidden], marker="o", ms=3.5, label=hidden)
        ax.axhline(rows.values("with_slopes").mean(), color=COLOURS[hidden], lw=0.9, ls=":")
    ax.set(xscale="log", xlabel="mini-batches of 16", ylabel="angle of way down to transpose (degrees)", ylim=(0, 95))
    ax.set_title("dotted: to the transpose with slopes, at the end", fontsize="medium")
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return drawn


def answer(table):
    each = (
        f"{hidden} {rows.values('angle').mean():.0f} degrees to the transpose, {rows.values('with_slopes').mean():.0f} to the "
        "transpose with slopes"
        for (hidden,), rows in table.by("hidden")
    )
    return f"From {table.values('before').mean():.0f} degrees, " + "; ".join(each) + "."


def check(table):
    if max(table.column("steps")) < max(STEPS):
        return
    for (hidden,), rows in table.by("hidden"):
        if rows.values("with_slopes").mean() > 25:
            raise ValueError(f"{hidden}: {rows.values('with_slopes').mean():.1f} degrees to where it has to settle.")


STUDY = Study(
    name="pal_alignment",
    question="Where do the ways down of PAL settle, while the weights stay as they are?",
    trial=trial,
    parameters=Grid({"hidden": list(HIDDEN), "steps": [10_000]}),
    seeds=5,
    measures={
        "before": Measure("degrees", "angle of the way down to the transpose of the weights before learning"),
        "angle": Measure("degrees", "the same at the end"),
        "with_slopes": Measure("degrees", "angle to the transpose with the slopes of both sides, mean over images, at the end"),
        **{f"angle_{s}": Measure("degrees", f"angle to the transpose after {s} mini-batches, or the last") for s in STEPS},
    },
    figure=figure,
    answer=answer,
    expected="18, 28 and 55 degrees to the transpose (linear, tanh, ReLU), 18 to 23 with slopes (prototype).",
    check=check,
    ci=Size(Grid({"hidden": ["tanh"], "steps": [2000]}), seeds=1),
)
