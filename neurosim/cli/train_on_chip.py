"""Training in the integers of a chip from the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.errors import UsageError

if TYPE_CHECKING:
    from neurosim.train.desire.training import Training


@dataclass(frozen=True)
class ChipRun:
    """What the user asked for.

    Attributes
    ----------
    model : str
        Name of the model, or a Python file.
    data, recipe : str, optional
        Names of the data set and of a recipe of the model.
    options : mapping
        Options of the model that replace those of the recipe.
    chosen : mapping
        Arguments of `train_on_chip` that replace those of the recipe.
    target : str
        Chip.
    allow : frozenset
        Exceptions that the user accepts.
    validation, seed : int
        Number of training images to test on instead of the test set, and the seed of the order.
    folder : Path, optional
        Folder of the training.
    resume : bool
        Whether to continue a training in that folder.
    """

    model: str
    data: str | None
    recipe: str | None
    options: Mapping[str, Any]
    chosen: Mapping[str, Any]
    target: str
    allow: frozenset[str]
    validation: int
    seed: int
    folder: Path | None
    resume: bool


def refuse_others(given: Mapping[str, Any]) -> None:
    """Refuse options that training on a chip does not have."""
    for option, value in given.items():
        if value is not None:
            raise UsageError(
                f"--{option} is not for --on-chip, where the network is shown one image after the other in the integers of the "
                "chip, and all of its neurons take part; leave it out."
            )


def refuse_without_flag(given: Mapping[str, Any]) -> None:
    """Refuse options that only training on a chip has."""
    for option, value in given.items():
        if value is not None:
            raise UsageError(f"--{option} is for training on a chip; add --on-chip, or leave it out.")


def train_chip(run: ChipRun) -> tuple[Training, Path]:
    """Train, and return the training with its folder."""
    from neurosim.cli.train_folder import training_folder
    from neurosim.data import load_dataset
    from neurosim.models.load import load_model
    from neurosim.train.in_run.checkpoint import CHECKPOINT
    from neurosim.train.in_run.on_chip import train_on_chip
    from neurosim.train.recipe import find_recipe

    found = find_recipe(run.model, run.data, run.recipe)
    options = {**found.options, **run.options}
    chosen = {"epochs": found.epochs, "eta_decay": found.eta_decay, "shift": found.shift, **run.chosen}
    network, dataset = load_model(run.model, **options), load_dataset(found.data)
    folder = run.folder or Path(f"{network.name}-{run.recipe or found.data}")
    with training_folder(folder / CHECKPOINT, run.resume):
        return train_on_chip(
            network,
            dataset.held_out(run.validation) if run.validation else dataset,
            **chosen,
            target=run.target,
            allow=run.allow,
            seed=run.seed,
            folder=folder,
            origin={"model": run.model, "options": options},
        ), folder
