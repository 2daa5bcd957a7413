"""What do few weight bits cost the networks that desire backpropagation (Gerlinghoff et al. 2023) trained on full data sets?

The trained networks of the zoo (`neurosim models`), which hold 8-bit weights, are stored with fewer bits for Loihi 2 and shown
all test images, on the emulator in the chip's integers. The first images run in Lava's `fixed_pt` too, 200 of them with 8 bits
and 5 with fewer, and every spike of every neuron is compared.
"""

from matplotlib.figure import Figure

from neurosim import deploy
from neurosim.analysis.comparison import compare
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study
from neurosim.study.figures import curve
from neurosim.train.desire.loop import intensities
from neurosim.train.desire.online import argmax_hits, strict_hits
from neurosim.train.desire.pack import counts_on_chip, duration_of_image

NETWORKS = {"mnist": "desire_mnist", "fashion-mnist": "desire_fashion_mnist"}
IN_LAVA = {8: 200, **dict.fromkeys(range(2, 8), 5)}
COLOURS = {"mnist": "#0072B2", "fashion-mnist": "#D55E00"}


def trial(t):
    data, bits = t.dataset(t.parameters["data"]), t.parameters["bits"]
    chip = deploy(load_model(NETWORKS[data.name]), "loihi2", weight_bits=bits)
    counts = counts_on_chip(chip, data)
    first = intensities(data.test_images[: min(IN_LAVA[bits], t.parameters["most_in_lava"])], data)
    runs = (run(duration_of_image(chip.network), images=first) for run in (chip.emulate, chip.run_lava))
    found = compare(*runs).populations
    return {
        "accuracy": 100 * strict_hits(counts, data.test_labels).mean(),
        "argmax": 100 * argmax_hits(counts, data.test_labels).mean(),
        "lava_spikes": sum(p.shared + p.only_b for p in found),
        "lava_differs": sum(p.only_a + p.only_b for p in found),
    }


def of_data(table):
    return {data: table.where(data=data) for data in NETWORKS if len(table.where(data=data))}


def figure(table):
    drawn = Figure(figsize=(6.5, 4), layout="constrained")
    ax = drawn.subplots()
    for data, rows in of_data(table).items():
        curve(ax, rows, "bits", "accuracy", data, COLOURS[data])
    ax.set(xlabel="weight bits", ylabel="test accuracy (%); a tie is an error", ylim=(0, 100))
    ax.legend(frameon=False)
    return drawn


def answer(table):
    parts = []
    for data, rows in of_data(table).items():
        each = ", ".join(f"{bits} bits {r.values('accuracy').mean():.2f}" for (bits,), r in rows.by("bits"))
        parts.append(f"{data}: {each}")
    differ, spikes = sum(table.column("lava_differs")), sum(table.column("lava_spikes"))
    return f"Test accuracy in %. {'; '.join(parts)}. Of {spikes:.0f} spikes in Lava {differ:.0f} differ from the emulator's."


def check(table):
    if any(table.column("lava_differs")):
        raise ValueError("spikes of Lava and the emulator differ.")


STUDY = Study(
    name="desire_weight_bits",
    question="What do few weight bits cost networks that were trained on MNIST and Fashion-MNIST?",
    trial=trial,
    parameters=Grid({"data": list(NETWORKS), "bits": [8, 7, 6, 5, 4, 3, 2], "most_in_lava": [200]}),
    seeds=1,
    measures={
        "accuracy": Measure("%", "strict test accuracy (a tie is an error) in integers, all test images"),
        "argmax": Measure("%", "the same where the first of the largest counts is the answer"),
        "lava_spikes": Measure("1", "spikes in Lava"),
        "lava_differs": Measure("1", "spikes that only Lava or only the emulator has"),
    },
    figure=figure,
    answer=answer,
    check=check,
    expected="6 bits and more cost nothing that matters",
    ci=Size(Grid({"data": ["fashion-mnist"], "bits": [8], "most_in_lava": [2]})),
)
