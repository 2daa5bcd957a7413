"""Arrays in which a mini-batch is computed."""

from __future__ import annotations

from typing import NamedTuple

from neurosim.rate.burst.parameters import Array


class Activity(NamedTuple):
    """Arrays in which a mini-batch is computed; the caller fills ``events[0]`` and `targets`.

    Attributes
    ----------
    events : tuple of array (n_l, images)
        Event rates e of all layers, beginning with the input.
    excess : tuple of array (n_l, images)
        Burst rates beyond the baseline, (p - p_b) e, of layer 1 up to the output.
    dendrites : tuple of array (n_l, images)
        Dendritic potentials u of the hidden layers.
    parts : tuple of array (n_l, images)
        Work space for intermediate results of the hidden layers.
    targets : array (n_last, images)
        Target rates t of the output, from 0 to 1.
    """

    events: tuple[Array, ...]
    excess: tuple[Array, ...]
    dendrites: tuple[Array, ...]
    parts: tuple[Array, ...]
    targets: Array

    @property
    def images(self) -> int:
        """Number of images in the mini-batch."""
        return int(self.targets.shape[1])
