"""Does a layer that learns digits without labels reach the published accuracy, and does it on a chip?

Each trial trains `models/diehl_cook.py` on MNIST by STDP alone, with the protocol of Diehl and Cook (2015),
doi:10.3389/fncom.2015.00099: in float, or deployed to Loihi 2 in the chip's integers on the emulator. There the rule runs on
the chip. Between images the host normalises the weights (as in float) and lets theta decay, whose time constant of 10 000 s is
too long for the chip's 12 bits; without that, theta only grew, and of the training images 81.6 % were right after 25 000 and
75.5 % after 32 500. Afterwards nothing learns: neurons are named after the class of the training images to which they answer
most (the first 10 000), and the test set is read out once.

Settings were chosen on 5000 images of the training set, after training on 10 000 to 40 000 others (README of experiments).

A training keeps its checkpoint beside the folder of the trial; killed, and started again, it goes on from there.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from neurosim import deploy
from neurosim.analysis.plots_learning import receptive_fields
from neurosim.models import load_model
from neurosim.program.lower import lower
from neurosim.study import Grid, Measure, Size, Study, Timing
from neurosim.train.desire.loop import intensities
from neurosim.train.unsupervised.showing import Showing, Viewer
from neurosim.train.unsupervised.training import learn_images, name_neurons, read_out

TOTAL = 78.4e-3
"""Sum of the weights onto a neuron, in volts: the paper's 78.4, where a weight of 1 is 1 mV."""
PUBLISHED = {100: 82.9, 400: 87.0}
FLOORS = {"100 float 60000": 80.0, "400 float 60000": 86.0}
PROGRAMS = {"float": lower, "fixed": lambda network: deploy(network, "loihi2").program}
THETA_TAU = {"float": None, "fixed": 1e4}
"""Seconds, where the host lets theta decay; in float the neuron does it itself."""
TEST, NAMES = 1_000_000, 2_000_000
"""Number of the first test image, and of the first image that names neurons: they have random numbers of their own."""


def cased(layer):
    """Neurons, arithmetic and training images of a layer such as "100 float 60000"."""
    n, arithmetic, images = layer.split()
    return int(n), arithmetic, int(images)


def viewer(n, arithmetic, seed):
    network = load_model("diehl_cook", n=n, seed=seed)
    tau = THETA_TAU[arithmetic]
    return Viewer(network, PROGRAMS[arithmetic](network), "image_layer", Showing(), total=TOTAL, theta_tau=tau, seed=seed)


def train(digits, n, arithmetic, images, epochs, seed, folder):
    """A trained viewer and its learning curve."""
    fresh, shown = viewer(n, arithmetic, seed), intensities(digits.train_images[:images], digits)
    settings = {"n": n, "arithmetic": arithmetic, "seed": seed}
    labels, window = digits.train_labels[:images], min(2500, images)
    return fresh, learn_images(fresh, shown, labels, epochs=epochs, window=window, folder=folder, settings=settings)


def test(trained, digits, named, tested):
    """Confusion (class, answer) of the test set, by names from the training set."""
    still = trained.frozen(trained.seed)
    seen = still.responses(intensities(digits.train_images[:named], digits), NAMES)
    names = name_neurons(seen, digits.train_labels[:named], 10)
    answers = read_out(still.responses(intensities(digits.test_images[:tested], digits), TEST), names, 10)
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (digits.test_labels[:tested], answers), 1)
    return confusion


def trial(t):
    n, arithmetic, images = cased(t.parameters["layer"])
    digits, epochs = t.dataset("mnist"), t.parameters["epochs"]
    kept = t.place.parent / "checkpoints" / f"{n}_{arithmetic}_{images}_{epochs}_{t.seed}"
    trained, curve = train(digits, n, arithmetic, images, epochs, t.seed, kept)
    confusion = test(trained, digits, min(10_000, images), t.parameters["tested"])
    keep(t.folder, trained, curve, confusion)
    right = np.diag(confusion) / confusion.sum(axis=1)
    return {
        "accuracy": 100 * np.trace(confusion) / confusion.sum(),
        "worst_class": 100 * right.min(),
        "curve_end": 100 * curve[-1].accuracy if len(curve) > 1 else 0.0,
        "images_per_second": curve[-1].images / sum(w.seconds for w in curve),
    }


