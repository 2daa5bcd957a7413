"""A chain in which places share weights, in the memory layout of the kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.train.desire.chain import Chain
from neurosim.train.desire.convolution import Places, Scratch, train_with_places
from neurosim.train.desire.kernels import Work
from neurosim.train.desire.layout import aligned
from neurosim.train.desire.trainer import Presentation, Trainer
from neurosim.train.desire.vectors import PART


def trainer_of(chain: Chain, batch: int = 1) -> Trainer:
    """The trainer for the kinds of layers of `chain`; see `Trainer`."""
    return SharedTrainer(chain, batch) if chain.shared else Trainer(chain, batch)


class SharedTrainer(Trainer):
    """The same as `Trainer`, for chains with convolutions."""

    def __init__(self, chain: Chain, batch: int = 1) -> None:
        super().__init__(chain, batch)
        self._places = self._make_places(batch)

    def _make_places(self, samples: int) -> Places:
        layout, links, kind = self._layout, self.chain.links, self._dtype
        shapes = [w.shape if link.shared else (0, 0) for w, link in zip(self._weights, links, strict=True)]
        rows, columns, longest = self.chain.encoder.steps + 1, PART * layout.parts, max(shape[0] for shape in shapes)
        scratch = Scratch(
            stretch=np.zeros((0,) * layout.parts),
            trains=np.zeros((samples, longest), np.uint64),
            active=np.zeros((samples, longest), np.int64),
            tables=aligned((samples, rows, columns), kind),
            potentials=aligned((samples, columns), kind),
            totals=np.zeros((samples, max(layout.widths)), kind),
        )
        windows = tuple(layout.windows(layer, link) for layer, link in enumerate(links))
        return Places(windows, layout.order, tuple(aligned((samples, *shape), kind) for shape in shapes), scratch)

    def _train(self, work: Work, shown: Presentation, here: slice, eta: float, out: NDArray[np.int64]) -> None:
        arguments: tuple[Any, ...] = self._arguments(work, shown, here, eta)
        train_with_places(*arguments, self._places, out)
