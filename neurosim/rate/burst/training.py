"""The training loop of rates: epochs, test errors, checkpoints, resuming."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.data import Dataset
from neurosim.errors import DataError, UsageError, unknown_name
from neurosim.files.lock import alone
from neurosim.processes.interrupt import stop_on_interrupt
from neurosim.processes.stopwatch import Clock
from neurosim.rate.burst.batches import Batches, Running, gradient_angles, learn_rows, test_error
from neurosim.rate.burst.burstccn import BurstCCN
from neurosim.rate.burst.checkpoint import CHECKPOINT, RateEpoch, RateTraining
from neurosim.rate.burst.parameters import Parameters
from neurosim.rng import stream
from neurosim.train.epoch_bar import epoch_bar, figures

_LOOK_UP = 32
"""Number of mini-batches between two checks for Ctrl-C."""


@dataclass(frozen=True)
class _Course:
    """Objects that stay the same during a training."""

    network: BurstCCN
    parameters: Parameters
    batches: Batches
    batch: int

    @property
    def images(self) -> int:
        return len(self.batches.dataset.train_labels)


@alone
def train_rates(
    network: BurstCCN,
    dataset: Dataset,
    *,
    epochs: int,
    batch: int = 32,
    folder: str | Path | None = None,
    resume: bool = False,
    dtype: str = "float32",
    progress: bool = True,
) -> RateTraining:
    """Train a network in mini-batches, in a new order each epoch.

    The test images are evaluated after each epoch, only to record the error; no setting is chosen by it.

    Parameters
    ----------
    epochs : int
        Total number of epochs, including those of a checkpoint.
    batch : int
        Number of images in a mini-batch.
    folder : path, optional
        Folder for the checkpoint ``rates.h5`` and for ``metrics.jsonl``, which are written after each epoch and on Ctrl-C.
    resume : bool
        Continue from the checkpoint in `folder`, if there is one; the result equals that of an uninterrupted run, bit for bit.
    dtype : str
        Type of the arrays, "float32" or "float64".
    progress : bool
        Show a progress bar if the output is a terminal.

    Raises
    ------
    UsageError
        If settings are out of range or contradict each other.
    DataError
        If the sizes of network and data do not match, or the checkpoint belongs to another run.
    KeyboardInterrupt
        On Ctrl-C, after the progress so far was saved (a second Ctrl-C does not wait for this).
    """
    _check(network, dataset, epochs, batch, dtype)
    settings = _settings(network, dataset, batch, dtype)
    begun = _resumed(settings, folder, epochs) if resume else None
    parameters, history, running = _state(begun, network, dtype)
    course = _Course(network, parameters, Batches(network.sizes, dataset, np.dtype(dtype)), batch)

    def so_far() -> RateTraining:
        return RateTraining(parameters, tuple(history), settings, running)

    done = len(history) * course.images + running.images
    with epoch_bar(epochs, course.images, done, progress) as bar, stop_on_interrupt() as stopping:
        for epoch in range(len(history), epochs):
            running = _pass(course, epoch, running, stopping, bar.advance)
            if running.images == course.images:
                history.append(_figures(course, epoch, running))
                running = Running()
                bar.say(figures(history[-1]))
            if folder is not None:
                so_far().save(folder)
            if stopping():
                raise KeyboardInterrupt
    return so_far()


def _pass(
    course: _Course, epoch: int, running: Running, stopping: Callable[[], bool], advance: Callable[[int], Any]
) -> Running:
    """Learn the rest of an epoch, or as much of it as is done when Ctrl-C is pressed."""
    order, look_up = stream(course.network.seed, "order", epoch).permutation(course.images), _LOOK_UP * course.batch
    network = course.network.at(epoch)
    while running.images < course.images and not stopping():
        clock, rows = Clock(), order[running.images : running.images + look_up]
        errors, loss = learn_rows(network, course.parameters, course.batches, rows, course.batch)
        took = clock.seconds()
        running = Running(
            running.images + len(rows), running.errors + errors, running.loss + loss,
            running.seconds + took["seconds"], running.cpu_seconds + took["cpu_seconds"],
        )  # fmt: skip
        advance(len(rows))
    return running


def _figures(course: _Course, epoch: int, done: Running) -> RateEpoch:
    return RateEpoch(
        epoch=epoch,
        train_error=done.errors / done.images,
        test_error=test_error(course.parameters, course.batches),
        loss=done.loss / done.images,
        angles=gradient_angles(course.network, course.parameters, course.batches, course.batch),
        seconds=done.seconds,
        cpu_seconds=done.cpu_seconds,
    )


def _check(network: BurstCCN, dataset: Dataset, epochs: int, batch: int, dtype: str) -> None:
    for name, value in (("epochs", epochs), ("batch", batch)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise UsageError(f"train_rates: {name} = {value!r}; expected a whole number from 1 up.")
    if dtype not in ("float32", "float64"):
        raise UsageError("train_rates: " + unknown_name("dtype", dtype, ("float32", "float64")))
    if (network.sizes[0], network.sizes[-1]) != (dataset.n_pixels, dataset.n_classes):
        raise DataError(
            f"train_rates: the network has {network.sizes[0]} inputs and {network.sizes[-1]} outputs; data set "
            f"{dataset.name!r} has {dataset.n_pixels} pixels and {dataset.n_classes} classes. "
            "Give the network matching sizes."
        )


def _settings(network: BurstCCN, dataset: Dataset, batch: int, dtype: str) -> dict[str, Any]:
    data = {"data": dataset.name, "checksums": dict(dataset.checksums), "train_images": len(dataset.train_labels)}
    settings = {"network": network.described(), **data, "batch": int(batch), "dtype": dtype}
    # The settings are compared with those of a checkpoint, in which JSON has turned tuples into lists.
    return dict(json.loads(json.dumps(settings, default=float)))


def _state(begun: RateTraining | None, network: BurstCCN, dtype: str) -> tuple[Parameters, list[RateEpoch], Running]:
    start = network.start(dtype)
    if begun is None:
        return start, [], Running()
    if _forms(begun.parameters) != _forms(start):
        raise DataError(
            f"train_rates: the checkpoint's arrays do not have the shapes or types of {network.described()}; "
            "choose another folder, or remove the file to start again."
        )
    return begun.parameters, list(begun.history), begun.running


def _forms(parameters: Parameters) -> list[list[tuple[Any, Any]]]:
    return [[(array.shape, array.dtype) for array in arrays] for arrays in parameters]


def _resumed(settings: dict[str, Any], folder: str | Path | None, epochs: int) -> RateTraining | None:
    if folder is None:
        raise UsageError("train_rates: resume=True needs folder=..., the folder that contains the checkpoint to resume from.")
    path = Path(folder) / CHECKPOINT
    if not path.exists():
        return None
    found = RateTraining.load(folder)
    differing = sorted(k for k in settings if found.settings.get(k) != settings[k])
    if differing:
        raise DataError(
            f"{path} belongs to a run with other settings ({', '.join(differing)}); "
            "choose another folder, or use the same settings."
        )
    if len(found.history) > epochs:
        had = len(found.history)
        raise DataError(f"{path} has {had} epochs already, more than the {epochs} requested; choose another folder.")
    return found
