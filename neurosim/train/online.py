"""Online training of a chain on the emulator: blocks of samples through the compiled kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.rng import stream
from neurosim.train.chain import Chain
from neurosim.train.dropout import Dropout
from neurosim.train.kernels import train_samples
from neurosim.units import FloatArray

_BLOCK = 256


@dataclass(frozen=True)
class Presentation:
    """One pass over samples in a given order, with the neurons that take part: the same for every engine.

    Attributes
    ----------
    inputs : uint8 (samples, T + 1, n_0)
        Encoded images; the last row is silent.
    labels : int64 (samples,)
    masks : tuple of uint8 (samples, n_l)
        1 where a neuron takes part.
    scales : tuple of float
        What a spike of layer l counts: 1 / (1 - dropout).
    """

    inputs: NDArray[np.uint8]
    labels: NDArray[np.int64]
    masks: tuple[NDArray[np.uint8], ...]
    scales: tuple[float, ...]


def present(
    chain: Chain, images: FloatArray, labels: NDArray[np.int64], dropout: Dropout, rng: np.random.Generator
) -> Presentation:
    """Encode `images` (samples, n_0) and draw the dropout masks."""
    coded = np.swapaxes(chain.encoder.encode(images, rng), 0, 1).astype(np.uint8)
    layers = len(chain.weights)
    rates = [dropout.of_layer(layer, layers) for layer in range(layers + 1)]
    masks = tuple(
        (rng.random((len(images), n)) >= p).astype(np.uint8) for n, p in zip(chain.sizes, rates, strict=True)
    )
    return Presentation(
        inputs=np.pad(coded, ((0, 0), (0, 1), (0, 0))),
        labels=np.asarray(labels, np.int64),
        masks=masks,
        scales=tuple(1 / (1 - p) for p in rates),
    )


def train_block(chain: Chain, shown: Presentation, eta: float) -> NDArray[np.int64]:
    """Train `chain.weights` in place on a presentation; returns the output counts (samples, n_last) before each update."""
    dtype = chain.weights[0].dtype.type
    rows = shown.inputs.shape[1]
    out = np.zeros((len(shown.labels), chain.sizes[-1]), np.int64)
    signal = chain.signal
    train_samples(
        chain.weights,
        shown.inputs,
        shown.labels,
        shown.masks,
        tuple(dtype(s) for s in shown.scales),
        dtype(chain.kept_v),
        chain.thresholds.astype(dtype),
        dtype(chain.trace_decay),
        (dtype(signal.denominator), dtype(signal.output_threshold), dtype(signal.hidden_threshold)),
        dtype(eta),
        tuple(np.zeros((rows, n), np.uint8) for n in chain.sizes),
        tuple(np.zeros(n, np.int64) for n in chain.sizes),
        tuple(np.zeros(n, np.int8) for n in chain.sizes),
        tuple(np.zeros(n, dtype) for n in chain.sizes),
        out,
    )
    return out


def train_epoch(
    chain: Chain,
    images: FloatArray,
    labels: NDArray[np.int64],
    *,
    eta: float,
    dropout: Dropout,
    seed: int,
    epoch: int,
    advance: Callable[[int], Any] = lambda n: None,
) -> float:
    """One shuffled pass over the data; returns the strict accuracy met on the way.

    Order, coding and masks come from the streams of (`seed`, `epoch`), so an epoch can be repeated exactly.
    """
    order = stream(seed, "order", epoch).permutation(len(images))
    rng = stream(seed, "dropout", epoch)
    hits = 0
    for start in range(0, len(order), _BLOCK):
        block = order[start : start + _BLOCK]
        shown = present(chain, images[block], labels[block], dropout, rng)
        hits += int(strict_hits(train_block(chain, shown, eta), labels[block]).sum())
        advance(len(block))
    return hits / len(images)


def strict_hits(counts: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the label's count is the one largest; a tie is an error, as in the paper."""
    best = counts.max(axis=1)
    unique = (counts == best[:, None]).sum(axis=1) == 1
    return np.asarray(unique & (counts[np.arange(len(labels)), labels] == best))


def argmax_hits(counts: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the first of the largest counts is the label's."""
    return np.asarray(counts.argmax(axis=1) == labels)
