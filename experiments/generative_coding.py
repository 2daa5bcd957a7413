"""Do the error weights of neural generative coding (Ororbia, Kifer 2022) find the way back by themselves?

Every layer predicts the one below through W^T, and errors come up through weights E of their own. "learnt": E changes by the
product that changes W. "random": E stays as it is drawn, the control. Nothing is transported in either case, and no labels
are used; accuracy is that of a linear read-out of the top layer, next to the same read-out of the pixels.

Digits (random divisions), 20 epochs in batches of 20, a tower of 40 units, and one of 100 and 50; MNIST, 3000 images, 3
epochs in batches of 50, 200 units. States settle for 50 steps with a rate of 0.2, weights learn with 0.05. The error is the
mean squared difference between test images and their reconstruction, over the variance around the mean image; the best linear
reconstruction from as many components as the top layer has units is beside it. Settings were chosen on 287 held-out training
digits, from seven: more steps and a faster settling reconstruct better, learning rates of 0.05 and 0.1 do equally well.
"""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from neurosim.rate import Descent, Learner
from neurosim.rate.algorithms.generative_coding import WAYS_UP, GenerativeCoding, tower
from neurosim.rate.gradient import angle
from neurosim.rate.images import Images, test_error
from neurosim.rate.readout import ridge
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study

POINTS = (0, 1, 2, 3, 5, 10, 20)
CASES = [f"{kind} {data} {sizes}" for data, sizes in (("digits", "40"), ("digits", "100-50"), ("mnist", "200"))
         for kind in ("learnt", "random")]  # fmt: skip
COLOURS = {"digits 40": "#0072B2", "digits 100-50": "#009E73", "mnist 200": "#D55E00"}


def angles(circuit):
    """Angle of W to E in degrees, by layer."""
    return [angle(w, e) for w, e in zip(circuit.weights, circuit.state[WAYS_UP], strict=True)]


def unexplained(learner, x):
    """Squared error of the reconstruction over the variance, in %."""
    found = learner.algorithm.reconstruction(learner.circuit, x)
    return 100 * float(np.square(x - found).mean() / x.var(axis=1).mean())


def by_components(train, x, n):
    """The same for the first n principal components of the training images, in %."""
    mean = train.mean(axis=1, keepdims=True)
    _, axes = np.linalg.eigh((train - mean) @ (train - mean).T)
    first = axes[:, ::-1][:, :n]
    left = (x - mean) - first @ (first.T @ (x - mean))
    return 100 * float(np.square(left).mean() / x.var(axis=1).mean())


def curves(learner, images, x, epochs, batch):
    """Angle of the first and the last layer and unexplained variance, at the start and after each epoch."""
    total = len(images.dataset.train_labels)
    found = [(angles(learner.circuit), unexplained(learner, x))]
    for epoch in range(epochs):
        order = stream(learner.network.seed, "order", epoch).permutation(total)
        for k in range(0, total, batch):
            learner.learn(*images.train(order[k : k + batch]))
        found.append((angles(learner.circuit), unexplained(learner, x)))
    return found


def trial(t):
    kind, data, sizes = t.parameters["case"].split()
    dataset = t.dataset(data)
    dataset = dataset.shuffled(t.seed) if data == "digits" else dataset
    n, batch, epochs = t.parameters["images"], *((50, 3) if data == "mnist" else (20, 20))
    images = Images(replace(dataset, train_images=dataset.train_images[:n], train_labels=dataset.train_labels[:n]))
    layers = [int(size) for size in sizes.split("-")]
    algorithm = GenerativeCoding(gamma=float(kind == "learnt"), steps=50, rate=0.2)
    with threadpool_limits(1):
        learner = Learner(tower(*layers)(dataset, t.seed), algorithm, Descent())
        x, train = images.rates(dataset.test_images[:1000]), images.rates(images.dataset.train_images)
        found = curves(learner, images, x, min(epochs, t.parameters["epochs"]), batch)
        pixels = ridge(train, images.dataset.train_labels, dataset.n_classes)
        return {
            "accuracy": 100 - 100 * test_error(learner, images),
            "pixels": 100 * pixels.accuracy(images.rates(dataset.test_images), dataset.test_labels),
            "components": by_components(train, x, layers[-1]),
            **{f"error_{p}": found[min(p, len(found) - 1)][1] for p in POINTS},
            **{f"angle_{p}": max(found[min(p, len(found) - 1)][0]) for p in POINTS},
        }


