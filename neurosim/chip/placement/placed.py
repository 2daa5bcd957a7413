"""Data of a placement; `neurosim.chip.placement.placement.Placement` adds tables, the picture and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from neurosim.chip.placement.cores import Capacity
from neurosim.chip.placement.mesh import tiles
from neurosim.chip.resources.needs import Needs
from neurosim.display.short import Short
from neurosim.program.fixed import IntArray
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.chip.target import Target


@dataclass(frozen=True, eq=False)
class Placed(Short):
    """A network on the cores of a target; see `neurosim.chip.placement.placement.Placement` for the attributes."""

    target: Target
    needs: Needs
    ids: IntArray
    core_of: Mapping[str, IntArray]
    used: IntArray
    entries: IntArray
    traffic: sparse.csr_array
    host: FloatArray
    weighed: bool
    bound: Mapping[str, int]

    @property
    def cores(self) -> int:
        """Number of cores that are used."""
        return len(self.ids)

    @property
    def chips(self) -> int:
        """Number of chips that are used."""
        return len(np.unique(self.chip))

    @property
    def chip(self) -> IntArray:
        """Chip of each core that is used."""
        return np.asarray(self.ids // self.target.placement.cores_per_chip.value)

    @property
    def shares(self) -> FloatArray:
        """What is used of each core as a fraction of what it has, `(cores, 5)`; 0 where no limit is published."""
        return Capacity.of(self.target).share(self.used)

    @property
    def load(self) -> FloatArray:
        """The largest fraction that is used of each core, over all resources."""
        return np.asarray(self.shares.max(axis=1, initial=0.0))

    @cached_property
    def hops(self) -> Mapping[str, float]:
        """Number of hops of all messages between cores of the same chip, by direction, and messages to other chips.

        "east_west", "north_south", "within_tile" (messages that stay in their tile) and "other_chip". The way of messages
        between chips and from the host is not published, so their hops are not counted.
        """
        paths = self.traffic.tocoo()
        a, b = self.ids[paths.row], self.ids[paths.col]
        (column_a, row_a), (column_b, row_b) = tiles(self.target, a), tiles(self.target, b)
        same = self.chip[paths.row] == self.chip[paths.col]
        across, down = np.abs(column_a - column_b), np.abs(row_a - row_b)
        return {
            "east_west": float(paths.data @ (across * same)),
            "north_south": float(paths.data @ (down * same)),
            "within_tile": float(paths.data @ ((across + down == 0) & same)),
            "other_chip": float(paths.data @ ~same),
        }

    def populations_of(self, core: int) -> dict[str, int]:
        """Population -> its number of neurons on the core of this number.

        Parameters
        ----------
        core : int
            Number of the core, from 0.
        """
        counts = {name: int((place == core).sum()) for name, place in self.core_of.items()}
        return {name: n for name, n in counts.items() if n}
