"""Training a learning algorithm of rates from the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.checks.described import check_call
from neurosim.cli.output import Output
from neurosim.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosim.rate.checkpoint import RateTraining


@dataclass(frozen=True)
class RateRun:
    """What the user asked for.

    Attributes
    ----------
    name : str
        Name of the algorithm.
    data : str
        Name of the data set.
    options : mapping
        Options of the algorithm.
    chosen : mapping
        Arguments of `train_rates` that replace those of the recipe.
    validation, seed : int
        Number of training images to test on instead of the test set, and the seed of the network.
    folder : Path, optional
        Folder of the training.
    resume : bool
        Whether to continue a training in that folder.
    """

    name: str
    data: str
    options: Mapping[str, Any]
    chosen: Mapping[str, Any]
    validation: int
    seed: int
    folder: Path | None
    resume: bool


def train_algorithm(say: Output, run: RateRun) -> RateTraining:
    """Train, say the accuracy, and return the training."""
    from neurosim.cli.train_folder import training_folder
    from neurosim.data import load_dataset
    from neurosim.rate import train_rates
    from neurosim.rate.catalogue import algorithm_entry
    from neurosim.rate.checkpoint import CHECKPOINT

    entry = algorithm_entry(run.name)
    recipe = entry.recipe(run.data)
    options = {**recipe.options, **run.options}
    check_call(entry.make, (), options, UsageError)
    dataset = load_dataset(run.data)
    folder = run.folder or Path(f"{run.name}-{run.data}")
    settings = {"epochs": recipe.epochs, "batch": recipe.batch, "optimiser": recipe.optimiser, **run.chosen}
    with training_folder(folder / CHECKPOINT, run.resume):
        training = train_rates(
            recipe.network(dataset, run.seed),
            entry.make(**options),
            dataset.held_out(run.validation) if run.validation else dataset,
            folder=folder,
            resume=run.resume,
            **settings,
        )
    last = training.history[-1]
    say.show(f"Test accuracy {last.test_accuracy:.4f} after {len(training.history)} epochs; weights in {folder}")
    say.result = {
        "algorithm": run.name,
        "folder": folder,
        "epochs": len(training.history),
        "test_accuracy": last.test_accuracy,
        "history": [asdict(epoch) for epoch in training.history],
        "settings": training.settings,
    }
    return training


def rate_figure(training: RateTraining) -> Figure:
    """Figure of the accuracy over epochs, and of the angles to the exact gradient if the algorithm descends it."""
    from matplotlib.figure import Figure

    from neurosim.analysis.plots import learning_curve

    history = training.history
    angles = list(zip(*(e.angles for e in history), strict=True))
    figure = Figure(figsize=(9 if angles else 6, 4), layout="constrained")
    axes = figure.subplots(1, 2 if angles else 1, squeeze=False)[0]
    curves = {"test": [[100 * e.test_accuracy for e in history]]}
    if all(e.train_error is not None for e in history):
        curves = {"training": [[100 * (1 - (e.train_error or 0.0)) for e in history]], **curves}
    learning_curve(axes[0], curves)
    for layer, values in enumerate(angles, 1):
        axes[1].plot(range(1, len(values) + 1), values, marker="o", ms=3, label=f"layer {layer}")
    if angles:
        axes[1].set(xlabel="epoch", ylabel="angle to the exact gradient (degrees)", ylim=(0, None))
        axes[1].legend(frameon=False)
        axes[1].spines[["top", "right"]].set_visible(False)
    return figure
