"""How many images a second does each algorithm of rates learn, and is the time what its operations need?

Every algorithm of the catalogue learns mini-batches with the network, optimiser and batch of its recipe for MNIST (of its
recipe for the digits, if it has none for MNIST), and backpropagation learns the same images with the same network, loss
aside. Both take turns on one thread, for several rounds of several mini-batches, and the shortest round of each counts, in
CPU time. The operations are the multiply-accumulates that the circuit counted meanwhile: products with weights, and the
changes of weights.

`times_backprop` is the ratio of the two times, `operations` that of the operations, and `slowness` the first over the second.
It has to be at most 1.2: then an algorithm costs what its equations need, and nothing else. Algorithms whose operations are
few (less than 0.2 million an image, as on the digits) spend most of their time in calls of Python; they are measured and
shown, but not judged.
"""

import time
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from neurosim.rate import ALGORITHMS, CROSS_ENTROPY, Learner
from neurosim.rate.images import Images
from neurosim.study import Grid, Measure, Size, Study, Timing

JUDGED = 200_000
"""Fewest multiply-accumulates of an image from which on the time is judged."""
MOST = 1.2
SMALL = ["backprop", "direct_feedback_alignment", "pepita"]


def recipe_of(name):
    """Data set and recipe: MNIST if the algorithm has a recipe for it."""
    entry = ALGORITHMS[name]
    data = "mnist" if "mnist" in entry.recipes else "digits"
    return data, entry.recipe(data)


def rival(network):
    """The same layers for backpropagation: ReLU, and softmax at the output, which does not pool."""
    *hidden, output = network.layers
    without_pool = {} if output.pool is None else {"pooled": None}
    layers = (*(replace(layer, activation="relu") for layer in hidden), replace(output, activation="softmax", **without_pool))
    return replace(network, layers=layers, loss=CROSS_ENTROPY)


def random_batch(network, batch):
    """Images and targets of a network, whatever its inputs and outputs are."""
    rng = np.random.default_rng(0)
    outputs = int(np.prod(network.connections[-1].post))
    t = np.zeros((outputs, batch), np.float32)
    t[rng.integers(0, outputs, batch), np.arange(batch)] = 1
    return rng.random((network.sizes[0], batch), np.float32), t


def fastest(runs, rounds, batches):
    """CPU seconds of each run for a mini-batch, the shortest of the rounds, in which they take turns."""
    best = dict.fromkeys(runs, np.inf)
    for run in runs.values():
        run()
    for _ in range(rounds):
        for name, run in runs.items():
            started = time.process_time()
            for _ in range(batches):
                run()
            best[name] = min(best[name], (time.process_time() - started) / batches)
    return best


def operations(learner, run, batch):
    """Multiply-accumulates that the circuit counts for an image."""
    before = learner.circuit.ledger.macs
    run()
    return (learner.circuit.ledger.macs - before) / batch


def trial(t):
    name, rounds, batches = (t.parameters[p] for p in ("algorithm", "rounds", "batches"))
    data, recipe = recipe_of(name)
    dataset, batch = t.dataset(data), recipe.batch
    network = recipe.network(dataset, t.seed)
    learner = Learner(network, ALGORITHMS[name].make(**recipe.options), recipe.optimiser)
    backprop = Learner(rival(network), ALGORITHMS["backprop"].make(eta=1e-3), recipe.optimiser)
    shown, other = Images(dataset).train(np.arange(batch)), random_batch(backprop.network, batch)
    runs = {"algorithm": lambda: learner.learn(*shown), "backprop": lambda: backprop.learn(*other)}
    with threadpool_limits(1), np.errstate(all="ignore"):
        seconds = fastest(runs, rounds, batches)
        macs = operations(learner, runs["algorithm"], batch)
        times, counted = seconds["algorithm"] / seconds["backprop"], macs / operations(backprop, runs["backprop"], batch)
    return {
        "images_per_cpu_s": batch / seconds["algorithm"],
        "backprop_images_per_cpu_s": batch / seconds["backprop"],
        "macs": macs,
        "operations": counted,
        "times_backprop": times,
        "slowness": times / counted,
    }


def by_algorithm(table):
    """Algorithm -> means of its measures, from the cheapest to the most expensive."""
    found = {name: {m: float(rows.values(m).mean()) for m in STUDY.measures} for (name,), rows in table.by("algorithm")}
    return dict(sorted(found.items(), key=lambda item: item[1]["operations"]))


def figure(table):
    found = by_algorithm(table)
    drawn = Figure(figsize=(7.5, 1 + 0.24 * len(found)), layout="constrained")
    ax = drawn.subplots()
    for y, of in enumerate(found.values()):
        judged = of["macs"] >= JUDGED
        ax.plot([of["operations"], of["times_backprop"]], [y, y], color="0.8", lw=1.5, zorder=1)
        ax.scatter(of["operations"], y, marker="|", s=90, color="k", label="counted operations" if y == 0 else None)
        ax.scatter(of["times_backprop"], y, s=26, color="#D55E00" if judged else "0.6", zorder=2)
    ax.scatter([], [], s=26, color="#D55E00", label="CPU time")
    ax.scatter([], [], s=26, color="0.6", label="CPU time, small networks")
    ax.set(xscale="log", xlabel="times those of backpropagation on the same layers", ylim=(-0.7, len(found) - 0.3))
    ax.set(yticks=range(len(found)), yticklabels=[name.replace("_", " ") for name in found])
    ax.legend(frameon=False, loc="lower right", fontsize="small")
    ax.spines[["top", "right"]].set_visible(False)
    return drawn


def answer(table):
    each = (
        f"{name.replace('_', ' ')} {of['images_per_cpu_s']:.0f} images/s, {of['times_backprop']:.2f} times backprop's time for "
        f"{of['operations']:.2f} times its operations"
        for name, of in by_algorithm(table).items()
    )
    return "Per CPU second: " + "; ".join(each) + "."


def check(table):
    slow = {
        name: round(of["slowness"], 2)
        for name, of in by_algorithm(table).items()
        if of["macs"] >= JUDGED and of["slowness"] > MOST
    }
    if slow and max(table.column("rounds")) > 5:
        raise ValueError(f"Slower than {MOST} times what the operations lead one to expect: {slow}.")


STUDY = Study(
    name="benchmark_rates",
    question="How many images a second does each algorithm of rates learn, and is the time what its operations need?",
    trial=trial,
    parameters=Grid({"algorithm": sorted(ALGORITHMS), "rounds": [15], "batches": [20]}),
    seeds=1,
    measures={
        "images_per_cpu_s": Timing("1/s", "images learned, one thread, by CPU time"),
        "backprop_images_per_cpu_s": Timing("1/s", "the same by backpropagation on the same layers, in the same minutes"),
        "macs": Measure("1", "multiply-accumulates that an image needs to be learned"),
        "operations": Measure("1", "these over those of backpropagation on the same layers"),
        "times_backprop": Timing("1", "CPU time over that of backpropagation"),
        "slowness": Timing("1", "that ratio of times over the ratio of operations"),
    },
    figure=figure,
    answer=answer,
    expected="No algorithm on networks of MNIST is slower than 1.2 times its operations over those of backpropagation.",
    check=check,
    ci=Size(Grid({"algorithm": SMALL, "rounds": [2], "batches": [5]})),
)
