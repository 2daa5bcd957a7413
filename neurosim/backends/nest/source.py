"""The text of ``network.py``: a PyNEST script with one line per population and one per projection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.backends.nest.neurons import MILLI, NestNeuron
from neurosim.backends.nest.synapses import NestSynapses
from neurosim.program.step import StepPopulation, StepProgram

TEMPLATE = '''"""NEST network {name}, step {resolution:g} ms, written by neurosim.

Run it, from any folder, with

    python network.py --steps 1000 --threads 2

or, with a NEST that was built with MPI, on four processes, each of which writes results of its own (results.0.npz, ...):

    mpirun -n 4 python network.py --steps 1000

If neurosim wrote arguments.txt, @arguments.txt stands for the steps and what is recorded. inputs.npz contains the spikes of
each source: {sources}; --help describes it. Record a state with --record population:V_m, and weights
that learn every 100 steps with --watch projection:100.
Voltages are in mV relative to rest, weights in mV (iaf_psc_delta) or pA (iaf_psc_exp), times in ms.
"""

from pathlib import Path

import nest
import numpy as np
from harness import Nodes, connect, injectors, main, relay

RESOLUTION = {resolution!r}
ARRAYS = dict(np.load(Path(__file__).parent / "arrays.npz"))


def build(inputs, arrays):
    """Create and connect the nodes; `inputs` are the spikes by source, `arrays` those of arrays.npz."""
{body}
    return Nodes(
        populations={populations},
        plastic={plastic},
    )


if __name__ == "__main__":
    main(build, ARRAYS, RESOLUTION, sources={sources})
'''


@dataclass(frozen=True)
class NestScript:
    """A step program in the words of NEST.

    Attributes
    ----------
    neurons : mapping
        Population -> its model; sources are left out.
    synapses : mapping
        Projection -> its synapses.
    """

    program: StepProgram
    neurons: Mapping[str, NestNeuron]
    synapses: Mapping[str, NestSynapses]

    @property
    def resolution(self) -> float:
        """The step in milliseconds."""
        return float(round(self.program.dt * MILLI, 9))

    def arrays(self) -> dict[str, Any]:
        """Arrays of arrays.npz by name."""
        out = {
            f"{name}.{key}": value
            for name, neuron in self.neurons.items()
            for key, value in neuron.parameters.items()
            if _differs(value)
        }
        for name, synapses in self.synapses.items():
            out |= {f"{name}.{key}": value for key, value in synapses.arrays().items()}
        return out

    def text(self) -> str:
        """Text of network.py."""
        program = self.program
        sources = {p.name: p.n for p in program.populations if p.neuron.is_source}
        own = {p.name: f"nodes[{_quoted(p.name)}]" for p in program.populations if p.name not in sources}
        learn = {name: self._ends(name) for name, synapses in self.synapses.items() if synapses.rule}
        lines = ["nodes = {}"]
        lines += [self._population(p) for p in program.populations]
        for projection in program.projections:
            lines += self._projection(projection.name)
        return TEMPLATE.format(
            name=_in_docstring(program.name),
            resolution=self.resolution,
            sources=_in_docstring(sources),
            body="\n".join(f"    {line}" for line in lines),
            populations=_mapping(own),
            plastic=_mapping(learn),
        )

    def _population(self, population: StepPopulation) -> str:
        name = _quoted(population.name)
        if population.neuron.is_source:
            return f"nodes[{name}] = injectors({population.n}, inputs[{name}], RESOLUTION)"
        neuron = self.neurons[population.name]
        given = {
            key: f"arrays[{_quoted(f'{population.name}.{key}')}]" if _differs(value) else repr(float(np.mean(value)))
            for key, value in neuron.parameters.items()
        } | {key: repr(value) for key, value in self._archive(population.name).items()}
        return f"nodes[{name}] = nest.Create({_quoted(neuron.model)}, {population.n}, {_mapping(given)})"

    def _archive(self, post: str) -> dict[str, float]:
        """Time constants of the traces that the neurons of a population keep for synapses that learn."""
        out: dict[str, float] = {}
        for synapses in self.synapses.values():
            if synapses.rule and synapses.projection.post == post:
                out |= synapses.rule.neuron
        return out

    def _projection(self, name: str) -> list[str]:
        synapses, key = self.synapses[name], _quoted(name)
        if synapses.rule is None:
            return [f"connect({key}, {self._ends(name)}, arrays, RESOLUTION)"]
        lines = []
        if synapses.relay:
            pre = _quoted(synapses.projection.pre)
            delay = round(synapses.relay * self.resolution, 6)
            lines.append(f"nodes[{_quoted(_relay(name))}] = relay(nodes[{pre}], {delay!r})")
        parameters = _mapping({key: repr(value) for key, value in synapses.rule.parameters.items()})
        own = _quoted(f"own_{name}")
        lines.append(f"nest.CopyModel({_quoted(synapses.rule.model)}, {own}, {parameters})")
        return [*lines, f"connect({key}, {self._ends(name)}, arrays, RESOLUTION, synapse={own})"]

    def _ends(self, name: str) -> str:
        """Source text of the nodes from which and to which the synapses lead."""
        synapses = self.synapses[name]
        pre = _relay(name) if synapses.relay else synapses.projection.pre
        return f"(nodes[{_quoted(pre)}], nodes[{_quoted(synapses.projection.post)}])"


def _relay(name: str) -> str:
    return f"{name} (relay)"


def _differs(value: Any) -> bool:
    """Whether neurons have different values."""
    return bool(np.ptp(value) > 0)


def _quoted(name: str) -> str:
    """A name as a Python string in double quotes, for which JSON has the same rules."""
    return json.dumps(name)


def _in_docstring(value: Any) -> str:
    """The repr of a value for a docstring in three double quotes: escaped so that it cannot end the docstring or the line."""
    return repr(value).replace("\\", "\\\\").replace('"', '\\"')


def _mapping(entries: Mapping[str, str]) -> str:
    """Source text of a dictionary from names to texts."""
    return "{" + ", ".join(f"{_quoted(key)}: {value}" for key, value in entries.items()) + "}"
