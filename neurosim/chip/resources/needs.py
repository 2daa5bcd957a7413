"""What each population and projection of an integer program needs of a core.

A source is on the host and needs no core. Short-term plasticity needs a relay of one compartment per pre neuron, which is a
population of its own here. A delayed synapse stores its delay. Projections between the same populations share their axons if
they carry the same channel and learn by the same rule: the synapses of an axon lie in blocks, each of which names its format.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from neurosim.chip.resources.formats import at_least
from neurosim.chip.resources.pattern import Pattern, SomePairs, pattern_of, union
from neurosim.display.short import Short
from neurosim.program.engine_rule import ChipRule
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection, IntArray
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.chip.target import Target

_SLOTS = 8
"""Sums of future steps that a compartment has without long delays (Davies et al., 2018)."""


@dataclass(frozen=True, eq=False)
class PopulationNeed(Short):
    """What the neurons of a population need.

    Attributes
    ----------
    name : str
        Name of the population; that of a relay is "PROJECTION relay".
    n : int
        Number of neurons.
    compartments, states : int
        Compartments and state variables of one neuron.
    delay_slots : int
        Sums of future steps of one neuron, over all of its compartments.
    profiles, thresholds : array (n,)
        Number of the entry that a neuron needs in the tables of decays and refractory times, and of thresholds. Equal entries
        of all populations have the same number.
    """

    name: str
    n: int
    compartments: int
    states: int
    delay_slots: int
    profiles: IntArray
    thresholds: IntArray


@dataclass(frozen=True, eq=False)
class ProjectionNeed(Short):
    """What the synapses and axons of a projection need.

    Attributes
    ----------
    name, pre, post, channel : str
        The projection, its populations, and the channel of the pre neuron.
    host : bool
        Whether its spikes come from the host, and not from neurons on cores.
    pattern : Pattern
        Its synapses.
    weight_bits, delay_bits, tag_bits : int
        Bits of the fields of a synapse; 0 if it has no such field.
    payload_bits : int
        Bits of the payload of a spike.
    entries : int
        Entries of the table of input axons that one axon takes on a core.
    learning : int, optional
        Number of its rule, with its traces; none if it does not learn.
    format : hashable
        What tells its synapse format from others, beside the width of indices.
    """

    name: str
    pre: str
    post: str
    channel: str
    host: bool
    pattern: Pattern
    weight_bits: int
    delay_bits: int
    tag_bits: int
    payload_bits: int
    entries: int
    learning: int | None
    format: Hashable

    @property
    def synapse_bits(self) -> int:
        """Bits of a synapse without its index."""
        return self.weight_bits + self.delay_bits + self.tag_bits


@dataclass(frozen=True, eq=False)
class Axons:
    """Projections that share their axons: a spike reaches all of their synapses on a core with one message."""

    projections: tuple[ProjectionNeed, ...]

    @property
    def first(self) -> ProjectionNeed:
        """One of the projections; they have the populations, the channel, the rule and the payload in common."""
        return self.projections[0]

    @property
    def name(self) -> str:
        """Names of the projections."""
        return ", ".join(k.name for k in self.projections)

    @property
    def synapses(self) -> int:
        """Number of synapses."""
        return sum(k.pattern.synapses for k in self.projections)

    @cached_property
    def pattern(self) -> Pattern:
        """Pairs of neurons with at least one synapse."""
        return union([k.pattern for k in self.projections])


@dataclass(frozen=True, eq=False)
class Needs(Short):
    """What a program needs: populations that are placed on cores, and all projections that end there.

    Parameters
    ----------
    populations : tuple of PopulationNeed
        One entry per population that is placed on cores.
    projections : tuple of ProjectionNeed
        One entry per projection that ends at one of them.
    """

    populations: tuple[PopulationNeed, ...]
    projections: tuple[ProjectionNeed, ...]

    @cached_property
    def incoming(self) -> dict[str, list[ProjectionNeed]]:
        """Population -> projections that end there."""
        return {p.name: [k for k in self.projections if k.post == p.name] for p in self.populations}

    @cached_property
    def axons(self) -> tuple[Axons, ...]:
        """All projections, those that share axons together."""
        groups: dict[Hashable, list[ProjectionNeed]] = {}
        for k in self.projections:
            groups.setdefault((k.pre, k.post, k.channel, k.learning, k.payload_bits), []).append(k)
        return tuple(Axons(tuple(group)) for group in groups.values())

    def axons_into(self, population: str) -> list[Axons]:
        """Axons that end at a population.

        Parameters
        ----------
        population : str
            Name of the population.
        """
        return [axons for axons in self.axons if axons.first.post == population]

    def axons_from(self, population: str) -> list[Axons]:
        """Axons that begin at a population.

        Parameters
        ----------
        population : str
            Name of the population.
        """
        return [axons for axons in self.axons if axons.first.pre == population]

    @property
    def neurons(self) -> int:
        """Number of neurons that are placed, with relays."""
        return sum(p.n for p in self.populations)

    @property
    def synapses(self) -> int:
        """Number of synapses."""
        return sum(k.pattern.synapses for k in self.projections)


def needs_of(program: FixedProgram, target: Target) -> Needs:
    """What each part of `program` needs on `target`.

    Parameters
    ----------
    program : FixedProgram
        The network in integers.
    target : Target
        The chip.
    """
    sources = {p.name for p in program.populations if p.neuron.is_source}
    numbers = _Numbers()
    longest = {p.name: _longest_delay(program, p.name) for p in program.populations}
    populations = [_population(p, longest[p.name], numbers) for p in program.populations if p.name not in sources]
    rules: dict[object, int] = {}
    projections: list[ProjectionNeed] = []
    for projection in program.projections:
        host = projection.pre in sources
        if projection.release is not None:
            n = program.population(projection.pre).n
            relay = f"{projection.name} relay"
            populations.append(_relay(relay, n, numbers))
            projections.append(_to_relay(projection, relay, n, host, target))
            projections.append(_projection(projection, relay, False, rules, target))
        else:
            projections.append(_projection(projection, projection.pre, host, rules, target))
    return Needs(tuple(populations), tuple(projections))


class _Numbers:
    """Numbers of entries of tables; equal entries of different populations have the same number."""

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}

    def of(self, n: int, rows: Sequence[FloatArray]) -> IntArray:
        """Number of the entry of each neuron, whose fields are `rows`."""
        if not rows or not n:
            return np.zeros(n, np.int64)
        table = np.stack([np.broadcast_to(np.asarray(row, np.float64), (n,)) for row in rows], axis=1)
        entries, which = np.unique(table, axis=0, return_inverse=True)
        found = [self._seen.setdefault(entry.tobytes(), 1 + len(self._seen)) for entry in entries]
        return np.asarray(found, np.int64)[np.reshape(which, -1)]


def _longest_delay(program: FixedProgram, population: str) -> int:
    ending = [p.delays for p in program.projections if p.post == population]
    return max((int(np.max(delays, initial=0)) for delays in ending), default=0)


def _population(population: FixedPopulation, longest: int, numbers: _Numbers) -> PopulationNeed:
    step, values = population.neuron.step, population.neuron.values
    compartments = max(1, len(step.reach.membranes) if step.reach else 1)
    of_kind = {
        kind: [values[name] for name in step.parameters if step.parameters[name] == kind and name in values]
        for kind in ("decay", "current_decay", "held", "threshold")
    }
    return PopulationNeed(
        name=population.name,
        n=population.n,
        compartments=compartments,
        states=len(step.states),
        delay_slots=compartments * max(_SLOTS, 1 << (longest + 1).bit_length()),
        profiles=numbers.of(population.n, [*of_kind["decay"], *of_kind["current_decay"], *of_kind["held"]]),
        thresholds=numbers.of(population.n, of_kind["threshold"]),
    )


def _relay(name: str, n: int, numbers: _Numbers) -> PopulationNeed:
    """A relay has the two states of short-term plasticity."""
    one = numbers.of(n, [np.array(-1.0)])
    return PopulationNeed(name, n, compartments=1, states=2, delay_slots=_SLOTS, profiles=one, thresholds=one)


def _to_relay(projection: FixedProjection, relay: str, n: int, host: bool, target: Target) -> ProjectionNeed:
    return ProjectionNeed(
        name=f"{projection.name} to its relay",
        pre=projection.pre,
        post=relay,
        channel=projection.channel,
        host=host,
        pattern=SomePairs(sparse.csc_array(sparse.eye_array(n, dtype=np.int8))),
        weight_bits=at_least(1, target.placement.weight_formats),
        delay_bits=0,
        tag_bits=0,
        payload_bits=0,
        entries=1,
        learning=None,
        format="relay",
    )


def _projection(
    projection: FixedProjection, pre: str, host: bool, rules: dict[object, int], target: Target
) -> ProjectionNeed:
    rule, core = projection.rule, target.placement
    learning = None if rule is None else rules.setdefault(_entry(rule), len(rules))
    used = set() if rule is None else {name for p in rule.products for name, _ in p.factors} | {p.target for p in rule.products}
    delay = int(np.max(projection.delays, initial=0)).bit_length()
    bits = {
        "weight_bits": at_least(projection.weight_bits, core.weight_formats),
        "delay_bits": max(delay, target.limits.delay_max.value.bit_length() if "d" in used else 0),
        "tag_bits": target.engine.tag_bits.value if "t" in used else 0,
    }
    entries = core.learning_axon_entries.value if rule is not None and core.learning_axon_entries else 1
    return ProjectionNeed(
        name=projection.name,
        pre=pre,
        post=projection.post,
        channel=projection.channel,
        host=host,
        pattern=pattern_of(projection.weights, rule is not None),
        payload_bits=projection.message_bits,
        entries=entries,
        learning=learning,
        format=(*bits.values(), projection.weight_exp, projection.mode, learning, projection.graded),
        **bits,
    )


def _entry(rule: ChipRule) -> object:
    """What tells a rule with its traces from others in the table of a core."""
    traces = tuple(sorted((name, trace.impulse, trace.tau) for name, trace in rule.traces.items()))
    return rule.products, traces, tuple(sorted(rule.sent.items())), rule.epoch, rule.decimation

