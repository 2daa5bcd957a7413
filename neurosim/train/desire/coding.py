"""Images as spike trains: one integer per input neuron, in which bit k is the spike of step k."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import UnsupportedError
from neurosim.network.inputs import Encoder
from neurosim.units import FloatArray

Trains = NDArray[np.uint64]
MOST_STEPS = 63
"""Largest number of steps of a sample: it has one row more than steps, and a spike train has 64 bits."""


def check_steps(steps: int) -> None:
    """Raise UnsupportedError if a sample has more steps than a spike train can hold."""
    if steps > MOST_STEPS:
        raise UnsupportedError(
            f"Training supports samples of at most {MOST_STEPS} steps; found an encoder with {steps}. Reduce its steps."
        )


def to_bits(raster: NDArray[Any]) -> Trains:
    """Spikes (steps, ...) as spike trains (...)."""
    out = np.zeros(raster.shape[1:], np.uint64)
    for k, row in enumerate(raster):
        out |= row.astype(np.uint64) << np.uint64(k)
    return out


def from_bits(trains: Trains, rows: int) -> NDArray[np.uint8]:
    """Spike trains (samples, n) as spikes (samples, rows, n)."""
    bits = np.arange(rows, dtype=np.uint64)[:, None]
    return np.asarray((trains[:, None, :] >> bits) & np.uint64(1), np.uint8)


@dataclass(frozen=True)
class Coder:
    """Conversion of images of `shape`, with grey values from 0 to `max_value`, to spike trains.

    A deterministic encoder encodes each grey value once; the result is kept in a table.
    """

    encoder: Encoder
    max_value: int
    shape: tuple[int, ...]

    @cached_property
    def _table(self) -> Trains:
        return to_bits(self.encoder.encode(self._intensity(np.arange(self.max_value + 1)), np.random.default_rng(0)))

    def trains(self, images: NDArray[np.uint8], rng: np.random.Generator) -> Trains:
        """Spike trains of `images` (samples, n); a random encoder draws its numbers from `rng`."""
        if getattr(self.encoder, "random", True):
            return to_bits(self.encoder.encode(self._intensity(images), rng))
        return np.asarray(self._table[images])

    def _intensity(self, grey: Any) -> FloatArray:
        return np.asarray(grey.astype(np.float32) / np.float32(self.max_value))
