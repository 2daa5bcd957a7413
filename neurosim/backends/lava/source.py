"""The text of ``graph.py``: one line per process, one line per connection of ports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.backends.lava.connections import connection
from neurosim.backends.lava.graph_learning import GraphLearning, graph_learning
from neurosim.backends.lava.kinds import Program, tag_of
from neurosim.backends.lava.names import variables
from neurosim.backends.lava.plastic import Y_SLOTS
from neurosim.program.fixed import FixedProjection, SignMode
from neurosim.program.step import StepProjection

TAKEN = ("ARRAYS", "TAG", "SOURCES", "Graph", "Path", "build", "compat", "inputs", "main", "np", "sparse", "SignMode")
"""Names that graph.py uses itself, which variables must avoid."""

TEMPLATE = '''"""Lava process graph of the network {name}, step {dt:g} s, written by neurosim.

Run it, from any folder, with

    python graph.py --steps 100 --inputs inputs.npz --out results.npz --probe {example}

where inputs.npz contains one array (samples, steps, n) per source: {described_sources}. Step k is Lava's time step k + 1.
A source "projection.y2" is the third factor that the post neurons of that projection send as y2.
Weights are (n_post, n_pre), as in Lava.
"""

from pathlib import Path

import verify  # names files that are missing; has to come first

verify.begin()

import compat  # lets Python 3.11 and newer import Lava; has to come before it
import numpy as np
{imports}

ARRAYS = np.load(Path(__file__).parent / "weights.npz", allow_pickle=False)
TAG = "{tag}"
SOURCES = {sources}
{helpers}

def build(inputs):
    """Create and connect the processes; `inputs` are payloads (n, time) by source."""
{body}
    return Graph(
        sources={source_names},
        populations={population_names},
        projections={projection_names},
        relays={relay_names},
    )


if __name__ == "__main__":
    main(build, TAG, SOURCES)
'''

CSR_HELPER = '''

def csr(name):
    """The sparse matrix stored under `name`."""
    parts = [ARRAYS[f"{name}.{part}"] for part in ("data", "indices", "indptr")]
    return sparse.csr_matrix(tuple(parts), shape=ARRAYS[f"{name}.shape"])
'''


@dataclass
class _Text:
    """The lines of graph.py that have been written, with the imports and arrays that they need."""

    graph: GraphLearning
    imports: set[tuple[str, str]] = field(default_factory=set)
    arrays: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def value(self, value: Any, key: str) -> str:
        """Source text of a value; arrays are stored in weights.npz under `key`."""
        if sparse.issparse(value):
            self.arrays |= {f"{key}.{part}": getattr(value, part) for part in ("data", "indices", "indptr", "shape")}
            return f"csr({quoted(key)})"
        if isinstance(value, np.ndarray):
            self.arrays[key] = value
            return f"ARRAYS[{quoted(key)}]"
        # The repr of an infinite number is no Python.
        return f"np.{value!r}" if value in (np.inf, -np.inf) else repr(value)

    def call(self, module: str, name: str, arguments: Iterable[str]) -> str:
        """Source text that creates an object; its import is added."""
        self.imports.add((module, name))
        return f"{name}({', '.join(arguments)})"


def graph_source(program: Program) -> str:
    """Text of graph.py."""
    text, names = _text(program)
    sources = {p.name: p.n for p in program.populations if p.neuron.is_source}
    populations = [p.name for p in program.populations if p.name not in sources]
    signals = {name: p.n for p in program.populations for name in text.graph.signals(p.name).values()}
    csr = any(sparse.issparse(p.weights) for p in program.projections)
    return TEMPLATE.format(
        name=in_docstring(program.name),
        dt=program.dt,
        tag=tag_of(program),
        example=in_docstring(f"{populations[0]}.v")[1:-1] if populations else "",
        imports="\n".join(_imports(text.imports, csr)),
        helpers=CSR_HELPER if csr else "",
        body="\n".join(f"    {line}".rstrip() for line in text.lines),
        source_names=_mapping([("population", name) for name in sources] + [("signal", name) for name in signals], names),
        population_names=_mapping([("population", name) for name in populations], names),
        projection_names=_mapping([("projection", p.name) for p in _carried(program, text.graph)], names),
        relay_names=_mapping([("relay", p.name) for p in program.projections if p.release is not None], names),
        sources=sources | signals,
        described_sources=in_docstring(sources | signals),
    )


def quoted(name: str) -> str:
    """A name as a Python string in double quotes, for which JSON has the same rules."""
    return json.dumps(name)


def in_docstring(value: Any) -> str:
    """The repr of a value for a docstring in three double quotes: escaped so that it cannot end the docstring or the line."""
    return repr(value).replace("\\", "\\\\").replace('"', '\\"')


def stored_arrays(program: Program) -> dict[str, Any]:
    """Arrays of weights.npz by name."""
    return _text(program)[0].arrays


def _text(program: Program) -> tuple[_Text, Mapping[tuple[str, str], str]]:
    text = _Text(graph_learning(program))
    names = _names(program, text.graph)
    text.lines.append("# Sources and populations")
    for population in program.populations:
        text.lines.append(f"{names['population', population.name]} = {_population(population, text)}")
        for signal in text.graph.signals(population.name).values():
            text.lines.append(f"{names['signal', signal]} = {_ring_buffer(signal, text)}")
    text.lines += ["", "# Projections"]
    for projection in _carried(program, text.graph):
        if projection.name in text.graph.rules:
            text.lines.append(f"{names['rule', projection.name]} = {_rule(projection.name, text)}")
        text.lines.append(f"{names['projection', projection.name]} = {_projection(projection, text, names)}")
        if projection.release is not None:
            text.lines.append(f"{names['relay', projection.name]} = {_relay(projection, text)}")
    text.lines += ["", "# Wires"]
    for projection in program.projections:
        text.lines += _wires(projection, program, text.graph, names)
        text.lines += _learning_wires(projection, text.graph, names)
    for population in program.populations:
        for slot, signal in text.graph.signals(population.name).items():
            text.lines.append(f"{names['signal', signal]}.s_out.connect({names['population', population.name]}.{slot}_in)")
    text.lines.append("")
    return text, names


def _carried(program: Program, graph: GraphLearning) -> list[Any]:
    """Projections that have their own process; the others use that of a transposed projection."""
    return [p for p in program.projections if p.name not in graph.backwards]


def _names(program: Program, graph: GraphLearning) -> Mapping[tuple[str, str], str]:
    """Variable names of graph.py."""
    wanted = [("population", p.name) for p in program.populations] + [("projection", p.name) for p in program.projections]
    wanted += [("rule", name) for name in graph.rules]
    wanted += [("relay", p.name) for p in program.projections if p.release is not None]
    wanted += [("signal", signal) for population in graph.senders for signal in graph.signals(population).values()]
    neurons = [graph.kind(p).name for p in program.populations if not p.neuron.is_source]
    connections = ["Dense", "DelayDense", "Sparse", "DelaySparse", "LearningDense", "TwoWayLearningDense"]
    connections += ["RingBuffer", "Release", "csr"]
    rules = [learning.name for learning in graph.rules.values()]
    return variables(wanted, [*TAKEN, *neurons, *connections, *rules])


def _population(population: Any, text: _Text) -> str:
    name, neuron = population.name, population.neuron
    if neuron.is_source:
        return _ring_buffer(name, text)
    kind = text.graph.kind(population)
    given = [f"{key}={text.value(value, f'{name}.{key}')}" for key, value in text.graph.parameters(population).items()]
    return text.call(kind.module, kind.name, [f"shape=({population.n},)", *given, f"name={quoted(name)}"])


def _ring_buffer(source: str, text: _Text) -> str:
    return text.call("lava.proc.io.source", "RingBuffer", [f"data=inputs[{quoted(source)}]"])


def _rule(projection: str, text: _Text) -> str:
    learning = text.graph.rules[projection]
    return text.call(learning.module, learning.name, [f"{key}={value!r}" for key, value in learning.options.items()])


def _projection(projection: StepProjection | FixedProjection, text: _Text, names: Mapping[tuple[str, str], str]) -> str:
    name = projection.name
    made = connection(projection, name in text.graph.backwards.values())
    given = [f"{key}={text.value(value, f'{name}.{key}')}" for key, value in {**made.matrices, **made.options}.items()]
    if name in text.graph.rules:
        given.append(f"learning_rule={names['rule', name]}")
    return text.call(made.module, made.name, [*given, *_signs(projection, text), f"name={quoted(name)}"])


def _relay(projection: StepProjection | FixedProjection, text: _Text) -> str:
    """Source text of the relay that computes short-term plasticity."""
    shape = f"shape=({np.shape(projection.weights)[0]},)"
    given = [f"{key}={value!r}" for key, value in asdict(projection.release).items()]  # type: ignore[arg-type]
    return text.call("processes.release", "Release", [shape, *given])


def _signs(projection: StepProjection | FixedProjection, text: _Text) -> list[str]:
    """The keyword for the sign mode, if it is known; a learning connection needs it."""
    learning = text.graph.rules.get(projection.name)
    mode = learning.sign_mode if learning else _sign_mode(projection)
    if mode is None:
        return []
    text.imports.add(("lava.utils.weightutils", "SignMode"))
    return [f"sign_mode=SignMode.{mode.name}"]


@singledispatch
def _sign_mode(projection: Any) -> SignMode | None:
    return None


@_sign_mode.register
def _(projection: FixedProjection) -> SignMode | None:
    return projection.sign_mode


def _wires(projection: Any, program: Program, graph: GraphLearning, names: Mapping[tuple[str, str], str]) -> Iterator[str]:
    pre, post = names["population", projection.pre], names["population", projection.post]
    out = "s_out" if projection.channel == "spike" else f"{projection.channel}_out"
    main = program.population(projection.post).neuron.receptors[0]
    into = "a_in" if projection.receptor == main else f"{projection.receptor}_in"
    if projection.name in graph.backwards:
        forward = names["projection", graph.backwards[projection.name]]
        yield f"{pre}.{out}.connect({forward}.feedback_in)"
        yield f"{forward}.feedback_out.connect({post}.{into})"
        return
    if projection.release is not None:
        relay = names["relay", projection.name]
        yield f"{pre}.{out}.connect({relay}.s_in)"
        pre, out = relay, "s_out"
    yield f"{pre}.{out}.connect({names['projection', projection.name]}.s_in)"
    yield f"{names['projection', projection.name]}.a_out.connect({post}.{into})"


def _learning_wires(projection: Any, graph: GraphLearning, names: Mapping[tuple[str, str], str]) -> Iterator[str]:
    if projection.name not in graph.rules:
        return
    post, plastic = names["population", projection.post], names["projection", projection.name]
    if not graph.rules[projection.name].three_factor:
        yield f"{post}.s_out.connect({plastic}.s_in_bap)"
        return
    for port in ("bap", *Y_SLOTS):
        yield f"{post}.s_out_{port}.connect({plastic}.s_in_{port})"


def _imports(needed: Iterable[tuple[str, str]], csr: bool) -> Iterator[str]:
    modules: dict[str, list[str]] = {"harness": ["Graph", "main"]} | ({"scipy": ["sparse"]} if csr else {})
    for module, name in needed:
        modules.setdefault(module, []).append(name)
    for module in sorted(modules):
        yield f"from {module} import {', '.join(sorted(modules[module]))}"


def _mapping(wanted: Iterable[tuple[str, str]], names: Mapping[tuple[str, str], str]) -> str:
    """Source text of a dictionary from names to the variables of their processes; `wanted` are kinds with names."""
    entries = [f"            {quoted(name)}: {names[kind, name]}," for kind, name in wanted]
    return "\n".join(["{", *entries, "        }"]) if entries else "{}"
