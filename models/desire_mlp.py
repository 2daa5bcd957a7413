"""Spiking multilayer perceptron trained by desire backpropagation.

Paper: Gerlinghoff, Luo, Goh, Wong (2023), "Desire backpropagation: A lightweight training algorithm for multi-layer spiking
neural networks based on spike-timing-dependent plasticity", doi:10.1016/j.neucom.2023.126773.
Expected: with the recipes of this file, an accuracy of about 0.95 on scikit-learn's digits with 64-200-10, 0.987 on MNIST with
784-1600-800-10 (paper: 0.984) and 0.880 on Fashion-MNIST with 784-1000-100-10 (paper: 0.876).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neurosim import AllToAll, ImageInput, Network, Normal, Population, Projection, RateCoding, SoftResetLIF, per_step
from neurosim.plasticity import DesireSignal, desire
from neurosim.plasticity.feedback import named_feedback
from neurosim.train import Dropout, Recipe

MNIST = {"sizes": (784, 1600, 800, 10), "eta": 1e-4, "ceiling": 12}
FASHION = {"sizes": (784, 1000, 100, 10), "eta": 5e-5, "ceiling": 12}
RECIPES = {
    "digits": Recipe("digits"),
    "mnist": Recipe(
        "mnist", MNIST, epochs=150, eta_decay=0.03, dropout=Dropout(hidden=0.15), shift=1, batch=8, dtype="float32"
    ),
    "mnist-quick": Recipe(
        "mnist", MNIST, epochs=5, eta_decay=0.6, dropout=Dropout(hidden=0.1), shift=1, batch=8, dtype="float32"
    ),
    "mnist-paper": Recipe(
        "mnist", {"sizes": (784, 1600, 800, 10), "eta": 1e-5}, epochs=150, eta_decay=0.04, dtype="float32"
    ),
    "fashion-mnist": Recipe(
        "fashion-mnist", FASHION, epochs=50, eta_decay=0.07, dropout=Dropout(hidden=0.1), batch=8, dtype="float32"
    ),
    "fashion-mnist-quick": Recipe(
        "fashion-mnist", FASHION, epochs=5, eta_decay=0.5, dropout=Dropout(hidden=0.1), batch=8, dtype="float32"
    ),
    "fashion-mnist-paper": Recipe(
        "fashion-mnist",
        {"sizes": (784, 1000, 100, 10), "eta": 1e-5},
        epochs=600,
        eta_decay=0.04,
        dropout=Dropout(0.05, 0.4),
        dtype="float32",
    ),
}


def build(
    sizes: Sequence[int] = (64, 200, 10),
    steps: int = 20,
    eta: float = 1e-4,
    feedback: str = "tied",
    floor: float = 0.0,
    ceiling: int | None = None,
    bounds: tuple[float, float] | None = None,
    seed: int = 0,
) -> Network:
    """Build layers of `sizes` neurons for samples of `steps` steps; initial weights are Kaiming normal, N(0, 2 / n_pre).

    `feedback` is one of `neurosim.plasticity.feedback.FEEDBACKS`, whose random numbers are drawn from `seed`. `floor`,
    `ceiling` and `bounds` are those of `desire` and `DesireSignal`. The published network has tied feedback and none of the
    other options.
    """
    names = ["image", *(f"hidden{i}" for i in range(1, len(sizes) - 1)), "output"]
    neuron = SoftResetLIF(tau_m=per_step(0.75), v_th=1.0)
    down = named_feedback(feedback)
    if hasattr(down, "seed"):
        down = replace(down, seed=seed)
    signal = DesireSignal(steps=steps, ceiling=ceiling, feedback=down)
    rule = desire(eta=eta, decay=0.75, signal=signal, floor=floor, bounds=bounds)
    layers = [Population(name, n, neuron) for name, n in zip(names[1:], sizes[1:], strict=True)]
    return Network(
        name="desire_mlp",
        populations=[Population("image", sizes[0], ImageInput(RateCoding(steps))), *layers],
        projections=[
            Projection(pre, post, AllToAll(Normal(0.0, np.sqrt(2 / n))), plasticity=rule)
            for pre, post, n in zip(names, names[1:], sizes, strict=False)
        ],
        seed=seed,
    )
