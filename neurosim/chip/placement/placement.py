"""The placement of a network: which neuron is on which core, what is used of every core, and the traffic between cores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.chip.placement.cores import AMOUNTS, TABLES, Capacity
from neurosim.chip.placement.placed import Placed
from neurosim.display.short import LONGEST, cut

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosim.terminal.tables import TextTable

_SYSTEM = ("cores_per_chip", "chips_per_system", "cores_per_tile", "tile_rows")
"""Numbers of cores and chips in the file of a target."""
_SHOWN = 24
"""Cores that `str` lists; `Placement.table` can list all."""


@dataclass(frozen=True, eq=False)
class Placement(Placed):
    """A network on the cores of a target.

    Attributes
    ----------
    target : Target
        The chip.
    needs : Needs
        What the parts of the network need.
    ids : array (cores,)
        Numbers of the cores that are used, in rising order. They are counted over chips: core c is number c % cores_per_chip
        of chip c // cores_per_chip.
    core_of : mapping
        Population -> number of the core of each neuron. Sources are on the host and are left out; a projection with short-term
        plasticity adds the population "PROJECTION relay".
    used : array (cores, 5)
        What is used of each core: compartments, bits of memory, input axons, output axons, delay slots.
    entries : array (cores, 4)
        Entries of its tables: synapse formats, neuron profiles, threshold profiles, learning profiles.
    traffic : sparse array (cores, cores)
        Messages from core to core: spikes times the cores that they are sent to.
    host : array (cores,)
        Messages from the host to each core.
    weighed : bool
        Whether `traffic` and `host` count the spikes of a run; otherwise each neuron counts as one spike.
    bound : mapping
        Resource -> number of cores that it requires at least.
    """

    def summary(self) -> str:
        """Number of cores and chips, and the bounds, in two or three sentences."""
        chips = "1 chip" if self.chips == 1 else f"{self.chips} chips"
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        bound = self.bound["memory"]
        binding = max(self.bound, key=lambda name: self.bound[name]) if self.bound else "memory"
        least = f" {binding.capitalize()} requires at least {self.bound[binding]}." if self.bound[binding] > bound else ""
        fullest = AMOUNTS[int(np.argmax(self.shares.max(axis=0, initial=0.0)))] if self.cores else "nothing"
        return (
            f"{self.needs.neurons} neurons and {self.needs.synapses} synapses use {cores} of {chips} of {self.target.title}; "
            f"their memory requires at least {bound}.{least} The fullest core uses {100 * self.load.max(initial=0):.0f} % of "
            f"its {fullest}."
        )

    def table(self, most: int | None = None) -> TextTable:
        """Utilisation of the cores, in percent of what each has; with `most`, only of that many cores.

        Parameters
        ----------
        most : int, optional
            Number of cores that are shown; all if left out.
        """
        from neurosim.terminal.tables import TextTable

        out = TextTable(self.summary())
        limits = Capacity.of(self.target).amounts
        shown = [k for k, limit in enumerate(limits) if limit < 2**62]
        for column in ("chip", "core", *(f"{AMOUNTS[k]} (%)" for k in shown), "in", "out", "neurons"):
            out.add_column(column, justify="left" if column == "neurons" else "right")
        for row in range(self.cores)[:most]:
            percent = [f"{100 * self.shares[row, k]:.1f}" for k in shown]
            number = self.ids[row] % self.target.placement.cores_per_chip.value
            who = ", ".join(f"{name} {n}" for name, n in self.populations_of(int(self.ids[row])).items())
            sent, got = self.traffic[[row]].sum(), self.traffic[:, [row]].sum() + self.host[row]
            out.add_row(str(self.chip[row]), str(number), *percent, f"{got:.6g}", f"{sent:.6g}", who)
        return out

    def __repr__(self) -> str:
        return cut(f"<Placement: {self.summary()}>", LONGEST)

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def __str__(self) -> str:
        left = self.cores - _SHOWN
        more = f"\n{left} more cores are not shown; print(placement.table()) shows them." if left > 0 else ""
        return f"{self.table(_SHOWN)}{more}"

    def plot(self) -> Figure:
        """Figure of the chips: their cores coloured by load, and the largest traffic between cores as lines."""
        from neurosim.chip.placement.picture import picture

        return picture(self)

    def to_dict(self) -> dict[str, Any]:
        """The placement in numbers, without the place of every neuron, for JSON."""
        limits = Capacity.of(self.target)
        most = {name: int(self.used[:, k].max(initial=0)) for k, name in enumerate(AMOUNTS)}
        tables = {name: int(self.entries[:, k].max(initial=0)) for k, name in enumerate(TABLES)}
        allowed = {**dict(zip(AMOUNTS, limits.amounts.tolist(), strict=True)), **dict(zip(TABLES, limits.tables, strict=True))}
        core = self.target.placement
        allowed |= {name: getattr(core, name).value for name in _SYSTEM if getattr(core, name) is not None}
        return {
            "cores": self.cores,
            "chips": self.chips,
            "neurons": self.needs.neurons,
            "synapses": self.needs.synapses,
            "least_cores": dict(self.bound),
            "most_used": {**most, **tables},
            "allowed": {name: limit for name, limit in allowed.items() if limit < 2**62},
            "messages": float(self.traffic.sum()),
            "host_messages": float(self.host.sum()),
            "hops": dict(self.hops),
            "weighed_by_spikes": self.weighed,
        }
