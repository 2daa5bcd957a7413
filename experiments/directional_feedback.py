"""Can ways down be learned, so that errors reach lower layers almost as in backpropagation, without its transport of weights?

Two algorithms learn ways down from noise, while the weights learn from errors that come over them. Directional feedback
(Bacho, Chu 2022) carries noise of all hidden neurons up to the output by derivatives, beside the activity, and each direct
way down follows the product of the noise and what arrives. PAL (Max et al. 2022) adds the noise to the neurons themselves,
and each way down from layer to layer follows the product of its neuron's noise and what changes in the layer above.
Backpropagation and direct feedback alignment, whose ways down stay random, are the two ends of the scale. All learn MNIST
with 784-500-500-10, ReLU, softmax and momentum of 0.9, by the recipes of the catalogue; three epochs are enough for ways down
that are learned, because they are within one.

Angles compare the change of the weights with exact gradient descent at the same weights, over 16 mini-batches. pal_alignment
shows where PAL's ways down settle while weights stay.

Settings were chosen on 10 000 training images that were held out, with one seed (see "What was tried" in the README of
experiments). Test images had no say.
"""

import json
from dataclasses import asdict

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neurosim.rate import ALGORITHMS, train_rates
from neurosim.study import Grid, Measure, Size, Study

NAMES = ("directional_feedback", "pal", "direct_feedback_alignment", "backprop")
EPOCHS = {"backprop": 10, "direct_feedback_alignment": 10, "directional_feedback": 3, "pal": 3}
MOST = {"directional_feedback": 25.0, "pal": 40.0}
"""Largest mean angle of layer 1 to gradient descent after the last epoch."""
AT_LEAST = {"backprop": 98.0, "direct_feedback_alignment": 97.0}
"""Percent of the test images that are classified correctly after ten epochs, mean of the seeds."""
POINTS = (1, 2, 3, 5, 7, 10)
COLOURS = dict(zip(NAMES, ("#0072B2", "#D55E00", "#CC79A7", "#000000"), strict=True))


def trial(t):
    name = t.parameters["algorithm"]
    dataset, entry, epochs = t.dataset("mnist"), ALGORITHMS[name], min(t.parameters["epochs"], EPOCHS[name])
    recipe = entry.recipe("mnist")
    history = train_rates(
        recipe.network(dataset, t.seed), entry.make(**recipe.options), dataset, epochs=epochs, batch=recipe.batch,
        optimiser=recipe.optimiser, folder=t.place.parent / "checkpoints" / f"{name}_{epochs}_{t.seed}", resume=True,
        progress=False,
    ).history  # fmt: skip
    (t.folder / "epochs.json").write_text(json.dumps([asdict(e) for e in history], indent=1))
    at = {point: history[min(point, epochs) - 1] for point in POINTS}
    return {
        "accuracy": 100 * history[-1].test_accuracy,
        "angle": history[-1].angles[0],
        "length": history[-1].lengths[0],
        **{f"accuracy_{p}": 100 * e.test_accuracy for p, e in at.items()},
        **{f"angle_{p}": e.angles[0] for p, e in at.items()},
        **{f"angle_2_{p}": e.angles[1] for p, e in at.items()},
    }


def curves(ax, table, measure):
    for (name,), rows in table.by("algorithm"):
        points = [p for p in POINTS if p <= min(max(rows.column("epochs")), EPOCHS[name])]
        values = np.array([rows.values(f"{measure}_{p}") for p in points])
        ax.plot(points, values, color=COLOURS[name], lw=0.5, alpha=0.35)
        ax.plot(points, values.mean(axis=1), color=COLOURS[name], marker="o", ms=3.5, label=name.replace("_", " "))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("epoch")
    ax.spines[["top", "right"]].set_visible(False)


def figure(table):
    drawn = Figure(figsize=(11, 3.7), layout="constrained")
    axes = drawn.subplots(1, 3)
    for ax, measure, title in zip(axes, ("angle", "angle_2", "accuracy"), ("layer 1", "layer 2", "MNIST"), strict=True):
        curves(ax, table, measure)
        ax.set_title(title)
    for ax in axes[:2]:
        ax.set(ylabel="angle of change to gradient descent (degrees)", ylim=(0, 90))
    axes[2].set_ylabel("test accuracy (%)")
    axes[0].legend(frameon=False, fontsize="small")
    return drawn


def answer(table):
    parts = []
    for (name,), rows in table.by("algorithm"):
        first, last, accuracy = (rows.values(m).mean() for m in ("angle_1", "angle", "accuracy"))
        parts.append(
            f"{name.replace('_', ' ')}: layer 1 at {first:.0f} degrees to gradient descent after one epoch and {last:.0f} at "
            f"the end, test accuracy {accuracy:.2f} %"
        )
    return "; ".join(parts) + "."


def check(table):
    for (name, epochs), rows in table.by("algorithm", "epochs"):
        most, least = (MOST.get(name, 90.0), AT_LEAST.get(name, 80.0)) if epochs >= 10 else (90.0, 80.0)
        if rows.values("accuracy").mean() < least:
            raise ValueError(f"{name}: {rows.values('accuracy').mean():.2f} %, expected at least {least}.")
        if rows.values("angle").mean() > most:
            raise ValueError(f"{name}: {rows.values('angle').mean():.1f} degrees, expected at most {most}.")


STUDY = Study(
    name="directional_feedback",
    question="Can ways down be learned from noise, so that errors reach lower layers almost as in backpropagation?",
    trial=trial,
    parameters=Grid({"algorithm": list(NAMES), "epochs": [10]}),
    seeds=3,
    measures={
        "accuracy": Measure("%", "of the test images, after the last epoch"),
        "angle": Measure("degrees", "between the change of layer 1 and gradient descent, after the last epoch"),
        "length": Measure("1", "length of the change of layer 1 over that of gradient descent"),
        **{f"accuracy_{p}": Measure("%", f"of the test images, after epoch {p} or the last") for p in POINTS},
        **{f"angle_{p}": Measure("degrees", f"angle of layer 1 after epoch {p} or the last") for p in POINTS},
        **{f"angle_2_{p}": Measure("degrees", f"the same for layer 2, epoch {p}") for p in POINTS},
    },
    figure=figure,
    answer=answer,
    expected="Directional feedback below 25 degrees on MNIST (prototype: 25 after one epoch), PAL below 40; backprop 98 % and "
    "direct feedback alignment 97 % after ten epochs.",
    check=check,
    ci=Size(Grid({"algorithm": ["directional_feedback"], "epochs": [1]}), seeds=1),
)
