"""Price of a run: energy and time from published constants of events, beside the same network on a conventional processor.

There are two tables of constants, which must not be mixed: those of Davies et al. (2018), simulated before the chip was made,
and fits to measurements of the chip (SANA-FE). A chip without constants of its own is priced with those of Loihi 1, and each
number says so; one with constants of its own is priced with these alone. No table contains the energy of the host, of messages
from it, or of messages between chips.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.chip.price.events import Events, events_of
from neurosim.chip.price.workload import Workload, workload_of
from neurosim.chip.target import load_target, read_toml
from neurosim.chip.target_schema import EventCost
from neurosim.display.html import block, paragraph
from neurosim.display.short import LONGEST, Short, cut
from neurosim.errors import NetworkError
from neurosim.program.fixed import FixedProgram
from neurosim.results.recording import Recording

if TYPE_CHECKING:
    from neurosim.chip.placement.placed import Placed
    from neurosim.chip.target import Target
    from neurosim.terminal.tables import TextTable

_REFERENCE = "loihi1"


@dataclass(frozen=True)
class Line(Short):
    """One kind of event: how often it happened, and what one and all of them cost."""

    event: str
    count: float
    picojoule: float
    nanosecond: float

    @property
    def joule(self) -> float:
        """Energy of all events."""
        return self.count * self.picojoule * 1e-12


@dataclass(frozen=True)
class Estimate(Short):
    """Energy of a run by one table of constants.

    Attributes
    ----------
    name, source : str
        Which table it is, and where its constants come from.
    lines : tuple of Line
        The events that the table has a constant for.
    missing : tuple of str
        Events that happened, but that the table has no constant for.
    second : float
        Time that the busiest core needs at least for its synaptic operations and updates, which it does one by one, if all
        updates of neurons are as short as those of neurons that are not active; updates of synapses are part of it if the
        table has a constant for them.
    """

    name: str
    source: str
    lines: tuple[Line, ...]
    missing: tuple[str, ...]
    second: float

    @property
    def joule(self) -> float:
        """Energy of all events, without static power."""
        return sum(line.joule for line in self.lines)


@dataclass(frozen=True)
class Price(Short):
    """What a run costs.

    Attributes
    ----------
    target : str
        Title of the chip.
    samples : int
        Number of samples of the run.
    events : Events
        What happened.
    estimates : tuple of Estimate
        One for each table of constants.
    workload : Workload
        Metrics that do not depend on a chip, by the definitions of NeuroBench.
    processor : Mapping
        "joule" (the dense network), "accumulate_joule" (the events of this run), and "source" of their constants.
    """

    target: str
    samples: int
    events: Events
    estimates: tuple[Estimate, ...]
    workload: Workload
    processor: Mapping[str, Any]

    def table(self) -> TextTable:
        """Every kind of event with its energy, by each table of constants, the same on a processor, and their sources."""
        from neurosim.terminal.console import plain_words

        out = self._table()
        out.caption, out.caption_justify = plain_words("\n".join(self.sources)), "left"
        return out

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the constants of each estimate come from, and those of the processor, in sentences."""
        own = f"processor: {self.processor['source']} ({self.processor['confidence']}). {self.processor['note']}"
        return (*(_explained(estimate) for estimate in self.estimates), own)

    def _table(self) -> TextTable:
        from neurosim.terminal.tables import TextTable

        out = TextTable(f"Energy on {self.target}, number of samples: {self.samples} (estimates, without static power)")
        for column in ("constants", "event", "number", "pJ each", "energy (J)"):
            out.add_column(column, justify="left" if column in ("constants", "event") else "right")
        for estimate in self.estimates:
            for line in estimate.lines:
                out.add_row(estimate.name, line.event, f"{line.count:.6g}", f"{line.picojoule:g}", f"{line.joule:.4g}")
            out.add_row(estimate.name, "all", "", "", f"{estimate.joule:.4g}")
        each = self.processor["multiply_accumulate_picojoule"]
        out.add_row(
            "processor",
            "multiply-accumulates, dense",
            f"{self.workload.dense:.6g}",
            f"{each:g}",
            f"{self.processor['joule']:.4g}",
        )
        return out

    def __repr__(self) -> str:
        costs = ", ".join(f"{e.joule:.4g} J ({e.name})" for e in self.estimates)
        return cut(f"<Price of {self.samples} samples on {self.target}: {costs}>", LONGEST)

    def _repr_html_(self) -> str:
        return block(f"Price of a run on {self.target}", self._table()._repr_html_(), *map(paragraph, self._notes()))

    def __str__(self) -> str:
        return "\n".join([str(self._table()), *self._notes()])

    def _notes(self) -> list[str]:
        """Sources of the numbers, what rules did, what was not counted, and the workload."""
        products, synapses = self.events.learning_products, self.events.synaptic_updates
        learned = [f"Rules evaluated {products} products at {synapses} synapses."] if synapses else []
        lost = ", ".join(self.events.not_counted)
        missing = [f"Spikes of these projections were not counted: {lost}."] if lost else []
        return [*self.sources, *learned, *missing, str(self.workload)]

    def to_dict(self) -> dict[str, Any]:
        """The price as plain values for JSON; each estimate has the source of its constants."""
        estimates = [{**asdict(estimate), "joule": estimate.joule} for estimate in self.estimates]
        found = {"target": self.target, "samples": self.samples, "events": asdict(self.events), "estimates": estimates}
        return {**found, "workload": asdict(self.workload), "processor": dict(self.processor)}


