"""Does the rate-based BurstCCN (Greedy et al. 2022) learn MNIST as published, and how fast?

784-500-500-500-10, batches of 32, random Y, Q that learns: the settings of the authors' notebook ("notebook"). "stronger" has
Y of 1, which learned faster on 10 000 training images held out (README of experiments); "tied" takes Y and Q from the weights,
with a scale of 1. With the settings of the notebook the authors' program, run with ten seeds, has 5.73 to 6.37 % wrong after
two epochs, 6.07 in the mean, without one seed that stayed at 17 %. The published 1.84 % (five layers, tuned by a private
search) comes of a long run: `--set epochs=...`.

It keeps a checkpoint after each epoch beside the folder of its trial; killed, and started again, it goes on from there.

Speed: images learned by the seconds of learning, test excluded, on one thread. The floor is the multiplications and additions
that the equations need (weights up, weight changes, Y, Q and the changes of Q), at the speed at which one product of the size
of the hidden layers runs alone. With tied feedback one product goes down, since Q e takes away what Y p_b e brings. The
authors' program also computes the reference gradients of two other rules.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from threadpoolctl import threadpool_limits

from neurosim.rate import train_rates
from neurosim.rate.algorithms.burstccn import BurstCCN, bursting
from neurosim.rate.algorithms.burstccn_feedback import RandomFeedback, TiedFeedback
from neurosim.rate.products import add_product
from neurosim.study import Grid, Measure, Size, Study, Timing

BATCH, HIDDEN = 32, (500, 500, 500)
SETTINGS = {
    "notebook": BurstCCN(eta=0.3, eta_q=7.31e-4, feedback=RandomFeedback(0.5)),
    "stronger": BurstCCN(eta=0.3, eta_q=7.31e-4, feedback=RandomFeedback(1.0)),
    "tied": BurstCCN(eta=0.3, feedback=TiedFeedback()),
}
PUBLISHED = 1.84
AUTHORS = (800, 1160)
"""Images per second of the authors' program on one thread."""
MOST = {"notebook": 6.5, "stronger": 6.0}
"""Percent of the test images wrong after two epochs, mean of the seeds."""
COLOURS = {"notebook": "#D55E00", "stronger": "#0072B2", "tied": "#000000"}
POINTS = (1, 2, 5, 10, 20, 50, 100)


def flop_of(sizes, learned_q):
    """Operations that an image needs: W up and its change, Y and Q, and the change of Q where it learns."""
    pairs = [a * b for a, b in zip(sizes, sizes[1:], strict=False)]
    return 2 * (2 * sum(pairs) + (3 if learned_q else 1) * sum(pairs[1:]))


def product_speed():
    """Operations a second of one product that is added into (500, 500), the fastest of 300."""
    rng = np.random.default_rng(0)
    matrix, rows, columns = np.zeros((500, 500), np.float32), *rng.random((2, 500, BATCH)).astype(np.float32)
    best = np.inf
    for _ in range(300):
        started = time.perf_counter()
        add_product(matrix, 1e-6, rows, columns)
        best = min(best, time.perf_counter() - started)
    return 2 * matrix.size * BATCH / best


def trial(t):
    setting, n, epochs = (t.parameters[name] for name in ("setting", "images", "epochs"))
    mnist = t.dataset("mnist")
    part = replace(mnist, train_images=mnist.train_images[:n], train_labels=mnist.train_labels[:n])
    network, algorithm = bursting(mnist.n_pixels, *HIDDEN, mnist.n_classes, seed=t.seed), SETTINGS[setting]
    kept = t.place.parent / "checkpoints" / f"{setting}_{n}_{epochs}_{t.seed}"
    with threadpool_limits(1):
        found = train_rates(network, algorithm, part, epochs=epochs, batch=BATCH, folder=kept, resume=True).history
        floor = product_speed()
    keep(t.folder, found)
    flop = flop_of(network.sizes, not isinstance(algorithm.feedback, TiedFeedback))
    seconds, cpu = (min(getattr(e, clock) for e in found) for clock in ("seconds", "cpu_seconds"))
    errors = [100 * e.test_error for e in found]
    return {
        "error": errors[-1],
        "train_error": 100 * found[-1].train_error,
        **{f"error_{e}": errors[min(e, epochs) - 1] for e in POINTS},
        "angle": max(found[-1].angles),
        "flop": flop,
        "images_per_s": n / seconds,
        "images_per_cpu_s": n / cpu,
        "product_flop_per_s": floor,
        "share_of_floor": flop * n / cpu / floor,
    }


