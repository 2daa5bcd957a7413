"""Does PEPITA (Dellaferrera, Kreiman 2022) learn as published, without any error that travels down through the network?

The error of the output is projected onto the input by a fixed random matrix F; the image is shown again with it, and weights
learn from how activity differs between the two passes. digits: 64-256-10; MNIST: 784-1024-10, as published; ReLU, softmax, no
biases, momentum of 0.9, by the recipes of the catalogue (`neurosim train pepita --data mnist`). "digits" is a random division
of all images, a new one for each seed; "plain" is the division that comes with the data, whose test images were written by
other people.

Angles: of F to the product of the weights up, transposed, `(W_2 W_1)^T`. It begins near 90 degrees. The second pass adds F e
to the input, and has to push the output back by it, so the angle grows above 90. And of the change of layer 1 to gradient
descent.

98.5 % had been hoped for on the digits, after 98.9 of a prototype on one division. Over several divisions PEPITA has 97.9,
and backpropagation 98.0 (ways_down).

Settings of the digits were chosen on 300 training images that were held out (see "What was tried" in the README of
experiments); those of MNIST are the published ones, with 20 epochs in place of 100. Test images had no say. The published
98.01 % is of 100 epochs.
"""

import json
from dataclasses import asdict

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neurosim.rate import ALGORITHMS, train_rates
from neurosim.rate.gradient import angle
from neurosim.study import Grid, Measure, Size, Study

CASES = ("digits", "plain", "mnist")
AT_LEAST = {"digits": 97.4, "mnist": 97.5}
"""Percent of the test images that are classified correctly, mean of the seeds."""
PUBLISHED = 98.01
POINTS = (1, 2, 5, 10, 20, 50, 100)
COLOURS = {"digits": "#0072B2", "plain": "#56B4E9", "mnist": "#D55E00"}


def trial(t):
    case = t.parameters["case"]
    data = "mnist" if case == "mnist" else "digits"
    dataset = t.dataset(data).shuffled(t.seed) if case == "digits" else t.dataset(data)
    recipe = ALGORITHMS["pepita"].recipe(data)
    epochs = min(t.parameters["epochs"], recipe.epochs)
    kept = t.place.parent / "checkpoints" / f"{case}_{epochs}_{t.seed}"
    found = {}
    for point in sorted({*(p for p in POINTS if p < epochs), epochs}):
        # A training that goes on equals an uninterrupted one; between two parts, the weights are looked at.
        part = train_rates(
            recipe.network(dataset, t.seed), ALGORITHMS["pepita"].make(**recipe.options), dataset, epochs=point,
            batch=recipe.batch, optimiser=recipe.optimiser, folder=kept, resume=True, progress=False,
        )  # fmt: skip
        found[point] = 100 * part.history[-1].test_accuracy, of_way_in(part.state), part.history[-1].angles[0]
    (t.folder / "epochs.json").write_text(json.dumps([asdict(e) for e in part.history], indent=1))
    at = {p: found[min(p, epochs)] for p in POINTS}
    return {
        "accuracy": found[epochs][0],
        "way_in": found[epochs][1],
        "angle": found[epochs][2],
        **{f"accuracy_{p}": of[0] for p, of in at.items()},
        **{f"way_in_{p}": of[1] for p, of in at.items()},
        **{f"angle_{p}": of[2] for p, of in at.items()},
    }


def of_way_in(state):
    """Angle of F to the product of the weights up, transposed."""
    first, second = state["weights"]
    return angle(state["way in"][0], (second @ first).T)


def curves(ax, table, measure):
    for (case,), rows in table.by("case"):
        last = min(max(rows.column("epochs")), ALGORITHMS["pepita"].recipe("mnist" if case == "mnist" else "digits").epochs)
        points = [p for p in POINTS if p < last] + [last]
        names = [f"{measure}_{p}" if p in POINTS else measure for p in points]
        values = np.array([rows.values(name) for name in names])
        ax.plot(points, values, color=COLOURS[case], lw=0.5, alpha=0.35)
        ax.plot(points, values.mean(axis=1), color=COLOURS[case], marker="o", ms=3.5, label=case)
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)


def figure(table):
    drawn = Figure(figsize=(11, 3.7), layout="constrained")
    axes = drawn.subplots(1, 3)
    for ax, measure in zip(axes, ("accuracy", "way_in", "angle"), strict=True):
        curves(ax, table, measure)
    axes[0].axhline(PUBLISHED, color="k", lw=0.8, ls="--", label="MNIST, published")
    axes[1].axhline(90, color="0.6", lw=0.8, ls=":")
    axes[0].set(ylabel="test accuracy (%)", ylim=(80, 100))
    axes[1].set(ylabel="angle of F to the weights, transposed (degrees)")
    axes[2].set(ylabel="angle of layer 1 to gradient descent (degrees)", ylim=(0, 95))
    axes[0].legend(frameon=False, fontsize="small", loc="lower right")
    return drawn


def answer(table):
    return "; ".join(
        f"{case}: {rows.values('accuracy').mean():.2f} % of the test images, F at {rows.values('way_in').mean():.0f} degrees "
        f"to the weights, layer 1 at {rows.values('angle').mean():.0f} to gradient descent"
        for (case,), rows in table.by("case")
    ) + f" (published for MNIST after 100 epochs: {PUBLISHED} %)."


def check(table):
    for (case, epochs), rows in table.by("case", "epochs"):
        least = AT_LEAST.get(case, 90.0) if epochs >= 100 else 60.0
        if rows.values("accuracy").mean() < least:
            raise ValueError(f"{case}: {rows.values('accuracy').mean():.2f} %, expected at least {least}.")
        if rows.values("way_in").mean() < 90:
            raise ValueError(f"{case}: F is at {rows.values('way_in').mean():.0f} degrees to the weights, expected above 90.")


STUDY = Study(
    name="pepita",
    question="Does PEPITA learn as published, without any error that travels down through the network?",
    trial=trial,
    parameters=Grid({"case": list(CASES), "epochs": [100]}),
    seeds=3,
    measures={
        "accuracy": Measure("%", "of the test images, after the last epoch"),
        "way_in": Measure("degrees", "angle of F to the product of the weights up, transposed, after the last epoch"),
        "angle": Measure("degrees", "between the change of layer 1 and gradient descent, after the last epoch"),
        **{f"accuracy_{p}": Measure("%", f"of the test images, after epoch {p} or the last") for p in POINTS},
        **{f"way_in_{p}": Measure("degrees", f"angle of F after epoch {p} or the last") for p in POINTS},
        **{f"angle_{p}": Measure("degrees", f"angle of layer 1 after epoch {p} or the last") for p in POINTS},
    },
    figure=figure,
    answer=answer,
    expected="97.9 % for digits, 97.5 for MNIST (published: 98.01 after 100 epochs); F at 105 to 120 degrees (prototype).",
    check=check,
    ci=Size(Grid({"case": ["digits"], "epochs": [2]}), seeds=2),
)
