"""Price of a run: energy and time from published constants of events, beside the same network on a conventional processor.

There are two tables of constants, which must not be mixed: those of Davies et al. (2018), simulated before the chip was made,
and fits to measurements of the chip (SANA-FE). A chip without constants of its own is priced with those of Loihi 1, and each
number says so. Neither table contains the energy of the host, of messages from it, or of messages between chips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.chip.price.events import Events, events_of
from neurosim.chip.price.workload import Workload, workload_of
from neurosim.chip.target import load_target, read_toml
from neurosim.chip.target_schema import EventCost
from neurosim.errors import NetworkError
from neurosim.program.fixed import FixedProgram
from neurosim.results.recording import Recording

if TYPE_CHECKING:
    from neurosim.chip.placement.placed import Placed
    from neurosim.chip.target import Target
    from neurosim.terminal.tables import TextTable

_REFERENCE = "loihi1"


@dataclass(frozen=True)
class Line:
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
class Estimate:
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
        Time that the busiest core needs at least for its synaptic operations and updates, which it does one by one; updates of
        synapses are part of it if the table has a constant for them.
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
class Price:
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
        """Every kind of event with its energy, by both tables of constants, and the same on a processor."""
        from neurosim.terminal.tables import TextTable

        out = TextTable(f"Energy of {self.samples} samples on {self.target} (estimates, without static power)")
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

    def __str__(self) -> str:
        sources = [_explained(estimate) for estimate in self.estimates]
        sources.append(f"processor: {self.processor['source']} ({self.processor['confidence']}). {self.processor['note']}")
        if self.events.synaptic_updates:
            learned = f"Rules evaluated {self.events.learning_products} products at {self.events.synaptic_updates} synapses."
            sources.append(learned)
        if self.events.not_counted:
            sources.append(f"Spikes of these projections were not counted: {', '.join(self.events.not_counted)}.")
        return "\n".join([str(self.table()), *sources, str(self.workload)])

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
    estimates = (_published(target, events), _silicon(target, events))
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
    lines = (
        _line("synaptic operation", events.synaptic_operations, table.synaptic_operation),
        _line("synaptic update", events.synaptic_updates, table.synaptic_update),
        _line("neuron update, active", events.active_updates, table.neuron_update_active),
        _line("neuron update, inactive", events.inactive_updates, table.neuron_update_inactive),
        _line("spike within its tile", events.hops["within_tile"], table.spike_within_tile),
        _line("hop east or west", events.hops["east_west"], table.hop_east_west),
        _line("hop north or south", events.hops["north_south"], table.hop_north_south),
    )
    name = f"simulated, {owner.title}"
    busy = events.busiest_operations * table.synaptic_operation.nanosecond
    busy += events.busiest_updates * table.neuron_update_active.nanosecond
    busy += events.busiest_learning * table.synaptic_update.nanosecond
    return Estimate(name, f"{_cited(owner, 'D18', table.synaptic_operation)}{remark}", lines, (), busy * 1e-9)


def _silicon(target: Target, events: Events) -> Estimate:
    owner, remark = _constants(target)
    table = owner.energy.silicon
    if table is None:
        other = load_target(_REFERENCE)
        remark = f" Constants of {other.title}, because {owner.title} has no fits."
        owner, table = other, other.energy.silicon
    assert table is not None
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
    busy = events.busiest_operations * table.synapse_dense.nanosecond
    busy += events.busiest_updates * (table.neuron_access.nanosecond + table.neuron_update.nanosecond)
    return Estimate(f"fitted to silicon, {owner.title}", f"{table.note}{remark}", lines, missing, busy * 1e-9)


def _line(event: str, count: float, cost: EventCost) -> Line:
    return Line(event, float(count), cost.picojoule, cost.nanosecond)


def _cited(owner: Target, key: str, entry: EventCost) -> str:
    source = owner.sources.get(key, entry.source)
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