def keep(folder, found):
    """Every epoch's figures, and the learning curve."""
    (folder / "epochs.json").write_text(json.dumps([asdict(e) for e in found], indent=1))
    drawn = Figure(figsize=(5.5, 3.4), layout="constrained")
    ax = drawn.subplots()
    x = np.arange(1, len(found) + 1)
    ax.plot(x, [100 * e.test_error for e in found], color="#D55E00", label="test")
    ax.plot(x, [100 * e.train_error for e in found], color="0.6", label="training, before each image is learned")
    ax.axhline(PUBLISHED, color="k", lw=0.8, ls="--")
    ax.set(xlabel="epoch", ylabel="error (%)", yscale="log")
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    drawn.savefig(folder / "curve.png", dpi=150)


def figure(table):
    drawn = Figure(figsize=(6, 3.8), layout="constrained")
    ax = drawn.subplots()
    for (setting,), rows in table.by("setting"):
        points = [p for p in POINTS if p <= max(rows.column("epochs"))]
        values = np.array([rows.values(f"error_{p}") for p in points])
        ax.plot(points, values, color=COLOURS[setting], lw=0.6, alpha=0.35)
        ax.plot(points, values.mean(axis=1), color=COLOURS[setting], marker="o", ms=4, label=setting)
    ax.axhline(PUBLISHED, color="k", lw=0.8, ls="--", label="published, after a long run")
    ax.set(xlabel="epoch", ylabel="test error (%)", ylim=(0, None))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return drawn


def answer(table):
    parts = [
        f"{setting}: {rows.values('error').mean():.2f} % of the test images wrong after {epochs} epochs, "
        f"{rows.values('images_per_cpu_s').max():.0f} images per CPU second at best"
        for (setting, epochs), rows in table.by("setting", "epochs")
    ]
    return "; ".join(parts) + f" (authors' program: {AUTHORS[0]} to {AUTHORS[1]})."


def check(table):
    for (setting, epochs, images), rows in table.by("setting", "epochs", "images"):
        most = MOST.get(setting, 88.0) if images == 60_000 and epochs >= 2 else 88.0
        if rows.values("error").mean() > most:
            raise ValueError(f"{setting}: {rows.values('error').mean():.2f} %, expected at most {most}.")


STUDY = Study(
    name="burstccn_mnist",
    question="Does the rate-based BurstCCN learn MNIST as published, and how fast?",
    trial=trial,
    parameters=Grid({"setting": list(SETTINGS), "epochs": [2], "images": [60_000]}),
    seeds=10,
    measures={
        "error": Measure("%", "of the test images, after the last epoch"),
        "train_error": Measure("%", "of the training images in the last epoch, before each was learned"),
        **{f"error_{e}": Measure("%", f"of the test images, after epoch {e} or the last") for e in POINTS},
        "angle": Measure("degrees", "largest angle of all layers to the exact gradient, at the end"),
        "flop": Measure("1", "operations that an image needs to be learned"),
        "images_per_s": Timing("1/s", "learning, best epoch, one thread"),
        "images_per_cpu_s": Timing("1/s", "the same by CPU time"),
        "product_flop_per_s": Timing("1/s", "operations of one product alone"),
        "share_of_floor": Timing("1", "of the CPU time that the products alone would take at that speed"),
    },
    figure=figure,
    answer=answer,
    expected="6.1 % wrong after 2 epochs, as nine of ten runs of the authors' program, which learns 800 to 1160 images/s.",
    check=check,
    ci=Size(Grid({"setting": ["notebook", "tied"], "epochs": [1], "images": [4800]}), seeds=1),
)
