"""Conversion between the probes of a network and the variables of its step program: names and units."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.checks.grid import listed
from neurosim.network.network import Network, Probe
from neurosim.network.roundings import roundings
from neurosim.neurons.burst_step import BASELINE_BITS
from neurosim.neurons.step_form import StepNeuron as FloatNeuron
from neurosim.neurons.step_neuron import StepNeuron
from neurosim.program.engine_rule import ChipRule
from neurosim.program.fixed import ALIGN_SHIFT, FixedPopulation, FixedProgram, FixedProjection
from neurosim.program.step import StepPopulation, StepProgram
from neurosim.results.recording import Recording
from neurosim.results.run_data import WeightTrace
from neurosim.step_language.kinds import FRACTION, GRID_BITS, LEVEL, STATES
from neurosim.units import FloatArray

_PROGRAM_NAME = {name: name for name in ("v", "theta", "count", "label", "desire", "v_d")}
_PROGRAM_NAME |= {"g_d": "u_d", "adaptation": "theta", "baseline": "drift"}
"""Described variable -> program variable; a variable without an entry is a synaptic current, the program's u."""


_LEVELS = ("u", "v", "theta", "u_d", "v_d", "drift")
"""Program variables that have a unit."""


def reading(neuron: FloatNeuron, model: Any, variable: str) -> tuple[str, FloatArray, FloatArray]:
    """How a described variable is read from the step program in float: (state, unit, described value where the state is 0)."""
    if isinstance(model, StepNeuron):
        return variable, np.ones(()), np.zeros(())
    state = _PROGRAM_NAME.get(variable, "u")
    unit = np.asarray(1.0 / _gain(neuron, state)) if state in _LEVELS else np.ones(())
    return state, unit, _offset_of(neuron, neuron.v_rest, state, unit)


def _state_probes(network: Network) -> list[Probe]:
    return [p for p in network.probes if p.variable != "spike" and not network.records_synapses(p)]


def program_probes(network: Network) -> list[tuple[str, str]]:
    """The network's state probes in the names of the step program."""
    return [(p.of, _name(network, p)) for p in _state_probes(network)]


def _name(network: Network, probe: Probe) -> str:
    """The program's variable of a probe."""
    model = network.population(probe.of).model
    return probe.variable if isinstance(model, StepNeuron) else _PROGRAM_NAME.get(probe.variable, "u")


def described(raw: Recording, network: Network, program: StepProgram | FixedProgram) -> Recording:
    """`raw` in described units: states of the probed neurons under their described names, weights, tags and traces."""
    return replace(
        raw,
        info={**raw.info, **listed(roundings(network))},
        states={(p.of, p.variable): _values(raw, network, program, p) for p in _state_probes(network)},
        weights={name: _scaled(trace, _weight_unit(network, program, name)) for name, trace in raw.weights.items()},
        synapses={(name, of): _scaled(trace, _synapse_unit(program, name, of)) for (name, of), trace in raw.synapses.items()},
    )


def _scaled(trace: WeightTrace, unit: FloatArray) -> WeightTrace:
    return replace(trace, values=trace.values * unit)


def _weight_unit(network: Network, program: StepProgram | FixedProgram, name: str) -> FloatArray:
    """Described units per unit of the program's weights."""
    projection = next(p for p in program.projections if p.name == name)
    model: Any = network.population(projection.post).model
    gain = model.step_form(network.step_seconds).gain_at(projection.receptor)
    if not isinstance(projection, FixedProjection):
        return np.asarray(1.0 / gain)
    population = program.population(projection.post)
    assert isinstance(population, FixedPopulation)
    return np.asarray(2.0**projection.weight_exp / (population.scale_at(projection.receptor) * gain))


def _synapse_unit(program: StepProgram | FixedProgram, name: str, variable: str) -> FloatArray:
    """Described units per unit of a tag or a trace; the step program holds both in described units."""
    rule = next(p for p in program.projections if p.name == name).rule
    return np.asarray(1.0 / rule.scales.get(variable, 1.0) if isinstance(rule, ChipRule) else 1.0)


def _values(raw: Recording, network: Network, program: StepProgram | FixedProgram, probe: Probe) -> FloatArray:
    name, population = _name(network, probe), program.population(probe.of)
    unit = _unit(network, population, name)
    values = raw.states[probe.of, name] * unit + _offset(population, name, unit)
    return values if probe.neurons is None else values[:, :, list(probe.neurons)]


def _offset(population: StepPopulation | FixedPopulation, name: str, unit: FloatArray) -> FloatArray:
    """Described value where the program's state is 0."""
    return _offset_of(population.neuron, population.v_rest, name, unit)


def _offset_of(neuron: Any, v_rest: FloatArray, name: str, unit: FloatArray) -> FloatArray:
    if name == "v" and neuron.own is None:
        return v_rest
    return np.zeros(()) if neuron.burst is None or name != "drift" else np.asarray(neuron.burst.start * unit)


def _unit(network: Network, population: StepPopulation | FixedPopulation, name: str) -> FloatArray:
    """Described units per unit of the program's state."""
    own = population.neuron.own
    if own is not None:
        return np.asarray(1.0 / _own_scale(population, STATES[own.declaration.states[name]].type))
    if name not in _LEVELS:
        return np.ones(())
    model: Any = network.population(population.name).model
    return np.asarray(1.0 / (_scale(population, name) * _gain(model.step_form(network.step_seconds), name)))


def _own_scale(population: StepPopulation | FixedPopulation, type_name: str) -> float:
    """Numbers of the program in a unit of a state of that type."""
    if not isinstance(population, FixedPopulation):
        return 1.0
    return {LEVEL: population.scale * (1 << ALIGN_SHIFT), FRACTION: float(1 << GRID_BITS)}.get(type_name, 1.0)


def _gain(neuron: FloatNeuron, name: str) -> FloatArray:
    """Units of the step program per described unit."""
    if name == "u" or neuron.burst is None:
        return neuron.gain if name == "u" else np.ones(())
    own = {"u_d": neuron.burst.gain, "theta": neuron.dv}
    return own.get(name, np.ones(()))


def _scale(population: StepPopulation | FixedPopulation, name: str) -> float:
    """Integer units of the chip per unit of the step program."""
    if not isinstance(population, FixedPopulation):
        return 1.0
    burst, align = population.neuron.burst, 1 << ALIGN_SHIFT
    if burst is None:
        return population.scale * align
    own = {"u_d": burst.scale * align, "v_d": burst.scale * align, "drift": float(1 << BASELINE_BITS)}
    return own.get(name, population.scale * align)
