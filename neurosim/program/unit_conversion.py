"""Conversion between the probes of a network and the variables of its step program: names and units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurosim.checks.grid import listed
from neurosim.network.network import Network, Probe
from neurosim.network.roundings import roundings
from neurosim.neurons.step_form import Reading
from neurosim.program.engine_rule import ChipRule
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection
from neurosim.program.step import StepPopulation, StepProgram
from neurosim.results.recording import Recording
from neurosim.results.run_data import WeightTrace
from neurosim.results.thinned import thinned
from neurosim.results.weight_trace import as_stored, in_unit
from neurosim.step_language.kinds import FRACTION, GRID_BITS, LEVEL, STATES
from neurosim.units import FloatArray


def _state_probes(network: Network) -> list[Probe]:
    return [p for p in network.probes if p.variable != "spike" and not network.records_synapses(p)]


def program_probes(network: Network) -> list[tuple[str, str]]:
    """The network's state probes in the names of the step program."""
    return [(p.of, _reading(network, p).state) for p in _state_probes(network)]


def _reading(network: Network, probe: Probe) -> Reading:
    """How a probe is read from the step program in float."""
    model: Any = network.population(probe.of).model
    return model.step_form(network.step_seconds).reading(probe.variable)  # type: ignore[no-any-return]


def described(raw: Recording, network: Network, program: StepProgram | FixedProgram) -> Recording:
    """A whole run in described units, thinned as the probes say: states under their described names, weights, tags, traces."""
    return thinned(in_described_units(raw, network, program), network.thinnings())


def in_described_units(raw: Recording, network: Network, program: StepProgram | FixedProgram) -> Recording:
    """The same with the states of all steps."""
    return replace(
        raw,
        info={**raw.info, **network.about, **listed(roundings(network))},
        states={(p.of, p.variable): _values(raw, network, program, p) for p in _state_probes(network)},
        weights={name: _weights(trace, network, program, name) for name, trace in raw.weights.items()},
        synapses={(name, of): _scaled(trace, synapse_unit(program, name, of)) for (name, of), trace in raw.synapses.items()},
    )


def _weights(trace: WeightTrace, network: Network, program: StepProgram | FixedProgram, name: str) -> WeightTrace:
    own = next(p for p in program.projections if p.name == name).weights
    return in_unit(as_stored(trace, own), weight_unit(network, program, name))


def _scaled(trace: WeightTrace, unit: FloatArray) -> WeightTrace:
    return replace(trace, values=trace.values * unit)


def weight_unit(network: Network, program: StepProgram | FixedProgram, name: str) -> FloatArray:
    """Described units per unit of the program's weights."""
    projection = next(p for p in program.projections if p.name == name)
    model: Any = network.population(projection.post).model
    gain = model.step_form(network.step_seconds).gain_at(projection.receptor)
    if not isinstance(projection, FixedProjection):
        return np.asarray(1.0 / gain)
    population = program.population(projection.post)
    assert isinstance(population, FixedPopulation)
    return np.asarray(2.0**projection.weight_exp / (population.scale_at(projection.receptor) * gain))


def synapse_unit(program: StepProgram | FixedProgram, name: str, variable: str) -> FloatArray:
    """Described units per unit of a tag or a trace; the step program holds both in described units."""
    rule = next(p for p in program.projections if p.name == name).rule
    return np.asarray(1.0 / rule.scales.get(variable, 1.0) if isinstance(rule, ChipRule) else 1.0)


@dataclass(frozen=True)
class StateUnit:
    """How a described variable of neurons is stored: ``described = stored * unit + offset``, in the state called `state`."""

    state: str
    unit: FloatArray
    offset: FloatArray

    def described(self, stored: Any) -> FloatArray:
        """Described values (SI) of stored numbers."""
        return np.asarray(stored * self.unit + self.offset)

    def stored(self, values: Any, whole: bool) -> FloatArray:
        """Stored numbers of described values (SI), rounded to whole numbers if the program has only those."""
        numbers = (np.asarray(values, np.float64) - self.offset) / self.unit
        return np.asarray(np.rint(numbers) if whole else numbers)


def state_unit(network: Network, program: StepProgram | FixedProgram, population: str, variable: str) -> StateUnit:
    """How the variable of a population is stored in a program; errors are those of a probe of it."""
    model: Any = network.population(population).model
    reading = model.step_form(network.step_seconds).reading(variable)
    own = program.population(population)
    offset = reading.offset + (own.neuron.values[reading.added] if reading.added else 0.0)
    return StateUnit(reading.state, np.asarray(reading.unit / numbers_per_unit(own, reading.state)), np.asarray(offset))


def _values(raw: Recording, network: Network, program: StepProgram | FixedProgram, probe: Probe) -> FloatArray:
    how = state_unit(network, program, probe.of, probe.variable)
    values = how.described(raw.states[probe.of, how.state])
    return np.asarray(values if probe.neurons is None else values[:, :, list(probe.neurons)])


def numbers_per_unit(population: StepPopulation | FixedPopulation, state: str) -> float:
    """Numbers of the program per unit of a state in float."""
    if not isinstance(population, FixedPopulation):
        return 1.0
    step = population.neuron.step
    level = population.scale_at(step.receptor_of(state)) * population.widths.align
    return {LEVEL: level, FRACTION: float(1 << GRID_BITS)}.get(STATES[step.states[state]].type, 1.0)
