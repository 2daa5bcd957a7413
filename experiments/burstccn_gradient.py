"""How far are the weight changes of the rate-based BurstCCN (Greedy et al. 2022) from the exact gradient?

Angles are between the change of a layer's weights and minus the gradient of the squared error, mean over 16 mini-batches of 32
images; the largest of all layers counts. With tied feedback, Y = scale W and Q = p_b Y, bursts carry
p - p_b = sigma(4 u (1 - e)) - 1/2 = u (1 - e) - O(u^3) for p_b of 1/2: backpropagation, but for the bend of sigma. The bend's
share of the change is of order u^2, so the angle should grow with the square of the teaching amplitude. The scale multiplies u
again with each layer that it goes down.

With random feedback the forward weights have to align themselves. Q starts as p_b Y and learns to keep dendrites at zero.
Networks are 784-200-...-200-10, trained on MNIST in float32 with the settings of the published notebook; the scale is 1 where
Y comes from W. Angles against teaching amplitude and scale are of the trained networks, in float64 or as said.
"""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from neurosim.rate import Learner, train_rates
from neurosim.rate.algorithms.burstccn import BurstCCN, bursting
from neurosim.rate.algorithms.burstccn_feedback import RandomFeedback, SymmetricStart, TiedFeedback
from neurosim.rate.images import Images, difference
from neurosim.study import Grid, Measure, Size, Study

BATCH, NEURONS = 32, 200
EPOCHS = (0, 1, 2, 3, 5, 10)
TEACHING = (0.001, 0.01, 0.03, 0.1, 0.3, 1.0)
SCALES = (0.1, 0.3, 0.5, 1.0, 2.0, 4.0)
FEEDBACKS = {"tied": TiedFeedback(1.0), "symmetric": SymmetricStart(1.0), "random": RandomFeedback(0.5)}
DEPTHS = (1, 2, 3, 5, 8)
CASES = [*(f"tied {n}" for n in DEPTHS), "symmetric 3", *(f"random {n}" for n in DEPTHS)]
COLOURS = dict(zip(DEPTHS, ("#000000", "#0072B2", "#009E73", "#E69F00", "#D55E00"), strict=True))


def described(case, seed):
    kind, hidden = case.split()
    return bursting(784, *[NEURONS] * int(hidden), 10, seed=seed), BurstCCN(feedback=FEEDBACKS[kind])


def angles(network, algorithm, images, dtype="float32", state=None):
    """Angles of all layers, at the start or for a state."""
    learner = Learner(network, algorithm, dtype=dtype)
    for name, arrays in learner.circuit.state.items():
        for array, trained in zip(arrays, arrays if state is None else state[name], strict=True):
            array[...] = trained
    return difference(learner, Images(images, dtype), BATCH).angles


def sweeps(network, algorithm, state, images):
    """Angles by teaching amplitude in both number formats, and by the scale of tied feedback."""
    found = {}
    for dtype, name in (("float64", "teaching"), ("float32", "teaching32")):
        for a in TEACHING:
            found[f"{name}_{a}"] = max(angles(network, replace(algorithm, teaching=a), images, dtype, state))
    tied = {s: replace(algorithm, feedback=TiedFeedback(s)) for s in SCALES}
    return found | {f"scale_{s}": max(angles(network, of, images, "float64", state)) for s, of in tied.items()}


def trial(t):
    mnist, (network, algorithm) = t.dataset("mnist"), described(t.parameters["case"], t.seed)
    n, epochs = t.parameters["images"], t.parameters["epochs"]
    part = replace(mnist, train_images=mnist.train_images[:n], train_labels=mnist.train_labels[:n])
    with threadpool_limits(1):
        at_start = angles(network, algorithm, part)
        trained = train_rates(network, algorithm, part, epochs=epochs, batch=BATCH, progress=False)
        found = sweeps(network, algorithm, trained.state, part)
    by_epoch = [at_start, *(e.angles for e in trained.history)]
    return {
        "error": 100 * trained.history[-1].test_error,
        **{f"widest_{e}": max(by_epoch[min(e, epochs)]) for e in EPOCHS},
        **{f"first_{e}": by_epoch[min(e, epochs)][0] for e in EPOCHS},
        **found,
    }


def drawn_curves(ax, rows, names, x, **style):
    values = np.array([rows.values(name) for name in names])
    ax.plot(x, values, lw=0.6, alpha=0.35, color=style["color"])
    ax.plot(x, values.mean(axis=1), **style)


