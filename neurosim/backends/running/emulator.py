"""A running network on the emulator, in float or in the integers of a chip."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.backends.emulator.rule_layout import listeners
from neurosim.backends.emulator.session import SYNAPSES, Session
from neurosim.backends.running.engine import Engine, kept_states, with_rules
from neurosim.backends.running.limits import FOR_STATES, FOR_WEIGHTS, limits_in
from neurosim.backends.running.matrices import floored, scaled, stored
from neurosim.checks.matrices import Matrix
from neurosim.errors import OutOfRangeError
from neurosim.network.inputs import Raster
from neurosim.network.network import Network, Population
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.neurons.timed import Timed
from neurosim.plasticity.rule import PlasticityRule
from neurosim.program.engine_rule import ChipRule
from neurosim.program.fixed import FixedProgram, FixedProjection
from neurosim.program.lower import neuron_of
from neurosim.program.signals import Listener
from neurosim.program.step import StepProgram, StepProjection
from neurosim.program.unit_conversion import in_described_units, program_probes, state_unit, synapse_unit, weight_unit
from neurosim.results.recording import Recording
from neurosim.units import FloatArray, as_quantity, si

Program = StepProgram | FixedProgram
OnChip = Callable[[Any, ProgramNeuron], ProgramNeuron]


class EmulatorEngine(Engine):
    """A session of the emulator in described units.

    Parameters
    ----------
    network : Network
        The described network.
    lowered : function
        Function ``lowered(network)`` that makes the program; it is called again when rules change.
    arithmetic : str
        "float", "fixed" or "loihi1".
    on_chip : function, optional
        Function ``on_chip(population, neuron)`` that gives a neuron of the step program the integers of a population.
    """

    def __init__(self, network: Network, lowered: Any, arithmetic: str, on_chip: OnChip = lambda own, neuron: neuron) -> None:
        self.network, self._lowered, self._on_chip = network, lowered, on_chip
        self.program: Program = lowered(network)
        self.origin = self.program if isinstance(self.program, FixedProgram) else None
        self.session = Session(self.program, arithmetic=arithmetic)
        self.name = f"emulator {arithmetic}"
        self._probes = program_probes(network)

    @property
    def _whole(self) -> bool:
        return isinstance(self.program, FixedProgram)

    def listeners(self) -> tuple[Listener, ...]:
        return tuple(listeners(self.program))

    def advance(self, inputs: Mapping[str, Raster], signals: Mapping[tuple[str, str], Any], steps: int) -> Recording:
        given = {f"{projection}.{name}": values for (projection, name), values in signals.items()}
        raw = self.session.run(steps, inputs=inputs, signals=given, probes=self._probes)
        return in_described_units(raw, self.network, self.program)

    def weights(self, projection: str) -> Matrix:
        return scaled(self.session.weights(projection), self._unit(projection) / self.session.shift(projection))

    def set_weights(self, projection: str, values: Any) -> None:
        own, unit, shift = self._projection(projection), self._unit(projection), self.session.shift(projection)
        with limits_in(f"weights of {projection!r}", values, lambda number: number * unit, FOR_WEIGHTS):
            numbers = stored(values, unit, own)
        self.session.set_weights(projection, numbers if shift == 1 else floored(scaled(numbers, shift)))

    def _projection(self, name: str) -> StepProjection | FixedProjection:
        return next(p for p in self.program.projections if p.name == name)

    def _unit(self, projection: str) -> Any:
        return weight_unit(self.network, self.program, projection)

    def synapses(self, projection: str, variable: str) -> Any:
        return self.session.variable(projection, variable) * synapse_unit(self.program, projection, variable)

    def set_synapses(self, projection: str, variable: str, values: Any) -> None:
        unit = synapse_unit(self.program, projection, variable)
        numbers = np.asarray(values, np.float64) / unit
        with limits_in(f"{variable!r} of {projection!r}", values, lambda number: number * unit):
            self.session.set_variable(projection, variable, np.rint(numbers) if self._whole else numbers)

    def state(self, population: str, variable: str) -> Any:
        how = state_unit(self.network, self.program, population, variable)
        return how.described(self.session.state(population, how.state))

    def set_state(self, population: str, variable: str, values: Any) -> None:
        how = state_unit(self.network, self.program, population, variable)
        with limits_in(f"{variable!r} of {population!r}", values, how.described, FOR_STATES):
            self.session.set_state(population, how.state, how.stored(values, self._whole))

    def set_current(self, population: Population, since: int) -> None:
        described = neuron_of(population, self.network.step_seconds, self.network.seed)
        try:
            neuron = self._on_chip(self.program.population(population.name), described)
        except OutOfRangeError as error:
            # What the limits are in described units takes longer than to set a current.
            with limits_in(f"current of {population.name!r}", *self._current(population)):
                raise error
        self._drive({population.name: _begun(neuron, since)})

    def _current(self, population: Population) -> tuple[FloatArray, Callable[[Any], Any]]:
        """The current in SI, and the function that makes a current of what is stored of it, which is linear in it."""
        unit = population.model.drive_unit  # type: ignore[union-attr]
        current = population.current
        given = current.rows(unit, "current") if isinstance(current, Timed) else si(current, unit, "current")
        nothing, one = (self._driven(population, number, unit) for number in (0.0, 1.0))
        name = next(name for name, values in nothing.items() if np.any(values != one[name]))
        return np.asarray(given), lambda number: (number - nothing[name]) / (one[name] - nothing[name])

    def _driven(self, population: Population, current: float, unit: str) -> Mapping[str, FloatArray]:
        own = replace(population, current=as_quantity(current, unit))
        return neuron_of(own, self.network.step_seconds, self.network.seed).values

    def _drive(self, neurons: Mapping[str, ProgramNeuron]) -> None:
        """Continue with other neurons of some populations."""
        parts = (replace(p, neuron=neurons[p.name]) if p.name in neurons else p for p in self.program.populations)
        self.program = replace(self.program, populations=tuple(parts))  # type: ignore[arg-type]
        self.session.replace_populations(self.program)

    def set_rules(self, rules: Mapping[str, PlasticityRule], frozen: bool) -> None:
        program = replace(self._lowered(with_rules(self.network, rules)), populations=self.program.populations)
        self.session.replace_rules(_frozen(program) if frozen else program)
        self.program = program

    def rest(self, keep: Collection[str]) -> None:
        kept = kept_states(self.network, self.name, keep, SYNAPSES)
        states = [(name, state_unit(self.network, self.program, name, variable).state) for name, variable in kept]
        self._drive({p.name: _begun(p.neuron, 0) for p in self.program.populations if p.neuron.courses})
        self.session.rest([*states, *(name for name in keep if name in SYNAPSES)])

    def end_sample(self) -> None:
        self.session.end_sample()

    def memory(self) -> dict[str, Any]:
        return self.session.memory()

    def restore(self, memory: Mapping[str, Any]) -> None:
        self.session.restore(memory)


def _begun(neuron: ProgramNeuron, since: int) -> ProgramNeuron:
    """The neuron with courses that begin `since` steps after rest."""
    return replace(neuron, courses={name: replace(course, since=since) for name, course in neuron.courses.items()})


def _frozen(program: Program) -> Program:
    """The program with the same products, of which those that change weights are zero."""
    return replace(program, projections=tuple(replace(p, rule=_without_weights(p.rule)) for p in program.projections))  # type: ignore[arg-type]


def _without_weights(rule: Any) -> Any:
    if rule is None:
        return None
    zero: dict[str, Any] = {"mantissa": 0} if isinstance(rule, ChipRule) else {"coefficient": 0.0}
    still = tuple(replace(p, **zero) if p.target == "w" else p for p in rule.products)
    if isinstance(rule, ChipRule) or rule.normalise is None:
        return replace(rule, products=still)
    return replace(rule, products=still, normalise=replace(rule.normalise, to=0.0))
