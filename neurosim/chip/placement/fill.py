"""Greedy placement: populations are cut into slices that fill one core after the other.

Three ways are tried. `whole` cuts as much as a core takes, and puts the rest of a population whole on the first core with room.
`pour` goes on with the core that the last population has left open. `mix` takes slices of several populations for each core,
none longer than the length at which the indices of synapses and the words of axons need the fewest bits. The way with the
fewest cores is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neurosim.chip.placement.cores import Capacity, Core, Demand
from neurosim.chip.placement.slices import Slices
from neurosim.errors import QuantisationError

_LOOKED_AT = 4
"""Slices of a population from which its memory is estimated."""
Way = Callable[[Sequence[Slices], Capacity], list[Core]]


def whole(populations: Sequence[Slices], capacity: Capacity) -> list[Core]:
    """Full slices on cores of their own; each rest on the first core that takes all of it."""
    cores: list[Core] = []
    rests = []
    for slices in populations:
        low, n = 0, slices.population.n
        while low < n:
            high = longest(slices, low, Core(), capacity)
            if high == n:
                rests.append((slices, low))
            else:
                cores.append(_with(Core(), slices, low, high))
            low = high
    rests.sort(key=lambda rest: -_share(rest[0].demand(rest[1], rest[0].population.n), capacity))
    for slices, low in rests:
        _first(cores, slices, low, capacity)
    return cores


def pour(populations: Sequence[Slices], capacity: Capacity) -> list[Core]:
    """Fills every core before the next one is begun."""
    cores: list[Core] = []
    for slices in populations:
        low, n = 0, slices.population.n
        if cores and n:
            low = longest(slices, 0, cores[-1], capacity, enough=0)
            if low:
                _with(cores[-1], slices, 0, low)
        while low < n:
            high = longest(slices, low, Core(), capacity)
            cores.append(_with(Core(), slices, low, high))
            low = high
    return cores


def mix(populations: Sequence[Slices], capacity: Capacity) -> list[Core]:
    """Fills every core with slices of the next populations that have neurons left, each at most as long as is cheapest."""
    cores: list[Core] = []
    most = _cheapest_length(populations)
    left = [(slices, 0) for slices in populations if slices.population.n]
    while left:
        core, full, later = Core(), False, []
        for slices, low in left:
            end = min(low + most, slices.population.n)
            high = low if full else longest(slices, low, core, capacity, enough=0 if core.slices else 1, most=end)
            full |= high < end
            if high > low:
                _with(core, slices, low, high)
            if high < slices.population.n:
                later.append((slices, high))
        cores.append(core)
        left = later
    return cores


def _cheapest_length(populations: Sequence[Slices]) -> int:
    """Length of slices for which all synapses take the fewest bits, of the numbers of neurons that an index can address."""
    largest = max((slices.population.n for slices in populations), default=1)
    widths = {1 << bits for slices in populations for bits in slices.target.placement.index_formats.values}
    lengths = sorted(width for width in widths if width < largest) + [largest]
    return min(reversed(lengths), key=lambda length: sum(_bits(slices, length) for slices in populations))


def _bits(slices: Slices, length: int) -> int:
    """Memory of a population in slices of `length` neurons; of long populations, that of a part stands for all."""
    n = slices.population.n
    lows = range(0, n, length)[:_LOOKED_AT]
    looked = sum(min(low + length, n) - low for low in lows)
    return round(sum(int(slices.demand(low, min(low + length, n)).amounts[1]) for low in lows) * n / max(looked, 1))


WAYS: tuple[Way, ...] = (whole, pour, mix)


def longest(
    slices: Slices, low: int, core: Core, capacity: Capacity, enough: int = 1, most: int | None = None
) -> int:
    """End of the longest slice from `low` on that `core` takes; it has at least `enough` neurons, and ends at `most` or before.

    What a slice needs grows with its length, so its end is found by steps that double and are then halved.
    """
    most = min(slices.at_most(low, capacity.amounts - core.used), slices.population.n if most is None else most)
    good, step = low, 64
    bad = most + 1
    while good < most and step:
        tried = min(good + step, most)
        if tried < bad and core.takes(slices.demand(low, tried), capacity):
            good, step = tried, 2 * step
        else:
            bad = min(bad, tried)
            step = min(step // 2, (bad - good) // 2)
            if not step and bad - good > 1:
                step = 1
    if good - low < enough:
        raise QuantisationError(
            f"Population {slices.population.name!r}: its neuron {int(slices.order[low])} does not fit on an empty core of "
            f"{slices.target.title}. Let fewer synapses end and begin there, or use neurons with fewer compartments."
        )
    return good


def _share(demand: Demand, capacity: Capacity) -> float:
    return float(np.max(capacity.share(demand.amounts)))


def _first(cores: list[Core], slices: Slices, low: int, capacity: Capacity) -> None:
    demand = slices.demand(low, slices.population.n)
    core = next((core for core in cores if core.takes(demand, capacity)), None)
    if core is None:
        core = Core()
        cores.append(core)
    _with(core, slices, low, slices.population.n)


def _with(core: Core, slices: Slices, low: int, high: int) -> Core:
    core.add((slices.population.name, low, high), slices.demand(low, high))
    return core
