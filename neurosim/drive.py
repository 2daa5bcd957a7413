"""What enters a network in a run: every input as spikes on the step grid, the same for all executions."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.errors import NetworkError
from neurosim.grid import steps_of
from neurosim.inputs import ImageInput, Input, LabelInput, Raster, check_images, check_labels
from neurosim.memory import check_memory
from neurosim.network import Network, Population
from neurosim.rng import stream
from neurosim.units import si


def count_steps(network: Network, duration: Any) -> int:
    """Steps in `duration` (a time), rounded to the nearest; the warning `RoundedTime` tells where that changes it.

    Raises
    ------
    NetworkError
        If that is less than one step, or more than recordings count.
    """
    return steps_of(si(duration, "second", "duration"), network.step_seconds, duration)


def input_rasters(network: Network, steps: int, images: Any = None, labels: Any = None) -> dict[str, Raster]:
    """Spikes of every input population, each of shape (samples, steps, n).

    Parameters
    ----------
    images : array (samples, n), optional
        Intensities 0..1 for the network's image input; their number sets the number of samples (else 1).
    labels : array (samples,), optional
        Classes for the network's label input, which stays silent without them.

    Raises
    ------
    NetworkError
        If images are missing, or if images or labels are of the wrong shape or range, or given to a network without such an
        input.
    """
    sources = [p for p in network.populations if isinstance(p.model, Input)]
    shown = [p for p in sources if isinstance(p.model, ImageInput)]
    if images is not None and not shown:
        raise NetworkError(f"Network {network.name!r} has no ImageInput; leave out images.")
    if labels is not None and not any(isinstance(p.model, LabelInput) for p in sources):
        raise NetworkError(f"Network {network.name!r} has no LabelInput; leave out labels.")
    if images is not None:
        images = check_images(images, shown[0].n, f"Population {shown[0].name!r}")
    samples = 1 if images is None else len(images)
    for source in sources:
        who = f"Spikes of {source.name!r} ({samples} samples, {steps} steps, {source.n} neurons)"
        check_memory(samples * steps * source.n, who, "Run a shorter time, or fewer samples, and go on from what was learned.")
    return {p.name: _raster(network, p, steps, samples, images, labels) for p in sources}


def _raster(network: Network, source: Population, steps: int, samples: int, images: Any, labels: Any) -> Raster:
    model = source.model
    if isinstance(model, LabelInput) and labels is not None:
        classes = check_labels(labels, source.n, samples, f"Population {source.name!r}")
        out = np.zeros((samples, steps, source.n), np.uint8)
        if model.step < steps:
            out[np.arange(samples), model.step, classes] = 1
        return out
    if isinstance(model, ImageInput) and images is not None:
        intensity = check_images(images, source.n, f"Population {source.name!r}")
        coded = model.encoder.encode(intensity, stream(network.seed, "input", source.name))[:steps]
        return np.pad(np.swapaxes(coded, 0, 1), ((0, 0), (0, steps - len(coded)), (0, 0)))
    if isinstance(model, ImageInput):
        raise NetworkError(
            f"Population {source.name!r} is shown images: pass images=... (n_samples, {source.n}), intensities from 0 to 1."
        )
    assert isinstance(model, Input)
    runs = [
        model.raster(source.n, steps, network.step_seconds, stream(network.seed, "input", source.name, k))
        for k in range(samples)
    ]
    return runs[0][None] if samples == 1 else np.stack(runs)
