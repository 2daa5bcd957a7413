"""Images as spike trains: of each input neuron one number, in which bit k is the spike of step k."""

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
"""A sample has one row more than steps, and a train 64 bits."""


def check_steps(steps: int) -> None:
    """UnsupportedError if a sample does not fit a train."""
    if steps > MOST_STEPS:
        raise UnsupportedError(f"Training takes samples of at most {MOST_STEPS} steps; the encoder makes {steps}.")


def to_bits(raster: NDArray[Any]) -> Trains:
    """Trains (...) of spikes (steps, ...)."""
    out = np.zeros(raster.shape[1:], np.uint64)
    for k, row in enumerate(raster):
        out |= row.astype(np.uint64) << np.uint64(k)
    return out


def from_bits(trains: Trains, rows: int) -> NDArray[np.uint8]:
    """Spikes (samples, rows, n) of trains (samples, n)."""
    bits = np.arange(rows, dtype=np.uint64)[:, None]
    return np.asarray((trains[:, None, :] >> bits) & np.uint64(1), np.uint8)


@dataclass(frozen=True)
class Coder:
    """Images of `shape` with grey values from 0 to `max_value` to trains; an encoder without chance is asked once for all."""

    encoder: Encoder
    max_value: int
    shape: tuple[int, int]

    @cached_property
    def _table(self) -> Trains:
        return to_bits(self.encoder.encode(self._intensity(np.arange(self.max_value + 1)), np.random.default_rng(0)))

    def trains(self, images: NDArray[np.uint8], rng: np.random.Generator) -> Trains:
        """Of `images` (samples, n); draws from `rng` what the encoder needs."""
        if getattr(self.encoder, "random", True):
            return to_bits(self.encoder.encode(self._intensity(images), rng))
        return np.asarray(self._table[images])

    def _intensity(self, grey: Any) -> FloatArray:
        return np.asarray(grey.astype(np.float32) / np.float32(self.max_value))
