"""The command ``neurosim train``, which trains a model on a data set."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.output import Json, Output, output
from neurosim.cli.settings import parse_options
from neurosim.cli.train_on_chip import ChipRun, refuse_others, refuse_without_flag, train_chip
from neurosim.cli.train_rates import RateRun
from neurosim.cli.values import Settings, check_outputs, save_picture
from neurosim.errors import ContentError, UsageError, unknown_name
from neurosim.files.atomic import atomic_write

if TYPE_CHECKING:
    from neurosim.train import Dropout
    from neurosim.train.desire.training import Training

REPORT = "report.html"


def train(
    model: Annotated[
        str, typer.Argument(help="Name of a model, a Python file, or a learning algorithm of rates such as pepita.")
    ],
    data: Annotated[str | None, typer.Option(help="Data set: digits (the default), mnist or fashion-mnist.")] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Recipe out of the model's RECIPES. Default: the recipe with the name of the data set.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Number of passes over the training data.")] = None,
    eta_decay: Annotated[
        float | None, typer.Option(help="Decay of the learning rate, which is eta * exp(-eta_decay * e) in epoch e.")
    ] = None,
    dropout_input: Annotated[
        float | None, typer.Option(help="Probability that an input neuron is left out of a sample.")
    ] = None,
    dropout_hidden: Annotated[
        float | None, typer.Option(help="Probability that a hidden neuron is left out of a sample.")
    ] = None,
    shift: Annotated[int | None, typer.Option(min=0, help="Largest random shift of training images, in pixels.")] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Number of images per weight update; 1 is the published rule.")
    ] = None,
    dtype: Annotated[str | None, typer.Option(help="Number format: float32 or float64.")] = None,
    validation: Annotated[
        int, typer.Option(min=0, help="Hold out this number of training images and test on them instead of the test set.")
    ] = 0,
    seed: Annotated[
        int,
        typer.Option(
            help="Seed for the order of images and for dropout; the seed of the weights is an option of the model. For a "
            "learning algorithm of rates: of everything that is random."
        ),
    ] = 0,
    engine: Annotated[str, typer.Option(help="Engine: emulator, or brian2 (slow; serves as the reference).")] = "emulator",
    settings: Settings = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for weights, metrics and, for spiking models, report.html. Default: MODEL-DATA.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue where the run in that folder stopped.")] = False,
    on_chip: Annotated[
        bool,
        typer.Option("--on-chip", help="Learn in the integers of a chip, on its emulator: for models such as desire_chip."),
    ] = False,
    target: Annotated[
        str | None, typer.Option(help="With --on-chip: loihi2 (the default), or your own TOML file.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="With --on-chip: accept a difference by its name, such as weight_transport. May be repeated."),
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw the learning curve into this .png, .svg or .pdf file.")] = None,
    json: Json = False,
) -> None:
    """Train a model with its plasticity rule, or a layered network of rates with a learning algorithm."""
    with output(json) as say, ExitStack() as stack:
        check_outputs(figure=figure)
        from neurosim.rate.catalogue import ALGORITHMS
        from neurosim.rate.refused import REFUSED

        if on_chip:
            not_here: dict[str, Any] = {
                "dropout-input": dropout_input, "dropout-hidden": dropout_hidden, "batch": batch, "dtype": dtype,
                "engine": None if engine == "emulator" else engine,
            }  # fmt: skip
            refuse_others(not_here)
            chip_run = ChipRun(
                model, data, recipe, parse_options(settings or ()), _asked(epochs=epochs, eta_decay=eta_decay, shift=shift),
                target or "loihi2", frozenset(allow or ()), validation, seed, out, resume,
            )  # fmt: skip
            _finish(say, *train_chip(chip_run), figure)
            return
        refuse_without_flag({"target": target, "allow": allow or None})
        if model in ALGORITHMS or model in REFUSED:
            only_spiking = {
                "recipe": recipe, "eta-decay": eta_decay, "dropout-input": dropout_input, "dropout-hidden": dropout_hidden,
                "shift": shift, "engine": None if engine == "emulator" else engine,
            }  # fmt: skip
            _refuse(model, only_spiking)
            asked, options = _asked(epochs=epochs, batch=batch, dtype=dtype), parse_options(settings or ())
            _train_rates(say, RateRun(model, data or "digits", options, asked, validation, seed, out, resume), figure)
            return
        _check_name(model, ALGORITHMS)
        from neurosim.cli.train_folder import training_folder
        from neurosim.data import load_dataset
        from neurosim.models.load import load_model
        from neurosim.train import train as run
        from neurosim.train.desire.loop import CHECKPOINT
        from neurosim.train.recipe import find_recipe

        found = find_recipe(model, data, recipe)
        options = {**found.options, **parse_options(settings or ())}
        asked = _asked(epochs=epochs, eta_decay=eta_decay, shift=shift, batch=batch, dtype=dtype)
        chosen = {**found.training, **asked}
        chosen["dropout"] = _dropout(found.dropout, dropout_input, dropout_hidden)
        network, dataset = load_model(model, **options), load_dataset(found.data)
        folder = Path(f"{network.name}-{recipe or found.data}") if out is None else out
        # Until the report is written.
        stack.enter_context(training_folder(folder / CHECKPOINT, resume))
        training = run(
            network,
            dataset.held_out(validation) if validation else dataset,
            **chosen,
            seed=seed,
            folder=folder,
            resume=resume,
            engine=engine,
            origin={"model": model, "options": options},
        )
        _finish(say, training, folder, figure)


def _asked(**given: Any) -> dict[str, Any]:
    """Options that the user named."""
    return {name: value for name, value in given.items() if value is not None}


def _finish(say: Output, training: Training, folder: Path, figure: Path | None) -> None:
    """Write the report and the figure, and say the accuracy."""
    _write_report(training, folder)
    if figure is not None:
        from neurosim.report.training import curve_figure

        save_picture(curve_figure(training), figure)
    last = training.history[-1]
    say.show(f"Test accuracy {last.test_accuracy:.4f} after {len(training.history)} epochs; weights in {folder}")
    say.result = _summary(training, folder)


def _check_name(model: str, algorithms: Mapping[str, Any]) -> None:
    """Refuse a word that names neither a model nor a learning algorithm; a path is checked when it is read."""
    from neurosim.content.catalogue import list_content

    known = [*list_content("models"), *list_content("trained"), *algorithms]
    if model.isidentifier() and model not in known:
        raise ContentError(unknown_name("model or learning algorithm", model, known))


def _refuse(algorithm: str, given: Mapping[str, Any]) -> None:
    """Refuse options that only spiking models have."""
    for option, value in given.items():
        if value is not None:
            raise UsageError(
                f"--{option} is for spiking models; {algorithm} is a learning algorithm of rates, set its parameters with "
                f"--set name=value ('neurosim rule {algorithm}' lists them)."
            )


def _train_rates(say: Output, run: RateRun, figure: Path | None) -> None:
    from neurosim.cli.train_rates import rate_figure, train_algorithm

    training = train_algorithm(say, run)
    if figure is not None:
        save_picture(rate_figure(training), figure)


def _dropout(found: Dropout, of_input: float | None, of_hidden: float | None) -> Dropout:
    from neurosim.train import Dropout

    return Dropout(found.input if of_input is None else of_input, found.hidden if of_hidden is None else of_hidden)


def _summary(training: Training, folder: Path) -> dict[str, Any]:
    return {
        "network": training.network.name,
        "folder": folder,
        "epochs": len(training.history),
        "test_accuracy": training.history[-1].test_accuracy,
        "history": [asdict(epoch) for epoch in training.history],
        "settings": training.settings,
    }


def _write_report(training: Training, folder: Path) -> None:
    from neurosim.report.training import training_page

    text = training_page(training)
    with atomic_write(folder / REPORT) as partial:
        partial.write_text(text, encoding="utf-8")
