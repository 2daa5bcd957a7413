"""The arrays that a mini-batch is computed in."""

from __future__ import annotations

from typing import NamedTuple

from neurosim.rate.parameters import Array


class Activity(NamedTuple):
    """What a mini-batch needs to be computed in; the caller fills ``events[0]`` and `targets`.

    Attributes
    ----------
    events : tuple of array (n_l, images)
        e, the input first.
    excess : tuple of array (n_l, images)
        (p - p_b) e, of layer 1 up to the output: bursts beyond the baseline.
    dendrites : tuple of array (n_l, images)
        u of the hidden layers.
    parts : tuple of array (n_l, images)
        For what lies between, of the hidden layers.
    targets : array (n_last, images)
        t, from 0 to 1.
    """

    events: tuple[Array, ...]
    excess: tuple[Array, ...]
    dendrites: tuple[Array, ...]
    parts: tuple[Array, ...]
    targets: Array

    @property
    def images(self) -> int:
        """In the mini-batch."""
        return int(self.targets.shape[1])