def figure(table):
    drawn = Figure(figsize=(8.5, 3.6), layout="constrained")
    axes = drawn.subplots(1, 2)
    for (case,), rows in table.by("case"):
        kind, where = case.split(maxsplit=1)
        points = [p for p in POINTS if p <= (3 if "mnist" in where else max(table.column("epochs")))]
        for ax, name in zip(axes, ("angle", "error"), strict=True):
            values = np.array([rows.values(f"{name}_{p}").mean() for p in points])
            style = {"color": COLOURS[where], "ls": "-" if kind == "learnt" else "--", "marker": "o", "ms": 3.5}
            ax.plot(points, values, label=f"{where}, {kind}", **style)
    axes[0].set(title="E against W, layer that is farthest", xlabel="epoch", ylabel="angle (degrees)", ylim=(0, 95))
    axes[1].set(title="reconstruction of test images", xlabel="epoch", ylabel="unexplained variance (%)", yscale="log")
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    drawn.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return drawn


LAST = max(POINTS)


def answer(table):
    parts = []
    for (case,), rows in table.by("case"):
        said = ("angle_0", f"angle_{LAST}", f"error_{LAST}", "components", "accuracy", "pixels")
        mean = {measure: rows.values(measure).mean() for measure in said}
        parts.append(
            f"{case}: angle {mean['angle_0']:.0f} to {mean[f'angle_{LAST}']:.0f} degrees, unexplained "
            f"{mean[f'error_{LAST}']:.1f} % (components {mean['components']:.1f}), read-out {mean['accuracy']:.1f} % "
            f"(pixels {mean['pixels']:.1f})"
        )
    return "; ".join(parts) + "."


def check(table):
    for (case,), rows in table.by("case"):
        before, after = rows.values("angle_0").mean(), rows.values(f"angle_{LAST}").mean()
        if case.startswith("learnt") and not after < before - 30:
            raise ValueError(f"{case}: the angle went from {before:.1f} to {after:.1f} degrees; expected 30 less.")
    for where in COLOURS:
        learnt, random = (table.where(case=f"{kind} {where}") for kind in ("learnt", "random"))
        if len(learnt) and len(random):
            with_e, without = (rows.values(f"error_{LAST}").mean() for rows in (learnt, random))
            if not with_e < 0.7 * without:
                raise ValueError(f"{where}: {with_e:.1f} % unexplained with learnt E, {without:.1f} with random E.")


STUDY = Study(
    name="generative_coding",
    question="Do the error weights of neural generative coding find the way back by themselves?",
    trial=trial,
    parameters=Grid({"case": CASES, "epochs": [20], "images": [3000]}),
    seeds=3,
    measures={
        "accuracy": Measure("%", "test accuracy of a linear read-out of the top layer"),
        "pixels": Measure("%", "the same of the pixels"),
        "components": Measure("%", "variance of test images that as many components as the top has units leave unexplained"),
        **{f"error_{p}": Measure("%", f"variance of test images left unexplained after epoch {p} or the last") for p in POINTS},
        **{f"angle_{p}": Measure("degrees", f"W to E, farthest layer, after epoch {p} or the last") for p in POINTS},
    },
    figure=figure,
    answer=answer,
    expected="E turns to W, and images are reconstructed better than through random E.",
    check=check,
    ci=Size(Grid({"case": ["learnt digits 40", "random digits 40"], "epochs": [5], "images": [1437]}), seeds=1),
)
