"""What a study's function is given for one trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.rng import stream

if TYPE_CHECKING:
    from neurosim.data import Dataset


@dataclass(frozen=True)
class Trial:
    """One point of the parameter space under one seed.

    Attributes
    ----------
    parameters : mapping
        Parameter -> value.
    seed : int
        Root of all random numbers of the trial.
    place : Path
        Where `folder` will be; it becomes part of the results only if the trial ends well.
    data : mapping
        Checksums of the data sets that the trial has used; `dataset` fills it.
    """

    parameters: Mapping[str, Any]
    seed: int
    place: Path
    data: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def rng(self, *names: str | int) -> np.random.Generator:
        """Independent stream of the part called `names`.

        It depends on the seed and the names alone: trials that differ in parameters only see the same random numbers,
        which is what makes tests paired by seed strong.
        """
        return stream(self.seed, "trial", *names)

    @property
    def folder(self) -> Path:
        """Folder for what the trial wants to keep (recordings, figures); made on first use."""
        self.place.mkdir(parents=True, exist_ok=True)
        return self.place

    def dataset(self, name: str) -> Dataset:
        """A data set by name; its checksums are stored with the result."""
        from neurosim.data import load_dataset

        dataset = load_dataset(name)
        self.data[name] = dict(dataset.checksums)
        return dataset