def figure(table):
    drawn = Figure(figsize=(11, 3.7), layout="constrained")
    axes = drawn.subplots(1, 3)
    last = max(table.column("epochs"))
    points = [e for e in EPOCHS if e <= last]
    for (case,), rows in table.by("case"):
        kind, hidden = case.split()
        style = {"color": COLOURS[int(hidden)], "marker": "o", "ms": 3.5, "label": f"{hidden} hidden"}
        if kind == "tied":
            drawn_curves(axes[0], rows, [f"teaching_{a}" for a in TEACHING], TEACHING, **style)
            drawn_curves(axes[0], rows, [f"teaching32_{a}" for a in TEACHING], TEACHING, **style | {"ls": ":", "label": None})
            drawn_curves(axes[1], rows, [f"scale_{s}" for s in SCALES], SCALES, **style)
        if kind == "random":
            drawn_curves(axes[2], rows, [f"first_{e}" for e in points], points, **style)
    for ax in axes[:2]:
        ax.axhline(0.1, color="0.5", lw=0.8, ls="--")
        ax.set(xscale="log", yscale="log")
    axes[0].plot(TEACHING, 0.04 * np.square(TEACHING), color="0.6", lw=0.8)
    axes[0].set(title="tied (dotted: in float32; grey: slope 2)", xlabel="teaching amplitude", ylabel="largest angle (degrees)")
    axes[1].set(title="tied", xlabel="scale", ylabel="largest angle (degrees)")
    axes[2].set(title="random Y, Q learned", xlabel="epoch", ylabel="angle of layer 1 (degrees)", ylim=(0, 100))
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    axes[2].legend(frameon=False, fontsize=8)
    return drawn


def kinds(table, kind):
    return [(int(case.split()[1]), rows) for (case,), rows in table.by("case") if case.startswith(kind)]


def answer(table):
    tied, random = kinds(table, "tied"), kinds(table, "random")
    parts = [
        f"{n} hidden layers {rows.values('teaching_1.0').max():.3g} (teaching 1) and "
        f"{rows.values('teaching_0.1').max():.2g} (0.1)" for n, rows in tied
    ]  # fmt: skip
    last = max(EPOCHS)
    ends = [f"{n}: {rows.values('first_0').mean():.0f} to {rows.values(f'first_{last}').mean():.0f}" for n, rows in random]
    return (
        f"Tied, largest angle of all layers and seeds in degrees: {'; '.join(parts)}. "
        f"Random, layer 1, untrained to trained, by hidden layers: {'; '.join(ends)}."
    )


def check(table):
    for n, rows in kinds(table, "tied"):
        weak, strong = rows.values("teaching_0.1"), rows.values("teaching_1.0")
        if weak.max() > 0.1:
            raise ValueError(f"{n} hidden layers: {weak.max():.3f} degrees with teaching of 0.1; expected below 0.1.")
        if strong.min() < 30 * weak.min():
            raise ValueError(f"{n} hidden layers: {weak.min():.4f} degrees at 0.1, {strong.min():.4f} at 1: no square.")
    for n, rows in kinds(table, "random"):
        if rows.values("first_0").min() < 45:
            raise ValueError(f"{n} hidden layers, random: {rows.values('first_0').min():.1f} degrees before training.")


STUDY = Study(
    name="burstccn_gradient",
    question="How far are the weight changes of the rate-based BurstCCN from the exact gradient?",
    trial=trial,
    parameters=Grid({"case": CASES, "epochs": [10], "images": [10_000]}),
    seeds=5,
    measures={
        "error": Measure("%", "of the test images, after training"),
        **{f"widest_{e}": Measure("degrees", f"largest angle of all layers after epoch {e} or the last") for e in EPOCHS},
        **{f"first_{e}": Measure("degrees", f"angle of layer 1 after epoch {e} or the last") for e in EPOCHS},
        **{f"teaching_{a}": Measure("degrees", f"largest after training, teaching amplitude {a}, float64") for a in TEACHING},
        **{f"teaching32_{a}": Measure("degrees", f"the same in float32, amplitude {a}") for a in TEACHING},
        **{f"scale_{s}": Measure("degrees", f"largest after training, tied with a scale of {s}, float64") for s in SCALES},
    },
    figure=figure,
    answer=answer,
    expected="tied below 0.1 degrees in the limit of weak teaching, growing with its square; random 67 to 69 degrees.",
    check=check,
    ci=Size(Grid({"case": ["tied 3", "random 3"], "epochs": [1], "images": [1600]}), seeds=1),
)
