"""Does equilibrium propagation follow the gradient of its settled state, and what does it learn?

Gradient: the change of weights against the exact gradient of the loss of the settled state, which recurrent backpropagation
gives (Almeida 1987, Pineda 1987); the smallest cosine of all layers, in float64, on the first 100 training images, at the
weights of the start. Both phases last 200 steps, or the nudged one 2, 5 or 10 (with a beta of 0.1). A random sign of beta is
the one-sided form for each mini-batch, so its mean over both signs is measured. Contrastive Hebbian learning has no beta; its
cosine is the same for all.

Learning: steep logistic units in layers that drive each other through the same weights; 20 free and 8 nudged steps, beta 0.5.
Digits: 64-100-10, 30 epochs in batches of 20, plain descent with a rate of 0.1 (contrastive 0.05), on random divisions;
"plain" is the division with test images of other writers. MNIST: 784-512-10, 5 epochs in batches of 50, Adam with 0.001.
"trained" is the cosine at the trained weights with the phases and the beta that were learned with.

Settings were chosen on held-out training images: digits from rates of 0.05, 0.1, 0.2, 200 units, and Adam with a beta of 0.5
and 0.1 (97.2 to 98.3 %); MNIST, five epochs, from descent with 0.1 and 0.2 (96.8, 97.1 %) and Adam with 0.0005 and 0.001
(97.7, 98.1 %). On the digits, plain descent shows the lengths of changes, which Adam hides; "adam" is the symmetric form with
the best held-out setting, Adam with 0.001 and a beta of 0.1.

On MNIST, 97 % is reached. On the digits it is not, after the last epoch, in any form (96.3 %; 96.9 in the best epoch), though
all settings had more than 97 on held-out images. The accuracy of contrastive Hebbian learning swings from epoch to epoch.
"""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from neurosim.rate import Adam, Descent, Learner, train_rates
from neurosim.rate.algorithms.contrastive_hebb import ContrastiveHebb
from neurosim.rate.algorithms.equilibrium import (
    OneSidedPropagation,
    RandomSignPropagation,
    SymmetricPropagation,
    symmetric,
)
from neurosim.rate.gradient import angle
from neurosim.rate.images import Images
from neurosim.rate.settled_gradient import settled_descent
from neurosim.study import Grid, Measure, Size, Study

BETAS, NUDGES, POINTS = (1.0, 0.5, 0.1, 0.01, 0.001), (2, 5, 10), (1, 2, 3, 5, 10, 20, 30)
FORMS = {
    "one_sided": OneSidedPropagation(),
    "random_sign": RandomSignPropagation(),
    "symmetric": SymmetricPropagation(),
    "adam": SymmetricPropagation(beta=0.1),
    "contrastive": ContrastiveHebb(eta=0.05),
}
COLOURS = {
    "one_sided": "#D55E00", "random_sign": "#E69F00", "symmetric": "#0072B2", "adam": "#56B4E9", "contrastive": "#009E73",
}  # fmt: skip
CASES = [*(f"digits {form}" for form in FORMS), "plain symmetric", "mnist symmetric"]
ADAM = {"mnist": "adam"}
EXAMPLES, LAST = 100, {"digits": 30, "plain": 30, "mnist": 5}


def cosine(algorithm, network, images, weights=None):
    """Smallest cosine of a layer's change with the exact gradient at the settled state."""
    circuit = Learner(network, algorithm, dtype=np.float64).circuit
    if weights is not None:
        circuit.state.update({name: [w.astype(np.float64) for w in weights[name]] for name in ("weights", "biases")})
    x, t = images.train(np.arange(EXAMPLES))
    settled = replace(algorithm, free_steps=200).free(circuit, circuit.up(1, x))
    exact = settled_descent(circuit, x, settled, t)
    return min(np.cos(np.radians(angle(a, b))) for a, b in zip(mean_change(algorithm, circuit, x, t), exact, strict=True))


def mean_change(algorithm, circuit, x, t):
    """Changes of the weights; with a random sign, the mean over as many mini-batches with one sign as with the other."""
    if isinstance(algorithm, RandomSignPropagation):
        algorithm = SymmetricPropagation(algorithm.eta, algorithm.free_steps, algorithm.nudged_steps, algorithm.beta)
    drive = circuit.up(1, x)
    added, taken = algorithm.states(circuit, drive, algorithm.free(circuit, drive), t)
    pairs = zip([x, *added[:-1]], added, [x, *taken[:-1]], taken, strict=True)
    return [a @ below.T - b @ other.T for below, a, other, b in pairs]


def long(algorithm, **options):
    """The algorithm with phases of 200 steps, and other options if it has them."""
    steps = {"free_steps": 200, "nudged_steps": 200, "clamped_steps": 200}
    known = algorithm.described()
    return replace(algorithm, **{name: value for name, value in (steps | options).items() if name in known})