def price(program: FixedProgram, target: Target, placement: Placed, recording: Recording) -> Price:
    """Price of a run.

    Parameters
    ----------
    program : FixedProgram
        The network in integers.
    target : Target
        The chip, with the energy of its events.
    placement : Placement
        Its cores, weighed by `recording`.
    recording : Recording
        A run of the network.

    Raises
    ------
    NetworkError
        If the placement is not weighed by spikes.
    """
    if not placement.weighed:
        raise NetworkError("The placement counts one spike per neuron; make it with place(activity=recording).")
    events = events_of(program, placement.needs, placement, recording)
    workload = workload_of(program, placement, recording, events)
    estimates = (_published(target, events), *_silicon(target, events))
    return Price(target.title, recording.samples, events, estimates, workload, _processor(workload))


def _constants(target: Target) -> tuple[Target, str]:
    """The target whose constants are used, and what a reader has to know about that."""
    if target.energy.events is not None:
        return target, ""
    other = load_target(_REFERENCE)
    return other, f" Constants of {other.title}, because none are published for {target.title}."


def _published(target: Target, events: Events) -> Estimate:
    owner, remark = _constants(target)
    table = owner.energy.events
    assert table is not None
    counted: tuple[tuple[str, float, EventCost | None], ...] = (
        ("synaptic operation", events.synaptic_operations, table.synaptic_operation),
        ("synaptic update", events.synaptic_updates, table.synaptic_update),
        ("neuron update, active", events.active_updates, table.neuron_update_active),
        ("neuron update, inactive", events.inactive_updates, table.neuron_update_inactive),
        ("spike within its tile", events.hops["within_tile"], table.spike_within_tile),
        ("hop east or west", events.hops["east_west"], table.hop_east_west),
        ("hop north or south", events.hops["north_south"], table.hop_north_south),
    )
    lines = tuple(_line(event, number, cost) for event, number, cost in counted if cost is not None)
    missing = tuple(event for event, number, cost in counted if cost is None and number)
    busy = events.busiest_operations * table.synaptic_operation.nanosecond
    updates = (table.neuron_update_active, table.neuron_update_inactive)
    busy += events.busiest_updates * min((cost.nanosecond for cost in updates if cost is not None), default=0.0)
    busy += events.busiest_learning * (table.synaptic_update.nanosecond if table.synaptic_update is not None else 0.0)
    source = f"{_cited(owner, table.synaptic_operation)}{remark}"
    return Estimate(f"{table.how}, {owner.title}", source, lines, missing, busy * 1e-9)


def _silicon(target: Target, events: Events) -> Iterator[Estimate]:
    """The estimate by fits to silicon; none for a chip that has constants of its own, but no fits."""
    owner, remark = _constants(target)
    table = owner.energy.silicon
    if table is None:
        return
    sparse = events.synaptic_operations - events.dense_operations
    lines = (
        _line("synaptic operation, dense", events.dense_operations, table.synapse_dense),
        _line("synaptic operation, sparse", sparse, table.synapse_sparse),
        _line("neuron access", events.active_updates + events.inactive_updates, table.neuron_access),
        _line("neuron update, active", events.active_updates, table.neuron_update),
        _line("spike", events.spikes, table.spike_out),
        _line("message", events.messages, table.message_out),
        _line("hop east or west", events.hops["east_west"], table.hop_east_west),
        _line("hop north or south", events.hops["north_south"], table.hop_north_south),
    )
    missing = ("synaptic updates",) if events.synaptic_updates else ()
    busy = events.busiest_operations * min(table.synapse_dense.nanosecond, table.synapse_sparse.nanosecond)
    busy += events.busiest_updates * table.neuron_access.nanosecond
    yield Estimate(f"fitted to silicon, {owner.title}", f"{table.note}{remark}", lines, missing, busy * 1e-9)


def _line(event: str, count: float, cost: EventCost) -> Line:
    return Line(event, float(count), cost.picojoule, cost.nanosecond)


def _cited(owner: Target, entry: EventCost) -> str:
    source = owner.sources[entry.source.split()[0]]
    return f"{source}, {entry.confidence}. {owner.energy.note}"


def _explained(estimate: Estimate) -> str:
    time = f"The busiest core needs at least {estimate.second:.3g} s for all steps."
    return f"{estimate.name}: {estimate.source}{_without(estimate.missing)} {time}"


def _without(missing: Sequence[str]) -> str:
    return f" Not included, because the table has no constant for them: {', '.join(missing)}." if missing else ""


def _processor(workload: Workload) -> dict[str, Any]:
    table = read_toml(Path(__file__).with_name("processor.toml"))
    dense = workload.dense * table["multiply_accumulate_picojoule"] * 1e-12
    return {**table, "joule": dense, "accumulate_joule": workload.effective_acs * table["accumulate_picojoule"] * 1e-12}
