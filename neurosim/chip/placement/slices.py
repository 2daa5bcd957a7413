"""What slices of a population need of a core, counted from the synapses."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from neurosim.chip.placement.cores import Demand
from neurosim.chip.resources.design_rules import shares
from neurosim.chip.resources.formats import axon_bits, index_bits
from neurosim.chip.resources.needs import Needs, PopulationNeed, ProjectionNeed
from neurosim.chip.resources.pattern import Pattern
from neurosim.program.fixed import IntArray

if TYPE_CHECKING:
    from neurosim.chip.target import Target


class Slices:
    """A population in the order in which it is cut into slices, with what any slice of it needs.

    Neurons with equal entries of tables come after each other, so that a core needs few entries; those with equal entries are
    ordered by `rank`.
    """

    def __init__(self, population: PopulationNeed, needs: Needs, target: Target, rank: IntArray) -> None:
        self.population, self.target = population, target
        self.order = np.lexsort((rank, population.profiles, population.thresholds))
        plain = np.array_equal(self.order, np.arange(population.n))
        ending = needs.incoming[population.name]
        self.incoming = [(k, k.pattern if plain else k.pattern.ordered(self.order)) for k in ending]
        shared = [axons for axons in needs.axons_into(population.name) if len(axons.projections) > 1]
        self._shared = [(axons, axons.pattern if plain else axons.pattern.ordered(self.order)) for axons in shared]
        self._single = {k.name for axons in needs.axons_into(population.name) for k in axons.projections} - {
            k.name for axons in shared for k in axons.projections
        }
        self.profiles, self.thresholds = population.profiles[self.order], population.thresholds[self.order]
        self.same = len(np.unique(self.profiles)) <= 1 and len(np.unique(self.thresholds)) <= 1
        self._fixed = np.array([population.compartments, shares(population, target), 0, 0, population.delay_slots])
        self._cached = lru_cache(maxsize=64)(self._counted)
        self.fan_out(np.zeros(population.n, np.int64))

    def fan_out(self, axons: IntArray) -> None:
        """Set how many output axons each neuron needs, in the order of the population."""
        self._axons = np.concatenate([[0], np.cumsum(axons[self.order])])
        self._cached.cache_clear()

    def demand(self, low: int, high: int) -> Demand:
        """What neurons `low` to `high` need."""
        return self._cached(low, high)

    def at_most(self, low: int, free: IntArray) -> int:
        """A bound of the end of a slice that begins at `low` and fits into `free`, without a look at synapses."""
        fixed = self._fixed > 0
        fits = int(np.min(free[fixed] // self._fixed[fixed], initial=self.population.n))
        axons = int(np.searchsorted(self._axons, self._axons[low] + free[3], side="right")) - 1
        return max(low, min(low + fits, axons, self.population.n))

    def _counted(self, low: int, high: int) -> Demand:
        amounts = self._fixed * (high - low)
        amounts[3] += self._axons[high] - self._axons[low]
        formats, rules = set(), set()
        for need, pattern in self.incoming:
            bits, axons, form = slice_memory(need, pattern, low, high, self.target)
            amounts[1] += bits
            amounts[2] += axons * need.entries if need.name in self._single else 0
            if axons:
                formats.add((need.format, form))
                rules |= {need.learning} - {None}
        for shared, pattern in self._shared:
            amounts[2] += int(pattern.per_axon(low, high)[1].sum()) * shared.first.entries
        profiles = frozenset(self.profiles[low:high].tolist()) if not self.same else frozenset(self.profiles[low : low + 1])
        thresholds = self.thresholds[low:high] if not self.same else self.thresholds[low : low + 1]
        return Demand(amounts, (frozenset(formats), profiles, frozenset(thresholds.tolist()), frozenset(rules)))


def slice_memory(need: ProjectionNeed, pattern: Pattern, low: int, high: int, target: Target) -> tuple[int, int, int]:
    """Bits of memory and axons of a projection onto a slice in its cheaper format, and the width of the indices of that.

    The dense format has no indices (-1). It stores all compartments of the slice, so a rule can only use it where all are
    connected. The sparse format cannot address more compartments than its widest index does.
    """
    core, size = target.placement, high - low
    counts, how_many = pattern.per_axon(low, high)
    axons = int(how_many.sum())
    ways = []
    if need.learning is None or np.all(counts == size):
        ways.append((axons * int(axon_bits(size, need.synapse_bits, core)), -1))
    width = index_bits(size, core)
    if width <= core.index_formats.values[-1] or not ways:
        ways.append((int((axon_bits(counts, need.synapse_bits + width, core) * how_many).sum()), width))
    bits, form = min(ways)
    return bits, axons, form
