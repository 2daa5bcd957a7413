"""How do the learning rules of the field compare on the same images: what they reach, need, cost, and stand?

Supervised rules learn 784-200-200-10 (784-200-10 where activity settles in both directions), rules without labels 784-400 and
a linear read-out, all from the same 10 000 images of MNIST in the same order, 10 epochs, in mini-batches of 32. Activation,
loss and optimiser are those of the rule's own recipe; everything else is the same for all.

Each trial chooses the learning rate anew: 12 rates, drawn log-uniformly from an eighth to eight times that of the recipe, each
learn 4000 training images twice, and the smallest rate is taken that comes within one point of the best on 1000 other training
images. (With the best rate, PEPITA learned more in two passes and fell apart in ten.) Test images have no say.

Weights "rounded" to b bits are rounded after learning, to multiples of (largest weight of the layer) / (2^(b-1) - 1). "Learnt"
weights stay on this grid from the start: after each mini-batch they are rounded up or down at random, by what they exceed it.
Noise is Gaussian, on test images only. A lesion takes away 30 % of the hidden neurons after learning. With few labels, a
supervised rule sees the labelled images only, a hundred times (600 labels: forty times); rules without labels see all images
once, and their read-out the labelled ones.

Generative coding was left out, since its twenty steps of settling would take six minutes per trial. The thresholds of the check
were set after the run: at the chosen rate, Align-ada and one seed of directional feedback learn well and then fall apart.

What is not the same: the read-out of a rule without labels learns from all 10 000 images at once, so "images until 90 %" counts
what its features have seen. Labels are inputs for activation_learning and labelled_boltzmann, which have one layer of 400.
"""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from neurosim.rate import ALGORITHMS
from neurosim.rate.images import READ, Images, difference
from neurosim.rate.learner import Learner
from neurosim.rate.network import Dense
from neurosim.rate.readout import ridge
from neurosim.study import Grid, Measure, Size, Study

BP = "backprop"
DOWN = (
    "kolen_pollack", "frozen_feedback", "sign_symmetry", "feedback_alignment", "direct_feedback_alignment",
    "directional_feedback", "align_ada", "pal", "burstccn", "pepita",
)  # fmt: skip
SETTLING = ("fixed_predictive_coding", "strict_predictive_coding", "equilibrium_propagation", "contrastive_hebbian_learning")
OTHER = ("labelled_boltzmann", "activation_learning", "contrastive_divergence", "softhebb")
METHODS = (BP, *DOWN, *SETTLING, *OTHER)
ONE_HIDDEN = ("equilibrium_propagation", "contrastive_hebbian_learning")
BATCH, EVERY = 32, 500
DRAWS, TUNING, HELD = 12, 4000, 1000
LABELS = (10, 20, 60, 100, 600)
NOISES = (0.25, 0.5, 0.75, 1.0)
BITS = (8, 6, 5, 4, 3, 2)
LEARNT_EPOCHS, LESION = 2, 0.3
NOT_COMPARED = -1.0
LINES = {
    BP: "#000000", "feedback_alignment": "#D55E00", "direct_feedback_alignment": "#CC79A7", "pepita": "#E69F00",
    "burstccn": "#8C564B", "strict_predictive_coding": "#0072B2", "equilibrium_propagation": "#56B4E9",
    "activation_learning": "#999999", "contrastive_divergence": "#F0E442", "softhebb": "#009E73",
}  # fmt: skip
"""Rules whose curves are drawn, in colours."""
LEAST = {BP: 95.0, "kolen_pollack": 95.0, "sign_symmetry": 95.0}
"""Percent that a rule reaches at least; 60 for the others, some of which fall apart at a rate that began well."""


def network_of(method, dataset, seed):
    """The network of the rule's recipe, with the hidden layers of this study."""
    own = recipe_of(method, dataset).network(dataset, seed)
    if len(own.layers) == 1:
        return replace(own, layers=(replace(own.layers[0], size=400),))
    hidden = (200,) if method in ONE_HIDDEN else (200, 200)
    return replace(own, layers=(*(Dense(n, own.layers[0].activation) for n in hidden), own.layers[-1]))


