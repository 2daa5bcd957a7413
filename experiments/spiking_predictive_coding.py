"""How long do the values of predictive coding take to settle in spikes?

The network is `models/predictive_coding.py`, 64-40-40-10, at the weights of the start, on images of digits. "equation" is its
equation in numbers, strict predictive coding with f at the values below (Whittington, Bogacz 2017, doi:10.1162/NECO_a_00949),
from the forward pass on; `experiments/predictive_coding.py` measures it on larger networks, with f at the predictions. A case
ends with the rate at which values follow errors.

In spikes, each image is shown first without its label, from where the values were at the end of the one before ("free"), and
then with it ("clamped"). Values are read as means of the last 50 steps. "free" and "clamped" are the numbers of steps after
which the hidden values of both layers stay within 5 % of where they end, which is their mean over the last third of the phase;
a phase lasts 20 / rate steps, at least 400. An image whose values leave that range in the last third is not "settled", and
counts with the step in which they did. "off" is how far the clamped values end from those of the equation.

Operations: an event costs one for each synapse that it arrives at, and a multiply-accumulate of the equation costs one.
Both are counted until values have settled, without changes of weights, and are given over the multiply-accumulates of
backpropagation, up and down. The product of the image with the first weights is computed once in the equation; in spikes the
image is sent all the time, and is most of the cost ("image").

What to see: up to a rate of 0.05, spikes follow the equation, and the time until settled is proportional to 1 / rate. Their
noise is proportional to the rate, so from 0.1 on most images do not stay within 5 %; the equation could be faster, and
oscillates from 0.2 on for some images. Eight bits add nothing to the time, and little to the distance.

Two choices followed from what was found. Values as they are, not their means, move by 7 to 12 % of their length at a rate of
0.05, and would need rates of 0.02 or less. With larger weights at the start (variance 2 / inputs), free values had not settled
after 20 / rate steps, because such a network has slow directions. Brian2 and Lava show one image, for 60 steps in each phase.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure

from neurosim import Probe
from neurosim.analysis.comparison import compare
from neurosim.analysis.plots import COLOURS
from neurosim.backends.executions import Workload, execution
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study
from neurosim.units import ms

HIDDEN, LAYERS = (1, 2), (1, 2, 3)
NEAR, WINDOW = 0.05, 50
EMULATED, RATES, CHOSEN = ("emulator float", "emulator fixed"), (0.01, 0.02, 0.05, 0.1, 0.2), 0.05
EQUALS = {"Brian2 step": "emulator float", "Lava floating_pt": "emulator float", "Lava fixed_pt": "emulator fixed"}
CASES = [*(f"{name} {rate}" for name in ("equation", *EMULATED) for rate in RATES), *(f"{name} {CHOSEN}" for name in EQUALS)]
FEW = 60
"""Steps of a phase in Brian2 and Lava."""
TIMEOUT = 600
"""Seconds for a run in Lava."""


@dataclass(frozen=True)
class Sizes:
    """Numbers of multiply-accumulates, from the weights of all layers."""

    weights: list

    @property
    def above(self):
        """Products with all weights but the first."""
        return sum(w.size for w in self.weights[1:])

    @property
    def backprop(self):
        return self.weights[0].size + 2 * self.above

    def equation(self, steps):
        """The forward pass, and then errors down and predictions up in each step."""
        return self.weights[0].size + self.above * (1 + 2 * steps)


def regular(images, steps, rng):
    """Regular spikes (images * steps, pixels), at rates of 0 to 1 in steps of 1/16, each pixel with a shift of its own."""
    level, shift = np.round(16 * images).astype(np.int32)[:, None], rng.integers(0, 16, images.shape[1], np.int32)
    k = np.arange(steps, dtype=np.int32)[:, None]
    spikes = ((k + 1) * level + shift) // 16 - (k * level + shift) // 16
    return spikes.astype(np.uint8).reshape(-1, images.shape[1])


def targets(labels, phase):
    """What outputs are clamped to (steps, classes): nothing in the first phase of an image, and 1 or -1 for 0 in the second."""
    rows = np.zeros((len(labels), 2, phase, 10), np.int32)
    rows[:, 1] = -1
    rows[np.arange(len(labels)), 1, :, labels] = 1
    return rows.reshape(-1, 10)


def equation(weights, image, label, rate, steps):
    """Hidden values [layer] (steps, neurons) by the equation, from the forward pass on."""
    values = [np.round(16 * image) / 16]
    for w in weights:
        values.append(np.maximum(values[-1], 0) @ w)
    values[-1], found = np.eye(10)[label], []
    for _ in range(steps):
        pairs = zip(values[1:], values[:-1], weights, strict=True)
        errors = [v - np.maximum(below, 0) @ w for v, below, w in pairs]
        for k in HIDDEN:
            down = (values[k] > 0) * (weights[k] @ errors[k])
            values[k] = np.clip(values[k] + rate * (down - errors[k - 1]), -1, 1)
        found.append([values[k] for k in HIDDEN])
    return [np.array(v) for v in zip(*found, strict=True)]


def settled(values, end):
    """Number of steps after which values (steps, neurons) stay near `end`; all steps if the last one is not."""
    far = np.flatnonzero(np.linalg.norm(values - end, axis=1) >= NEAR * np.linalg.norm(end))
    return int(far[-1]) + 1 if len(far) else 0


def read(values):
    """Means (steps, neurons) of the last `WINDOW` steps; of fewer at the beginning."""
    total = np.cumsum(np.pad(values, ((WINDOW, 0), (0, 0))), axis=0)
    counts = np.minimum(np.arange(1, len(values) + 1), WINDOW)[:, None]
    return (total[WINDOW:] - total[:-WINDOW]) / counts


def run(name, images, labels, rate, phase, seed, rng):
    """The network and its recording while images are shown."""
    shown = {"image": regular(images, 2 * phase, rng), "target": targets(labels, phase)}
    network = load_model("predictive_coding", rate=rate, seed=seed, **shown)
    network = replace(network, probes=[Probe(f"v{k}", "v") for k in LAYERS])
    return network, execution(name).run(Workload(network), 2 * phase * len(images) * ms, timeout=TIMEOUT)


def matrices(network):
    return [network.weights(network.projection(f"w{k}")) for k in LAYERS]


def operations(recording, weights):
    """Synaptic operations in each step (steps,), and those of the image."""
    fan = {"image": weights[0].shape[1], "one": 1, "zero": 1}
    fan |= {f"e{k}": 1 + (weights[k - 1].shape[0] if k > 1 else 0) for k in LAYERS} | {f"v{k}": 1 for k in LAYERS}
    found = {name: np.bincount(s.step, minlength=recording.steps) * fan[name] for name, s in recording.spikes.items()}
    for k in HIDDEN:
        spikes = recording.spikes[f"v{k}"]
        positive = recording.states[f"v{k}", "v"][0][spikes.step, spikes.neuron] > 0
        found[f"w{k + 1}"] = np.bincount(spikes.step[positive], minlength=recording.steps) * weights[k].shape[1]
    return sum(found.values()), found["image"]


def in_spikes(name, images, labels, rate, seed, rng):
    """Measures of the images, the mean of each."""
    phase = max(400, round(20 / rate))
    network, recording = run(name, images, labels, rate, phase, seed, rng)
    weights, shape = matrices(network), (len(images), 2, phase)
    every, pixels = (one.reshape(shape) for one in operations(recording, weights))
    states = [recording.states[f"v{k}", "v"][0].reshape(*shape, -1) for k in HIDDEN]
    found = []
    for n, (image, label) in enumerate(zip(images, labels, strict=True)):
        exact = equation(weights, image, label, 0.1, 1000)
        ends = [v[n][:, -phase // 3 :].mean(axis=1) for v in states]
        free, clamped = (max(settled(read(v[n, p]), e[p]) for v, e in zip(states, ends, strict=True)) for p in (0, 1))
        spent, of_image = (one[n, 0, :free].sum() + one[n, 1, :clamped].sum() for one in (every, pixels))
        off = max(np.linalg.norm(e[1] - x[-1]) / np.linalg.norm(x[-1]) for e, x in zip(ends, exact, strict=True))
        lasting = max(free, clamped) <= 2 * phase / 3
        found.append((free, clamped, spent / Sizes(weights).backprop, of_image / spent, 100 * off, 100 * lasting))
    return dict(zip(("free", "clamped", "operations", "image", "off", "settled"), np.mean(found, axis=0), strict=True))


def in_numbers(images, labels, rate, seed):
    weights, steps = matrices(load_model("predictive_coding", seed=seed)), max(400, round(40 / rate))
    found = []
    for image, label in zip(images, labels, strict=True):
        values = equation(weights, image, label, rate, steps)
        clamped = max(settled(v, v[-1]) for v in values)
        sizes = Sizes(weights)
        found.append((clamped, sizes.equation(clamped) / sizes.backprop, 100 * (clamped <= 2 * steps / 3)))
    clamped, spent, lasting = np.mean(found, axis=0)
    return {"free": len(LAYERS), "clamped": clamped, "operations": spent, "image": 0.0, "off": 0.0, "settled": lasting}


def trial(t):
    name, rate = t.parameters["case"].rsplit(" ", 1)
    digits = t.dataset("digits").shuffled(t.seed)
    images, labels = digits.train_images[: t.parameters["images"]] / digits.max_value, digits.train_labels
    labels = labels[: len(images)]
    if name == "equation":
        return {**in_numbers(images, labels, float(rate), t.seed), "same_spikes": 1.0}
    learner = EQUALS.get(name, name)
    found = in_spikes(learner, images, labels, float(rate), t.seed, t.rng("shifts"))
    return {**found, "same_spikes": shared(name, learner, images[:1], labels[:1], float(rate), t.seed)}


def shared(name, other, images, labels, rate, seed):
    """Part of all spikes that two executions share."""
    one, two = (run(who, images, labels, rate, FEW, seed, np.random.default_rng(seed))[1] for who in (name, other))
    parts = compare(one, two).populations
    return sum(x.shared for x in parts) / sum(x.shared + x.only_a + x.only_b for x in parts)


def lines(table):
    """Form -> (rates, rows of each), in the order of RATES."""
    found = {}
    for (case,), rows in table.by("case"):
        name, rate = case.rsplit(" ", 1)
        if name not in EQUALS:
            found.setdefault(name, []).append((float(rate), rows))
    return {name: list(zip(*sorted(pairs, key=lambda pair: pair[0]), strict=True)) for name, pairs in found.items()}


def figure(table):
    drawn = Figure(figsize=(10.5, 3.6), layout="constrained")
    axes = drawn.subplots(1, 3)
    for k, (name, (rates, parts)) in enumerate(sorted(lines(table).items())):
        how = {"color": COLOURS[k], "marker": "o", "ms": 4, "label": name, "ls": "--" if "fixed" in name else "-"}
        axes[0].loglog(rates, [rows.values("clamped").mean() for rows in parts], **how)
        axes[1].loglog(rates, [rows.values("operations").mean() for rows in parts], **how)
        if name != "equation":
            axes[2].loglog(rates, [rows.values("off").mean() for rows in parts], **how)
    axes[0].set(ylabel="steps with the label until settled")
    axes[1].set(ylabel="operations over backpropagation's")
    axes[1].axhline(100, color="0.5", lw=0.8, ls=":")
    axes[2].set(ylabel="end, off the equation's (%)")
    for ax, ticks in zip(axes, ((50, 100, 200, 400), (25, 50, 100, 200), (2, 5, 10)), strict=True):
        ax.set(xlabel="rate")
        ax.set_yticks(ticks, [str(tick) for tick in ticks])
        ax.set_yticks([], minor=True)
        ax.set_xticks(RATES, [str(rate) for rate in RATES])
        ax.set_xticks([], minor=True)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False, fontsize=8)
    return drawn


def answer(table):
    parts = []
    for (case,), rows in table.by("case"):
        name = case.rsplit(" ", 1)[0]
        if name in EQUALS:
            parts.append(f"{case} has {100 * rows.values('same_spikes').min():.4g} % of the spikes of {EQUALS[name]}")
            continue
        measures = ("free", "clamped", "operations", "off", "settled")
        free, clamped, spent, off, lasting = (rows.values(m).mean() for m in measures)
        steps = f"{clamped:.0f} steps" if name == "equation" else f"{free:.0f} + {clamped:.0f} steps, {off:.1f} % off"
        parts.append(f"{case} {steps}, {spent:.0f} times the operations ({lasting:.0f} % settled)")
    return f"Steps until settled, and operations over backpropagation's: {'; '.join(parts)}."


def check(table):
    of = {case: rows for (case,), rows in table.by("case")}
    equal = [case for case in of if case.rsplit(" ", 1)[0] in EQUALS]
    claims = {f"{case}: spikes": of[case].values("same_spikes").min() == 1 for case in equal}
    for name in EMULATED:
        rows = of[f"{name} {CHOSEN}"]
        claims[f"{name} settles"] = rows.values("clamped").mean() < 250 and rows.values("off").mean() < 10
        if f"{name} 0.01" in of:
            slow = of[f"{name} 0.01"]
            claims[f"{name}: a small rate settles"] = slow.values("settled").mean() > 90
            claims[f"{name}: a small rate is slower"] = slow.values("clamped").mean() > rows.values("clamped").mean()
            claims[f"{name}: cost"] = 40 < rows.values("operations").mean() < 100
    wrong = [claim for claim, holds in claims.items() if not holds]
    if wrong:
        raise ValueError(f"not as expected: {', '.join(wrong)}. {answer(table)}")


STUDY = Study(
    name="spiking_predictive_coding",
    question="How long do the values of predictive coding take to settle in spikes, and what does it cost?",
    trial=trial,
    parameters=Grid({"case": CASES, "images": [10]}),
    seeds=5,
    measures={
        "free": Measure("1", "steps without the label until hidden values stay within 5 %; the forward pass of the equation"),
        "clamped": Measure("1", "steps with the label until hidden values stay within 5 % of where they end"),
        "settled": Measure("%", "images whose values stay there from two thirds of a phase on, or earlier"),
        "off": Measure("%", "distance of clamped values at the end from those of the equation, of the farther layer"),
        "operations": Measure("1", "operations until settled, over the multiply-accumulates of backpropagation"),
        "image": Measure("1", "part of the operations that the spikes of the image cause"),
        "same_spikes": Measure("1", "part of all spikes shared with the emulator, in the same arithmetic for Brian2 and Lava"),
    },
    figure=figure,
    answer=answer,
    expected="about 150 steps with the label at a rate of 0.05, and less than 100 times the operations of backpropagation",
    check=check,
    ci=Size(Grid({"case": [f"{n} {CHOSEN}" for n in ("equation", *EMULATED, "Brian2 step")], "images": [3]}), seeds=1),
)
