"""The result of a training and its file: one HDF5 file that opens without neurosim and from which training can resume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.data import Dataset, load_dataset
from neurosim.display.short import Short
from neurosim.errors import DataError
from neurosim.models.epoch import Epoch
from neurosim.models.trained import trained_network
from neurosim.models.training_file import described, save
from neurosim.network.network import Network
from neurosim.units import FloatArray

__all__ = ["Epoch", "Training", "described"]


@dataclass(frozen=True)
class Training(Short):
    """A trained network with its initial weights, settings and learning history.

    Attributes
    ----------
    network : Network
        Network with the trained weights.
    initial : mapping
        Projection -> weights before training; empty if the training was packed.
    history : tuple of Epoch
        One entry per epoch.
    settings : mapping
        Everything that determines the result: seeds, rates, dropout, engine, checksums of the data.
    part : mapping
        Progress within an interrupted epoch: the number of "images" shown, and the number of "hits" among them.
    feedback : mapping
        Projection -> feedback (n_pre, n_post), without projections whose feedback is the weights themselves.
    units : mapping
        Projection -> unit of its weights: each weight is an integer, up to 255, times this unit. Only in packed trainings; see
        `neurosim.train.desire.pack`.
    """

    network: Network
    initial: Mapping[str, FloatArray]
    history: tuple[Epoch, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    part: Mapping[str, int] = field(default_factory=dict)
    feedback: Mapping[str, FloatArray] = field(default_factory=dict)
    units: Mapping[str, float] = field(default_factory=dict)

    @property
    def weights(self) -> dict[str, FloatArray]:
        """Projection that learns -> trained weights (n_pre, n_post), or the kernel of a convolution."""
        learning = (p for p in self.network.projections if p.plasticity is not None)
        return {p.name: np.asarray(self.network.own_weights(p)) for p in learning}

    def dataset(self) -> Dataset:
        """Load the data set on which the network was trained; the settings contain its name."""
        if not self.settings.get("data"):
            raise DataError(f"Training of {self.network.name!r}: its settings name no data set; pass the data set yourself.")
        whole, held = load_dataset(self.settings["data"]), self.settings.get("held_out")
        return whole.held_out(**held) if held else whole

    def save(self, path: str | Path) -> None:
        """Write the file, complete or not at all. See `neurosim.models.training_file` for the format."""
        kinds = ("settings", "history", "part", "weights", "initial", "feedback", "units")
        si = {p.name: self.network.weight_unit(p) for p in self.network.projections}
        save(path, self.network.name, {"si": si, **{name: getattr(self, name) for name in kinds}})

    @classmethod
    def load(cls, path: str | Path, network: Network | None = None, *, trust: bool = False) -> Training:
        """Read a file that `save` wrote.

        Parameters
        ----------
        network : Network, optional
            The untrained network. If left out, it is built again from the model named in the settings.
        trust : bool
            Run a Python file named in the settings even if you are not known to have trained with it.

        Raises
        ------
        DataError
            If the file is missing, damaged or not a training, does not match the network, or names Python code that is not run
            without `trust`.
        """
        base, found = trained_network(path, network, trust=trust)
        return cls(network=base, **found)