def recipe_of(method, dataset):
    recipes = ALGORITHMS[method].recipes
    return recipes.get(dataset.name) or recipes["digits"]


def learner_of(method, dataset, seed, factor=1.0):
    """A new learner, whose learning rate is that of the recipe times `factor`."""
    recipe, make = recipe_of(method, dataset), ALGORITHMS[method].make
    options, optimiser = dict(recipe.options), recipe.optimiser
    if hasattr(optimiser, "rates"):
        optimiser = replace(optimiser, rates=tuple(factor * rate for rate in optimiser.rates))
    elif hasattr(optimiser, "rate"):
        optimiser = replace(optimiser, rate=factor * optimiser.rate)
    else:
        options["eta"] = factor * make(**options).eta
    return Learner(network_of(method, dataset, seed), make(**options), optimiser)


class Course:
    """A learner that goes through the images of a data set, and what it answers."""

    def __init__(self, method, dataset, seed, factor=1.0):
        self.learner, self.images, self.seed = learner_of(method, dataset, seed, factor), Images(dataset), seed
        self.images.check(self.learner.network, self.learner.algorithm.label_inputs)
        self.macs = self.learned = 0

    def epoch(self, epoch, batch=BATCH, after=lambda shown: None):
        self.learner.set_epoch(epoch)
        n = len(self.images.dataset.train_labels)
        order = np.random.default_rng((self.seed, epoch)).permutation(n)
        for k in range(0, n, batch):
            before = self.learner.circuit.ledger.macs
            self.learner.learn(*self.images.train(order[k : k + batch]))
            self.macs += self.learner.circuit.ledger.macs - before
            self.learned += len(order[k : k + batch])
            after(self.learned)
        return self

    def accuracy(self, rates=None, read=None):
        """Percent of the test images that are classified correctly, or of `rates` (pixels, images) in their place."""
        data, learner = self.images.dataset, self.learner
        x = self.images.rates(data.test_images) if rates is None else rates
        parts = [np.ascontiguousarray(x[:, k : k + 1000]) for k in range(0, x.shape[1], 1000)]
        if learner.algorithm.supervised:
            answers = [learner.answer(part) for part in parts]
        else:
            read = self.read_out() if read is None else read
            answers = [read.scores(learner.algorithm.features(learner.circuit, part)) for part in parts]
        return 100 * float(np.mean(np.concatenate(answers, axis=1).argmax(axis=0) == data.test_labels[: x.shape[1]]))

    def read_out(self, rows=slice(None, READ)):
        data, learner = self.images.dataset, self.learner
        x = self.images.rates(data.train_images[rows])
        return ridge(learner.algorithm.features(learner.circuit, x), data.train_labels[rows], data.n_classes)


