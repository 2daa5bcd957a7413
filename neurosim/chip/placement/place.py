"""Placement: fewest cores first, then the least traffic between chips and over the mesh of each chip."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.chip.placement.bounds import lower_bound
from neurosim.chip.placement.cores import AMOUNTS, TABLES, Capacity, Core
from neurosim.chip.placement.fill import WAYS, Way
from neurosim.chip.placement.mesh import positions
from neurosim.chip.placement.order import clustered, described, has_sparse
from neurosim.chip.placement.placement import Placement
from neurosim.chip.placement.sharing import sharing
from neurosim.chip.placement.slices import Slices
from neurosim.chip.placement.traffic import Activity, traffic_of
from neurosim.chip.resources.needs import Needs
from neurosim.errors import QuantisationError
from neurosim.program.fixed import IntArray

if TYPE_CHECKING:
    from neurosim.chip.target import Target

_TRIES = 40
_CLOSE = 1.05
"""Cores over the lower bound from which on another order of neurons is tried."""
_FULL = 0.8
"""Mean share of a resource from which it is short."""
Order = Callable[[Needs, int], Mapping[str, IntArray]]
"""Function of what is needed and of the input axons of a core that returns the rank of every neuron, by population."""


def place(needs: Needs, target: Target, activity: Activity | None = None) -> Placement:
    """Place populations on cores.

    Parameters
    ----------
    needs : Needs
        What the populations and projections of a program need; see `neurosim.chip.resources.needs_of`.
    target : Target
        The chip.
    activity : mapping, optional
        (population, channel) -> spikes of each neuron, which weigh the traffic between cores. If it is left out, every neuron
        counts as one spike.

    Raises
    ------
    QuantisationError
        If a neuron does not fit on an empty core, or sends to more cores than it can have output axons.
    """
    capacity = Capacity.of(target)
    bound = lower_bound(needs, target)
    cores, where = _placed(needs, target, described, capacity)
    for ordering, helps in _OTHER_ORDERS:
        if has_sparse(needs) and len(cores) > _CLOSE * max(bound.values()) and helps(cores, capacity):
            cores, where = min((cores, where), _placed(needs, target, ordering, capacity), key=lambda found: len(found[0]))
    traffic, host = traffic_of(needs, where, len(cores), activity)
    ids = positions(traffic, target)
    order = np.argsort(ids)
    _check_chips(ids, target)
    return Placement(
        target=target,
        needs=needs,
        ids=ids[order],
        core_of={name: ids[place] for name, place in where.items()},
        used=np.array([core.used for core in cores], np.int64).reshape(len(cores), len(AMOUNTS))[order],
        entries=np.array([[len(entry) for entry in core.entries] for core in cores], np.int64).reshape(-1, len(TABLES))[order],
        traffic=traffic[order][:, order],
        host=host[order],
        weighed=activity is not None,
        bound=bound,
    )


Where = Mapping[str, IntArray]


def _always(cores: Sequence[Core], capacity: Capacity) -> bool:
    return True


def _short_of_axons(cores: Sequence[Core], capacity: Capacity) -> bool:
    """Whether input axons are what fills the cores."""
    total: IntArray = sum((core.used for core in cores), np.zeros(len(AMOUNTS), np.int64))
    shares = capacity.share(total, len(cores)).tolist()
    return bool(shares[2] > _FULL and shares[2] == max(shares[:3]))


_OTHER_ORDERS: tuple[tuple[Order, Callable[[Sequence[Core], Capacity], bool]], ...] = (
    (clustered, _always),
    (sharing, _short_of_axons),
)
"""Orders of neurons that are tried after that of the description, and whether one can help with the cores that were found."""


def _check_chips(ids: IntArray, target: Target) -> None:
    limit = target.placement.chips_per_system
    chips = int(ids.max(initial=0)) // target.placement.cores_per_chip.value + 1
    if limit is not None and chips > limit.value:
        raise QuantisationError(
            f"The network needs {chips} chips of {target.title}; messages can address {limit.value}. "
            "Use fewer neurons or synapses."
        )


def _placed(needs: Needs, target: Target, order: Order, capacity: Capacity) -> tuple[list[Core], Where]:
    """The better one of the ways to fill cores, for slices of this order."""
    ranks = order(needs, int(capacity.amounts[2]))
    populations = [Slices(population, needs, target, ranks[population.name]) for population in needs.populations]
    # The ways differ in what several populations share.
    ways = WAYS if len(populations) > 1 else WAYS[:1]
    return min((_settled(way, populations, needs, capacity) for way in ways), key=lambda found: len(found[0]))


def _settled(way: Way, populations: Sequence[Slices], needs: Needs, capacity: Capacity) -> tuple[list[Core], Where]:
    """Cores on which the output axons suffice, too.

    How many a neuron needs depends on where its targets are, so the cores are filled again with the numbers of the last time.
    """
    axons = {p.population.name: _at_least(needs, p.population.name, p.population.n) for p in populations}
    for _ in range(_TRIES):
        for slices in populations:
            slices.fan_out(axons[slices.population.name])
        cores = way(populations, capacity)
        where = _where(cores, populations)
        now = output_axons(needs, where)
        used = sum((np.bincount(where[name], weights=now[name], minlength=len(cores)) for name in where), np.zeros(len(cores)))
        for core, count in zip(cores, used, strict=True):
            core.used[3] = int(count)
        if all(core.used[3] <= capacity.amounts[3] for core in cores):
            return cores, where
        axons = {name: np.maximum(axons[name], now[name]) for name in axons}
    worst = max(axons, key=lambda name: int(axons[name].max(initial=0)))
    raise QuantisationError(
        f"Population {worst!r}: its neurons send to up to {int(axons[worst].max())} cores, and a core has "
        f"{capacity.amounts[3]} output axons for all of its neurons. Connect each neuron to fewer others."
    )


def _at_least(needs: Needs, name: str, n: int) -> IntArray:
    return np.full(n, sum(1 for axons in needs.axons_from(name) if axons.synapses), np.int64)


def _where(cores: Sequence[Core], populations: Sequence[Slices]) -> dict[str, IntArray]:
    """Population -> number of the core of each neuron."""
    where = {p.population.name: np.full(p.population.n, -1) for p in populations}
    orders = {p.population.name: p.order for p in populations}
    for number, core in enumerate(cores):
        for name, low, high in core.slices:
            where[name][orders[name][low:high]] = number
    return where


def output_axons(needs: Needs, where: Where) -> dict[str, IntArray]:
    """Population -> output axons of each neuron: one for each core on which it has synapses that share an axon."""
    found = {population.name: np.zeros(population.n, np.int64) for population in needs.populations}
    for axons in needs.axons:
        if not axons.first.host:
            pre, _ = axons.pattern.pairs(where[axons.first.post])
            found[axons.first.pre] += np.bincount(pre, minlength=axons.pattern.n_pre)
    return found
