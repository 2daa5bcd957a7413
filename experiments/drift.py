"""Do the drifts of single causes explain how far networks drift on a chip?

`Deployment.drift` puts one kind of number of the chip after the other into the float program, and runs what the arithmetic of
the chip does beyond that. The study does this for three networks: one that desire backpropagation (Gerlinghoff et al. 2023,
doi:10.1016/j.neucom.2023.126773) trained on digits, one that learns by pair STDP while it runs, and the convolutional network
of the NIR paper (Pedersen et al. 2024, doi:10.1038/s41467-024-52259-9), which was trained elsewhere on N-MNIST and is imported
from its file. N-MNIST itself was not at hand: events are made from MNIST, whose digits move in a triangle before a camera as
they do there (Orchard et al. 2015, doi:10.3389/fnins.2015.00437).

The share of a cause is the projection of its change of the neurons' rates onto the total change. "explained" is the sum of the
shares of causes on their own, 100 % if no cause influences another; "interaction" is the size of the vector that the sum of the
changes leaves of the total.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.ndimage import shift

from neurosim import LIF, AllToAll, ImageInput, Network, PoissonInput, Population, Projection, Uniform, deploy, train
from neurosim.analysis.plots import COLOURS
from neurosim.errors import DataError
from neurosim.models import load_model
from neurosim.nir import from_nir
from neurosim.plasticity import pair_stdp
from neurosim.study import Grid, Measure, Size, Study
from neurosim.train.desire.loop import DROPOUT, intensities
from neurosim.units import Hz, ms, second

CAUSES = {
    "decay": "decay",
    "weights": "weights",
    "threshold": "threshold",
    "other": "other parameters",
    "learning": "learning constants",
    "integers": "integer arithmetic",
    "limits": "saturation and wrap",
    "noise": "learning noise",
}
SIDE, STEPS, LATER = 34, 30, 8
"""Pixels of a side of N-MNIST; steps of a digit; steps in which its last spikes pass the layers."""


@dataclass(frozen=True)
class Saccades:
    """Events of a camera that moves in a triangle: where the brightness has risen, and where it has fallen.

    The first half of the inputs is a picture of 34 x 34 pixels, and stands for the pixels that become brighter.
    """

    steps: int = STEPS
    reach: float = 3.0
    contrast: float = 0.2
    random = False

    def encode(self, intensity, rng):
        """Spikes (steps, samples, inputs); `rng` is not used."""
        pictures = intensity[:, : SIDE**2].reshape(-1, SIDE, SIDE)
        corners = self.reach * np.array([[0, 0], [1, 0.5], [0, 1], [0, 0]])
        time = np.linspace(0, 3, self.steps + 1)
        path = np.stack([np.interp(time, range(4), corners[:, axis]) for axis in range(2)], axis=1)
        seen, out = pictures.copy(), np.zeros((self.steps, len(pictures), 2, SIDE, SIDE), np.uint8)
        for k, place in enumerate(path[1:]):
            steps = np.trunc((shift(pictures, (0, *place), order=1) - seen) / self.contrast)
            seen += steps * self.contrast
            out[k, :, 0], out[k, :, 1] = steps > 0, steps < 0
        return out.reshape(self.steps, len(pictures), -1)


def desire(t, bits):
    """A trained network on the test images."""
    digits, network = t.dataset("digits"), load_model("desire_mlp", seed=t.seed)
    epochs = t.parameters["epochs"]
    trained = train(network, digits, epochs=epochs, dropout=DROPOUT, seed=t.seed, progress=False).network
    images = intensities(digits.test_images, digits)
    return deploy(trained, "loihi2", weight_bits=bits), {"duration": 21 * ms, "images": images, "labels": digits.test_labels}


def stdp(t, bits):
    """A network that learns by pair STDP while it runs."""
    rule = pair_stdp(0.002, 0.0021, bounds=(0, 0.2))
    neuron = LIF(tau_m=20 * ms, tau_syn=5 * ms, v_th=1.0)
    network = Network(
        "stdp",
        [Population("input", 100, PoissonInput(20 * Hz)), Population("output", 20, neuron)],
        [Projection("input", "output", AllToAll(Uniform(0.0, 0.16)), plasticity=rule)],
        seed=t.seed,
    )
    return deploy(network, "loihi2", weight_bits=bits), {"duration": t.parameters["length"] * second, "repeats": 8}


def cnn(t, bits):
    """The convolutional network of the NIR paper, trained in Sinabs, on digits that move."""
    file, mnist = Path(os.environ.get("NEUROSIM_DATA", "")) / "nir" / "cnn_sinabs.nir", t.dataset("mnist")
    if not file.is_file():
        raise DataError(f"{file}: the file of the NIR paper is not there; set NEUROSIM_DATA to a folder that has nir/.")
    chosen = t.rng("images").choice(len(mnist.test_images), t.parameters["images"], replace=False)
    pictures = np.zeros((len(chosen), 2, SIDE, SIDE))
    pictures[:, 0, 3:31, 3:31] = intensities(mnist.test_images[chosen], mnist).reshape(-1, 28, 28)
    network = from_nir(file, producer="sinabs", inputs=ImageInput(Saccades())).network
    given = {"duration": (STEPS + LATER) * second, "images": pictures.reshape(len(chosen), -1)}
    return deploy(network, "loihi2", weight_bits=bits), {**given, "labels": mnist.test_labels[chosen]}


NETWORKS = {"desire": desire, "stdp": stdp, "cnn": cnn}


def trial(t):
    name, bits = t.parameters["case"].split()
    chip, given = NETWORKS[name](t, int(bits))
    found = chip.drift(**given, against=())
    found.plot().savefig(t.folder / "drift.png", dpi=110)
    (t.folder / "drift.txt").write_text(f"{found}\n")
    return {
        "explained": 100 * found.explained,
        "interaction": 100 * found.interaction,
        "rate_drift": 100 * found.total.rate / found.rate,
        "spikes_differ": 100 * found.total.spikes,
        **{f"share_{short}": 100 * found.cause(name).share for short, name in CAUSES.items()},
    }


def figure(table):
    drawn = Figure(figsize=(8.5, 4.4), layout="constrained")
    ax, cases = drawn.subplots(), list(table.by("case"))
    ax.axhspan(80, 120, color="0.92", zorder=0)
    ax.axhline(100, color="0.6", lw=0.8, zorder=0)
    high, low = np.zeros(len(cases)), np.zeros(len(cases))
    for (short, name), colour in zip(CAUSES.items(), COLOURS, strict=True):
        shares = np.array([rows.values(f"share_{short}").mean() for _, rows in cases])
        ax.bar(range(len(cases)), shares, 0.55, bottom=np.where(shares >= 0, high, low), color=colour, label=name)
        high, low = high + np.maximum(shares, 0), low + np.minimum(shares, 0)
    for k, (_, rows) in enumerate(cases):
        ax.plot(np.full(len(rows), k + 0.38), rows.values("explained"), ".", ms=5, color="0.35")
    ax.plot([], [], ".", ms=5, color="0.35", label="sum, each trial")
    ax.set_xticks(range(len(cases)), ["{} net,\n{} bits".format(*case.split()) for (case,), _ in cases])
    ax.set(ylabel="share of the drift of rates (%)")
    ax.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    ax.spines[["top", "right"]].set_visible(False)
    return drawn


def answer(table):
    parts = [
        f"{rows.values('explained').mean():.1f} % with {case} bits (interaction {rows.values('interaction').mean():.1f} %)"
        for (case,), rows in table.by("case")
    ]
    return f"Of the drift of rates, the causes on their own explain {'; '.join(parts)}."


def check(table):
    for (case,), rows in table.by("case"):
        found = rows.values("explained").mean()
        if abs(found - 100) > 20:
            raise ValueError(f"{case} bits: the causes explain {found:.1f} % of the drift; expected 80 to 120 %.")


STUDY = Study(
    name="drift",
    question="Do the drifts of single causes explain how far networks drift on a chip?",
    trial=trial,
    parameters=Grid(
        {
            "case": ["desire 8", "desire 5", "desire 4", "stdp 8", "cnn 8", "cnn 5", "cnn 4"],
            "epochs": [60],
            "length": [50],
            "images": [100],
        }
    ),
    seeds=3,
    measures={
        "explained": Measure("%", "sum of the shares of causes on their own in the total drift of rates"),
        "interaction": Measure("%", "size of what the sum of the single changes of rates leaves of the total, by its size"),
        "rate_drift": Measure("%", "root of the mean square change of a neuron's rate, by the mean rate in float"),
        "spikes_differ": Measure("%", "spikes that are only in float or only on the chip"),
        **{f"share_{short}": Measure("%", f"share of {name} on its own") for short, name in CAUSES.items()},
    },
    figure=figure,
    answer=answer,
    check=check,
    expected="80 to 120 % for each network (set before the first run).",
    ci=Size(Grid({"case": ["desire 4", "stdp 8"], "epochs": [2], "length": [5], "images": [10]}), seeds=1),
)
