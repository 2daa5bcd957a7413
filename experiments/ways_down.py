"""Through which ways down can errors reach the lower layers of a network of rates, and how far do weights then go astray?

Errors go down through the weights themselves (backprop), their signs (sign_symmetry), the weights of the start
(frozen_feedback, which is Align-prop), random numbers that stay (feedback_alignment), random numbers that learn by the rule
of the weights (kolen_pollack), or random numbers that lead from the output to each layer (direct_feedback_alignment). In
align_ada and align_zero, errors go down through the slopes of the start as well. All use the same network, 64-200-200-10 with
ReLU and softmax, the same images and order of images, and momentum of 0.9, by the recipes of the catalogue (`neurosim train
backprop --data digits`). directional_feedback is the study of MNIST.

"digits" is a random division of all images, a new one for each seed, as in published figures. "plain" is the division that
comes with the data, whose test images were written by other people. Angles and lengths compare the change of the weights with
exact gradient descent at the same weights, over 16 mini-batches.

Learning rates (0.01, 0.02 or 0.05), their fall by epoch and the number of epochs were chosen on 300 training images that were
held out, with three seeds (see "What was tried" in the README of experiments). Test images had no say.

A prototype had 99.1 % for backprop, 99.4 for Kolen-Pollack, 99.2 for signs, 98.4 for frozen, 98.5 for random and 97.5 for
direct ways, on one division and in the best of 20 epochs by the test images. Over several divisions, and after the last
epoch, all are a point lower, backprop too. Dropout, momentum of 0.95, batches of 32, tanh, weights that decay, smaller
weights at the start and more epochs were tried with backprop and gained nothing beyond noise, so the rows differ by their
ways down, not by tuning.
"""

import json
from dataclasses import asdict

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neurosim.rate import ALGORITHMS, train_rates
from neurosim.study import Grid, Measure, Size, Study

