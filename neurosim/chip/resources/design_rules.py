"""Design rules: what the neurons of a network need, each alone on a core, against what a core has.

A network whose neurons pass all rules can be placed, if there are enough cores; one that breaks a rule fits on no number of
cores, because all synapses of a neuron lie on its core. Each rule is a small function in `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurosim.chip.resources.formats import axon_bits
from neurosim.chip.resources.needs import Needs, PopulationNeed
from neurosim.chip.target_schema import Entry
from neurosim.display.short import Short

if TYPE_CHECKING:
    from neurosim.chip.target import Target


@dataclass(frozen=True)
class Finding(Short):
    """What a design rule found at one population or projection.

    Attributes
    ----------
    rule : str
        Name of the rule, which is the limit that it checks.
    part, where : str
        "Population" or "Projection", and its name.
    used, allowed : int
        What is needed, and what the target has.
    remedy : str
        How to need less.
    confidence : str
        How well the source of the limit was checked; see `neurosim.chip.target_schema.Entry`.
    """

    rule: str
    part: str
    where: str
    used: int
    allowed: int
    remedy: str
    confidence: str

    @property
    def ok(self) -> bool:
        """Whether the rule holds."""
        return self.used <= self.allowed

    def __str__(self) -> str:
        sure = "" if self.confidence in ("read", "quoted", "derived") else f" (this limit is {self.confidence})"
        found = f"{self.rule}: {self.used}; the target allows {self.allowed}{sure}"
        return f"{self.part} {self.where!r}: {found}. {self.remedy}"


def findings(needs: Needs, target: Target) -> tuple[Finding, ...]:
    """What every rule found at every part, in the order of `RULES`.

    Parameters
    ----------
    needs : Needs
        What a program needs.
    target : Target
        The chip.
    """
    return tuple(finding for rule in RULES for finding in rule(needs, target))


def compartments_of_a_neuron(needs: Needs, target: Target) -> Iterator[Finding]:
    """A neuron has all of its compartments on one core."""
    limit = target.placement.neurons_per_core
    for p in needs.populations:
        yield _found("compartments of a neuron", p.name, p.compartments, limit.value, "Use a simpler neuron.", limit)


def delay_slots_of_a_neuron(needs: Needs, target: Target) -> Iterator[Finding]:
    """A neuron needs a sum for each future step in which a spike can arrive."""
    limit = target.placement.delay_slots_per_core
    if limit is None:
        return
    for p in needs.populations:
        remedy = "Shorten the delays of the projections that end there."
        yield _found("sums of future steps of a neuron", p.name, p.delay_slots, limit.value, remedy, limit)


def state_of_a_neuron(needs: Needs, target: Target) -> Iterator[Finding]:
    """The states of a neuron have to fit into its memory."""
    limit = target.placement.state_bytes_per_neuron
    if limit is None:
        return
    for p in needs.populations:
        used = state_bytes(target) * p.states
        yield _found("bytes of the states of a neuron", p.name, used, limit.value, "Use a neuron with fewer states.", limit)


def memory_of_a_neuron(needs: Needs, target: Target) -> Iterator[Finding]:
    """All synapses of a neuron lie in the memory of its core."""
    core = target.placement
    state = core.state_variable_bits.value if core.state_variable_bits else 0
    for p in needs.populations:
        bits = np.full(p.n, p.states * state)
        for k in needs.incoming[p.name]:
            bits += k.pattern.fan_in() * int(axon_bits(1, k.synapse_bits, core))
        remedy = "Connect each neuron to fewer others, or store fewer bits per weight, delay or tag."
        limit = core.synapse_bits_per_core
        yield _found("bits of memory of a neuron", p.name, int(bits.max(initial=0)), limit.value, remedy, limit)


def input_axons_of_a_neuron(needs: Needs, target: Target) -> Iterator[Finding]:
    """A neuron needs an input axon per neuron that it receives spikes from; axons of synapses that learn take more entries."""
    limit = target.placement.in_axons_per_core
    for p in needs.populations:
        axons = np.zeros(p.n, np.int64)
        for shared in needs.axons_into(p.name):
            axons += shared.first.entries * shared.pattern.fan_in()
        remedy = "Give each neuron fewer inputs, for example by sparse connections or by a layer in between."
        yield _found("input axons of a neuron", p.name, int(np.max(axons, initial=0)), limit.value, remedy, limit)


def output_axons_of_a_neuron(needs: Needs, target: Target) -> Iterator[Finding]:
    """A neuron needs at least one output axon for all projections that share one."""
    limit = target.placement.out_axons_per_core
    for p in needs.populations:
        used = sum(1 for axons in needs.axons_from(p.name) if axons.synapses)
        yield _found("output axons of a neuron", p.name, used, limit.value, "Let fewer projections begin there.", limit)


def synapse_formats_of_a_population(needs: Needs, target: Target) -> Iterator[Finding]:
    """A neuron needs a synapse format per kind of synapse that ends at it."""
    limit = target.placement.synapse_formats_per_core
    if limit is None:
        return
    for p in needs.populations:
        used = len({k.format for k in needs.incoming[p.name]})
        remedy = "Give the projections that end there equal delays, weight exponents, signs or rules."
        yield _found("synapse formats of a neuron", p.name, used, limit.value, remedy, limit)


def rules_of_a_population(needs: Needs, target: Target) -> Iterator[Finding]:
    """A neuron needs a learning profile per rule of its synapses."""
    limit = target.placement.learning_profiles_per_core
    if limit is None:
        return
    for p in needs.populations:
        used = len({k.learning for k in needs.incoming[p.name]} - {None})
        remedy = "Use the same rule in several projections."
        yield _found("learning rules of a neuron", p.name, used, limit.value, remedy, limit)


def payload_of_a_spike(needs: Needs, target: Target) -> Iterator[Finding]:
    """A spike carries a payload of a limited width."""
    limit = target.limits.payload_bits
    for k in needs.projections:
        remedy = "Send spikes without payloads; short-term plasticity needs them."
        rule = "bits of the payload of a spike"
        yield Finding(rule, "Projection", k.name, k.payload_bits, limit.value, remedy, limit.confidence)


def _found(rule: str, where: str, used: int, allowed: int, remedy: str, limit: Entry) -> Finding:
    return Finding(rule, "Population", where, int(used), allowed, remedy, limit.confidence)


Rule = Callable[[Needs, "Target"], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    compartments_of_a_neuron,
    delay_slots_of_a_neuron,
    state_of_a_neuron,
    memory_of_a_neuron,
    input_axons_of_a_neuron,
    output_axons_of_a_neuron,
    synapse_formats_of_a_population,
    rules_of_a_population,
    payload_of_a_spike,
)
"""All rules that a neuron has to pass alone on a core."""

_TABLES = {
    "delay_slots_per_core": "sums of future steps, which long delays need",
    "synapse_formats_per_core": "synapse formats per core",
    "neuron_profiles_per_core": "different decays and refractory times per core",
    "threshold_profiles_per_core": "different thresholds per core",
    "learning_profiles_per_core": "different rules per core",
    "state_bytes_per_neuron": "size of the state of a neuron",
    "chips_per_system": "number of chips",
}
_NEVER = (
    "spikes per step that the network-on-chip transports",
    "spikes per step that a host sends and receives",
    "number of probes",
)
"""Limits of both chips for which no number was found."""


def not_checked(target: Target) -> tuple[str, ...]:
    """Limits that no rule checks, because no number is published for this target.

    Parameters
    ----------
    target : Target
        The chip.
    """
    missing = tuple(text for name, text in _TABLES.items() if getattr(target.placement, name) is None)
    microcode = () if target.placement.state_bytes_per_neuron is None else ("size of the microcode of neurons",)
    return missing + microcode + _NEVER


def state_bytes(target: Target) -> int:
    """Bytes of a state variable in the memory of a neuron: the power of two that holds its bits, 4 for 24 bits."""
    return 1 << max((target.limits.state_bits.value - 1).bit_length() - 3, 0)


def shares(population: PopulationNeed, target: Target) -> int:
    """Bits of the memory of a core that the states of a neuron take."""
    bits = target.placement.state_variable_bits
    return population.states * bits.value if bits else 0
