"""Checks whether the executions agree; each returns what it compared and whether it was equal."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.analysis.comparison import compare
from neurosim.backends.brian2 import simulate
from neurosim.backends.deployment import Deployment
from neurosim.data import Dataset
from neurosim.network.network import Network
from neurosim.results.recording import Recording
from neurosim.rng import stream
from neurosim.train.desire.brian2_training import train_brian2
from neurosim.train.desire.chain import chain_of
from neurosim.train.desire.dropout import Dropout
from neurosim.train.desire.loop import intensities
from neurosim.train.desire.online import present, train_block
from neurosim.units import FloatArray

TOLERANCE = 1e-9


def brian2_weights(network: Network, dataset: Dataset, samples: int, dropout: Dropout) -> dict[str, Any]:
    """Train on the first `samples` images with the emulator's kernels and with Brian2, from the same weights, and compare."""
    fast, reference = chain_of(network), chain_of(network)
    images = intensities(dataset.train_images[:samples], dataset)
    shown = present(fast, images, dataset.train_labels[:samples], dropout, stream(0, "demo"))
    train_block(fast, shown, fast.eta)
    train_brian2(reference, shown, reference.eta)
    pairs = list(zip(fast.weights, reference.weights, strict=True))
    moved = max(float(np.abs(a - b).max()) for a, b in zip(fast.weights, chain_of(network).weights, strict=True))
    worst = max(float(np.abs(a - b).max()) for a, b in pairs)
    return {"samples": samples, "identical": worst <= TOLERANCE and moved > 0, "worst_difference": worst, "moved": moved}


def brian2_spikes(deployment: Deployment, images: FloatArray, duration: Any) -> dict[str, Any]:
    """Compare every spike of the float emulator with Brian2's run of the same difference equations."""
    ours = deployment.emulate(duration, images=images, arithmetic="float")
    theirs = simulate(deployment.network, duration, images=images, integration="step", progress=False)
    return _spikes(ours, theirs, len(images))


def lava_spikes(deployment: Deployment, images: FloatArray, duration: Any) -> dict[str, Any]:
    """Compare every spike of the fixed-point emulator with Lava's ``fixed_pt`` process graph."""
    ours = deployment.emulate(duration, images=images)
    theirs = deployment.run_lava(duration, images=images, timeout=600)
    return _spikes(ours, theirs, len(images)) | {"seconds": theirs.info.get("seconds")}


def _spikes(ours: Recording, theirs: Recording, samples: int) -> dict[str, Any]:
    return {
        "samples": samples,
        "identical": compare(ours, theirs).identical,
        "spikes": {name: len(spikes) for name, spikes in ours.spikes.items()},
    }
