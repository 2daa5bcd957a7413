"""Lower bounds of the number of cores.

The bound by memory takes the format that is cheaper for synapses as dense as those of the whole projection. Only a projection
with dense blocks between sparse ones could need less.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from neurosim.chip.placement.cores import Capacity
from neurosim.chip.resources.design_rules import shares
from neurosim.chip.resources.formats import axon_bits, cheapest_synapse, index_bits
from neurosim.chip.resources.needs import Needs, PopulationNeed, ProjectionNeed
from neurosim.chip.resources.pattern import AllPairs
from neurosim.program.fixed import IntArray
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.chip.target import Target
    from neurosim.chip.target_schema import Placement

_KNOWN: dict[tuple[int, ...], float] = {}
_WEIGHTS = 256
"""Ways to weigh the two reasons why a population needs cores; each gives a bound, and the largest one counts."""


def lower_bound(needs: Needs, target: Target) -> Mapping[str, int]:
    """Resource -> number of cores that it requires at least: "memory", "compartments" and "delay slots".

    The bound by memory is the largest of several: all synapses together in the cheapest slices, and each population alone.
    """
    capacity = Capacity.of(target)
    totals = {
        "memory": sum(_fewest_bits(k, target) for k in needs.projections)
        + sum(p.n * shares(p, target) for p in needs.populations),
        "compartments": sum(p.n * p.compartments for p in needs.populations),
        "delay slots": sum(p.n * p.delay_slots for p in needs.populations),
    }
    places = {"memory": 1, "compartments": 0, "delay slots": 4}
    found = {name: int(np.ceil(capacity.share(total)[places[name]])) for name, total in totals.items()}
    alone = [_alone(p, needs, target, capacity) for p in needs.populations]
    return {**found, "memory": max([found["memory"], *alone])}


def _fewest_bits(k: ProjectionNeed, target: Target) -> float:
    """Bits of all synapses, if each axon were cut into the pieces that cost the least."""
    if is_dense(k, target):
        return k.pattern.synapses * cheapest_synapse(k.synapse_bits, target.placement)
    core = target.placement
    degrees, how_many = np.unique(k.pattern.fan_out(), return_counts=True)
    total = 0.0
    for degree, count in zip(degrees.tolist(), how_many.tolist(), strict=True):
        most = max(1, min(degree, _block(core)))
        rates = [_cheapest(k.synapse_bits + w, min(most, 1 << w), core) for w in core.index_formats.values]
        total += degree * count * min(rates)
    return total


def _alone(population: PopulationNeed, needs: Needs, target: Target, capacity: Capacity) -> int:
    """Cores for a population with nothing else on them.

    A core with a slice of s neurons takes at most s of them, and at most the part of the synapses that has room in slices of
    this size, or that the s neurons with the most synapses have. By linear programming, ``n y + z`` is a lower bound for any
    y and z of at least 0 for which no core has ``s y + part(s) z`` above 1.
    """
    n = population.n
    if not n:
        return 0
    sizes = np.arange(1, 1 + min(n, int(capacity.amounts[0]) // population.compartments or 1))
    bits = _bits_by_size(population, needs, target, sizes)
    fan_in = sum((k.pattern.fan_in() for k in needs.incoming[population.name]), np.zeros(n, np.int64))
    most = np.cumsum(np.sort(fan_in)[::-1])[: len(sizes)] / max(int(fan_in.sum()), 1)
    part = np.minimum(capacity.amounts[1] / np.maximum(bits, 1), np.where(fan_in.any(), most, 1.0))
    y = np.linspace(0, 1 / sizes[-1], _WEIGHTS)[:, None]
    z = np.min((1 - y * sizes) / np.maximum(part, 1e-12), axis=1)
    return int(np.ceil(np.max(n * y[:, 0] + z) - 1e-9))


def _bits_by_size(population: PopulationNeed, needs: Needs, target: Target, sizes: IntArray) -> FloatArray:
    """Bits of the whole population in slices of each of `sizes`."""
    core = target.placement
    total = np.full(len(sizes), float(population.n * shares(population, target)))
    for k in needs.incoming[population.name]:
        if is_dense(k, target):
            total = total + k.pattern.synapses * axon_bits(sizes, k.synapse_bits, core) / sizes
            continue
        total = total + k.pattern.synapses * np.array([_per_synapse(k, int(size), target) for size in sizes])
    return total


def _per_synapse(k: ProjectionNeed, size: int, target: Target) -> float:
    """The fewest bits per synapse in slices of `size` neurons, in the sparse format."""
    core = target.placement
    return _cheapest(k.synapse_bits + index_bits(size, core), min(size, _block(core)), core)


def _block(core: Placement) -> int:
    return max(core.synapses_per_block.value, 1)


def _cheapest(bits: int, most: int, core: Placement) -> float:
    """The fewest bits per synapse of `bits` bits, of axons with at most `most` synapses."""
    key = (bits, most, core.word_bits.value, core.block_header_bits.value, core.synapses_per_block.value)
    if key not in _KNOWN:
        counts = np.arange(1, most + 1)
        _KNOWN[key] = float(np.min(axon_bits(counts, bits, core) / counts))
    return _KNOWN[key]


def is_dense(k: ProjectionNeed, target: Target) -> bool:
    """Whether the dense format is the cheaper one for synapses as dense as those of the whole projection."""
    if isinstance(k.pattern, AllPairs):
        return True
    pairs = k.pattern.n_pre * len(k.pattern.fan_in())
    width = target.placement.index_formats.values[-1]
    return k.learning is None and k.pattern.synapses * (k.synapse_bits + width) > pairs * k.synapse_bits
