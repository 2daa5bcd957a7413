"""Learning in a whole graph: the rules of its projections, and the values that its populations have to send for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neurosim.backends.lava.kinds import ProcessKind, Program, kind_of, neuron_parameters, three_factor_kind
from neurosim.backends.lava.plastic import Y_SLOTS, LavaRule, Sent, slots_of
from neurosim.backends.lava.rules import learning
from neurosim.program.fixed import FixedProgram


@dataclass(frozen=True)
class Sender:
    """A population whose neurons send y1, y2, y3.

    Attributes
    ----------
    sent : mapping
        "y1", ... -> Sent, the value of that slot.
    seed : int
        Seed of the random rounding.
    projection : str
        Name of the projection whose signals the population receives.
    """

    sent: Mapping[str, Sent]
    seed: int
    projection: str

    @property
    def signals(self) -> Mapping[str, str]:
        """Slot -> name of the input that a source has to send there."""
        return {slot: f"{self.projection}.{slot}" for slot, sent in self.sent.items() if sent.modulator}

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Keywords of a process that sends y1, y2, y3."""
        sent = [self.sent.get(slot, Sent()) for slot in Y_SLOTS]
        traces = {"y_impulse": [s.impulse for s in sent], "y_tau": [s.tau for s in sent], "seed": self.seed}
        if not any(s.supply for s in sent):
            return traces
        return traces | {"y_supply": [s.supply for s in sent], "y_scale": [s.how.scale for s in sent]}


@dataclass(frozen=True)
class GraphLearning:
    """Projection -> its learning rule, and population -> what it sends; those without either are left out."""

    rules: Mapping[str, LavaRule] = field(default_factory=dict)
    backwards: Mapping[str, str] = field(default_factory=dict)
    """Projection that uses the transposed weights of a plastic projection -> that plastic projection."""
    senders: Mapping[str, Sender] = field(default_factory=dict)
    integers: bool = False
    """Whether the program is in the integers of a chip."""

    def signals(self, population: str) -> Mapping[str, str]:
        """Slot -> third factor that `population` receives from outside."""
        return self.senders[population].signals if population in self.senders else {}

    def kind(self, population: Any) -> ProcessKind:
        """The process class of a population that is not a source."""
        neuron = population.neuron
        return three_factor_kind(neuron) if population.name in self.senders else kind_of(neuron, self.integers)

    def parameters(self, population: Any) -> dict[str, Any]:
        """Keywords of the process of `population`."""
        sends = self.senders[population.name].parameters if population.name in self.senders else {}
        return {**neuron_parameters(population.neuron, self.kind(population), self.integers), **sends}


def graph_learning(program: Program) -> GraphLearning:
    """Learning in the graph of `program`.

    Raises
    ------
    UnsupportedError
        If Lava cannot run a rule, or if two rules need different values from one population.
    """
    learnings = {p.name: learning(p) for p in program.projections if p.rule is not None}
    backwards = {p.name: p.transposed for p in program.projections if p.transposed in learnings}
    senders = {}
    for population in program.populations:
        ending = [(p.name, learnings[p.name]) for p in program.projections if p.post == population.name and p.name in learnings]
        sent, seed, projection = slots_of(population.name, ending)
        if sent:
            senders[population.name] = Sender(sent, seed, projection)
    return GraphLearning(learnings, backwards, senders, isinstance(program, FixedProgram))
