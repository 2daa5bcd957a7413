"""Training of a chain on the emulator: compiled kernels process the samples in blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.rng import checked_seed, stream
from neurosim.train.desire.augment import Shift
from neurosim.train.desire.chain import Chain
from neurosim.train.desire.coding import Coder, Trains, to_bits
from neurosim.train.desire.dropout import Dropout
from neurosim.train.desire.shared_trainer import trainer_of
from neurosim.train.desire.trainer import Presentation
from neurosim.units import FloatArray

_BLOCK = 256


@dataclass(frozen=True)
class Course:
    """Settings that determine an epoch, besides the weights.

    Order, shifts, coding and dropout of epoch e use random streams of (`seed`, e), so that an epoch can be repeated exactly.
    """

    dropout: Dropout = Dropout()
    shift: Shift = Shift()
    batch: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        checked_seed(self.seed, "Training")


@dataclass(frozen=True)
class Part:
    """Progress within an epoch: the number of images shown, and how many were classified correctly (a tie is an error)."""

    images: int = 0
    hits: int = 0


START = Part()


def present(
    chain: Chain, images: FloatArray, labels: NDArray[np.int64], dropout: Dropout, rng: np.random.Generator
) -> Presentation:
    """Encode intensities (samples, n_0) and draw the dropout masks."""
    return masked(chain, to_bits(chain.encoder.encode(images, rng)), labels, dropout, rng)


def masked(
    chain: Chain, trains: Trains, labels: NDArray[np.int64], dropout: Dropout, rng: np.random.Generator
) -> Presentation:
    """Draw the dropout masks for encoded samples."""
    layers = len(chain.weights)
    rates = [dropout.of_layer(layer, layers) for layer in range(layers + 1)]
    masks = tuple(
        (rng.random((len(labels), n)) >= p).astype(np.uint8) for n, p in zip(chain.sizes, rates, strict=True)
    )
    return Presentation(trains, np.asarray(labels, np.int64), masks, tuple(1 / (1 - p) for p in rates))


def train_block(chain: Chain, shown: Presentation, eta: float, batch: int = 1) -> NDArray[np.int64]:
    """Train `chain.weights` in place on a presentation and return the output counts (samples, n_last) before each update."""
    trainer = trainer_of(chain, batch)
    counts = trainer.train(shown, eta)
    trainer.store()
    return counts


def train_epoch(
    chain: Chain,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    coder: Coder,
    *,
    eta: float,
    course: Course,
    epoch: int,
    done: Part = START,
    stopping: Callable[[], bool] = lambda: False,
    advance: Callable[[int], Any] = lambda n: None,
) -> Part:
    """Train for one shuffled pass over the data, from `done` to the end or until `stopping`; weights change in place."""
    order = stream(course.seed, "order", epoch).permutation(len(images))
    rng, moved = stream(course.seed, "dropout", epoch), stream(course.seed, "shift", epoch)
    trainer = trainer_of(chain, course.batch)
    step = -(-_BLOCK // course.batch) * course.batch
    for start in range(0, len(order), step):
        block = order[start : start + step]
        # Blocks that are done draw their random numbers again, so that the rest of the epoch gets the same numbers.
        here = course.shift(images[block], coder.shape, moved)
        shown = masked(chain, coder.trains(here, rng), labels[block], course.dropout, rng)
        if start < done.images:
            continue
        hits = int(strict_hits(trainer.train(shown, eta), labels[block]).sum())
        done = Part(start + len(block), done.hits + hits)
        advance(len(block))
        if stopping():
            break
    trainer.store()
    return done


def counts_of(chain: Chain, images: NDArray[np.uint8], coder: Coder) -> NDArray[np.int64]:
    """Output spike counts (samples, classes) for each image, without learning."""
    trainer, rng = trainer_of(chain, 8), stream(0, "evaluation")
    blocks = np.array_split(images, max(1, len(images) // _BLOCK))
    nobody = Dropout()
    shown = (masked(chain, coder.trains(b, rng), np.zeros(len(b), np.int64), nobody, rng) for b in blocks)
    return np.concatenate([trainer.train(s, 0.0) for s in shown])


def strict_hits(counts: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the output of the label has the largest count; a tie is an error, as in the paper."""
    best = counts.max(axis=1)
    unique = (counts == best[:, None]).sum(axis=1) == 1
    return np.asarray(unique & (counts[np.arange(len(labels)), labels] == best))


def argmax_hits(counts: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the output of the label is the first of those with the largest count."""
    return np.asarray(counts.argmax(axis=1) == labels)
