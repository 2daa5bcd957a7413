"""Does a Boltzmann machine of spiking units learn digits by event-driven contrastive divergence?

The network is `models/boltzmann_digits.py`: 64 pixels and 40 class units, 200 hidden units, one rule ``eta g x y`` for the
weights in both directions (Neftci et al. 2014, doi:10.3389/fnins.2013.00272). Everything is done with spikes: an image and its
class are set for two steps, the machine runs freely for eight, and to be asked, it gets the pixels only and answers with the
class whose four units spike most often within 200 steps. A tie is an error.

The emulator learns for 24 epochs, in float and in 8-bit integers, and answers for all test images. Brian2 and Lava start from
the weights that the emulator had after two epochs, learn images of another epoch, and answer for the first test images; spikes
and final weights are compared with those of the emulator in the same arithmetic.

Three things were chosen on 287 training images that were held out. `eta` is one step of an 8-bit weight, because smaller
changes are rounded at random, with one random number for all synapses of a step: that cost 3 to 15 points. The bound of 1 and
200 hidden units were together 3 points better than a bound of 2 and 100 hidden units. In float, where the rate may be halved
from time to time, 100 hidden units reached 90 to 92 % there. The images are divided into training and test images at random for
each seed; the division of the data set, whose test images were written by other people, is shown beside it ("plain").
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

PIXELS, CLASSES, PER_CLASS, PERIOD, ASKED = 64, 10, 4, 10, 200
"""Those of the model, and the steps in which a class is asked for."""
EMULATED = {"emulator float": "emulator float", "emulator fixed": "emulator fixed", "emulator fixed plain": "emulator fixed"}
EQUALS = {"Brian2 step": "emulator float", "Lava floating_pt": "emulator float", "Lava fixed_pt": "emulator fixed"}
CASES = [*EMULATED, *EQUALS]
LEARNED, ANSWERED = 20, 5
"""Images that Brian2 and Lava learn, and for which they answer."""
TIMEOUT = 900
"""Seconds for a run in Lava."""
POINTS = (1, 2, 4, 8, 16, 24)


def set_bits(images, times, rng):
    """1 and -1 (n, times, pixels) for pixels that are set to 1 and 0."""
    return np.where(rng.random((len(images), times, PIXELS)) < images[:, None], 1, -1)


def shown(images, labels, rng):
    """Data (steps, visible) with which the machine learns images (n, pixels) of intensities from 0 to 1."""
    out = np.zeros((len(images), PERIOD, PIXELS + CLASSES * PER_CLASS), np.int32)
    # Visible units draw in even steps, from what was sent one step before.
    out[:, 1:2, :PIXELS] = set_bits(images, 1, rng)
    out[:, 1, PIXELS:] = np.where(np.arange(CLASSES).repeat(PER_CLASS) == labels[:, None], 1, -1)
    return out.reshape(-1, out.shape[2])


def asked(images, rng):
    """Data (steps, visible) that set the pixels, in each pair of steps anew."""
    out = np.zeros((len(images), ASKED, PIXELS + CLASSES * PER_CLASS), np.int32)
    out[:, 1::2, :PIXELS] = set_bits(images, ASKED // 2, rng)
    return out.reshape(-1, out.shape[2])


def phase(images, steps):
    """Signal g (steps,): 1 with the data and -1 after the machine was free, for each image; then 0."""
    g = np.zeros(PERIOD)
    g[3], g[-1] = 1.0, -1.0
    return np.pad(np.tile(g, images), (0, steps - images * PERIOD))


def run(name, data, images, weights, seed):
    """The network and its recording, with `images` that are learned at its beginning."""
    # Lava in float knows no bounds of weights.
    network = load_model("boltzmann_digits", data=data, seed=seed, **({"bound": None} if name == "Lava floating_pt" else {}))
    network = network.with_weights(weights) if weights else network
    signals = {"g": phase(images, len(data))}
    recording = execution(name).run(Workload(network), len(data) * ms, signals=signals, timeout=TIMEOUT)
    return network, recording


def final(recording):
    """Final weights; in integers they may be a rounding beyond the bound of 1."""
    return {name: np.clip(w, -1, 1) for name, w in recording.final_weights().items()}


def right(recording, first, labels):
    """Part of the answers that are right; the images that are asked for begin at step `first`."""
    spikes = recording.spikes["visible"]
    image, unit = (spikes.step - first) // ASKED, (spikes.neuron - PIXELS) // PER_CLASS
    counts = np.zeros((len(labels), CLASSES))
    np.add.at(counts, (image[(image >= 0) & (unit >= 0)], unit[(image >= 0) & (unit >= 0)]), 1)
    tied = (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) > 1
    return float(np.mean((counts.argmax(axis=1) == labels) & ~tied))


def trial(t):
    case, epochs, n, seed = t.parameters["case"], t.parameters["epochs"], t.parameters["images"], t.seed
    digits = t.dataset("digits") if "plain" in case else t.dataset("digits").shuffled(seed)
    images, tests = (part / digits.max_value for part in (digits.train_images[:n], digits.test_images))
    labels, wanted = digits.train_labels[:n], digits.test_labels
    learner, rng = EQUALS.get(case) or EMULATED[case], t.rng("images")
    weights, curve = {}, {}
    for epoch in range(1, (epochs if case in EMULATED else 2) + 1):
        order = rng.permutation(len(images))
        data = shown(images[order], labels[order], rng)
        weights = final(run(learner, data, len(images), weights, 1000 * seed + epoch)[1])
        if case in EMULATED and epoch in POINTS:
            curve[epoch] = 100 * right(run(learner, asked(tests, rng), 0, weights, seed)[1], 0, wanted)
    few = np.concatenate([shown(images[:LEARNED], labels[:LEARNED], rng), asked(tests[:ANSWERED], rng)])
    network, one = run(case.removesuffix(" plain"), few, LEARNED, weights, seed)
    other = run("emulator float" if case in EMULATED else learner, few, LEARNED, weights, seed)[1]
    alike = agreement(one, other, network)
    accuracy = curve[max(curve)] if curve else 100 * right(one, LEARNED * PERIOD, wanted[:ANSWERED])
    points = {f"accuracy_{e}": curve.get(min(e, epochs), accuracy) for e in POINTS}
    return {"accuracy": accuracy, "same_spikes": alike.spikes, "weights_apart": float(np.round(alike.weights, 9)), **points}


def figure(table):
    drawn = Figure(figsize=(6, 4), layout="constrained")
    ax = drawn.subplots()
    for k, case in enumerate(EMULATED):
        rows = dict(table.by("case")).get((case,))
        if rows is not None:
            points = [e for e in POINTS if e <= max(table.column("epochs"))]
            values = np.array([rows.values(f"accuracy_{e}") for e in points])
            ax.plot(points, values.mean(axis=1), color=COLOURS[k], marker="o", ms=4, label=case)
            ax.fill_between(points, values.min(axis=1), values.max(axis=1), color=COLOURS[k], alpha=0.2, lw=0)
    ax.axhline(85, color="0.5", lw=0.8, ls=":")
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
    least = 85 if max(table.column("epochs")) == POINTS[-1] else 70
    for (case,), rows in table.by("case"):
        if case in EMULATED and "plain" not in case and not rows.values("accuracy").mean() >= least:
            raise ValueError(f"{case}: {rows.values('accuracy').mean():.1f} % right; expected at least {least}.")
        limit = 0.0 if case == "Lava fixed_pt" else 1e-6
        if case in EQUALS and not (rows.values("same_spikes").min() == 1 and rows.values("weights_apart").max() <= limit):
            raise ValueError(f"{case}: spikes or weights differ from those of {EQUALS[case]}.")


STUDY = Study(
    name="boltzmann_digits",
    question="Does a Boltzmann machine of spiking units learn digits by event-driven contrastive divergence?",
    trial=trial,
    parameters=Grid({"case": CASES, "epochs": [24], "images": [1437]}),
    seeds=5,
    measures={
        "accuracy": Measure("%", f"test images whose class units spike most often; the first {ANSWERED} in Brian2 and Lava"),
        "same_spikes": Measure("1", "part of all spikes shared with the emulator, in the same arithmetic for Brian2 and Lava"),
        "weights_apart": Measure("1", "largest difference of their final weights, in parts of the largest change"),
        **{f"accuracy_{e}": Measure("%", f"test accuracy after epoch {e} or the last one") for e in POINTS},
    },
    figure=figure,
    answer=answer,
    expected="at least 85 % (published, on MNIST: 91.9 % with a read-out of free energies)",
    check=check,
    ci=Size(Grid({"case": ["emulator fixed", "Brian2 step"], "epochs": [6], "images": [1437]}), seeds=1),
)
