"""A chain in the memory layout of the kernels, trained batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from neurosim.plasticity.feedback import Feedback
from neurosim.train.desire.chain import Chain
from neurosim.train.desire.coding import Trains, check_steps
from neurosim.train.desire.kernels import Work, train_samples
from neurosim.train.desire.layout import Layout, aligned
from neurosim.train.desire.vectors import COLUMNS
from neurosim.units import FloatArray

_WORTH_THREADS = 1 << 18
"""Number of synapses from which on threads pay off, even if other programs delay their synchronisation."""


@dataclass(frozen=True)
class Presentation:
    """Encoded samples in a given order, with their dropout masks: the same for every engine.

    Attributes
    ----------
    trains : uint64 (samples, n_0)
        Encoded images.
    labels : int64 (samples,)
        Class of each image.
    masks : tuple of uint8 (samples, n_l)
        Dropout mask of each layer: 0 for a dropped neuron, 1 otherwise.
    scales : tuple of float
        Factor for the spikes of layer l, 1 / (1 - dropout).
    """

    trains: Trains
    labels: NDArray[np.int64]
    masks: tuple[NDArray[np.uint8], ...]
    scales: tuple[float, ...]


class Trainer:
    """Trainer with the weights of `chain` padded to whole blocks of columns, and with work space for a batch.

    Parameters
    ----------
    chain : Chain
        Layers to train. Their weights and feedback are copied into the trainer; `store` copies them back.
    batch : int
        Number of samples with the same weights, whose weight changes are summed. 1 is online training, as published.

    Raises
    ------
    UnsupportedError
        If a sample has more steps than the kernels support.
    """

    def __init__(self, chain: Chain, batch: int = 1) -> None:
        check_steps(chain.encoder.steps)
        self.chain = chain
        self._layout = Layout.of(chain)
        self._dtype = chain.weights[0].dtype.type
        self._weights = tuple(self._padded(layer, w) for layer, w in enumerate(chain.weights))
        # Tied feedback stays the same array as the weights.
        self._feedback = tuple(
            padded if b is w else self._padded(layer, b)
            for layer, (padded, w, b) in enumerate(zip(self._weights, chain.weights, chain.feedback, strict=True))
        )
        self._work = _work(self._layout.widths, chain.encoder.steps + 1, batch, self._dtype)

    def _padded(self, layer: int, matrix: FloatArray) -> FloatArray:
        return self._layout.padded(layer, self.chain.links[layer], matrix)

    def train(self, shown: Presentation, eta: float) -> NDArray[np.int64]:
        """Train on a presentation and return the output counts (samples, n_last) before each update; eta = 0 only evaluates.

        Batches in large networks run on numba's threads. Everything else runs on one thread, without synchronisation.
        """
        samples, batch = len(shown.labels), len(self._work.labels)
        worth = batch > 1 and sum(w.size for w in self._weights) >= _WORTH_THREADS
        out = np.zeros((samples, self.chain.sizes[-1]), np.int64)
        whole = samples // batch * batch
        with _threads(numba.get_num_threads() if worth else 1):
            for work, here in ((self._work, slice(0, whole)), (_first(self._work, samples - whole), slice(whole, samples))):
                if here.start != here.stop:
                    self._follow(work, shown, here, eta, out)
        return out

    def _follow(self, work: Work, shown: Presentation, here: slice, eta: float, out: NDArray[np.int64]) -> None:
        """Train in portions, and update the feedback after each portion in which weights changed."""
        feedback = self.chain.signal.feedback if eta else Feedback()
        for part in feedback.portions(here.stop - here.start, len(work.labels)):
            now, before = slice(here.start + part.start, here.start + part.stop), feedback.before(self._weights)
            self._train(work, shown, now, eta, out[now])
            if work.learns.any():
                feedback.follow(self._weights, self._feedback, before, int(work.learns.sum()))

    def _train(self, work: Work, shown: Presentation, here: slice, eta: float, out: NDArray[np.int64]) -> None:
        train_samples(*self._arguments(work, shown, here, eta), out)

    def _arguments(self, work: Work, shown: Presentation, here: slice, eta: float) -> tuple[Any, ...]:
        """Arguments of the kernel, without the array of counts that it fills."""
        kind, chain, signal = self._dtype, self.chain, self.chain.signal
        return (
            self._weights,
            self._feedback,
            work,
            shown.trains[here],
            # A copy can be written to, as the kernels are compiled for.
            shown.labels[here].copy(),
            tuple(mask[here] for mask in shown.masks),
            tuple(kind(s) for s in shown.scales),
            kind(chain.kept_v),
            chain.thresholds.astype(kind),
            kind(chain.trace_decay),
            (kind(signal.denominator), kind(signal.output_threshold), kind(signal.hidden_threshold), signal.most),
            tuple(kind(eta * rate) for rate in chain.rates),
            tuple(kind(x) for x in (*chain.rule.bounds, chain.floor)),
        )

    def clocked(self, shown: Presentation, eta: float) -> dict[str, float]:
        """CPU seconds of each stage of training, on one thread; the presentation has to consist of whole batches."""
        from neurosim.train.desire.stage_timing import STAGES, clocked_samples

        seconds = np.zeros(len(STAGES))
        arguments = self._arguments(self._work, shown, slice(None), eta)
        clocked_samples(*arguments, self.chain.sizes[-1], seconds)
        return dict(zip(STAGES, seconds.tolist(), strict=True))

    def store(self) -> None:
        """Copy the weights and the feedback back into the chain."""
        for matrices, all_padded in ((self.chain.weights, self._weights), (self.chain.feedback, self._feedback)):
            for layer, (matrix, padded) in enumerate(zip(matrices, all_padded, strict=True)):
                self._layout.unpadded(layer, self.chain.links[layer], padded, matrix)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = numba.get_num_threads()
    numba.set_num_threads(count)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _first(work: Work, samples: int) -> Work:
    """Work space for the first `samples` samples; the work space of the blocks is not cut."""

    def cut(part: Any) -> Any:
        return tuple(a[:samples] for a in part) if isinstance(part, tuple) else part[:samples]

    blocks = {name: getattr(work, name) for name in ("tables", "potentials")}
    return Work(*(cut(part) for part in work))._replace(**blocks)


def _work(widths: tuple[int, ...], rows: int, samples: int, dtype: Any) -> Work:
    def each(kind: Any) -> Any:
        return tuple(np.zeros((samples, n), kind) for n in widths)

    blocks = max(widths[1:]) // COLUMNS
    return Work(
        labels=np.zeros(samples, np.int64),
        masks=each(np.uint8),
        trains=each(np.uint64),
        counts=each(np.int64),
        desires=each(np.int8),
        passed=each(dtype),
        active=each(np.int64),
        n_active=tuple(np.zeros(samples, np.int64) for _ in widths),
        learns=np.zeros(samples, np.uint8),
        tables=aligned((blocks, rows, COLUMNS), dtype),
        potentials=aligned((blocks, COLUMNS), dtype),
    )
