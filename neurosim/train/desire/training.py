"""What training gives back, and its file: one HDF5 that opens without neurosim and can be resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.data import Dataset, load_dataset
from neurosim.errors import DataError
from neurosim.models.epoch import Epoch
from neurosim.models.trained import trained_network
from neurosim.models.training_file import described, save
from neurosim.network.network import Network
from neurosim.units import FloatArray

__all__ = ["Epoch", "Training", "described"]


@dataclass(frozen=True)
class Training:
    """A trained network with the way there.

    Attributes
    ----------
    network : Network
        With the trained weights.
    initial : mapping
        Projection -> weights before training; none where it was packed.
    history : tuple of Epoch
        One entry an epoch.
    settings : mapping
        Everything that decides the result: seeds, rates, dropout, engine, data checksums.
    part : mapping
        Of an epoch that was interrupted: "images" shown, and the "hits" among them.
    feedback : mapping
        Projection -> feedback (n_pre, n_post), where it is not the weights themselves.
    units : mapping
        Projection -> what all its weights are whole multiples of, up to 255; see `neurosim.train.desire.pack`.
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
        """Projection -> trained weights (n_pre, n_post)."""
        return {p.name: np.asarray(self.network.weights(p)) for p in self.network.projections}

    def dataset(self) -> Dataset:
        """The data that it was trained on, as the settings name them."""
        if not self.settings.get("data"):
            raise DataError(f"Training of {self.network.name!r}: its settings name no data; pass the data set yourself.")
        whole, held = load_dataset(self.settings["data"]), self.settings.get("held_out")
        return whole.held_out(**held) if held else whole

    def save(self, path: str | Path) -> None:
        """Write the file; it is whole or not there. See `neurosim.models.training_file`."""
        kinds = ("settings", "history", "part", "weights", "initial", "feedback", "units")
        save(path, self.network.name, {name: getattr(self, name) for name in kinds})

    @classmethod
    def load(cls, path: str | Path, network: Network | None = None, *, trust: bool = False) -> Training:
        """Read what `save` wrote.

        Parameters
        ----------
        network : Network, optional
            The untrained description; if left out it is built again from the model that the settings name.
        trust : bool
            Whether a Python file that the settings name is run, though it is not known to be one that you trained.

        Raises
        ------
        DataError
            If the file is missing, damaged, no training, does not fit the network, or names code that is not run unasked.
        """
        base, found = trained_network(path, network, trust=trust)
        return cls(network=base, **found)
