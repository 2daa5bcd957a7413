"""The training loop of rates: epochs, test errors, checkpoints, resuming."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neurosim.checks.described import checked
from neurosim.data import Dataset
from neurosim.errors import DataError, UsageError, unknown_name
from neurosim.files.lock import alone
from neurosim.processes.interrupt import stop_on_interrupt
from neurosim.processes.stopwatch import Clock
from neurosim.rate.algorithm import Algorithm, Taught
from neurosim.rate.checkpoint import CHECKPOINT, RateEpoch, RateTraining, Running
from neurosim.rate.circuit import State
from neurosim.rate.images import Images, difference, test_error
from neurosim.rate.learner import Learner
from neurosim.rate.network import RateNetwork
from neurosim.rate.optimisers import DESCENT, Optimiser
from neurosim.rng import stream
from neurosim.train.epoch_bar import epoch_bar, figures

_LOOK_UP = 32
"""Number of mini-batches between two checks for Ctrl-C."""


@dataclass(frozen=True)
class _Course:
    """Objects that stay the same during a training."""

    learner: Learner
    images: Images
    batch: int

    @property
    def total(self) -> int:
        return len(self.images.dataset.train_labels)


@checked
@alone
def train_rates(
    network: RateNetwork,
    algorithm: Algorithm,
    dataset: Dataset,
    *,
    epochs: int,
    batch: int = 32,
    optimiser: Optimiser = DESCENT,
    folder: str | Path | None = None,
    resume: bool = False,
    dtype: str = "float32",
    progress: bool = True,
) -> RateTraining:
    """Train a network with an algorithm in mini-batches, in a new order each epoch.

    The test images are evaluated after each epoch, only to record the error; no setting is chosen by it.

    Parameters
    ----------
    network : RateNetwork
        The network; its seed also selects the order of images.
    algorithm : Algorithm
        The learning algorithm.
    dataset : Dataset
        Images and labels.
    epochs : int
        Total number of epochs, including those of a checkpoint.
    batch : int
        Number of images in a mini-batch.
    optimiser : Optimiser
        How the changes that the rules ask for move the weights.
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
    NetworkError
        If the algorithm does not run on the network.
    DataError
        If the sizes of network and data do not match, or the checkpoint belongs to another run.
    KeyboardInterrupt
        On Ctrl-C, after the progress so far was saved (a second Ctrl-C does not wait for this).
    """
    _check(epochs, batch, dtype)
    images = Images(dataset, np.dtype(dtype))
    images.check(network, algorithm.label_inputs)
    images.check_answers(network, algorithm)
    course = _Course(Learner(network, algorithm, optimiser, dtype), images, batch)
    settings = _settings(course)
    begun = _resumed(course, settings, folder, epochs) if resume else None
    history, running = _continued(begun, course.learner)

    def so_far() -> RateTraining:
        circuit = course.learner.circuit
        return RateTraining(circuit.state, tuple(history), settings, circuit.batch, running)

    done = len(history) * course.total + running.images
    # Products of this size gain nothing from threads, which wait for each other with all their time.
    one_thread = threadpool_limits(1)
    with one_thread, epoch_bar(epochs, course.total, done, progress) as bar, stop_on_interrupt() as stopping:
        for epoch in range(len(history), epochs):
            running = _pass(course, epoch, running, stopping, bar.advance)
            if running.images == course.total:
                history.append(_figures(course, epoch, running))
                running = Running()
                bar.say(figures(history[-1]))
            if folder is not None:
                so_far().save(folder)
            if stopping():
                raise KeyboardInterrupt
    return so_far()


def learn(learner: Learner, images: Images, epochs: int, batch: int) -> None:
    """Learn the training images in the order of `train_rates`, without tests, checkpoints and a progress bar."""
    n = len(images.dataset.train_labels)
    for epoch in range(epochs):
        learner.set_epoch(epoch)
        order = stream(learner.network.seed, "order", epoch).permutation(n)
        for k in range(0, n, batch):
            learner.learn(*images.train(order[k : k + batch]))


def _pass(
    course: _Course, epoch: int, running: Running, stopping: Callable[[], bool], advance: Callable[[int], Any]
) -> Running:
    """Learn the rest of an epoch, or as much of it as is done when Ctrl-C is pressed."""
    order = stream(course.learner.network.seed, "order", epoch).permutation(course.total)
    course.learner.set_epoch(epoch)
    while running.images < course.total and not stopping():
        for _ in range(_LOOK_UP):
            rows = order[running.images : running.images + course.batch]
            if len(rows):
                running = _learned(course, rows, running)
                advance(len(rows))
    return running


def _learned(course: _Course, rows: NDArray[np.int64], so_far: Running) -> Running:
    clock = Clock()
    x, t = course.images.train(rows)
    taught = course.learner.learn(x, t)
    took = clock.seconds()
    return replace(
        _scored(taught, t, so_far),
        images=so_far.images + len(rows),
        seconds=so_far.seconds + took["seconds"],
        cpu_seconds=so_far.cpu_seconds + took["cpu_seconds"],
    )


def _scored(taught: Taught, t: NDArray[Any], so_far: Running) -> Running:
    if taught.answer is None:
        return so_far
    wrong = int(np.count_nonzero(taught.answer.argmax(axis=0) != t.argmax(axis=0)))
    loss = float(np.square(t - taught.answer).sum()) / 2
    return replace(
        so_far, answered=so_far.answered + t.shape[1], errors=so_far.errors + wrong, loss=so_far.loss + loss
    )


def _figures(course: _Course, epoch: int, done: Running) -> RateEpoch:
    against = difference(course.learner, course.images, course.batch)
    return RateEpoch(
        epoch=epoch,
        train_error=done.errors / done.answered if done.answered else None,
        test_error=test_error(course.learner, course.images),
        loss=done.loss / done.answered if done.answered else None,
        angles=against.angles,
        lengths=against.lengths,
        seconds=done.seconds,
        cpu_seconds=done.cpu_seconds,
    )


def _check(epochs: int, batch: int, dtype: str) -> None:
    for name, value in (("epochs", epochs), ("batch", batch)):
        if value < 1:
            raise UsageError(f"train_rates: {name} = {value!r}; expected a whole number from 1 up.")
    if dtype not in ("float32", "float64"):
        raise UsageError("train_rates: " + unknown_name("dtype", dtype, ("float32", "float64")))


def _settings(course: _Course) -> dict[str, Any]:
    learner, dataset = course.learner, course.images.dataset
    settings = {
        "network": learner.network.described(),
        "algorithm": learner.algorithm.described(),
        "optimiser": learner.optimiser.described(),
        "data": dataset.name,
        "checksums": dict(dataset.checksums),
        "held": dict(dataset.held),
        "train_images": len(dataset.train_labels),
        "batch": int(course.batch),
        "dtype": learner.circuit.dtype.name,
    }
    # The settings are compared with those of a checkpoint, in which JSON has turned tuples into lists.
    try:
        return dict(json.loads(json.dumps(settings, default=float)))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{type(learner.algorithm).__name__}: a checkpoint cannot hold its parameters ({error}); use numbers, texts, "
            "tuples of them, and objects of frozen dataclasses."
        ) from None


def _continued(begun: RateTraining | None, learner: Learner) -> tuple[list[RateEpoch], Running]:
    """Put what a checkpoint remembers into the learner."""
    if begun is None:
        return [], Running()
    circuit = learner.circuit
    if _forms(begun.state) != _forms(circuit.state):
        raise DataError(
            "train_rates: the arrays of the checkpoint do not have the names, shapes or types of this network and algorithm; "
            "choose another folder, or remove the file to start again."
        )
    for name, arrays in circuit.state.items():
        for array, kept in zip(arrays, begun.state[name], strict=True):
            # The order of a matrix in memory stays as it is, because it decides how products are rounded.
            array[...] = kept
    circuit.batch = begun.batches
    return list(begun.history), begun.running


def _forms(state: State) -> dict[str, list[tuple[Any, Any]]]:
    return {name: [(array.shape, array.dtype) for array in arrays] for name, arrays in state.items()}


def _resumed(course: _Course, settings: dict[str, Any], folder: str | Path | None, epochs: int) -> RateTraining | None:
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
    if not _possible(found, course):
        raise DataError(
            f"{path}: its numbers of epochs, mini-batches and images contradict each other; remove it and train again."
        )
    return found


def _possible(found: RateTraining, course: _Course) -> bool:
    """Whether the counts of a checkpoint are those of a training that stopped after a mini-batch."""
    now, in_order = found.running, [epoch.epoch for epoch in found.history] == list(range(len(found.history)))
    learned = len(found.history) * -(-course.total // course.batch) + now.images // course.batch
    whole = 0 <= now.images < course.total and now.images % course.batch == 0 and found.batches == learned
    return in_order and whole and 0 <= now.errors <= now.answered <= now.images
