"""Training of a model in the integers of a chip, with a folder for its progress and a file for its result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.arrays import whole_number
from neurosim.backends.deployment import Deployment, deploy
from neurosim.checks.described import checked
from neurosim.checks.given import plain
from neurosim.data import Dataset
from neurosim.errors import DataError, NetworkError, UsageError
from neurosim.models.epoch import Epoch
from neurosim.models.origin import stored_origin
from neurosim.network.inputs import ImageInput
from neurosim.network.network import Network
from neurosim.program.fixed import FixedProgram
from neurosim.train.desire.loop import intensities
from neurosim.train.desire.training import Training
from neurosim.train.in_run.checkpoint import RunEpoch
from neurosim.train.in_run.training import readout, train_in_run
from neurosim.units import FloatArray

FILE = "training.h5"
_RATE = "eta"


@checked
def train_on_chip(
    network: Network,
    dataset: Dataset,
    *,
    target: str | Path = "loihi2",
    epochs: int = 20,
    eta_decay: float = 0.07,
    shift: int = 0,
    seed: int = 0,
    allow: Set[str] = frozenset(),
    folder: str | Path | None = None,
    progress: bool = True,
    origin: Mapping[str, Any] | None = None,
) -> Training:
    """Train a network of `DesireLIF` neurons in the integers of a chip, image after image, on the emulator.

    Parameters
    ----------
    network : Network
        Network whose neurons compute their own desire, such as the model ``desire_chip``.
    dataset : Dataset
        Training images, and images for the test after each epoch.
    target : str or path
        Chip: "loihi2", or the path of your own TOML file.
    epochs : int
        Number of passes over the training images.
    eta_decay : float
        The host halves the learning rates whenever ``exp(-eta_decay * e)`` has fallen by half in epoch e: a constant of a chip
        has four bits, and half of it remains exact.
    shift : int
        Largest random shift of a training image, in pixels.
    seed : int
        Seed of the order of the images, and of their shifts.
    allow : set of str
        Exceptions that you accept, as in `neurosim.deploy`, such as "weight_transport".
    folder : path, optional
        Folder for the checkpoint ``in_run.npz``, from which the same training continues, bit for bit, and for the result
        ``training.h5``, which `neurosim.models.load_model` opens.
    progress : bool
        Show a progress bar if the output is a terminal.
    origin : mapping, optional
        ``model`` and ``options`` that are stored in the file, so that the network can be built again by name.

    Returns
    -------
    Training
        Its weights are the integers of the chip times their units. If they are deployed again, odd integers become even ones,
        because weights that a host writes have one bit less than those that a chip learns.

    Raises
    ------
    UnsupportedError
        If the chip does not support the network, for example its weight transport.
    NetworkError
        If the network has no image input, no label input, or no neurons that compute their desire.
    DataError
        If the sizes of data and network do not match, or the folder contains the checkpoint of another training.
    UsageError
        If an option has a value that it cannot have.
    KeyboardInterrupt
        On Ctrl-C, after the progress so far was saved.
    """
    _check(network, dataset)
    at = _with_falling_rates(network, target, allow, eta_decay)
    first = at(0)
    settings = _described(network, first, dataset, allow, origin) | {
        "eta_decay": eta_decay, "seed": seed, "shift": {"pixels": shift},
    }  # fmt: skip
    trained = train_in_run(
        at,
        intensities(dataset.train_images, dataset),
        dataset.train_labels,
        test=(intensities(dataset.test_images, dataset), dataset.test_labels),
        epochs=whole_number(epochs, "train_on_chip: epochs", 1),
        shift=shift,
        seed=seed,
        folder=folder,
        progress=progress,
        about={name: value for name, value in settings.items() if name != "model_run_by"},
    )
    units = {name: _unit_of(first.program, name) for name in trained.weights}
    weights = {name: np.asarray(w) * units[name] for name, w in trained.weights.items()}
    history = tuple(_epoch(e, _rate(network) * _factor(eta_decay, e.epoch)) for e in trained.epochs)
    before = {name: _as_matrix(network, name) for name in weights}
    training = Training(network.with_weights(weights), before, history, settings, units=units)
    if folder is not None:
        training.save(Path(folder) / FILE)
    return training


def _check(network: Network, dataset: Dataset) -> None:
    output, _ = readout(network)
    shown = next(p.n for p in network.populations if isinstance(p.model, ImageInput))
    sizes = shown, network.population(output).n
    if sizes != (dataset.n_pixels, dataset.n_classes):
        raise DataError(
            f"Network {network.name!r} has {sizes[0]} inputs and {sizes[1]} outputs; data set {dataset.name!r} has "
            f"{dataset.n_pixels} pixels and {dataset.n_classes} classes. Build the network with matching sizes."
        )


def _with_falling_rates(
    network: Network, target: str | Path, allow: Set[str], eta_decay: float
) -> Callable[[int], Deployment]:
    if plain("train_on_chip: eta_decay", eta_decay) < 0:
        raise UsageError(f"train_on_chip: eta_decay = {eta_decay!r}; expected a number of at least 0.")

    def at(epoch: int) -> Deployment:
        return deploy(_slower(network, _factor(eta_decay, epoch)), target, allow=allow)

    return at


def _factor(eta_decay: float, epoch: int) -> float:
    return 2.0 ** -int(eta_decay * epoch / log(2) + 1e-9)


def _slower(network: Network, factor: float) -> Network:
    """The network with learning rates times `factor`."""
    parts = []
    for p in network.projections:
        rule = p.plasticity
        if rule is not None and _RATE in rule.parameters:
            p = replace(p, plasticity=rule.with_parameters({_RATE: rule.parameters[_RATE] * factor}))
        parts.append(p)
    return replace(network, projections=tuple(parts))


def _rate(network: Network) -> float:
    rates = [p.plasticity.parameters.get(_RATE, np.nan) for p in network.projections if p.plasticity is not None]
    if not rates:
        who = f"Network {network.name!r}"
        raise NetworkError(f"{who}: none of its projections learns; pass plasticity=desire_carried(...) to one.")
    return float(rates[0])


def _unit_of(program: FixedProgram, name: str) -> float:
    """Described weight of a stored weight of 1; the weights of `DesireLIF` neurons are plain numbers, as in the program."""
    projection = next(p for p in program.projections if p.name == name)
    return float(2.0**projection.weight_exp / program.population(projection.post).scale)


def _as_matrix(network: Network, name: str) -> FloatArray:
    return np.asarray(network.own_weights(network.projection(name)))


def _epoch(found: RunEpoch, eta: float) -> Epoch:
    return Epoch(found.epoch, eta, found.met, found.accuracy, found.argmax, found.seconds)


def _described(
    network: Network, deployment: Deployment, dataset: Dataset, allow: Set[str], origin: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What the training begins with, as JSON will return it."""
    settings = {
        "data": dataset.name,
        "held_out": dict(dataset.held),
        "checksums": dict(dataset.checksums),
        "eta": _rate(network),
        "on_chip": deployment.target.name,
        "allow": sorted(allow),
        **stored_origin(origin),
    }
    return dict(json.loads(json.dumps(settings)))
