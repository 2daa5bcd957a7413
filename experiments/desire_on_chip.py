"""Does desire backpropagation (Gerlinghoff et al. 2023) learn on the chip itself, in 8-bit integers?

The network is `models/desire_chip.py`: neurons compute their own desire, it comes down through a projection of graded spikes,
eligibilities and what is left of each change lie in the two tags of a synapse, and nothing is set back between images. It runs
on the emulator in `fixed`, which equals Lava's `fixed_pt` on every spike, weight and tag (a test in `tests/conformance`). A
training keeps its checkpoint beside the folder of the trial; killed, and started again, it goes on from there.
Feedback "tied" reads the forward weights backwards, "initial" keeps their transposed start values. The host halves the learning
rates between some epochs. For digits, when was chosen by a program of its own on training images that were held out; for MNIST
the rates start at half of those that were chosen so, for without dropout the hidden activity may run away.

MNIST is shown with 784-400-10, one seed. The published yardstick is Renner et al. (2024): 96.3 % on Loihi with 400-400-10.
"""

import numpy as np
from matplotlib.figure import Figure

from neurosim import deploy
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study
from neurosim.train.in_run import train_in_run

UNIT = 6 / 32 / 64
"""Learning rate of a tag constant of 1 on the chip: `models/desire_chip.py`."""
SIZES = {"digits": (64, 200, 10), "mnist": (784, 400, 10)}
EPOCHS = {"digits": 20, "mnist": 5}
START = {"digits": (4 / 128, 16 / 128), "mnist": (2 / 128, 8 / 128)}
"""Tag constants of the hidden and the output layer."""
HALVED = {"digits": (10, 15), "mnist": (2, 4)}
POINTS = (1, 2, 3, 4, 5, 10, 15, 20)
CASES = [*(f"digits {feedback} {seed}" for feedback in ("tied", "initial") for seed in range(5)), "mnist tied 0"]
COLOURS = {"digits tied": "#000000", "digits initial": "#009E73", "mnist tied": "#0072B2"}


def trial(t):
    data, feedback, seed = t.parameters["case"].split()
    images, n = t.dataset(data), t.parameters["images"]

    def on_chip(epoch):
        hidden, output = (c * UNIT / 2 ** sum(epoch >= e for e in HALVED[data]) for c in START[data])
        network = load_model("desire_chip", sizes=SIZES[data], feedback=feedback, eta=hidden, output_eta=output, seed=int(seed))
        return deploy(network, allow={"weight_transport"})

    def seen(grey):
        return (grey / images.max_value).astype(np.float32)

    epochs = min(t.parameters["epochs"], EPOCHS[data])
    test = seen(images.test_images), images.test_labels
    data_shown = seen(images.train_images[:n]), images.train_labels[:n]
    kept = t.place.parent / "checkpoints" / f"{data}_{feedback}_{seed}_{epochs}_{n}"
    trained = train_in_run(on_chip, *data_shown, test=test, epochs=epochs, seed=int(seed), folder=kept, progress=False)
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
        points = [e for e in POINTS if e <= min(EPOCHS[name.split()[0]], max(table.column("epochs")))]
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
    question="Does desire backpropagation learn on the chip itself, in 8-bit integers?",
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
    expected="digits above 92 %, MNIST above 96.3 %",
    ci=Size(Grid({"case": ["digits tied 0"], "epochs": [1], "images": [300]})),
)
