"""Cores that are being filled: what is used of each, and the slices of populations that lie on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.program.fixed import IntArray
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.chip.target import Target

AMOUNTS = ("compartments", "memory bits", "input axons", "output axons", "delay slots")
"""Resources of a core that add up over slices."""
TABLES = ("synapse formats", "neuron profiles", "threshold profiles", "learning profiles")
"""Tables of a core, in which equal entries of several slices share a place."""
_UNLIMITED = 2**62


@dataclass(frozen=True)
class Capacity:
    """What a core has: `amounts` in the order of `AMOUNTS`, `tables` in that of `TABLES`."""

    amounts: IntArray
    tables: tuple[int, ...]

    @classmethod
    def of(cls, target: Target) -> Capacity:
        """The capacity of a core of `target`; what is not published has no limit."""
        core = target.placement
        amounts = (
            core.neurons_per_core,
            core.synapse_bits_per_core,
            core.in_axons_per_core,
            core.out_axons_per_core,
            core.delay_slots_per_core,
        )
        tables = (
            core.synapse_formats_per_core,
            core.neuron_profiles_per_core,
            core.threshold_profiles_per_core,
            core.learning_profiles_per_core,
        )
        given = np.array([_UNLIMITED if limit is None else limit.value for limit in amounts])
        return cls(given, tuple(_UNLIMITED if limit is None else limit.value for limit in tables))

    def share(self, amounts: Any, cores: int = 1) -> FloatArray:
        """Amounts as fractions of what so many cores have; a chip without something counts like one with 1 of it."""
        # As floats, because several times "no limit" is more than an integer holds.
        return np.asarray(amounts / (max(cores, 1) * np.maximum(self.amounts, 1).astype(np.float64)))


@dataclass(frozen=True)
class Demand:
    """What a slice of a population needs: `amounts` as in `Capacity`, `entries` as sets, one for each of `TABLES`."""

    amounts: IntArray
    entries: tuple[frozenset[object], ...]


@dataclass
class Core:
    """A core and its slices, (population, first neuron, end) in the order in which the placer counts neurons."""

    used: IntArray = field(default_factory=lambda: np.zeros(len(AMOUNTS), np.int64))
    entries: tuple[frozenset[object], ...] = (frozenset(),) * len(TABLES)
    slices: list[tuple[str, int, int]] = field(default_factory=list)

    def takes(self, demand: Demand, capacity: Capacity) -> bool:
        """Whether there is room for `demand`."""
        if np.any(self.used + demand.amounts > capacity.amounts):
            return False
        both = zip(self.entries, demand.entries, capacity.tables, strict=True)
        return all(len(mine | more) <= most for mine, more, most in both)

    def add(self, part: tuple[str, int, int], demand: Demand) -> None:
        """Place a slice here."""
        self.used = self.used + demand.amounts
        self.entries = tuple(mine | more for mine, more in zip(self.entries, demand.entries, strict=True))
        self.slices.append(part)