def tuned(method, dataset, seed):
    """Smallest random factor of the learning rate that is within one point of the best on held-out training images."""
    rng = np.random.default_rng((seed, 12))
    n = len(dataset.train_labels)
    learn, held = min(TUNING, 3 * n // 4), min(HELD, n // 4)
    part = replace(
        dataset, train_images=dataset.train_images[:learn], train_labels=dataset.train_labels[:learn],
        test_images=dataset.train_images[n - held :], test_labels=dataset.train_labels[n - held :],
    )  # fmt: skip
    factors = np.exp(rng.uniform(np.log(1 / 8), np.log(8), DRAWS))
    with np.errstate(all="ignore"):
        found = np.array([_scored(method, part, seed, factor) for factor in factors])
    return float(factors[found >= found.max() - 1].min())


def _scored(method, part, seed, factor):
    try:
        return Course(method, part, seed, factor).epoch(0).epoch(1).accuracy()
    except np.linalg.LinAlgError:
        # Features that are not finite have no read-out: a rate that is far too large.
        return 0.0


def trial(t):
    method, data = t.parameters["case"], t.parameters["data"]
    whole = t.dataset(data)
    n, epochs = min(t.parameters["images"], len(whole.train_labels)), t.parameters["epochs"]
    rows = np.random.default_rng((t.seed, 0)).permutation(len(whole.train_labels))[:n]
    dataset = replace(whole, train_images=whole.train_images[rows], train_labels=whole.train_labels[rows])
    with threadpool_limits(1):
        factor = tuned(method, dataset, t.seed)
        course, seen = Course(method, dataset, t.seed, factor), {}
        course.epoch(0, after=lambda shown: look(course, seen, shown))
        early = angles_of(course)
        for epoch in range(1, epochs):
            course.epoch(epoch)
            seen[course.learned] = course.accuracy()
        return {
            "accuracy": course.accuracy(),
            "factor": factor,
            "macs": course.macs / course.learned,
            "to_90": min((shown for shown, percent in seen.items() if percent >= 90), default=course.learned),
            "to_80": min((shown for shown, percent in seen.items() if percent >= 80), default=course.learned),
            **{f"early_{name}": value for name, value in early.items()},
            **angles_of(course),
            **standing(course, t.rng("noise")),
            **few_bits(course, method, factor, t.rng("rounding")),
            **few_labels(method, dataset, t.seed, factor),
        }


def look(course, seen, shown):
    """The accuracy on 2000 test images after each 500 images of the first epoch."""
    if shown // EVERY > (shown - BATCH) // EVERY:
        seen[shown // EVERY * EVERY] = course.accuracy(course.images.rates(course.images.dataset.test_images[:2000]))


def angles_of(course):
    """Angle and length against exact gradient descent: of the first layer, and of the last but one."""
    found = difference(course.learner, course.images, BATCH)
    angles, lengths = found.angles or (NOT_COMPARED,) * 2, found.lengths or (NOT_COMPARED,) * 2
    return {
        "angle_first": _finite(angles[0]), "length_first": _finite(lengths[0]), "angle_upper": _finite(angles[len(angles) // 2])
    }  # fmt: skip


def _finite(value):
    """A layer that does not change at all has no angle."""
    return value if np.isfinite(value) else NOT_COMPARED


def standing(course, rng):
    """Accuracy with noise on the test images, and without 30 % of the hidden neurons."""
    x = course.images.rates(course.images.dataset.test_images)
    read = None if course.learner.algorithm.supervised else course.read_out()
    noise = rng.standard_normal(x.shape).astype(x.dtype)
    noisy = {f"noise_{sd}": course.accuracy(x + np.float32(sd) * noise, read) for sd in NOISES}
    kept = [a.copy() for a in course.learner.circuit.weights]
    lesioned = course.accuracy(x, lesion(course.learner, read, rng))
    restore(course.learner, kept)
    return {**noisy, "lesion": lesioned}


def lesion(learner, read, rng):
    """Take away hidden neurons: what they send is lost, above or to the read-out, which is returned without them."""
    weights = learner.circuit.weights
    for w in weights[1:]:
        w[:, lost(rng, w.shape[1])] = 0
    if len(weights) == 1:
        gone = lost(rng, len(weights[0]))
        if read is not None:
            read = replace(read, weights=np.where(np.isin(np.arange(len(weights[0])), gone), 0, read.weights))
        else:
            weights[0][gone] = 0
    return read


def lost(rng, n):
    return rng.choice(n, round(LESION * n), replace=False)


def restore(learner, kept):
    for now, before in zip(learner.circuit.weights, kept, strict=True):
        now[...] = before


def few_bits(course, method, factor, rng):
    """Accuracy with weights of few bits: rounded after learning, and kept on the grid while learning."""
    learner, kept = course.learner, [w.copy() for w in course.learner.circuit.weights]
    tops, found = [np.abs(w).max() for w in kept], {}
    for bits in BITS:
        onto_grid(learner, tops, bits, np.round)
        found[f"rounded_{bits}"] = course.accuracy()
        restore(learner, kept)
        found[f"learnt_{bits}"] = learnt(Course(method, course.images.dataset, course.seed, factor), tops, bits, rng)
    return found


def learnt(course, tops, bits, rng):
    """Accuracy of a new learner whose weights stay on the grid, by rounding up or down at random."""

    def round_all(_):
        onto_grid(course.learner, tops, bits, lambda x: np.floor(x + rng.random(x.shape, x.dtype)))

    for epoch in range(LEARNT_EPOCHS):
        course.epoch(epoch, after=round_all)
    return course.accuracy()


def onto_grid(learner, tops, bits, rounded):
    """Weights as multiples of a step, none larger than `tops`."""
    for w, top in zip(learner.circuit.weights, tops, strict=True):
        most = 2 ** (bits - 1) - 1
        step = top / most
        w[...] = np.clip(rounded(w / step), -most, most) * step


def few_labels(method, dataset, seed, factor):
    """Accuracy from few labelled images, equally many of each class."""
    found = {}
    whole = Course(method, dataset, seed, factor)
    if not whole.learner.algorithm.supervised:
        whole.epoch(0)
    for count in LABELS:
        rows = balanced(dataset, count)
        if not whole.learner.algorithm.supervised:
            found[f"labels_{count}"] = whole.accuracy(read=whole.read_out(rows))
            continue
        few = replace(dataset, train_images=dataset.train_images[rows], train_labels=dataset.train_labels[rows])
        course = Course(method, few, seed, factor)
        for epoch in range(100 if count < 600 else 40):
            course.epoch(epoch)
        found[f"labels_{count}"] = course.accuracy()
    return found


def balanced(dataset, count):
    """The first images of each class."""
    each = count // dataset.n_classes
    return np.sort(np.concatenate([np.flatnonzero(dataset.train_labels == c)[:each] for c in range(dataset.n_classes)]))


def named(table):
    """Rule -> its rows, in the order of `METHODS`."""
    found = {case: rows for (case,), rows in table.by("case")}
    return {method: found[method] for method in METHODS if method in found}


def points(ax, found, measure, filled=True, scale=1.0):
    for y, rows in enumerate(found.values()):
        values = scale * rows.values(measure)
        values = values[values >= 0]
        if values.size:
            ax.scatter(values, np.full(values.size, y), s=8, color="#0072B2", alpha=0.3, lw=0)
            ax.scatter(values.mean(), y, s=28, facecolor="#0072B2" if filled else "none", edgecolor="#0072B2", zorder=3)
    ax.set(yticks=range(len(found)), ylim=(len(found) - 0.5, -0.5))
    ax.set_yticklabels([name.replace("_", " ") for name in found], fontsize=8)
    ax.grid(axis="y", lw=0.3)


def curves(ax, found, name, places):
    for method in (m for m in LINES if m in found):
        means = [found[method].values(f"{name}_{place}").mean() for place in places]
        ax.plot(places, means, color=LINES[method], marker="o", ms=3, lw=1.2, label=method.replace("_", " "))
    ax.set(ylim=(0, 100))


def figure(table):
    drawn = Figure(figsize=(14, 9.5), layout="constrained")
    above, below = drawn.subfigures(2, 1, height_ratios=(1.25, 1))
    top, bottom = above.subplots(1, 4, sharey=True), below.subplots(1, 4, sharey=True)
    found = named(table)
    points(top[0], found, "accuracy")
    points(top[1], found, "to_90")
    points(top[2], found, "macs", scale=1e-6)
    points(top[3], found, "angle_first")
    points(top[3], found, "early_angle_first", filled=False)
    top[0].set(xlabel="test accuracy (%)")
    top[1].set(xlabel="images until 90 %", xscale="log")
    top[2].set(xlabel="million multiply-accumulates per image", xscale="log")
    top[3].set(xlabel="angle to gradient descent, layer 1 (degrees);\nopen: after one epoch", xlim=(-3, 95))
    for ax, name, places, label in (
        (bottom[0], "labels", LABELS, "labelled images"), (bottom[1], "noise", NOISES, "standard deviation of noise"),
        (bottom[2], "rounded", BITS, "bits, rounded after learning"), (bottom[3], "learnt", BITS, "bits, learnt in"),
    ):  # fmt: skip
        curves(ax, found, name, places)
        ax.set(xlabel=label)
    bottom[0].set(xscale="log", ylabel="test accuracy (%)")
    for ax in (*top, *bottom):
        ax.spines[["top", "right"]].set_visible(False)
    handles, labels = bottom[0].get_legend_handles_labels()
    below.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    return drawn


def answer(table):
    found = named(table)
    base = found[BP].values("macs").mean()
    each = (
        f"{name.replace('_', ' ')} {rows.values('accuracy').mean():.1f} ({rows.values('macs').mean() / base:.1f})"
        for name, rows in found.items()
    )
    return "Test accuracy in % (operations over those of backpropagation): " + ", ".join(each) + "."


def check(table):
    found = named(table)
    if max(table.column("epochs")) < 10:
        return
    for name, rows in found.items():
        if rows.values("accuracy").mean() < LEAST.get(name, 60.0):
            raise ValueError(f"{name}: {rows.values('accuracy').mean():.1f} %, expected at least {LEAST.get(name, 60.0)}.")
    if found[BP].values("angle_first").max() > 0.1:
        raise ValueError("The changes of backpropagation are not those of gradient descent.")


STUDY = Study(
    name="local_rules",
    question="How do the learning rules of the field compare on the same images: accuracy, cost, few labels, noise, few bits?",
    trial=trial,
    parameters=Grid({"case": list(METHODS), "data": ["mnist"], "images": [10_000], "epochs": [10]}),
    seeds=5,
    measures={
        "accuracy": Measure("%", "of the test images, after the last epoch"),
        "factor": Measure("1", "chosen learning rate over that of the recipe"),
        "macs": Measure("1", "multiply-accumulate operations with which one image is learned"),
        "to_90": Measure("1", "images shown until 90 % were correct, or all if they never were"),
        "to_80": Measure("1", "the same for 80 %"),
        "early_angle_first": Measure("degrees", "angle of the change of layer 1 after one epoch; -1: not compared"),
        "early_length_first": Measure("1", "its length over that of gradient descent; -1: not compared"),
        "early_angle_upper": Measure("degrees", "the same angle for the second layer"),
        "angle_first": Measure("degrees", "angle between the change of layer 1 and gradient descent; -1: not compared"),
        "length_first": Measure("1", "length of the change of layer 1 over that of gradient descent; -1: not compared"),
        "angle_upper": Measure("degrees", "the same angle for the second layer; -1: not compared"),
        **{f"noise_{sd}": Measure("%", f"with noise of standard deviation {sd} on the test images") for sd in NOISES},
        "lesion": Measure("%", "without 30 % of the hidden neurons"),
        **{f"rounded_{b}": Measure("%", f"with weights rounded to {b} bits after learning") for b in BITS},
        **{f"learnt_{b}": Measure("%", f"after two epochs with weights of {b} bits") for b in BITS},
        **{f"labels_{n}": Measure("%", f"from {n} labelled images") for n in LABELS},
    },
    figure=figure,
    answer=answer,
    expected="Backpropagation and Kolen-Pollack first, then frozen feedback, signs and random feedback; "
    "SoftHebb needs the fewest images; rules whose errors are small suffer first from few bits (guesses from small runs).",
    check=check,
    ci=Size(Grid({"case": [BP, "pepita", "softhebb"], "data": ["digits"], "images": [600], "epochs": [2]}), seeds=1),
)
