"""Greedy placement: populations are cut into slices that fill one core after the other.

Two ways are tried. `whole` cuts as much as a core takes, and puts the rest of a population whole on the first core with room.
`pour` goes on with the core that the last population has left open. The way with fewer cores is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neurosim.chip.placement.cores import Capacity, Core, Demand
from neurosim.chip.placement.slices import Slices
from neurosim.errors import QuantisationError

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


WAYS: tuple[Way, ...] = (whole, pour)


def longest(slices: Slices, low: int, core: Core, capacity: Capacity, enough: int = 1) -> int:
    """End of the longest slice from `low` on that `core` takes; the slice has at least `enough` neurons.

    What a slice needs grows with its length, so its end is found by steps that double and are then halved.
    """
    most = slices.at_most(low, capacity.amounts - core.used)
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
    return float(np.max(demand.amounts / capacity.amounts))


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
