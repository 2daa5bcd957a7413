"""Training a network on a data set by its plasticity rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neurosim.train.dropout import Dropout
from neurosim.train.recipe import Recipe

if TYPE_CHECKING:
    from neurosim.data import Dataset
    from neurosim.network import Network
    from neurosim.train.training import Training


def train(network: Network, dataset: Dataset, **settings: Any) -> Training:
    """Train `network` on `dataset`; see `neurosim.train.loop.train` for the settings."""
    from neurosim.train.loop import train as run

    return run(network, dataset, **settings)


__all__ = ["Dropout", "Recipe", "train"]
