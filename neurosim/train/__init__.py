"""Training a network on a data set by its plasticity rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neurosim.train.desire.dropout import Dropout
from neurosim.train.recipe import Recipe

if TYPE_CHECKING:
    from neurosim.data import Dataset
    from neurosim.network.network import Network
    from neurosim.train.desire.training import Training


def train(network: Network, dataset: Dataset, **settings: Any) -> Training:
    """Train `network` on `dataset`; see `neurosim.train.desire.loop.train` for the settings.

    Parameters
    ----------
    network : Network
        The network to train: a chain of layers from an image input to the output.
    dataset : Dataset
        Images and labels.
    settings : keyword arguments
        Settings of the training, such as ``epochs`` and ``batch``.
    """
    from neurosim.train.desire.loop import train as run

    return run(network, dataset, **settings)


__all__ = ["Dropout", "Recipe", "train"]
