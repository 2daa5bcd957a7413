"""Spiking multilayer perceptron that learns by desire backpropagation on the chip itself, sample by sample.

Paper: Gerlinghoff, Luo, Goh, Wong (2023), "Desire backpropagation: A lightweight training algorithm for multi-layer spiking
neural networks based on spike-timing-dependent plasticity", doi:10.1016/j.neucom.2023.126773.

Deviations: weights have 8 bits and are limited to `bound`; presynaptic traces are not set to zero between samples, but decay
for `period` - 20 steps; there is no dropout. The feedback is a separate projection: `feedback="tied"` uses the transposed
forward weights at all times (weight transport, which no chip supports: deploy with allow={"weight_transport"}), "initial"
keeps the transposed initial weights, and "random" uses fixed random weights. With "random", nothing is transported, and the
network is deployed without any exception; it needs a `ceiling` and a small `floor`, as in the recipes. Without a ceiling,
hidden activity may grow without limit.

Expected: with the recipes, an accuracy of about 0.96 on scikit-learn's digits in the chip's integers, and of about 0.97 on
MNIST with 784-400-10 (`neurosim study run desire_on_chip`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neurosim import (
    DesireLIF,
    ImageInput,
    LabelInput,
    Network,
    OneToOne,
    Population,
    Projection,
    RateCoding,
    Transposed,
    per_step,
)
from neurosim.errors import NetworkError, unknown_name
from neurosim.plasticity import DesireSignal, desire_carried
from neurosim.rng import stream
from neurosim.train import Dropout, Recipe
from neurosim.units import FloatArray

LSB = 1 / 64
"""Weight step on the chip, where the bound becomes 255; the threshold is 1."""
UNIT = 6 / 32 * LSB
"""Learning rate for a tag constant of 1 on the chip, where an arrival adds 6 to a trace and a tag counts 1/32 of a step."""
_FREE = {"feedback": "random", "ceiling": 16, "bound": 255 / 128}
RECIPES = {
    "digits": Recipe("digits", {**_FREE, "floor": 0.5}, epochs=20, eta_decay=0.07, dropout=Dropout()),
    "mnist": Recipe(
        "mnist",
        {"sizes": (784, 400, 10), **_FREE, "floor": 0.25, "bound": 255 / 256, "output_eta": 8 / 128 * UNIT},
        epochs=6,
        eta_decay=0.45,
        dropout=Dropout(),
        shift=1,
    ),
}
FEEDBACKS = ("tied", "initial", "random")


def build(
    sizes: Sequence[int] = (64, 200, 10),
    steps: int = 20,
    period: int = 36,
    eta: float = 4 / 128 * UNIT,
    output_eta: float = 16 / 128 * UNIT,
    feedback: str = "tied",
    bound: float = 255 * LSB,
    x_peak: float = 127 / 8,
    aux_peak: float = 42.5,
    output_threshold: float = 0.30,
    hidden_threshold: float = 0.05,
    margin: int = 4,
    floor: float = 0.0,
    ceiling: int | None = None,
    seed: int = 0,
) -> Network:
    """Build layers of `sizes` neurons; `output_eta` is the learning rate of the last layer. Weights start as Kaiming normal."""
    if feedback not in FEEDBACKS:
        raise NetworkError("desire_chip: " + unknown_name("feedback", feedback, FEEDBACKS))
    layers = len(sizes) - 1
    names = ["image", *(f"hidden{i}" for i in range(1, layers)), "output"]
    signal = DesireSignal(steps, margin, output_threshold, hidden_threshold, ceiling)
    weights = [_start(a, b, bound, seed, name) for a, b, name in zip(sizes, sizes[1:], names[1:], strict=False)]
    etas = [eta] * (layers - 1) + [output_eta]
    common = {"signal": signal, "floor": floor, "bounds": (-bound, bound), "x_peak": x_peak, "aux_peak": aux_peak}
    rules = [desire_carried(e, **common) for e in etas]
    neurons = [
        DesireLIF(tau_m=per_step(0.75), signal=signal, layers=layers, above=above, period=period)
        for above in reversed(range(layers))
    ]
    forward = [
        Projection(pre, post, w, plasticity=rule)
        for pre, post, w, rule in zip(names, names[1:], weights, rules, strict=False)
    ]
    back = [
        Projection(
            post, pre, _backwards(feedback, f"{pre}_{post}", w, seed), channel="desire", receptor="feedback", graded=True
        )
        for pre, post, w in zip(names[1:], names[2:], weights[1:], strict=False)
    ]
    return Network(
        name="desire_chip",
        populations=[
            Population("image", sizes[0], ImageInput(RateCoding(steps))),
            *(Population(name, n, neuron) for name, n, neuron in zip(names[1:], sizes[1:], neurons, strict=True)),
            Population("label", sizes[-1], LabelInput()),
        ],
        projections=[*forward, Projection("label", "output", OneToOne(1), receptor="label"), *back],
        seed=seed,
    )


def _start(n_pre: int, n_post: int, bound: float, seed: int, name: str) -> FloatArray:
    drawn = stream(seed, "weights", name).normal(0.0, np.sqrt(2 / n_pre), (n_pre, n_post))
    return np.clip(drawn, -bound, bound)


def _backwards(feedback: str, forward: str, weights: FloatArray, seed: int) -> Any:
    if feedback == "tied":
        return Transposed(forward)
    if feedback == "initial":
        return weights.T
    return stream(seed, "feedback", forward).normal(0.0, weights.std(), weights.T.shape)
