"""Small networks whose neurons compute their desire, for tests of every execution."""

from __future__ import annotations

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
from neurosim.plasticity import DesireSignal, desire
from neurosim.program.inputs import input_rasters

PERIOD = 36
ALLOW = {"weight_transport"}


def desire_network(sizes=(12, 9, 7, 4), rule=None, weights=None, feedback=None, signal=None, period=PERIOD, seed=0):
    """A chain with tied feedback, or with `feedback(forward weights)`."""
    rng, layers = np.random.default_rng(seed), len(sizes) - 1
    signal = signal or DesireSignal()
    names = ["image", *(f"hidden{i}" for i in range(1, layers)), "output"]
    weights = weights or [rng.normal(0, np.sqrt(2 / a), (a, b)) for a, b in zip(sizes, sizes[1:], strict=False)]
    rule = rule or desire(eta=1e-3, signal=signal)
    common = {"tau_m": per_step(0.75), "signal": signal, "layers": layers, "period": period}
    cells = [DesireLIF(above=above, **common) for above in reversed(range(layers))]
    forward = [Projection(a, b, w, plasticity=rule) for a, b, w in zip(names, names[1:], weights, strict=False)]
    down = [Transposed(p.name) if feedback is None else feedback(w) for p, w in zip(forward, weights, strict=True)]
    back = [
        Projection(p.post, p.pre, w, channel="desire", receptor="feedback", graded=True)
        for p, w in zip(forward[1:], down[1:], strict=True)
    ]
    return Network(
        "desire",
        populations=[
            Population("image", sizes[0], ImageInput(RateCoding(signal.steps))),
            *(Population(name, n, cell) for name, n, cell in zip(names[1:], sizes[1:], cells, strict=True)),
            Population("label", sizes[-1], LabelInput()),
        ],
        projections=[*forward, Projection("label", "output", OneToOne(1), receptor="label"), *back],
    )


def samples(network, count, seed=1):
    """Images and labels."""
    rng, pixels, classes = np.random.default_rng(seed), network.population("image").n, network.population("output").n
    return rng.random((count, pixels), np.float32), rng.integers(0, classes, count)


def in_one_run(network, images, labels, period=PERIOD):
    """Inputs of one long sample."""
    rasters = input_rasters(network, period, images, labels)
    return {name: raster.reshape(1, -1, raster.shape[2]) for name, raster in rasters.items()}
