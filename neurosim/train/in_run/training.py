"""Training inside a run: labelled images are shown in sequence to a network whose neurons compute the learning signal.

Nothing is reset between images: states, traces, weights and random numbers continue, as they would on a chip.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.arrays import whole_number
from neurosim.backends.deployment import Deployment
from neurosim.backends.emulator.session import Session
from neurosim.backends.emulator.to_arrays import Program
from neurosim.checks.matrices import Matrix
from neurosim.display.short import Short
from neurosim.errors import NetworkError
from neurosim.files.lock import alone
from neurosim.network.inputs import ImageInput, LabelInput
from neurosim.network.network import Network
from neurosim.processes.interrupt import stop_on_interrupt
from neurosim.program.inputs import input_rasters
from neurosim.rng import checked_seed, stream
from neurosim.terminal.progress import counting_bar
from neurosim.train.desire.augment import Shift
from neurosim.train.desire.online import argmax_hits, strict_hits
from neurosim.train.in_run.checkpoint import Keeper, Part, RunEpoch, made_with
from neurosim.units import FloatArray

_BLOCK = 50
"""Number of images in one run of the session."""

Data = tuple[FloatArray, NDArray[np.int64]]


@dataclass(frozen=True)
class RunTraining(Short):
    """Result of a training inside a run: its epochs, and the final weights by projection, in the units of the program.

    Parameters
    ----------
    epochs : tuple of RunEpoch
        Measures of each epoch.
    weights : mapping
        Projection -> final weights (n_pre, n_post).
    """

    epochs: tuple[RunEpoch, ...]
    weights: dict[str, Matrix]


@alone
def train_in_run(
    deployment: Deployment | Callable[[int], Deployment],
    images: FloatArray,
    labels: NDArray[np.int64],
    *,
    test: Data | None = None,
    epochs: int = 1,
    arithmetic: str = "fixed",
    shift: int = 0,
    seed: int = 0,
    folder: str | Path | None = None,
    progress: bool = True,
    about: Mapping[str, Any] | None = None,
) -> RunTraining:
    """Show the images in a random order, `epochs` times, to a network of `DesireLIF` neurons.

    Parameters
    ----------
    deployment : Deployment, or function of the epoch
        Network that learns, deployed to a chip. A function returns the same network with other learning rates for each epoch;
        the host then exchanges the rates between epochs.
    images, labels : arrays (samples, n), (samples,)
        Training images with intensities from 0 to 1, and their classes.
    test : (images, labels), optional
        Test images and their classes, evaluated after each epoch with fixed weights.
    epochs : int
        Number of passes over the images.
    arithmetic : str
        "fixed" (the integers of the chip) or "float".
    shift : int
        Largest random shift of a training image, in pixels, drawn again each time it is shown; the images have to be square.
    seed : int
        Seed of the order of the images, and of their shifts.
    folder : path, optional
        Folder of the checkpoint ``in_run.npz``, which is written every few thousand images and on Ctrl-C. If the folder
        contains a checkpoint, training continues from it, bit for bit.
    progress : bool
        Show a progress bar if the output is a terminal.
    about : mapping, optional
        Further settings, as values of JSON, that have to be those of the checkpoint.

    Raises
    ------
    NetworkError
        If the network has no image input, no label input, or no neurons that compute their desire.
    DataError
        If the checkpoint belongs to another run.
    KeyboardInterrupt
        On Ctrl-C, after the progress so far was saved.
    """
    checked_seed(seed, "train_in_run")
    at = deployment if callable(deployment) else lambda _: deployment
    first = at(0)
    network = first.network
    readout(network)
    moved = _Moved(shift, seed, images.shape[1])
    keeper = Keeper(folder, made_with(first.program, images, labels, seed, arithmetic, shift, about))
    session = Session(_program(first, arithmetic))
    done, part = keeper.resumed()
    ahead = len(done) * len(images) + part.images
    total = epochs * len(images)
    with counting_bar("learning", total, done=ahead, wanted=progress, unit="images") as bar, stop_on_interrupt() as stopping:
        for epoch in range(len(done), epochs):
            if epoch and callable(deployment):
                session.replace_rules(_program(at(epoch), arithmetic))
            keeper.recall(session)
            order = stream(seed, "order", epoch).permutation(len(images))
            for here in _blocks(order, part.images):
                started = time.perf_counter()
                counts = shown(session, network, moved(images[here], epoch, part.images), labels[here])
                part = part.further(len(here), int(strict_hits(counts, labels[here]).sum()), time.perf_counter() - started)
                bar.advance(len(here))
                keeper.keep(session, done, part, stopping())
            figures = (np.nan, np.nan) if test is None else tested(session, network, *test)
            done.append(RunEpoch(epoch, part.hits / len(images), *figures, part.seconds))
            bar.say(f"epoch {epoch + 1}: {100 * figures[0]:.2f} % on test")
            part = Part()
            keeper.keep(session, done, part, stopping())
    # A run that had finished before enters no epoch, so its weights are still in the checkpoint.
    keeper.recall(session)
    plastic = [p.name for p in session.program.projections if p.rule is not None]
    return RunTraining(tuple(done), {name: session.weights(name) for name in plastic})


class _Moved:
    """Random shifts of images; each block has random numbers of its own, so that a run can go on at any of them."""

    def __init__(self, pixels: int, seed: int, size: int) -> None:
        side = isqrt(size)
        if pixels and side * side != size:
            raise NetworkError(f"train_in_run: shift = {pixels} needs square images; found {size} pixels. Leave shift out.")
        self._shift, self._seed, self._shape = Shift(whole_number(pixels, "train_in_run: shift")), seed, (side, side)

    def __call__(self, images: FloatArray, epoch: int, first: int) -> FloatArray:
        """The images of the block that begins with number `first` of an epoch."""
        return self._shift(images, self._shape, stream(self._seed, "shift", epoch, first))


def _blocks(order: NDArray[np.int64], first: int) -> Iterator[NDArray[np.int64]]:
    """Image numbers in blocks, one per run of the session, beginning at `first`."""
    return (order[k : k + _BLOCK] for k in range(first, len(order), _BLOCK))


def readout(network: Network) -> tuple[str, int]:
    """Name of the output population, and the number of steps from one image to the next.

    Raises
    ------
    NetworkError
        If the network has no such population, or not exactly one image input and one label input.
    """
    kinds = [type(p.model) for p in network.populations]
    for kind in (ImageInput, LabelInput):
        if kinds.count(kind) != 1:
            count = kinds.count(kind)
            raise NetworkError(
                f"Network {network.name!r} has {count} populations of {kind.__name__}; expected exactly one, as in the model "
                "desire_chip."
            )
    for population in network.populations:
        neuron: Any = population.model
        if hasattr(neuron, "above") and neuron.above == 0:
            return population.name, int(neuron.period)
    raise NetworkError(
        f"Network {network.name!r} has no output population: expected one of DesireLIF(above=0, ...), "
        "whose spike counts give the class."
    )


def shown(session: Session, network: Network, images: FloatArray, labels: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Show images in sequence and return the spike counts of the output, (samples, classes)."""
    output, period = readout(network)
    rasters = input_rasters(network, period, images, labels)
    samples = len(images)
    flat = {name: raster.reshape(samples * period, -1) for name, raster in rasters.items()}
    spikes = session.run(samples * period, inputs=flat).spikes[output]
    counts = np.zeros((samples, network.population(output).n), np.int64)
    np.add.at(counts, (spikes.step // period, spikes.neuron), 1)
    return counts


def tested(session: Session, network: Network, images: FloatArray, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Accuracy with the weights of the session, without learning.

    The first number counts ties as errors; the second takes the first of the largest counts as the answer.
    """
    program = session.program
    parts: Any = tuple(replace(p, rule=None) for p in program.projections)
    resting = Session(replace(program, projections=parts))
    for projection in program.projections:
        if projection.rule is not None:
            resting.set_weights(projection.name, session.weights(projection.name))
    blocks = [slice(k, k + _BLOCK) for k in range(0, len(images), _BLOCK)]
    counts = np.concatenate([shown(resting, network, images[b], None) for b in blocks])
    return float(strict_hits(counts, labels).mean()), float(argmax_hits(counts, labels).mean())


def _program(deployment: Deployment, arithmetic: str) -> Program:
    return deployment.float_program if arithmetic == "float" else deployment.program


__all__: Sequence[str] = ("RunEpoch", "RunTraining", "readout", "shown", "tested", "train_in_run")
