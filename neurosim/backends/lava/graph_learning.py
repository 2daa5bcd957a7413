"""What learning asks of a whole graph: the rules of its projections, and what its populations have to send for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neurosim.backends.lava.kinds import ProcessKind, Program, kind_of, neuron_parameters, three_factor_kind
from neurosim.backends.lava.plastic import Y_SLOTS, LavaRule, Sent, slots_of
from neurosim.backends.lava.rules import learning


@dataclass(frozen=True)
class Sender:
    """A population whose neurons send y1, y2, y3.

    Attributes
    ----------
    sent : mapping
        "y1", ... -> Sent.
    seed : int
        Of the random rounding.
    projection : str
        Whose signals arrive.
    """

    sent: Mapping[str, Sent]
    seed: int
    projection: str

    @property
    def signals(self) -> Mapping[str, str]:
        """Slot -> name among the inputs of what a source has to send there."""
        return {slot: f"{self.projection}.{slot}" for slot, sent in self.sent.items() if sent.modulator}

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Keywords of a process that sends."""
        sent = [self.sent.get(slot, Sent()) for slot in Y_SLOTS]
        traces = {"y_impulse": [s.impulse for s in sent], "y_tau": [s.tau for s in sent], "seed": self.seed}
        if not any(s.supply for s in sent):
            return traces
        return traces | {"y_supply": [s.supply for s in sent], "y_scale": [s.how.scale for s in sent]}


@dataclass(frozen=True)
class GraphLearning:
    """Projection -> its learning, and population -> what it sends; those that neither learn nor send are left out."""

    rules: Mapping[str, LavaRule] = field(default_factory=dict)
    backwards: Mapping[str, str] = field(default_factory=dict)
    """Projection that reads the weights of a plastic one backwards -> that one."""
    senders: Mapping[str, Sender] = field(default_factory=dict)

    def signals(self, population: str) -> Mapping[str, str]:
        """Slot -> third factor that arrives at `population` from outside."""
        return self.senders[population].signals if population in self.senders else {}

    def kind(self, population: Any) -> ProcessKind:
        """The process of a population that is no source."""
        return three_factor_kind(population.neuron) if population.name in self.senders else kind_of(population.neuron)

    def parameters(self, population: Any) -> dict[str, Any]:
        """Keywords of that process."""
        sends = self.senders[population.name].parameters if population.name in self.senders else {}
        return {**neuron_parameters(population.neuron, self.kind(population)), **sends}


def graph_learning(program: Program) -> GraphLearning:
    """The graph of `program`.

    Raises
    ------
    UnsupportedError
        If Lava cannot run a rule, or if two rules want different things of one population.
    """
    learnings = {p.name: learning(p) for p in program.projections if p.rule is not None}
    backwards = {p.name: p.transposed for p in program.projections if p.transposed in learnings}
    senders = {}
    for population in program.populations:
        ending = [(p.name, learnings[p.name]) for p in program.projections if p.post == population.name and p.name in learnings]
        sent, seed, projection = slots_of(population.name, ending)
        if sent:
            senders[population.name] = Sender(sent, seed, projection)
    return GraphLearning(learnings, backwards, senders)
