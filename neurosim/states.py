"""Between a network's probes and the variables of its step program: names and units."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.deploy.learning import ChipRule
from neurosim.deploy.program import ALIGN_SHIFT, FixedPopulation, FixedProgram, FixedProjection
from neurosim.network import Network, Probe
from neurosim.recording import Recording, WeightTrace
from neurosim.step import StepPopulation, StepProgram
from neurosim.units import FloatArray

_PROGRAM_NAME = {name: name for name in ("v", "theta", "count", "label", "desire")}
"""Described variable -> program variable; every synaptic current is the program's u."""


def _state_probes(network: Network) -> list[Probe]:
    return [p for p in network.probes if p.variable != "spike" and not network.records_synapses(p)]


def program_probes(network: Network) -> list[tuple[str, str]]:
    """The network's state probes in the names of the step program."""
    return [(p.of, _PROGRAM_NAME.get(p.variable, "u")) for p in _state_probes(network)]


def described(raw: Recording, network: Network, program: StepProgram | FixedProgram) -> Recording:
    """`raw` in described units: states under the described names, of the probed neurons; weights, tags and traces."""
    return replace(
        raw,
        states={(p.of, p.variable): _values(raw, network, program, p) for p in _state_probes(network)},
        weights={name: _scaled(trace, _weight_unit(network, program, name)) for name, trace in raw.weights.items()},
        synapses={(name, of): _scaled(trace, _synapse_unit(program, name, of)) for (name, of), trace in raw.synapses.items()},
    )


def _scaled(trace: WeightTrace, unit: FloatArray) -> WeightTrace:
    return replace(trace, values=trace.values * unit)


def _weight_unit(network: Network, program: StepProgram | FixedProgram, name: str) -> FloatArray:
    """Described units in one unit of the program's weights."""
    projection = next(p for p in program.projections if p.name == name)
    model: Any = network.population(projection.post).model
    gain = model.step(network.step_seconds).gain
    if not isinstance(projection, FixedProjection):
        return np.asarray(1.0 / gain)
    population = program.population(projection.post)
    assert isinstance(population, FixedPopulation)
    return np.asarray(2.0**projection.weight_exp / (population.scale * gain))


def _synapse_unit(program: StepProgram | FixedProgram, name: str, variable: str) -> FloatArray:
    """Described units in one unit of a tag or a trace; the step program has them in described units."""
    rule = next(p for p in program.projections if p.name == name).rule
    return np.asarray(1.0 / rule.scales.get(variable, 1.0) if isinstance(rule, ChipRule) else 1.0)


def _values(raw: Recording, network: Network, program: StepProgram | FixedProgram, probe: Probe) -> FloatArray:
    name, population = _PROGRAM_NAME.get(probe.variable, "u"), program.population(probe.of)
    values = raw.states[probe.of, name] * _unit(network, population, name)
    values = values + population.v_rest if name == "v" else values
    return values if probe.neurons is None else values[:, :, list(probe.neurons)]


def _unit(network: Network, population: StepPopulation | FixedPopulation, name: str) -> FloatArray:
    """Described units in one unit of the program's state."""
    if name not in ("u", "v", "theta"):
        return np.ones(())
    model: Any = network.population(population.name).model
    gain = model.step(network.step_seconds).gain if name == "u" else np.ones(())
    scale = population.scale * (1 << ALIGN_SHIFT) if isinstance(population, FixedPopulation) else 1.0
    return np.asarray(1.0 / (scale * gain))
