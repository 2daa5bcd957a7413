"""What makes desire backpropagation (Gerlinghoff et al. 2023) learn well and fast: one change at a time.

The recipes "mnist-quick" and "fashion-mnist-quick" of `models/desire_mlp.py`, five epochs of 20 000 training images, and each
of their choices changed, one by one; "as published" takes all of them back, with the published learning rate, one image at a
time. Accuracy is strict (a tie is an error) on 5000 other training images: the test set has no say.
"""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from neurosim import train
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study, Timing
from neurosim.train import Dropout
from neurosim.train.recipe import recipes

DATA = ("mnist", "fashion-mnist")
HELD_OUT = 5_000
SMALL = (784, 60, 10)


def options(**changed):
    return lambda recipe: replace(recipe, options={**recipe.options, **changed})


def settings(**changed):
    return lambda recipe: replace(recipe, **changed)


def published(recipe):
    """The paper's, in as many epochs."""
    paper = recipes("desire_mlp")[f"{recipe.data}-paper"]
    return replace(paper, epochs=recipe.epochs)


CHANGES = {
    "recipe": settings(),
    "as published": published,
    "no ceiling": options(ceiling=None),
    "ceiling of 8": options(ceiling=8),
    "ceiling of 16": options(ceiling=16),
    "floor of 1": options(floor=1),
    "rate halved": lambda recipe: options(eta=recipe.options["eta"] / 2)(recipe),
    "rate doubled": lambda recipe: options(eta=recipe.options["eta"] * 2)(recipe),
    "rate does not decay": settings(eta_decay=0.0),
    "one at a time": settings(batch=1),
    "batches of 32": settings(batch=32),
    "no dropout": settings(dropout=Dropout()),
    "dropout of 0.3": settings(dropout=Dropout(hidden=0.3)),
    "shift of 0": settings(shift=0),
    "shift of 1": settings(shift=1),
}


def trial(t):
    data, change = t.parameters["data"], t.parameters["change"]
    recipe = CHANGES[change](recipes("desire_mlp")[f"{data}-quick"])
    images, n = t.dataset(data).held_out(HELD_OUT), t.parameters["images"]
    part = replace(images, train_images=images.train_images[:n], train_labels=images.train_labels[:n])
    given = {**recipe.options, **({"sizes": SMALL} if t.parameters["small"] else {})}
    network = load_model("desire_mlp", seed=t.seed, **given)
    history = train(network, part, **recipe.training, seed=t.seed, progress=False).history
    last = history[-1]
    return {
        "accuracy": 100 * last.test_accuracy,
        "argmax": 100 * last.test_argmax,
        "training": 100 * last.train_accuracy,
        "first": 100 * history[0].test_accuracy,
        "cost": 1e3 * sum(e.cpu_seconds for e in history) / (len(history) * len(part.train_labels)),
    }


def figure(table):
    drawn = Figure(figsize=(10, 5.2), layout="constrained")
    for ax, data in zip(drawn.subplots(1, 2, sharey=True), DATA, strict=True):
        rows = table.where(data=data)
        found = {change: rows.where(change=change).values("accuracy") for change in CHANGES}
        found = {change: values for change, values in found.items() if len(values)}
        if not found:
            continue
        ax.axvline(np.mean(found["recipe"]), color="#999999", lw=1, ls=":")
        for k, values in enumerate(found.values()):
            ax.plot(values, [k] * len(values), ".", color="#0072B2", alpha=0.5)
            ax.plot(np.mean(values), k, "o", color="#0072B2", ms=5)
        ax.set_yticks(range(len(found)), list(found))
        ax.set(title=data, xlabel="held-out accuracy (%); a tie is an error")
        ax.spines[["top", "right"]].set_visible(False)
    ax.invert_yaxis()
    return drawn


def mean(table, data, change):
    rows = table.where(data=data, change=change)
    return float(rows.values("accuracy").mean()) if len(rows) else float("nan")


def answer(table):
    parts = []
    for data in (d for d in DATA if len(table.where(data=d))):
        each = ", ".join(f"{c} {mean(table, data, c):.2f}" for c in CHANGES if len(table.where(data=data, change=c)))
        parts.append(f"{data}: {each}")
    return "Held-out accuracy in %. " + "; ".join(parts) + "."


STUDY = Study(
    name="desire_schedule",
    question="What makes desire backpropagation learn well and fast?",
    trial=trial,
    parameters=Grid({"data": list(DATA), "change": list(CHANGES), "images": [20_000], "small": [False]}),
    seeds=2,
    measures={
        "accuracy": Measure("%", "strict accuracy (a tie is an error) on the held-out images after the last epoch"),
        "argmax": Measure("%", "the same where the first of the largest counts is the answer"),
        "training": Measure("%", "strict accuracy while learning, in the last epoch"),
        "first": Measure("%", "held-out accuracy after the first epoch"),
        "cost": Timing("ms", "CPU time an image, tests included, beside other work"),
    },
    figure=figure,
    answer=answer,
    expected="the ceiling matters most; the published rate is too small for five epochs",
    ci=Size(Grid({"data": ["mnist"], "change": ["recipe", "no ceiling"], "images": [1000], "small": [True]}), seeds=1),
)