def trial(t):
    data, form = t.parameters["case"].split()
    dataset = t.dataset("mnist" if data == "mnist" else "digits")
    dataset = dataset.shuffled(t.seed) if data == "digits" else dataset
    n, epochs = t.parameters["images"], min(t.parameters["epochs"], LAST[data])
    part = replace(dataset, train_images=dataset.train_images[:n], train_labels=dataset.train_labels[:n])
    network = symmetric(512 if data == "mnist" else 100)(dataset, t.seed)
    algorithm, images = FORMS[form], Images(dataset, np.float64)
    optimiser, batch = Adam(1e-3) if "adam" in (form, ADAM.get(data)) else Descent(), 50 if data == "mnist" else 20
    with threadpool_limits(1):
        found = train_rates(network, algorithm, part, epochs=epochs, batch=batch, optimiser=optimiser, progress=False)
        accuracies = [100 - 100 * e.test_error for e in found.history]
        return {
            "accuracy": accuracies[-1],
            "best": max(accuracies),
            **{f"accuracy_{p}": accuracies[min(p, epochs) - 1] for p in POINTS},
            **{f"cosine_{beta}": cosine(long(algorithm, beta=beta), network, images) for beta in BETAS},
            **{f"nudged_{n}": cosine(long(algorithm, beta=0.1, nudged_steps=n), network, images) for n in NUDGES},
            "trained": cosine(algorithm, network, images, found.state),
        }


def figure(table):
    drawn = Figure(figsize=(10.5, 3.6), layout="constrained")
    axes = drawn.subplots(1, 3, width_ratios=(1.2, 1, 1))
    for (case,), rows in table.by("case"):
        data, form = case.split()
        last = min(max(rows.column("epochs")), LAST[data])
        points = [p for p in POINTS if p <= last]
        ax, style = axes[2 if data == "mnist" else 1], {"color": COLOURS[form], "marker": "o", "ms": 3.5}
        values = np.array([rows.values(f"accuracy_{p}") for p in points])
        dashed = {"ls": "--"} if data == "plain" else {}
        label = form.replace("_", " ") + (", other writers" if dashed else "")
        ax.plot(points, values, color=COLOURS[form], lw=0.6, alpha=0.35)
        ax.plot(points, values.mean(axis=1), label=label, **style, **dashed)
        if data == "digits":
            errors = 1 - np.array([rows.values(f"cosine_{beta}").mean() for beta in BETAS])
            axes[0].plot(BETAS, np.maximum(errors, 1e-9), label=label, **style)
    axes[0].set(title="distance from the exact gradient, digits", xlabel="beta", ylabel="1 - cosine, worst layer")
    axes[0].set(xscale="log", yscale="log")
    axes[0].axhline(1e-3, color="0.5", lw=0.8, ls="--")
    axes[1].set(title="digits 64-100-10", xlabel="epoch", ylabel="test accuracy (%)", ylim=(80, 100))
    axes[2].set(title="MNIST 784-512-10", xlabel="epoch", ylim=(90, 100))
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(frameon=False, fontsize=8, loc="lower right")
    return drawn


def answer(table):
    parts = []
    for (case,), rows in table.by("case"):
        cosines = ", ".join(f"{rows.values(f'cosine_{beta}').min():.4f}" for beta in BETAS)
        accuracy, best, trained = (rows.values(name) for name in ("accuracy", "best", "trained"))
        parts.append(
            f"{case}: {accuracy.mean():.2f} % after the last epoch ({accuracy.min():.2f} to {accuracy.max():.2f}; best epoch "
            f"{best.mean():.2f}); smallest cosine for beta {', '.join(f'{b:g}' for b in BETAS)}: {cosines}; "
            f"as trained {trained.mean():.2f}"
        )
    return "; ".join(parts) + "."


LEAST = {
    "digits adam": 95.5, "digits symmetric": 95.5, "mnist symmetric": 97, "digits random_sign": 95.5,
    "digits one_sided": 95, "digits contrastive": 90,
    "plain symmetric": 93,
}  # fmt: skip


def check(table):
    wrong = []
    for (case, epochs, images), rows in table.by("case", "epochs", "images"):
        least = LEAST[case] if epochs >= 30 and images >= 60_000 else 80
        if rows.values("accuracy").mean() < least:
            wrong.append(f"{case}: {rows.values('accuracy').mean():.2f} %, expected at least {least}")
        if case.endswith("symmetric") and rows.values("cosine_0.1").min() <= 0.999:
            wrong.append(f"{case}: cosine {rows.values('cosine_0.1').min():.5f} at a beta of 0.1, expected above 0.999")
        if case.endswith("one_sided") and rows.values("cosine_0.1").max() >= 0.999:
            wrong.append(f"{case}: cosine {rows.values('cosine_0.1').max():.5f} at a beta of 0.1, expected less")
    if wrong:
        raise ValueError("; ".join(wrong) + ".")


STUDY = Study(
    name="equilibrium_propagation",
    question="Does equilibrium propagation follow the gradient of its settled state, and what does it learn?",
    trial=trial,
    parameters=Grid({"case": CASES, "epochs": [30], "images": [60_000]}),
    seeds=5,
    measures={
        "accuracy": Measure("%", "test accuracy after the last epoch"),
        "best": Measure("%", "test accuracy after the epoch that is best on the test images"),
        **{f"accuracy_{p}": Measure("%", f"test accuracy after epoch {p} or the last") for p in POINTS},
        **{f"cosine_{beta}": Measure("1", f"smallest of the layers, at the start, beta {beta}") for beta in BETAS},
        **{f"nudged_{n}": Measure("1", f"the same with {n} nudged steps, beta 0.1") for n in NUDGES},
        "trained": Measure("1", "the same at the trained weights, with the steps and beta of the training"),
    },
    figure=figure,
    answer=answer,
    expected="Symmetric above 0.999 at a beta of 0.1, one-sided 0.985 (prototype); digits 97, MNIST 97 % (published 98).",
    check=check,
    ci=Size(Grid({"case": ["digits one_sided", "digits symmetric"], "epochs": [5], "images": [1437]}), seeds=1),
)
