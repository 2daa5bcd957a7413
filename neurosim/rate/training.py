"""The training loop of rates: epochs, test errors, checkpoints, resume."""

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
from neurosim.rate.batches import Batches, Running, gradient_angles, learn_rows, test_error
from neurosim.rate.burstccn import BurstCCN
from neurosim.rate.checkpoint import CHECKPOINT, RateEpoch, RateTraining
from neurosim.rate.parameters import Parameters
from neurosim.rng import stream
from neurosim.train.epoch_bar import epoch_bar, figures

_LOOK_UP = 32
"""Mini-batches between two looks at Ctrl-C."""


@dataclass(frozen=True)
class _Course:
    """What stays the same all along."""

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
    """Train in mini-batches, in a new order each epoch; the test images are evaluated after each and choose nothing.

    Parameters
    ----------
    epochs : int
        In all, those of a checkpoint included.
    batch : int
        Images of a mini-batch.
    folder : path, optional
        Where the checkpoint ``rates.h5`` and ``metrics.jsonl`` are written after each epoch, and on Ctrl-C.
    resume : bool
        Go on from the checkpoint in `folder`, if there is one; the result equals that of an uninterrupted run, bit for bit.
    dtype : str
        "float32" or "float64".

    Raises
    ------
    UsageError
        For settings that are out of range or do not go together.
    DataError
        If network and data do not fit, or the checkpoint belongs to another run.
    KeyboardInterrupt
        On Ctrl-C, after what is done was saved (a second one does not wait for it).
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
    """The rest of an epoch, or what is done of it when Ctrl-C comes."""
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
            f"train_rates: the network takes {network.sizes[0]} pixels to {network.sizes[-1]} classes; data set "
            f"{dataset.name!r} has {dataset.n_pixels} and {dataset.n_classes}. Describe it with fitting sizes."
        )


def _settings(network: BurstCCN, dataset: Dataset, batch: int, dtype: str) -> dict[str, Any]:
    data = {"data": dataset.name, "checksums": dict(dataset.checksums), "train_images": len(dataset.train_labels)}
    settings = {"network": network.described(), **data, "batch": int(batch), "dtype": dtype}
    # As a checkpoint gives them back.
    return dict(json.loads(json.dumps(settings, default=float)))


def _state(begun: RateTraining | None, network: BurstCCN, dtype: str) -> tuple[Parameters, list[RateEpoch], Running]:
    start = network.start(dtype)
    if begun is None:
        return start, [], Running()
    if _forms(begun.parameters) != _forms(start):
        raise DataError(
            f"train_rates: the checkpoint's arrays do not have the shapes or types of {network.described()}; "
            "choose another folder, or remove the file to begin anew."
        )
    return begun.parameters, list(begun.history), begun.running


def _forms(parameters: Parameters) -> list[list[tuple[Any, Any]]]:
    return [[(array.shape, array.dtype) for array in arrays] for arrays in parameters]


def _resumed(settings: dict[str, Any], folder: str | Path | None, epochs: int) -> RateTraining | None:
    if folder is None:
        raise UsageError("train_rates: resume=True needs folder=..., where the run to go on with keeps its checkpoint.")
    path = Path(folder) / CHECKPOINT
    if not path.exists():
        return None
    found = RateTraining.load(folder)
    differing = sorted(k for k in settings if found.settings.get(k) != settings[k])
    if differing:
        raise DataError(
            f"{path}: belongs to a run with other settings ({', '.join(differing)}); choose another folder or repeat them."
        )
    if len(found.history) > epochs:
        had = len(found.history)
        raise DataError(f"{path}: has {had} epochs already, more than the {epochs} asked; choose another folder.")
    return found
