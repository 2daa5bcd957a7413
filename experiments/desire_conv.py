"""Do kernels that all places share let desire backpropagation reach more on digits than dense layers?

The rule of Gerlinghoff, Luo, Goh, Wong 2023 (doi:10.1016/j.neucom.2023.126773) on scikit-learn's digits, 8 x 8 pixels: the
recipe of `models/desire_conv.py` (32 kernels of 5 x 5, which lie at 4 x 4 places, and 10 output neurons: 5920 weights) beside
dense layers (64-200-10: 14 800 weights) with the ceiling and the floor of `desire_feedback.py`, which reach more there than the
published rule, both for 30 epochs. Divisions are scikit-learn's own, whose test images other people wrote, and random ones. The
recipe of the kernels is the first that was tried, on 300 training images that were held out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from neurosim import train
from neurosim.analysis.plots import COLOURS
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study, Timing
from neurosim.train.recipe import recipes

DENSE = replace(recipes("desire_mlp")["digits"], options={"sizes": (64, 200, 10), "floor": 1, "ceiling": 12}, epochs=30)
NETS = {"5 x 5 kernels": ("desire_conv", recipes("desire_conv")["digits"]), "dense": ("desire_mlp", DENSE)}
DIVISIONS = {"own": lambda digits, seed: digits, "random": lambda digits, seed: digits.shuffled(seed)}


def trial(t):
    model, recipe = NETS[t.parameters["net"]]
    digits = DIVISIONS[t.parameters["division"]](t.dataset("digits"), t.seed)
    how = {**recipe.training, "epochs": t.parameters["epochs"]}
    found = train(load_model(model, seed=t.seed, **recipe.options), digits, **how, seed=t.seed, progress=False).history
    return {
        "accuracy": 100 * found[-1].test_accuracy,
        "argmax": 100 * found[-1].test_argmax,
        "training": 100 * found[-1].train_accuracy,
        "first": 100 * found[0].test_accuracy,
        "cost": 1e3 * sum(e.cpu_seconds for e in found) / (len(found) * len(digits.train_labels)),
    }


def figure(table):
    drawn = Figure(figsize=(6, 2.6), layout="constrained")
    ax = drawn.subplots()
    rows = [(net, division) for division in DIVISIONS for net in NETS]
    for k, (net, division) in enumerate(rows):
        values, colour = table.where(net=net, division=division).values("accuracy"), COLOURS[list(NETS).index(net)]
        ax.plot(values, [k] * len(values), ".", color=colour, alpha=0.5)
        ax.plot(np.mean(values), k, "o", color=colour)
    ax.set_yticks(range(len(rows)), [f"{net}, {division} division" for net, division in rows])
    ax.set(xlabel="test accuracy (%); a tie is an error", ylim=(len(rows) - 0.5, -0.5))
    ax.spines[["top", "right"]].set_visible(False)
    return drawn


def mean(table, net, division):
    return float(table.where(net=net, division=division).values("accuracy").mean())


def answer(table):
    found = {division: [mean(table, net, division) for net in NETS] for division in DIVISIONS}
    each = (f"{a:.2f} % with kernels and {b:.2f} % with dense layers ({name} division)" for name, (a, b) in found.items())
    return "; ".join(each) + "."


def check(table):
    least = 97.3 if max(table.column("epochs")) >= 30 else 92.0
    for division in DIVISIONS:
        kernels, dense = (mean(table, net, division) for net in NETS)
        if kernels < max(dense, least):
            raise ValueError(
                f"{kernels:.2f} % with kernels, {dense:.2f} % with dense layers ({division} division); expected at least "
                f"{least} with kernels, and no more with dense layers."
            )


STUDY = Study(
    name="desire_conv",
    question="Do kernels that all places share let desire backpropagation reach more on digits than dense layers?",
    trial=trial,
    parameters=Grid({"net": list(NETS), "division": list(DIVISIONS), "epochs": [30]}),
    seeds=5,
    measures={
        "accuracy": Measure("%", "strict accuracy (a tie is an error) on the test images after the last epoch"),
        "argmax": Measure("%", "the same where the first of the largest counts is the answer"),
        "training": Measure("%", "strict accuracy while learning, in the last epoch"),
        "first": Measure("%", "strict test accuracy after the first epoch"),
        "cost": Timing("ms", "CPU time an image, tests included, beside other work"),
    },
    figure=figure,
    answer=answer,
    expected="kernels reach more than dense layers",
    check=check,
    ci=Size(Grid({"net": list(NETS), "division": list(DIVISIONS), "epochs": [5]}), seeds=1),
)
