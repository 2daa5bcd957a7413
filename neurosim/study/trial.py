"""Argument of a study's trial function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.display.short import Short
from neurosim.rng import stream

if TYPE_CHECKING:
    from neurosim.data import Dataset


@dataclass(frozen=True)
class Trial(Short):
    """One point of the parameter space with one seed.

    Attributes
    ----------
    parameters : mapping
        Parameter -> value.
    seed : int
        Seed of all random numbers of the trial.
    place : Path
        Path of `folder`; the folder becomes part of the results only if the trial succeeds.
    data : mapping
        Checksums of the data sets that the trial has used; `dataset` fills it.
    """

    parameters: Mapping[str, Any]
    seed: int
    place: Path
    data: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def rng(self, *names: str | int) -> np.random.Generator:
        """Independent stream of random numbers for the part of the trial called `names`.

        It depends only on the seed and the names. Trials that differ only in their parameters therefore get the same random
        numbers, which makes tests paired by seed more powerful.

        Parameters
        ----------
        names : str or int
            What the numbers are for, such as "input".
        """
        return stream(self.seed, "trial", *names)

    @property
    def folder(self) -> Path:
        """Folder for files that the trial keeps (recordings, figures); created on first use."""
        self.place.mkdir(parents=True, exist_ok=True)
        return self.place

    def dataset(self, name: str) -> Dataset:
        """Load a data set by name; its checksums are stored with the result.

        Parameters
        ----------
        name : str
            Name of the data set, such as "digits".
        """
        from neurosim.data import load_dataset

        dataset = load_dataset(name)
        self.data[name] = dict(dataset.checksums)
        return dataset
