"""Desire backpropagation learns digits.

Two networks with different seeds are trained for fifteen epochs on scikit-learn's 8x8 digits. Each trained network is then
deployed to a chip with 8 to 2 bits per weight. Left: the learning curves. Right: the accuracy on the chip. `make demo` runs the
whole workflow, and also checks the network in Brian2 and Lava.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from neurosim import deploy
from neurosim.analysis.plots import learning_curve
from neurosim.data import load_dataset
from neurosim.models import load_model
from neurosim.train import train
from neurosim.train.desire.loop import intensities
from neurosim.train.desire.online import strict_hits
from neurosim.units import ms

BITS = (8, 7, 6, 5, 4, 3, 2)


def figure() -> Figure:
    """Learning curves, and the accuracy for each number of bits."""
    digits = load_dataset("digits")
    images = intensities(digits.test_images, digits)
    made = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = made.subplots(1, 2)
    trainings = [train(load_model("desire_mlp", seed=s), digits, epochs=15, seed=s, progress=False) for s in (0, 1)]
    learning_curve(left, {"test set": [[100 * e.test_accuracy for e in t.history] for t in trainings]})
    for seed, training in enumerate(trainings):
        accuracy = []
        for bits in BITS:
            counts = deploy(training.network, weight_bits=bits).emulate(21 * ms, images=images).counts("output")
            accuracy.append(100 * strict_hits(counts, digits.test_labels).mean())
        right.plot(BITS, accuracy, "o-", label=f"seed {seed}")
        assert accuracy[0] > 90 > accuracy[-1]
    right.set(xlabel="bits per weight", ylabel="test accuracy on the chip (%)")
    right.invert_xaxis()
    right.legend(frameon=False)
    return made