def keep(folder: Path, trained, curve, confusion):
    """Receptive fields, learning curve and confusion of one trial."""
    points = [vars(w) | {"accuracy": None if np.isnan(w.accuracy) else w.accuracy} for w in curve]
    (folder / "layer.json").write_text(json.dumps({"curve": points, "confusion": confusion.tolist()}, indent=1))
    fields, learning = Figure(figsize=(8, 7.4), layout="constrained"), Figure(figsize=(6, 3.6), layout="constrained")
    receptive_fields(fields.subplots(), 1e3 * trained.weights(), (28, 28)).set_title("weights in mV", fontsize=11)
    fields.savefig(folder / "fields.png", dpi=150)
    ax = learning.subplots()
    ax.plot([w.images for w in curve], [100 * w.accuracy for w in curve], marker="o", ms=4, color="#0072B2")
    ax.set(xlabel="images", ylabel="right of the last images (%)", ylim=(0, 100))
    ax.spines[["top", "right"]].set_visible(False)
    learning.savefig(folder / "curve.png", dpi=150)


def figure(table):
    drawn = Figure(figsize=(6.5, 4), layout="constrained")
    ax, rows = drawn.subplots(), [(cased(layer), found) for (layer,), found in table.by("layer")]
    bars = ax.bar(range(len(rows)), [found.values("accuracy").mean() for _, found in rows], color="#56B4E9")
    ax.bar_label(bars, fmt="%.1f")
    for k, ((n, _, _), _) in enumerate(rows):
        if n in PUBLISHED:
            ax.hlines(PUBLISHED[n], k - 0.45, k + 0.45, color="k", lw=1.2, label="published" if k == 0 else None)
    ax.set_xticks(range(len(rows)), [f"{n} neurons, {a}\n{i} images" for (n, a, i), _ in rows], fontsize=9)
    ax.set(ylabel="test accuracy (%)", ylim=(0, 100))
    ax.legend(*ax.get_legend_handles_labels(), frameon=False, loc="lower right")
    ax.spines[["top", "right"]].set_visible(False)
    return drawn


def answer(table):
    parts = [
        f"{found.values('accuracy').mean():.1f} % with {n} neurons in {arithmetic} after {images} images"
        for (n, arithmetic, images), found in ((cased(layer), found) for (layer,), found in table.by("layer"))
    ]
    return "Of the test images right: " + "; ".join(parts) + "."


def check(table):
    for (layer,), found in table.by("layer"):
        if found.values("accuracy").mean() < FLOORS.get(layer, 15.0):
            raise ValueError(f"{layer}: {found.values('accuracy').mean():.1f} %, expected at least {FLOORS.get(layer, 15.0)}.")


STUDY = Study(
    name="diehl_cook",
    question="Does a layer that learns digits without labels reach the published accuracy, and does it on a chip?",
    trial=trial,
    parameters=Grid({"layer": ["100 float 60000", "400 float 60000", "100 fixed 20000"], "epochs": [1], "tested": [10_000]}),
    seeds=1,
    measures={
        "accuracy": Measure("%", "test images right"),
        "worst_class": Measure("%", "test images right of the class with fewest"),
        "curve_end": Measure("%", "of the last 2500 training images right by the names of the neurons from the 2500 before"),
        "images_per_second": Timing("1/s", "of training, shown again or not"),
    },
    figure=figure,
    answer=answer,
    expected="82.9 % with 100 neurons and 87.0 % with 400, after 1 and 3 epochs (Diehl, Cook 2015).",
    check=check,
    ci=Size(Grid({"layer": ["25 float 500", "25 fixed 500"], "epochs": [1], "tested": [300]})),
)
