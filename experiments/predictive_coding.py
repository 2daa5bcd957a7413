"""How near is predictive coding to backpropagation, and does it cost 100 times as much?

Gradient and cost: 784-200-200-200-10, tanh, cross-entropy, the first 300 images of MNIST, at the weights of the start. Cosine
and length compare the change of a layer with that of backpropagation. A case names the form, the rate, and the number of
steps; "weak" is the strict form with a loss of 1 % of its weight, and "bernoulli" has logistic hidden units, and weights that
are larger by 4.2 at the start.

Cost over backpropagation is counted in multiply-accumulates and measured in CPU time. Values settle while the image stays, so
its product with the first weights is computed once; "computed anew" is the count without that. The number of steps until all
changes are within 5 % of where they end is what a chip needs, on which a step is one time step whatever the size of the
layers; backpropagation needs 4, one for each layer. It is sought among STEPS; MOST is given where none is enough.

Learning: digits, 64-200-200-10, relu (the Bernoulli form logistic), 15 epochs with momentum 0.9 in batches of 16, on random
divisions. Settings were chosen on 287 held-out training images: relu rather than tanh (backpropagation 98.4 and 97.3 %,
strict 98.5 and, with two seeds, 98.3 %), the learning rate from 0.02 and 0.05; that of the Bernoulli form (0.05) and the
length of its weights at the start from seven pairs. 98 % had been hoped for. On these divisions backpropagation
has 97.9 % itself, and with it the exact and the fixed form; the strict form has 97.0 %, though it had more than
backpropagation on held-out images.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from neurosim.rate import Algorithm, Learner, Momentum, layered, train_rates
from neurosim.rate.algorithms.bernoulli_coding import BernoulliCoding
from neurosim.rate.algorithms.layerwise import backprop
from neurosim.rate.algorithms.predictive_coding import ExactCoding, FixedCoding, StrictCoding
from neurosim.rate.gradient import compared
from neurosim.rate.images import Images
from neurosim.rate.starts import HeNormal
from neurosim.study import Grid, Measure, Size, Study, Timing

LAYERS = (1, 2, 3, 4)
STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768)
MOST = 1500


@dataclass(frozen=True)
class Case:
    """A form of predictive coding with its learning rate; `settles` if it has a number of steps to choose."""

    made: Callable[..., Algorithm]
    eta: float = 0.02
    hidden: str = "tanh"
    gain: float = 0.5**0.5
    settles: bool = True


CASES = {
    "backprop": Case(backprop, settles=False),
    "exact": Case(ExactCoding, settles=False),
    "fixed 1 x 4": Case(FixedCoding),
    "fixed 0.1 x 20": Case(partial(FixedCoding, rate=0.1, steps=20)),
    "strict 0.1 x 5": Case(partial(StrictCoding, steps=5)),
    "strict 0.1 x 20": Case(StrictCoding),
    "strict 0.5 x 20": Case(partial(StrictCoding, rate=0.5)),
    "strict 0.1 x 100": Case(partial(StrictCoding, steps=100)),
    "weak 0.1 x 100": Case(partial(StrictCoding, steps=100, precision=0.01)),
    "bernoulli 0.5 x 20": Case(BernoulliCoding, eta=0.05, hidden="logistic", gain=3.0),
}
COLOURS = {"backprop": "#000000", "exact": "#56B4E9", "fixed": "#0072B2", "strict": "#D55E00", "weak": "#009E73"}


def changes(learner, x, t):
    return [c.computed(learner.circuit)["w"] for c in learner.changes(learner.algorithm.teach(learner.circuit, x, t))]


def farthest(found, expected):
    """Largest length of a difference over that of the expected change, of all weights and biases."""
    return max(float(np.linalg.norm(a - b) / np.linalg.norm(b)) for a, b in zip(found, expected, strict=True))


def operations(learner, x, t):
    learner.circuit.ledger.macs = 0
    learner.learn(x, t)
    return learner.circuit.ledger.macs


def seconds(learner, x, t, least=0.1):
    """Mean CPU seconds of a mini-batch; the clock of a loaded machine stands still for moments, so one is too short."""
    count, started = 0, time.process_time()
    while count < 5 or time.process_time() - started < least:
        learner.learn(x, t)
        count += 1
    return (time.process_time() - started) / count


def costs(network, case, x, t):
    """Cost of a mini-batch over that of backpropagation, measured one after the other."""
    algorithm = case.made(case.eta)
    mine, exact = Learner(network, algorithm), Learner(network, backprop(case.eta))
    counted, reference = operations(mine, x, t), operations(exact, x, t)
    repeated = algorithm.steps - 1 if isinstance(algorithm, StrictCoding | BernoulliCoding) else 0
    anew = counted + repeated * network.connections[0].macs * x.shape[1]
    return {
        "operations": counted / reference,
        "operations_anew": anew / reference,
        "time": seconds(mine, x, t) / seconds(exact, x, t),
    }


def settling(network, case, x, t):
    """Smallest number of STEPS after which all changes are within 5 % of where they end."""
    if not case.settles:
        return len(network.layers)
    algorithm = case.made(case.eta)
    end = changes(Learner(network, replace(algorithm, steps=MOST)), x, t)
    near = (n for n in STEPS if farthest(changes(Learner(network, replace(algorithm, steps=n)), x, t), end) < 0.05)
    return next(near, MOST)


def against_backprop(case, mnist, seed, n):
    network = layered(mnist.n_pixels, 200, 200, 200, mnist.n_classes, hidden=case.hidden, start=HeNormal(case.gain), seed=seed)
    x, t = Images(mnist).train(np.arange(n))
    learner = Learner(network, case.made(case.eta))
    found = compared(learner, x, t)
    return {
        "difference": farthest(changes(learner, x, t), changes(Learner(network, backprop(case.eta)), x, t)),
        **{f"cosine_{k}": float(np.cos(np.radians(np.nan_to_num(a, nan=90)))) for k, a in enumerate(found.angles, 1)},
        **{f"length_{k}": length for k, length in enumerate(found.lengths, 1)},
        "settling": settling(network, case, x[:, :50], t[:, :50]),
        **costs(network, case, x, t),
    }


def learned(case, data, seed, epochs):
    """Test accuracy in %."""
    start, hidden = (HeNormal(), "relu") if case.hidden == "tanh" else (HeNormal(case.gain), case.hidden)
    network = layered(data.n_pixels, 200, 200, data.n_classes, hidden=hidden, start=start, seed=seed)
    algorithm, momentum = case.made(case.eta), Momentum(0.9)
    found = train_rates(network, algorithm, data, epochs=epochs, batch=16, optimiser=momentum, progress=False)
    return 100 - 100 * found.history[-1].test_error


def trial(t):
    case, epochs = CASES[t.parameters["case"]], t.parameters["epochs"]
    mnist, digits = t.dataset("mnist"), t.dataset("digits")
    with threadpool_limits(1):
        return {
            **against_backprop(case, mnist, t.seed, t.parameters["images"]),
            "accuracy": learned(case, digits.shuffled(t.seed), t.seed, epochs),
        }


def of_layers(rows, name):
    return [float(rows.values(f"{name}_{k}").mean()) for k in LAYERS]


def figure(table):
    drawn = Figure(figsize=(11, 3.9), layout="constrained")
    axes = drawn.subplots(1, 3)
    labels = []
    for n, ((name,), rows) in enumerate(table.by("case")):
        style = {"color": COLOURS.get(name.split()[0], "#CC79A7"), "marker": "osD^vP"[n % 6], "ms": 4, "lw": 1.2}
        axes[0].plot(LAYERS, of_layers(rows, "cosine"), label=name, **style)
        axes[1].plot(LAYERS, of_layers(rows, "length"), **style)
        labels.append(name)
        for measure, shift, colour in (("operations", 0.17, "#0072B2"), ("time", -0.17, "#E69F00")):
            axes[2].barh(n - shift, rows.values(measure).mean(), 0.32, color=colour, label=measure if n == 0 else None)
        axes[2].plot(rows.values("operations_anew").mean(), n, "k|", ms=9, label="operations, anew" if n == 0 else None)
    axes[0].set(title="cosine with backpropagation", xlabel="layer", xticks=LAYERS, ylim=(-0.2, 1.05))
    axes[1].set(title="length over backpropagation's", xlabel="layer", xticks=LAYERS, yscale="log")
    axes[2].set(title="cost over backpropagation's", xscale="log", yticks=range(len(labels)), yticklabels=labels)
    axes[2].invert_yaxis()
    axes[2].axvline(100, color="0.5", lw=0.8, ls="--")
    axes[2].legend(frameon=False, fontsize=8, loc="upper right")
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    drawn.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False, fontsize=8)
    return drawn


def answer(table):
    parts = []
    for (name,), rows in table.by("case"):
        cost = {m: rows.values(m).mean() for m in ("operations", "operations_anew", "time")}
        cosines, lengths = (", ".join(f"{v:.2f}" for v in of_layers(rows, m)) for m in ("cosine", "length"))
        parts.append(
            f"{name}: cosines {cosines}, lengths {lengths}; {cost['operations']:.1f} times the operations "
            f"({cost['operations_anew']:.1f} computed anew), {cost['time']:.1f} times the time; settled after "
            f"{rows.values('settling').mean():.0f} steps; digits {rows.values('accuracy').mean():.1f} %"
        )
    return "; ".join(parts) + "."


def check(table):
    def of(case, measure):
        return table.where(case=case).values(measure)

    claims = {}
    cases = {case for (case,), _ in table.by("case")}
    for case in cases & {"exact", "fixed 1 x 4"}:
        claims[f"{case} is backpropagation"] = of(case, "difference").max() < 1e-6
    if "strict 0.1 x 20" in cases:
        found = [of("strict 0.1 x 20", f"cosine_{k}").min() for k in LAYERS]
        claims["strict's cosines"] = all(c > least for c, least in zip(found, (0.95, 0.94, 0.93, 0.8), strict=True))
    if "weak 0.1 x 100" in cases:
        claims["a weak loss"] = min(of("weak 0.1 x 100", f"cosine_{k}").min() for k in LAYERS) > 0.98
    if max(table.column("epochs")) >= 15:
        claims["digits"] = of("exact", "accuracy").mean() > 97.5 and of("strict 0.1 x 20", "accuracy").mean() > 96.5
        claims["cost"] = 25 < of("strict 0.1 x 100", "operations").mean() < 35
    wrong = [claim for claim, holds in claims.items() if not holds]
    if wrong:
        raise ValueError(f"not as expected: {', '.join(wrong)}. {answer(table)}")


STUDY = Study(
    name="predictive_coding",
    question="How near is predictive coding to backpropagation, and does it cost 100 times as much?",
    trial=trial,
    parameters=Grid({"case": list(CASES), "images": [300], "epochs": [15]}),
    seeds=3,
    measures={
        "difference": Measure("1", "largest relative difference of a layer's change from that of backpropagation, float32"),
        **{f"cosine_{k}": Measure("1", f"between the change of layer {k} and that of backpropagation") for k in LAYERS},
        **{f"length_{k}": Measure("1", f"of the change of layer {k} over that of backpropagation") for k in LAYERS},
        "settling": Measure("1", "number of steps until all changes are within 5 % of where they end"),
        "operations": Measure("1", "multiply-accumulates over those of backpropagation"),
        "operations_anew": Measure("1", "the same if the product with the image is computed anew in each step"),
        "time": Timing("1", "CPU time over that of backpropagation"),
        "accuracy": Measure("%", "digits, random division, test accuracy after the last epoch"),
    },
    figure=figure,
    answer=answer,
    expected="Exact and fixed (rate 1) equal backpropagation to 1e-6; strict 18 times its time (20 steps) to 80 (100 steps); "
    "98 % of the digits.",
    check=check,
    ci=Size(Grid({"case": ["exact", "fixed 1 x 4", "strict 0.1 x 20"], "images": [100], "epochs": [2]}), seeds=1),
)