WAYS = (
    "backprop", "kolen_pollack", "sign_symmetry", "frozen_feedback", "feedback_alignment", "direct_feedback_alignment",
    "align_ada", "align_zero",
)  # fmt: skip
CASES = [f"{data} {way}" for data in ("digits", "plain") for way in WAYS]
AT_LEAST = {
    "digits backprop": 97.7, "digits kolen_pollack": 97.9, "digits sign_symmetry": 97.2, "digits frozen_feedback": 96.5,
    "digits feedback_alignment": 96.0, "digits direct_feedback_alignment": 96.5, "digits align_ada": 94.0,
    "digits align_zero": 89.5,
}  # fmt: skip
"""Percent of the test images that are classified correctly, mean of the seeds."""
POINTS = (1, 2, 3, 5, 7, 10, 15, 20, 30)
COLOURS = dict(
    zip(WAYS, ("#000000", "#E69F00", "#0072B2", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#999999"), strict=True)
)


def trial(t):
    data, way = t.parameters["case"].split()
    dataset, entry = t.dataset("digits"), ALGORITHMS[way]
    dataset, recipe = dataset.shuffled(t.seed) if data == "digits" else dataset, entry.recipe("digits")
    epochs = min(t.parameters["epochs"], recipe.epochs)
    found = train_rates(
        recipe.network(dataset, t.seed), entry.make(**recipe.options), dataset, epochs=epochs, batch=recipe.batch,
        optimiser=recipe.optimiser, progress=False,
    ).history  # fmt: skip
    (t.folder / "epochs.json").write_text(json.dumps([asdict(e) for e in found], indent=1))
    at = {point: found[min(point, epochs) - 1] for point in POINTS}
    return {
        "accuracy": 100 * found[-1].test_accuracy,
        "angle": found[-1].angles[0],
        "angle_2": found[-1].angles[1],
        "length": found[-1].lengths[0],
        **{f"accuracy_{point}": 100 * e.test_accuracy for point, e in at.items()},
        **{f"angle_{point}": e.angles[0] for point, e in at.items()},
    }


def of(table, data):
    """Way down -> its rows."""
    cases = ((case.split(), rows) for (case,), rows in table.by("case"))
    return {way: rows for (d, way), rows in cases if d == data}


def curves(ax, found, measure, epochs):
    for way in (w for w in WAYS if w in found):
        points = [p for p in POINTS if p <= min(epochs, ALGORITHMS[way].recipe("digits").epochs)]
        values = np.array([found[way].values(f"{measure}_{p}") for p in points])
        ax.plot(points, values, color=COLOURS[way], lw=0.5, alpha=0.3)
        ax.plot(points, values.mean(axis=1), color=COLOURS[way], marker="o", ms=3, label=way.replace("_", " "))
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def ends(ax, table):
    """Accuracy after the last epoch, in both divisions of the digits."""
    for data, fill, where in (("digits", True, -0.12), ("plain", False, 0.12)):
        for way, rows in of(table, data).items():
            values, y = rows.values("accuracy"), WAYS.index(way) + where
            face = COLOURS[way] if fill else "none"
            ax.scatter(values, np.full(len(values), y), s=10, color=COLOURS[way], alpha=0.35, lw=0)
            ax.scatter(values.mean(), y, s=34, facecolor=face, edgecolor=COLOURS[way], zorder=3)
    ax.set(yticks=range(len(WAYS)), yticklabels=[w.replace("_", " ") for w in WAYS], ylim=(len(WAYS) - 0.5, -0.5))
    ax.set(xlabel="test accuracy (%)", title="at the end; open: plain division")


def figure(table):
    drawn = Figure(figsize=(12, 4.2), layout="constrained")
    axes = drawn.subplots(1, 3)
    epochs = max(table.column("epochs"))
    curves(axes[0], of(table, "digits"), "accuracy", epochs)
    curves(axes[1], of(table, "digits"), "angle", epochs)
    ends(axes[2], table)
    axes[0].set(title="random division", ylabel="test accuracy (%)", ylim=(80, 100))
    axes[1].set(title="layer 1", ylabel="angle of change to gradient descent (degrees)", ylim=(0, 95))
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    handles, labels = axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return drawn


def answer(table):
    parts = []
    for data in ("digits", "plain"):
        found = of(table, data)
        each = ", ".join(
            f"{way.replace('_', ' ')} {rows.values('accuracy').mean():.2f} ({rows.values('angle').mean():.0f} degrees)"
            for way, rows in found.items()
        )
        parts += [f"{data}: {each}"] if found else []
    return "Test accuracy in % and angle of layer 1 at the end. " + "; ".join(parts) + "."


def check(table):
    whole = max(table.column("epochs")) >= 30
    for (case,), rows in table.by("case"):
        least = AT_LEAST.get(case, 60.0) if whole else 60.0
        if rows.values("accuracy").mean() < least:
            raise ValueError(f"{case}: {rows.values('accuracy').mean():.2f} %, expected at least {least}.")
        if "backprop" in case and max(rows.values("angle")) > 0.1:
            raise ValueError(f"{case}: {max(rows.values('angle')):.2g} degrees to the exact gradient, expected 0.")


STUDY = Study(
    name="ways_down",
    question="Through which ways down can errors reach the lower layers of a network of rates?",
    trial=trial,
    parameters=Grid({"case": CASES, "epochs": [30]}),
    seeds=5,
    measures={
        "accuracy": Measure("%", "of the test images, after the last epoch"),
        "angle": Measure("degrees", "between the change of layer 1 and gradient descent, after the last epoch"),
        "angle_2": Measure("degrees", "the same for layer 2"),
        "length": Measure("1", "length of the change of layer 1 over that of gradient descent"),
        **{f"accuracy_{p}": Measure("%", f"of the test images, after epoch {p} or the last") for p in POINTS},
        **{f"angle_{p}": Measure("degrees", f"angle of layer 1 after epoch {p} or the last") for p in POINTS},
    },
    figure=figure,
    answer=answer,
    expected="Backprop and Kolen-Pollack 98 %, signs 97.5, frozen 97, random and direct 96.5; Align-ada and Align-zero below, "
    "as networks are not wide. Hoped for: 98.5 (the first three), 97.5 (frozen, random), 96.5 (direct).",
    check=check,
    ci=Size(Grid({"case": ["digits backprop", "digits kolen_pollack", "plain align_ada"], "epochs": [2]}), seeds=1),
)
