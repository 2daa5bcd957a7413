"""Conversion of arguments of the command line: durations, networks, images and figures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.settings import parse_options
from neurosim.errors import DataError, UnitError, UsageError
from neurosim.files.atomic import atomic_folder, atomic_write, check_place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosim.network import Network, Population

Settings = Annotated[list[str] | None, typer.Option("--set", help="Option of the model as name=value. May be repeated.")]
Signals = Annotated[
    list[str] | None, typer.Option("--signal", help="Constant third factor of a rule, such as M=1. May be repeated.")
]
Trust = Annotated[bool, typer.Option("--trust", help="Run the Python code that a file contains or names, whoever wrote it.")]
Data = Annotated[
    str | None, typer.Option("--data", help="Data set whose test images are the input of a network with an image input.")
]
Samples = Annotated[int, typer.Option("--samples", help="Number of test images.")]
Duration = Annotated[str | None, typer.Option("--duration", help="Length of a sample, such as 1s or 200ms.")]

_TIMES: Mapping[str, float] = {"min": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6}
_TIME = re.compile(r"([-+0-9.eE]+)\s*\*?\s*([A-Za-z]*)")
_PICTURES = (".pdf", ".png", ".svg")


def parse_duration(text: str) -> Any:
    """Convert text such as ``200ms`` to a time.

    Raises
    ------
    UnitError
        If the text is not a positive time with a unit.
    """
    match = _TIME.fullmatch(text.strip())
    try:
        seconds = float(match[1]) * _TIMES[match[2]] if match else -1.0
    except (ValueError, KeyError):
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise UnitError(f"--duration {text}: expected a positive time in {', '.join(_TIMES)}, such as 1s or 200ms.")
    return as_time(seconds)


def as_time(seconds: float) -> Any:
    """Convert seconds to a quantity."""
    from neurosim.units import as_quantity

    return as_quantity(seconds, "second")


def duration_of(network: Network, text: str | None) -> Any:
    """Duration given by the user. Default: the steps of an image and one for the last spikes to arrive, or one second."""
    if text is not None:
        return parse_duration(text)
    shown = image_population(network)
    return as_time(1.0 if shown is None else (shown.model.encoder.steps + 1) * network.step_seconds)  # type: ignore[union-attr]


def network_of(source: str, settings: Sequence[str] | None, trust: bool = False) -> Network:
    """Load the network of a model, or of a file that ``neurosim train`` or ``neurosim pack`` wrote."""
    from neurosim.models.load import load_model

    return load_model(source, trust=trust, **parse_options(settings or ()))


def signals_of(texts: Sequence[str] | None) -> dict[str, float]:
    """Convert texts such as ``["M=1"]`` to constant third factors.

    Raises
    ------
    UsageError
        If a text is not a name and a number.
    """
    return dict(_signal(text) for text in texts or ())


def _signal(text: str) -> tuple[str, float]:
    name, _, value = (part.strip() for part in text.partition("="))
    try:
        return name, float(value)
    except ValueError:
        raise UsageError(f"--signal {text}: expected name=number, such as M=1 or reward=-0.5.") from None


def image_population(network: Network) -> Population | None:
    """The population that receives images, or None."""
    from neurosim.network.inputs import ImageInput

    return next((p for p in network.populations if isinstance(p.model, ImageInput)), None)


@dataclass(frozen=True)
class Shown:
    """Images for a run; `labels` and `readout` are None if there is nothing to predict."""

    images: Any = None
    labels: Any = None
    readout: str | None = None


def shown_images(network: Network, data: str | None, samples: int) -> Shown:
    """The first `samples` test images of a data set, in the form that `network` accepts.

    Raises
    ------
    UsageError
        If the network has an image input but no data set is named, or the other way round.
    DataError
        If the number of pixels is not that of the input neurons.
    """
    population = image_population(network)
    if population is None:
        if data is not None:
            raise UsageError(f"--data {data}: network {network.name!r} has no image input; leave the option out.")
        return Shown()
    if data is None:
        raise UsageError(f"Network {network.name!r} has an image input: name a data set for it, such as --data digits.")
    return _from_dataset(network, population, data, samples)


def _from_dataset(network: Network, population: Population, name: str, samples: int) -> Shown:
    from neurosim.data import load_dataset
    from neurosim.neurons import Neuron

    dataset = load_dataset(name)
    if dataset.n_pixels != population.n:
        raise DataError(
            f"Data set {name!r} has images of {dataset.n_pixels} pixels; population {population.name!r} of {network.name!r} "
            f"has {population.n} neurons. Build the network with matching sizes (--set)."
        )
    if not 1 <= samples <= len(dataset.test_images):
        raise UsageError(
            f"--samples {samples}: expected a number from 1 to {len(dataset.test_images)}, the test images of {name!r}."
        )
    last = next((p for p in reversed(network.populations) if isinstance(p.model, Neuron)), population)
    return Shown(
        images=dataset.test_images[:samples] / dataset.max_value,
        labels=dataset.test_labels[:samples] if last.n == dataset.n_classes else None,
        readout=last.name if last.n == dataset.n_classes else None,
    )


def training_images(network: Network, data: str | None, samples: int) -> Shown:
    """At most `samples` training images of a data set that `shown_images` accepts for this network, with their labels."""
    population = image_population(network)
    if population is None or data is None:
        return shown_images(network, data, 1)
    from neurosim.data import load_dataset

    checked, dataset = _from_dataset(network, population, data, 1), load_dataset(data)
    labels = None if checked.labels is None else dataset.train_labels[:samples]
    return replace(checked, images=dataset.train_images[:samples] / dataset.max_value, labels=labels)


def check_outputs(*paths: Path | None, figure: Path | None = None, option: str = "--figure") -> None:
    """Raise an error before a long run, not after it, if a file could not be written."""
    for path in (*paths, figure):
        if path is not None:
            check_place(path)
    if figure is not None and figure.suffix.lower() not in _PICTURES:
        raise UsageError(f"{option} {figure}: expected a name that ends in one of {', '.join(_PICTURES)}.")


def make_folder(path: Path) -> None:
    """Create a folder, and raise an error before a long run, not after it, if it cannot be written into."""
    with atomic_folder(path):
        pass


def save_picture(figure: Figure, path: Path) -> None:
    """Write a figure; the file is either complete or absent."""
    with atomic_write(path) as partial:
        figure.savefig(partial, dpi=150)
