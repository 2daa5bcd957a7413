"""What do few weight bits cost a network that desire backpropagation (Gerlinghoff et al. 2023) has trained on digits?

Each trial trains 64-200-10 in float, quantises it to `bits` for Loihi 2, and runs the test set in float and in the chip's
integers on the emulator.
"""

from matplotlib.figure import Figure

from neurosim import deploy, train
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study
from neurosim.study.figures import curve
from neurosim.train.desire.loop import DROPOUT, intensities
from neurosim.train.desire.online import strict_hits
from neurosim.units import ms


def trial(t):
    digits, network = t.dataset("digits"), load_model("desire_mlp", seed=t.seed)
    trained = train(network, digits, epochs=t.parameters["epochs"], dropout=DROPOUT, seed=t.seed, progress=False).network
    chip, images = deploy(trained, "loihi2", weight_bits=t.parameters["bits"]), intensities(digits.test_images, digits)
    runs = {a: chip.emulate(21 * ms, images=images, arithmetic=a).counts("output") for a in ("float", "fixed")}
    return {f"accuracy_{a}": 100 * strict_hits(counts, digits.test_labels).mean() for a, counts in runs.items()}


def figure(table):
    drawn = Figure(figsize=(6.5, 4), layout="constrained")
    ax = curve(drawn.subplots(), table, "bits", "accuracy_float", "float", "#56B4E9")
    curve(ax, table, "bits", "accuracy_fixed", "chip integers").set(xlabel="weight bits", ylabel="test accuracy (%)")
    ax.legend(frameon=False)
    return drawn


def cost(table, bits):
    rows = table.where(bits=bits)
    return (rows.values("accuracy_float") - rows.values("accuracy_fixed")).mean()


def answer(table):
    costs = ", ".join(f"{cost(table, bits):.2f} with {bits}" for (bits,), _ in table.by("bits"))
    return f"Of {table.values('accuracy_float').mean():.1f} % in float, points lost by number of weight bits: {costs}."


def check(table):
    if not (abs(cost(table, 8)) < 1 and cost(table, 2) > 5):
        raise ValueError(f"8 bits cost {cost(table, 8):.2f} and 2 bits {cost(table, 2):.2f} points.")


STUDY = Study(
    name="desire_bits",
    question="What do few weight bits cost a desire-backpropagation network on digits?",
    trial=trial,
    parameters=Grid({"bits": [8, 7, 6, 5, 4, 3, 2], "epochs": [60]}),
    seeds=5,
    measures={
        "accuracy_float": Measure("%", "strict test accuracy (a tie is an error) before quantisation"),
        "accuracy_fixed": Measure("%", "the same in the chip's integers, on the emulator"),
    },
    figure=figure,
    answer=answer,
    expected="8 bits cost less than a point, 2 bits more than five (a guess, made before the first run).",
    check=check,
    ci=Size(Grid({"bits": [8, 2], "epochs": [2]}), seeds=2),
)
