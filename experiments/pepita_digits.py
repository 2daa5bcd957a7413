"""Does PEPITA teach a hidden layer of spiking neurons on digits, on every execution?

The network is `models/pepita_digits.py`: 64 pixels, 30 hidden neurons, and the rule ``-eta D x`` with D from two windows of 48
steps (Dellaferrera, Kreiman 2022, arXiv:2201.11665). The answer is the class whose neuron has most spikes in the first window;
a tie is an error. "frozen" is the same network with random hidden weights that do not change. So few hidden neurons were taken
because a random hidden layer of 100 already reaches 94 % with an output that learns, and little would be left to see.

The emulator learns for 8 epochs, in float and in 8-bit integers. Brian2 and Lava start from the weights that the emulator had
after one epoch and learn further images; spikes and final weights are compared with those of the emulator in the same
arithmetic, and the answers to these images are counted.

Settings were chosen on 287 training images that were held out, with one seed. Of windows of 32, 48 and 64 steps, the shortest
had many ties. The product of learning rate and way in is that of the paper for rates; twice and half of it were worse in
integers and in float. An error that is sent as a payload in every step needs so small weights that voltages leave 24 bits; as
spikes, one for each count, it does not. In integers, the accuracy goes up and down by 4 points from epoch to epoch, because a
chip rounds all changes of a step with the same random number. The images are divided into training and test images at random
for each seed; "plain" is the division of the data set, whose test images were written by other people.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from neurosim.analysis.agreement import agreement
from neurosim.analysis.plots import COLOURS
from neurosim.backends.executions import Workload, execution
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study
from neurosim.units import ms

WINDOW, SETTLE, WANTED, BOUND = 48, 4, 39, 1.5
"""Those of the model, and the count that the output of the label should have."""
EMULATED = ("emulator float", "emulator fixed", "emulator float frozen", "emulator fixed frozen", "emulator fixed plain")
EQUALS = {"Brian2 step": "emulator float", "Lava floating_pt": "emulator float", "Lava fixed_pt": "emulator fixed"}
CASES = [*EMULATED, *EQUALS]
FEW = 12
"""Images that Brian2 and Lava learn."""
TIMEOUT = 900
"""Seconds for a run in Lava."""
POINTS = (1, 2, 3, 4, 6, 8)


def coded(images):
    """Regular spikes (steps, pixels) of images (n, pixels): rates from 0.1 to 1 in steps of 1/16, the same in both windows."""
    level = np.round(16 * (0.1 + 0.9 * images)).astype(int)[:, None]
    k = np.arange(WINDOW)[:, None]
    window = ((k + 1) * level // 16 - k * level // 16).astype(np.uint8)
    return np.concatenate([window, window], axis=1).reshape(-1, images.shape[1])


def taught(labels):
    """Spikes (steps, classes) at the beginning of the first window, as many as the output of the label should have."""
    out = np.zeros((len(labels), 2 * WINDOW, 10), np.uint8)
    out[np.arange(len(labels)), :WANTED, labels] = 1
    return out.reshape(-1, 10)


def run(name, images, labels, weights, seed, **options):
    """The network and its recording while the images are shown."""
    # Lava in float knows no bounds of weights.
    bound = {"bound": None} if name == "Lava floating_pt" else {}
    network = load_model("pepita_digits", image=coded(images), label=taught(labels), seed=seed, **bound, **options)
    network = network.with_weights(weights) if weights else network
    return network, execution(name).run(Workload(network), len(images) * 2 * WINDOW * ms, timeout=TIMEOUT)


def final(recording):
    """Final weights of what learns; in integers they may be a rounding beyond the bound."""
    return {name: np.clip(w, -BOUND, BOUND) for name, w in recording.final_weights().items()}


def right(recording, labels):
    """Part of the answers that are right."""
    spikes = recording.spikes["output"]
    image, at = np.divmod(spikes.step, 2 * WINDOW)
    counted = (at >= SETTLE) & (at < WINDOW)
    counts = np.zeros((len(labels), 10))
    np.add.at(counts, (image[counted], spikes.neuron[counted]), 1)
    tied = (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) > 1
    return float(np.mean((counts.argmax(axis=1) == labels) & ~tied))


def trial(t):
    case, epochs, n, seed = t.parameters["case"], t.parameters["epochs"], t.parameters["images"], t.seed
    digits = t.dataset("digits") if "plain" in case else t.dataset("digits").shuffled(seed)
    images, tests = (part / digits.max_value for part in (digits.train_images[:n], digits.test_images))
    labels, wanted = digits.train_labels[:n], digits.test_labels
    learner, rng = EQUALS.get(case) or " ".join(case.split()[:2]), t.rng("images")
    frozen = {"eta": 0.0} if "frozen" in case else {}
    weights, curve = {}, {}
    for epoch in range(1, (epochs if case in EMULATED else 1) + 1):
        order = rng.permutation(len(images))
        weights = {**weights, **final(run(learner, images[order], labels[order], weights, seed, **frozen)[1])}
        if case in EMULATED and epoch in POINTS:
            still = run(learner, tests, wanted, weights, seed, eta=0.0, output_eta=0.0)[1]
            curve[epoch] = 100 * right(still, wanted)
    name = learner if case in EMULATED else case
    network, one = run(name, images[:FEW], labels[:FEW], weights, seed)
    other = run("emulator float" if case in EMULATED else learner, images[:FEW], labels[:FEW], weights, seed)[1]
    alike = agreement(one, other, network)
    accuracy = curve[max(curve)] if curve else 100 * right(one, labels[:FEW])
    points = {f"accuracy_{e}": curve.get(min(e, epochs), accuracy) for e in POINTS}
    return {"accuracy": accuracy, "same_spikes": alike.spikes, "weights_apart": float(np.round(alike.weights, 9)), **points}


def figure(table):
    drawn = Figure(figsize=(6, 4), layout="constrained")
    ax = drawn.subplots()
    points = [e for e in POINTS if e <= max(table.column("epochs"))]
    for k, case in enumerate(EMULATED):
        rows = dict(table.by("case")).get((case,))
        if rows is not None:
            values = np.array([rows.values(f"accuracy_{e}") for e in points])
            how = {"color": COLOURS[k % 2 if k < 4 else k], "ls": "--" if "frozen" in case else "-"}
            ax.plot(points, values.mean(axis=1), marker="o", ms=4, label=case, **how)
            ax.fill_between(points, values.min(axis=1), values.max(axis=1), color=how["color"], alpha=0.12, lw=0)
    ax.set(xlabel="epoch", ylabel="test accuracy (%), lowest to highest seed")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return drawn


def answer(table):
    parts = []
    for (case,), rows in table.by("case"):
        values = rows.values("accuracy")
        if case in EMULATED:
            parts.append(f"{case} {values.mean():.1f} % ({values.min():.1f} to {values.max():.1f})")
        else:
            parts.append(f"{case} has {100 * rows.values('same_spikes').min():.4g} % of the spikes of {EQUALS[case]}")
    return "Test accuracy: " + "; ".join(parts) + "."


def check(table):
    mean = {case: rows.values("accuracy").mean() for (case,), rows in table.by("case")}
    for case in ("emulator float", "emulator fixed"):
        if max(table.column("epochs")) == POINTS[-1] and not mean[case] >= max(85, mean[f"{case} frozen"] + 4):
            raise ValueError(f"{case}: {mean[case]:.1f} %; expected 85, and 4 more than {mean[f'{case} frozen']:.1f} (frozen).")
    for (case,), rows in table.by("case"):
        limit = 0.0 if case == "Lava fixed_pt" else 1e-6
        if case in EQUALS and not (rows.values("same_spikes").min() == 1 and rows.values("weights_apart").max() <= limit):
            raise ValueError(f"{case}: spikes or weights differ from those of {EQUALS[case]}.")


STUDY = Study(
    name="pepita_digits",
    question="Does PEPITA teach a hidden layer of spiking neurons on digits, on every execution?",
    trial=trial,
    parameters=Grid({"case": CASES, "epochs": [8], "images": [1437]}),
    seeds=5,
    measures={
        "accuracy": Measure("%", f"right answers to test images; to the first {FEW} training images in Brian2 and Lava"),
        "same_spikes": Measure("1", "part of all spikes shared with the emulator, in the same arithmetic for Brian2 and Lava"),
        "weights_apart": Measure("1", "largest difference of their final weights, in parts of the largest change"),
        **{f"accuracy_{e}": Measure("%", f"test accuracy after epoch {e} or the last one") for e in POINTS},
    },
    figure=figure,
    answer=answer,
    expected="at least 85 %, and 4 points more than with a frozen hidden layer (published, with rates on MNIST: 98)",
    check=check,
    ci=Size(Grid({"case": ["emulator float", "emulator fixed", "Brian2 step"], "epochs": [1], "images": [300]}), seeds=1),
)
