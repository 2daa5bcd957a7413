"""Does desire backpropagation (Gerlinghoff et al. 2023) learn on the chip itself, in 8-bit integers, with nothing transported?

The network is `models/desire_chip.py`: neurons compute their own desire, it comes down through a projection of graded spikes,
eligibilities and what is left of each change lie in the two tags of a synapse, and nothing is set back between images. It runs
on the emulator in `fixed`, which equals Lava's `fixed_pt` on every spike, weight and tag (a test in `tests/conformance`). A
training keeps its checkpoint beside the folder of the trial; killed, and started again, it goes on from there.

Feedback "random" is a matrix of fixed random numbers: such a network is deployed without any exception. It needs a ceiling
(a hidden neuron that has fired 16 times does not want more) and a small floor (spikes that a neuron that wants to fire more is
taken to have fired at the end). Feedback "tied" reads the forward weights backwards at all times, which no chip does.

The host halves the learning rates between some epochs. MNIST is shown with 784-400-10, one seed, each image moved by up to one
pixel, at random each time. Everything was chosen on training images that were held out (README of experiments). The published
yardstick is Renner et al. (2024): 96.3 % on Loihi with 400-400-10, with transported weights.
"""

from dataclasses import dataclass, field

import numpy as np
from matplotlib.figure import Figure

from neurosim import deploy
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study
from neurosim.train.in_run import train_in_run

UNIT = 6 / 32 / 64
"""Learning rate of a tag constant of 1 for a weight step of 1/64: `models/desire_chip.py`."""


@dataclass(frozen=True)
class Setting:
    """How a data set is learned: the network, the learning rates of hidden and output layer, and when both are halved."""

    sizes: tuple
    epochs: int
    halved: tuple
    rates: tuple
    shift: int = 0
    options: dict = field(default_factory=dict)


RANDOM = {"ceiling": 16, "bound": 255 / 128}
FINER = {"floor": 0.25, "bound": 255 / 256}
"""Rates become small; with finer weights, the engine's shift, which rounds down, still favours no sign of the desire."""
SETTINGS = {
    "digits tied": Setting((64, 200, 10), 20, (10, 15), (4 / 128, 16 / 128)),
    "digits random": Setting((64, 200, 10), 20, (10, 15), (4 / 128, 16 / 128), options={**RANDOM, "floor": 0.5}),
    "mnist random": Setting(
        (784, 400, 10), 6, (2, 4, 5), (4 / 128, 8 / 128), shift=1, options={**RANDOM, **FINER}
    ),
    "mnist tied": Setting(
        (784, 400, 10), 8, (3, 5, 7), (4 / 128, 4 / 128), shift=1,
        options={**FINER, "ceiling": 14, "margin": 0, "output_threshold": 0.2, "hidden_threshold": 0.02},
    ),
}  # fmt: skip
ALLOW = {"tied": {"weight_transport"}, "random": set()}
POINTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20)
CASES = ["mnist random 0", "mnist tied 0", *(f"digits {kind} {seed}" for kind in ("random", "tied") for seed in range(5))]
COLOURS = {"digits tied": "#000000", "digits random": "#009E73", "mnist tied": "#0072B2", "mnist random": "#D55E00"}


def trial(t):
    data, feedback, seed = t.parameters["case"].split()
    given = SETTINGS[f"{data} {feedback}"]
    images, n = t.dataset(data), t.parameters["images"]

    def on_chip(epoch):
        hidden, output = (c * UNIT / 2 ** sum(epoch >= e for e in given.halved) for c in given.rates)
        options = {**given.options, "feedback": feedback, "seed": int(seed)}
        network = load_model("desire_chip", sizes=given.sizes, eta=hidden, output_eta=output, **options)
        return deploy(network, allow=ALLOW[feedback])

    def seen(grey):
        return (grey / images.max_value).astype(np.float32)

    epochs = min(t.parameters["epochs"], given.epochs)
    test = seen(images.test_images), images.test_labels
    data_shown = seen(images.train_images[:n]), images.train_labels[:n]
    kept = t.place.parent / "checkpoints" / f"{data}_{feedback}_{seed}_{epochs}_{n}"
    how = {"epochs": epochs, "shift": given.shift, "seed": int(seed), "folder": kept, "progress": False}
    trained = train_in_run(on_chip, *data_shown, test=test, **how)
    accuracies = [100 * e.accuracy for e in trained.epochs]
    largest = max(int(np.abs(w).max()) for w in trained.weights.values())
    curve = {f"accuracy_{e}": accuracies[min(e, epochs) - 1] for e in POINTS}
    return {"accuracy": accuracies[-1], "argmax": 100 * trained.epochs[-1].argmax, "largest_weight": largest, **curve}


def rows_of(table):
    """Data and feedback -> the final or intermediate accuracies of all seeds."""
    found = {}
    for (case,), rows in table.by("case"):
        found.setdefault(case.rsplit(" ", 1)[0], []).append(rows)
    return found


def figure(table):
    drawn = Figure(figsize=(6, 4), layout="constrained")
    ax = drawn.subplots()
    for name, cases in rows_of(table).items():
        points = [e for e in POINTS if e <= min(SETTINGS[name].epochs, max(table.column("epochs")))]
        for k, rows in enumerate(cases):
            values = [rows.values(f"accuracy_{e}").mean() for e in points]
            ax.plot(points, values, color=COLOURS[name], marker="o", ms=3, lw=1, label=name if k == 0 else None)
    ax.set(xlabel="epoch", ylabel="test accuracy (%); a tie is an error", ylim=(None, 100))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return drawn


def answer(table):
    parts = []
    for name, cases in rows_of(table).items():
        values = [float(rows.values("accuracy").mean()) for rows in cases]
        parts.append(f"{name} {np.mean(values):.2f} % ({min(values):.2f} to {max(values):.2f}, {len(values)} seeds)")
    return "Test accuracy in integers: " + "; ".join(parts) + "."


STUDY = Study(
    name="desire_on_chip",
    question="Does desire backpropagation learn on the chip itself, in 8-bit integers, with nothing transported?",
    trial=trial,
    parameters=Grid({"case": CASES, "epochs": [20], "images": [60_000]}),
    seeds=1,
    measures={
        "accuracy": Measure("%", "strict test accuracy (a tie is an error) after the last epoch"),
        "argmax": Measure("%", "the same where the first of the largest counts is the answer"),
        "largest_weight": Measure("1", "size of the largest stored weight; 255 is where the chip clips"),
        **{f"accuracy_{e}": Measure("%", f"test accuracy after epoch {e} or the last one") for e in POINTS},
    },
    figure=figure,
    answer=answer,
    expected="digits above 95 % and MNIST above 96.3 % with random feedback; MNIST above 97.5 % with tied feedback",
    ci=Size(Grid({"case": ["digits random 0", "digits tied 0"], "epochs": [1], "images": [300]})),
)
