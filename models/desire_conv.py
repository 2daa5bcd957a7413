"""Spiking convolutional network trained by desire backpropagation.

Paper: Gerlinghoff, Luo, Goh, Wong (2023), "Desire backpropagation: A lightweight training algorithm for multi-layer spiking
neural networks based on spike-timing-dependent plasticity", doi:10.1016/j.neucom.2023.126773. It has dense layers only; the
authors' program has layers of 5 x 5 kernels as well, for which no accuracy is published.
Expected: with the recipes of this file, an accuracy of about 0.978 on scikit-learn's digits (`desire_mlp`: 0.970); on MNIST
0.964 of held-out images after two epochs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from neurosim import (
    AllToAll,
    Convolution,
    ImageInput,
    Network,
    Normal,
    Population,
    Projection,
    RateCoding,
    SoftResetLIF,
    per_step,
)
from neurosim.plasticity import DesireSignal, desire
from neurosim.plasticity.feedback import named_feedback
from neurosim.rng import stream
from neurosim.train import Dropout, Recipe

KERNELS = {"channels": (32,), "eta_kernel": 2e-3, "floor": 0.02, "ceiling": 12}
RECIPES = {
    "digits": Recipe("digits", KERNELS, epochs=30, dropout=Dropout()),
    "mnist": Recipe(
        "mnist",
        {"image": (28, 28), "channels": (32, 64), "stride": 2, "eta": 1e-3, "eta_kernel": 2e-3, "floor": 0.02, "ceiling": 12},
        epochs=12,
        eta_decay=0.25,
        dropout=Dropout(),
        shift=1,
        batch=8,
        dtype="float32",
    ),
}


def build(
    image: Sequence[int] = (8, 8),
    channels: Sequence[int] = (16,),
    kernel: int = 5,
    stride: int = 1,
    sizes: Sequence[int] = (10,),
    steps: int = 20,
    eta: float = 5e-4,
    eta_kernel: float = 1e-3,
    feedback: str = "tied",
    floor: float = 0.0,
    ceiling: int | None = None,
    threshold: float = 0.05,
    bounds: tuple[float, float] | None = None,
    seed: int = 0,
) -> Network:
    """Build layers of `channels` with kernels of `kernel` x `kernel` pixels, then dense layers of `sizes` neurons.

    `stride` is that of all kernels. Initial weights are Kaiming normal, N(0, 2 / inputs of a neuron). `eta_kernel` is the
    learning rate of the kernels, whose change is the mean over all places, and `eta` that of the dense layers. `threshold` is
    the desire from which on a hidden neuron changes. The other options are those of `desire_mlp`.
    """
    down = named_feedback(feedback)
    if hasattr(down, "seed"):
        down = replace(down, seed=seed)
    signal = DesireSignal(steps=steps, ceiling=ceiling, hidden_threshold=threshold, feedback=down)
    learning = partial(desire, decay=0.75, signal=signal, floor=floor, bounds=bounds)
    neuron = SoftResetLIF(tau_m=per_step(0.75), v_th=1.0)
    populations = [Population("image", image[0] * image[1], ImageInput(RateCoding(steps)))]
    projections = []
    shape, below = (image[0], image[1]), 1
    for k, count in enumerate(channels, 1):
        weights = stream(seed, "kernel", k).normal(0.0, np.sqrt(2 / (below * kernel**2)), (count, below, kernel, kernel))
        pattern = Convolution(weights, shape=shape, stride=stride)
        shape, below = ((shape[0] - kernel) // stride + 1, (shape[1] - kernel) // stride + 1), count
        rule = learning(eta=eta_kernel / (shape[0] * shape[1]))
        projections.append(Projection(populations[-1].name, f"conv{k}", pattern, plasticity=rule))
        populations.append(Population(f"conv{k}", count * shape[0] * shape[1], neuron))
    for name, n in zip([*(f"hidden{k}" for k in range(1, len(sizes))), "output"], sizes, strict=True):
        pre = populations[-1]
        pattern = AllToAll(Normal(0.0, np.sqrt(2 / pre.n)))
        projections.append(Projection(pre.name, name, pattern, plasticity=learning(eta=eta)))
        populations.append(Population(name, n, neuron))
    return Network(name="desire_conv", populations=populations, projections=projections, seed=seed)
