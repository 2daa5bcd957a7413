"""Random numbers of Lava's learning engine: few, shared by all neurons or synapses, and reproducible by the seed.

Each learning connection has four streams for traces (pre and post: decay and impulse), each drawn once at the start and twice
per step, and one stream for rounding synaptic variables, always with seed 2, drawn once at the start and once per epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_IMPULSES = 128
_ROUNDING_SEED = 2


class Randoms:
    """The random streams of one learning connection."""

    def __init__(self, seed: int, epoch: int) -> None:
        self._epoch = epoch
        self._decays = [np.random.default_rng(seed), np.random.default_rng(seed + 2)]
        self._impulses = [np.random.default_rng(seed + 1), np.random.default_rng(seed + 3)]
        self._rounding = np.random.default_rng(_ROUNDING_SEED)
        for stream in (*self._decays, self._rounding):
            stream.random()
        for stream in self._impulses:
            stream.integers(0, _IMPULSES, size=1, dtype=int)

    @property
    def place(self) -> list[Any]:
        """State of the streams; set it to continue from that state."""
        return [s.bit_generator.state for s in self._streams()]

    @place.setter
    def place(self, states: Sequence[Any]) -> None:
        for stream, state in zip(self._streams(), states, strict=True):
            stream.bit_generator.state = state

    def _streams(self) -> list[np.random.Generator]:
        return [*self._decays, *self._impulses, self._rounding]

    def draw(self, counted: int, steps: int) -> dict[str, Any]:
        """Random numbers of the next `steps` steps, after `counted` earlier steps, by field of `FixedPlasticity`."""
        pre_decay, post_decay = (s.random(2 * steps)[1::2] for s in self._decays)
        pre_impulse, post_impulse = (s.integers(0, _IMPULSES, size=2 * steps, dtype=int) for s in self._impulses)
        ends = (np.arange(counted, counted + steps) + 1) % self._epoch == 0
        rounding = np.zeros(steps)
        rounding[ends] = self._rounding.random(int(ends.sum()))
        return {
            "pre_decay": pre_decay,
            "post_decay": post_decay,
            "pre_impulse": pre_impulse[1::2],
            "post_again": post_impulse[::2],
            "post_impulse": post_impulse[1::2],
            "rounding": rounding,
        }


def drawn(streams: Sequence[Randoms], counted: int, steps: int) -> dict[str, Any]:
    """The random numbers of several connections, each field (steps, connections)."""
    parts = [stream.draw(counted, steps) for stream in streams]
    return {name: np.stack([part[name] for part in parts], axis=1) for name in parts[0]} if parts else {}
