"""Compact files of trained networks: one byte per weight, exactly the integers that a chip stores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.backends.deployment import Deployment, deploy
from neurosim.data import Dataset
from neurosim.network.inputs import ImageInput
from neurosim.network.network import Network
from neurosim.train.desire.chain import chain_of
from neurosim.train.desire.loop import intensities
from neurosim.train.desire.online import strict_hits
from neurosim.train.desire.training import Training
from neurosim.units import as_quantity

_TARGET = "loihi2"
_BLOCK = 500


def pack(training: Training, dataset: Dataset, *, weight_bits: int = 8, clip: float | None = None) -> Training:
    """Round the weights of a training to those that Loihi 2 stores, and test them; the file needs about one byte per weight.

    The initial weights are left out. Deploying the result with the same number of bits causes no further loss. The settings
    get an entry ``packed`` with the bits, the clip, and the strict test accuracy in the integers of the chip.

    Parameters
    ----------
    weight_bits, clip
        Number of bits and clipping of weights, as in `neurosim.backends.deployment.deploy`.

    Raises
    ------
    QuantisationError
        If the weights do not fit in the number range of the chip.
    UnsupportedError
        If the network has convolutions.
    """
    chain_of(training.network).check_dense("A packed file", "Deploy training.network itself, which rounds its weights, too")
    deployment = deploy(training.network, _TARGET, weight_bits=weight_bits, clip=clip)
    units, weights = {}, {}
    for projection in deployment.program.projections:
        units[projection.name] = 2.0**projection.weight_exp / deployment.program.population(projection.post).scale
        weights[projection.name] = np.asarray(projection.stored_weights) * units[projection.name]
    hits = strict_hits(counts_on_chip(deployment, dataset), dataset.test_labels)
    packed: dict[str, Any] = {"weight_bits": weight_bits, "clip": clip, "test_accuracy": float(hits.mean())}
    return replace(
        training,
        network=training.network.with_weights(weights),
        initial={},
        feedback={},
        settings={**training.settings, "packed": packed},
        units=units,
    )


def counts_on_chip(deployment: Deployment, dataset: Dataset, arithmetic: str = "fixed") -> NDArray[np.int64]:
    """Output spike counts (samples, classes) for each test image, on the emulator.

    Parameters
    ----------
    arithmetic : str
        "fixed" or "float", as in `Deployment.emulate`.
    """
    network = deployment.network
    duration = duration_of_image(network)
    images = np.array_split(dataset.test_images, -(-len(dataset.test_images) // _BLOCK))
    runs = (deployment.emulate(duration, images=intensities(b, dataset), arithmetic=arithmetic) for b in images)
    return np.concatenate([run.counts(network.populations[-1].name) for run in runs])


def duration_of_image(network: Network) -> Any:
    """Duration for which `network` is shown an image: one step more than the encoded image, so that the last spikes arrive."""
    shown = next(p.model for p in network.populations if isinstance(p.model, ImageInput))
    return as_quantity((shown.encoder.steps + 1) * network.step_seconds, "second")
