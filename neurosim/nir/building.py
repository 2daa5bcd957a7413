"""Networks from NIR graphs without inner graphs: populations, projections, and what was decided on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.arrays import whole_number
from neurosim.display.short import Short
from neurosim.errors import NetworkError
from neurosim.network import Network, Population, Probe, Projection
from neurosim.network.connectivity import Convolution, OneToOne, Pooling
from neurosim.network.inputs import Input
from neurosim.neurons.step_lif import LeakyIntegrator
from neurosim.nir.choices import Choices, Decided, checked
from neurosim.nir.depths import depths_of, extra_steps
from neurosim.nir.flat import Flat
from neurosim.nir.linear import is_linear, size
from neurosim.nir.neurons import READOUTS, Numbers, neuron_of, numbers_of, reach, readout_of
from neurosim.nir.nodes import Node
from neurosim.nir.shapes import shapes_of, who
from neurosim.nir.wiring import Path, Signal, Wiring
from neurosim.units import FloatArray, as_quantity

_PER_NODE = ("reset", "threshold", "spikes")
"""Choices that a node can carry for itself."""


@dataclass(frozen=True)
class Imported(Short):
    """A network that was read from NIR.

    Attributes
    ----------
    network : Network
        The network; it is defined by its time step, so simulate it with ``integration="step"``.
    choices : Choices
        The value of each thing that NIR leaves open.
    report : tuple of Decided
        Each choice with its value and reason, and what else was decided.
    names : mapping
        Node of the graph -> population.
    outputs : tuple of str
        Populations that lead to an output of the graph.
    """

    network: Network
    choices: Choices
    report: tuple[Decided, ...]
    names: Mapping[str, str]
    outputs: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.report))


@dataclass
class Builder:
    """Builds the network of a graph without inner graphs."""

    graph: Flat
    choices: Choices
    given: frozenset[str]
    producer: str
    report: list[Decided]
    names: dict[str, str] = field(default_factory=dict)
    ends: list[str] = field(default_factory=list)

    def build(self, name: str, inputs: Mapping[str, Input]) -> Imported:
        self._note_ignored()
        shapes, operators = shapes_of(self.graph)
        wiring = Wiring(self.graph, shapes, operators)
        self.n = {node: size(shape) for node, shape in shapes.items()}
        signals = self._signals(wiring)
        before = {node: tuple(dict.fromkeys(p.source for p in signal.paths)) for node, signal in signals.items()}
        self.depths = depths_of(before, [node for node in signals if node in inputs])
        nodes = sorted(signals, key=lambda node: self.depths[node])
        for node in nodes:
            self.names[node] = self._name(node)
        numbers = {node: self._numbers(node) for node in nodes if node not in inputs}
        populations = [
            Population(self.names[node], self.n[node], inputs[node])
            if node in inputs
            else self._population(node, numbers[node], signals[node])
            for node in nodes
        ]
        projections = self._projections(nodes, signals, numbers)
        probes = [Probe(p.name, "v") for p in populations if isinstance(p.neuron, LeakyIntegrator)]
        network = Network(name, populations, projections, probes, dt=as_quantity(self.choices.dt, "second"))
        return Imported(network, self.choices, tuple(self.report), dict(self.names), self._outputs())

    def _note_ignored(self) -> None:
        for name, node in self.graph.nodes.items():
            if node.ignored:
                self.report.append(Decided("ignored", ", ".join(node.ignored), "fields that neurosim does not know", name))

    def _signals(self, wiring: Wiring) -> dict[str, Signal]:
        """What reaches each population: those of nodes with a state, and readouts of weights that lead to an Output."""
        found = {}
        for name, node in self.graph.nodes.items():
            if is_linear(node):
                continue
            signal = wiring.arriving(name)
            if node.kind == "Output" and signal.is_plain:
                self.ends += [path.source for path in signal.paths]
                continue
            if node.kind == "Output":
                self.n[name] = size(wiring.shapes[self.graph.before[name][0]])
                self.ends.append(name)
                why = "weights lead to an Output without a neuron; its v is their sum"
                self.report.append(Decided("readout", "LeakyIntegrator", why, name))
            found[name] = signal
            self._check_sources(signal, name, node)
        return found

    def _check_sources(self, signal: Signal, name: str, node: Node) -> None:
        if node.kind == "Input" and (signal.paths or signal.bias is not None):
            raise NetworkError(f"{who(name, node)}: something leads to an input; expected edges that leave it only.")
        for path in signal.paths:
            source = self.graph.nodes[path.source]
            if source.kind in READOUTS:
                raise NetworkError(
                    f"{who(path.source, source)} sends its voltage to {who(name, node)}, but only spikes are sent here; a "
                    "neuron that never spikes can lead to an Output only."
                )

    def _outputs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.names[node] for node in self.ends))

    def _name(self, node: str) -> str:
        """Name of the population of a node, which has to be an identifier."""
        plain = re.sub(r"\W", "_", node)
        if not plain.isidentifier():
            plain = f"{self.graph.nodes[node].kind.lower()}_{plain}"
        return _unique(plain, self.names.values())

    def _choices_of(self, node: Node) -> Choices:
        """The choices of one node, which a file of neurosim stores beside it."""
        if self.producer != "neurosim":
            return self.choices
        own = {key: plain(node.metadata[key]) for key in _PER_NODE if key in node.metadata and key not in self.given}
        return replace(self.choices, **{key: checked(key, value) for key, value in own.items()})

    def _numbers(self, name: str) -> Numbers:
        node = self.graph.nodes[name]
        if node.kind == "Output":
            return Numbers(np.zeros(()), np.zeros(()), np.ones(()), np.zeros(()))
        for key, values in node.values.items():
            if values.size not in (1, self.n[name]):
                here = f"{key} has {values.size} values"
                raise NetworkError(f"{who(name, node)}: {here}; expected 1 or {self.n[name]}. Write the graph again.")
        if self.producer != "neurosim" or self.given & {"dt", "decay", "membrane_input", "synapse_input", "integrator_input"}:
            node = replace(node, metadata={})
        return numbers_of(node, self.choices, who(name, node))

    def _population(self, name: str, numbers: Numbers, signal: Signal) -> Population:
        node, starts = self.graph.nodes[name], self.depths[name] if self.choices.extra_step == "align" else 0
        if self.producer == "neurosim" and "starts" in node.metadata:
            starts = whole_number(plain(node.metadata["starts"]), f"{who(name, node)}: metadata: starts", 0)
        inflow = np.zeros(()) if signal.bias is None else signal.bias * numbers.gain
        if node.kind in (*READOUTS, "Output"):
            most = reach(numbers, _most(signal, self.n[name]) * np.abs(numbers.gain), inflow)
            known = node if self.producer == "neurosim" else replace(node, metadata={})
            readout = readout_of(known, numbers, self.choices.dt, most, inflow, starts, who(name, node))
            return Population(self.names[name], self.n[name], readout)
        neuron = neuron_of(node, numbers, self._choices_of(node), inflow, starts, who(name, node))
        return Population(self.names[name], self.n[name], neuron)

    def _projections(
        self, nodes: list[str], signals: Mapping[str, Signal], numbers: Mapping[str, Numbers]
    ) -> list[Projection]:
        made: list[Projection] = []
        for node in nodes:
            for path in signals[node].paths:
                name = _unique(self._projection_name(path, node), [p.name for p in made])
                made.append(self._projection(path, node, numbers[node].gain, name))
        return made

    def _projection_name(self, path: Path, node: str) -> str:
        plain = re.sub(r"\W", "_", path.through[0]) if len(path.through) == 1 else ""
        return plain if plain.isidentifier() else f"{self.names[path.source]}_{self.names[node]}"

    def _projection(self, path: Path, node: str, gain: FloatArray, name: str) -> Projection:
        source = self.graph.nodes[path.source]
        many = self._choices_of(source).spikes == "many"
        counted = many and source.kind not in ("Input", "Threshold")
        stored = self.graph.nodes[path.through[0]].metadata if len(path.through) == 1 and self.producer == "neurosim" else {}
        return Projection(
            self.names[path.source],
            self.names[node],
            _weights(path, gain, "sparse" in stored),
            delay=self._delay(path, node),
            name=name,
            channel="count" if counted else "spike",
            graded=counted or (many and source.kind == "Input") or "graded" in stored,
        )

    def _delay(self, path: Path, node: str) -> Any:
        """Delay in seconds: that of Delay nodes, and what the longest way to the population takes more."""
        wait = 0
        if self.choices.extra_step == "align":
            source, target = self.depths[path.source], self.depths[node]
            wait, late = extra_steps(source, target, leads_back=target <= source)
            if late:
                why = f"a connection leads back over {late} layers, each of which takes one step more than in other programs"
                self.report.append(Decided("late", f"{late} steps", why, f"{path.source} -> {node}"))
        delay: Any = path.delay + wait * self.choices.dt
        for ends, axis in ((path.early, 1), (path.late, 0)):
            delay = delay if ends is None else delay + np.expand_dims(ends, axis)
        if np.ndim(delay) == 2:
            delay = np.broadcast_to(delay, (self.n[path.source], self.n[node])).copy()
        return as_quantity(delay, "second") if np.any(delay) else None


def _most(signal: Signal, n: int) -> FloatArray:
    """The most that reaches each neuron in a step, if all that send do so."""
    sizes = (np.ones(n) if p.weights is None else np.asarray(abs(p.weights).sum(axis=0)) for p in signal.paths)
    return sum(sizes, np.zeros(n))


def plain(value: Any) -> Any:
    """A single number or text of the metadata of a graph."""
    return value.item() if isinstance(value, np.ndarray | np.generic) and value.size == 1 else value


def _unique(name: str, taken: Any) -> str:
    names, number, found = set(taken), 2, name
    while found in names:
        found, number = f"{name}_{number}", number + 1
    return found


def _weights(path: Path, gain: FloatArray, stored_sparse: bool) -> Any:
    """Weights in steps: a pattern where one gain holds for all, else a matrix."""
    pattern = OneToOne(1.0) if path.weights is None else path.pattern
    if gain.ndim == 0 and isinstance(pattern, Convolution | Pooling):
        return replace(pattern, weight=np.asarray(pattern.weight) * gain if gain != 1 else pattern.weight)
    if isinstance(pattern, OneToOne):
        weight = np.asarray(pattern.weight) * gain
        return OneToOne(float(weight) if weight.ndim == 0 else weight)
    matrix = path.weights
    if isinstance(matrix, sparse.csr_array):
        return sparse.csr_array(matrix @ sparse.diags_array(np.broadcast_to(gain, matrix.shape[1])))
    scaled = np.asarray(matrix) * gain
    return sparse.csr_array(scaled) if stored_sparse else scaled
