"""What the numbers of a chip mean in described units, put back into the float program one kind at a time.

A deployment changes a network for several reasons: decays, weights, thresholds and so on are rounded, and the arithmetic is one
of integers. Each function here takes the difference equations in float, and replaces numbers of one kind by those that the chip
effectively has. Everything else stays as described, so that a run shows what this kind alone does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial, reduce

import numpy as np

from neurosim.checks.matrices import Matrix
from neurosim.chip.learning_engine.effective import effective
from neurosim.chip.quantise.weights import values, with_values
from neurosim.network.short_term import StepRelease
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.plasticity.products import without_equal
from neurosim.program.engine_rule import ChipRule
from neurosim.program.fixed import (
    ALIGN_SHIFT,
    DECAY_UNIT,
    RELEASE_BITS,
    RELEASE_UNIT,
    WEIGHT_RANGE,
    FixedPopulation,
    FixedProgram,
    FixedProjection,
)
from neurosim.program.step import StepPopulation, StepProgram, StepProjection
from neurosim.program.unit_conversion import numbers_per_unit
from neurosim.units import FloatArray

Put = Callable[[StepProgram, FixedProgram], StepProgram]
"""Takes a program in float and the same in integers, and returns the first with numbers of one kind from the second."""
_LEVELS = ("level", "threshold", "bias")
_OTHERS = ("level", "fraction", "probability", "count", "sum", "per_level")
Belongs = Callable[[str, str], bool]
"""Whether a parameter, by its name and kind, belongs to a cause."""


def with_all(program: StepProgram, chip: FixedProgram) -> StepProgram:
    """The float program with every number of the chip: what remains is its arithmetic."""
    return reduce(lambda found, put: put(found, chip), CAUSES.values(), program)


def same_numbers(one: StepProgram, other: StepProgram) -> bool:
    """Whether two programs of the same network have the same numbers; rules count as different unless they are one object."""
    cells = zip(one.populations, other.populations, strict=True)
    wires = zip(one.projections, other.projections, strict=True)
    return all(_same_cells(a, b) for a, b in cells) and all(_same_wires(a, b) for a, b in wires)


def _same_cells(one: StepPopulation, other: StepPopulation) -> bool:
    a, b = one.neuron, other.neuron
    rows = all(np.array_equal(a.courses[name].rows, b.courses[name].rows) for name in a.courses)
    return rows and _same_arrays(a.values, b.values) and _same_arrays(one.initial, other.initial)


def _same_arrays(one: Mapping[str, FloatArray], other: Mapping[str, FloatArray]) -> bool:
    return all(np.all(one[name] == other[name]) for name in one)


def _same_wires(one: StepProjection, other: StepProjection) -> bool:
    same = one.rule is other.rule and one.release == other.release
    return same and np.array_equal(values(one.weights), values(other.weights))


def unit_of(population: FixedPopulation, name: str) -> float:
    """Numbers of the chip per described unit of a parameter."""
    step, kind = population.neuron.step, population.neuron.step.parameters[name]
    scale = population.scale_at(step.receptor_of(name))
    level = scale * (1 << ALIGN_SHIFT)
    return level if kind in _LEVELS else {"sum": scale, "per_level": 1 / level}.get(kind, 1.0)


def _is_decay(name: str, kind: str) -> bool:
    return kind in ("decay", "current_decay")


def _is_threshold(name: str, kind: str) -> bool:
    # Own neurons declare a threshold as a level.
    return kind == "threshold" or name == "v_th"


def _is_bias(name: str, kind: str) -> bool:
    return kind == "bias"


def _is_other(name: str, kind: str) -> bool:
    return kind in _OTHERS and not _is_threshold(name, kind)


def _decays(program: StepProgram, chip: FixedProgram) -> StepProgram:
    return _each_release(_parameters(program, chip, _is_decay), chip, ("kept_x", "kept_u"))


def _weights(program: StepProgram, chip: FixedProgram) -> StepProgram:
    own = zip(program.projections, chip.projections, strict=True)
    changed = replace(program, projections=tuple(_with_weights(p, chip, fixed) for p, fixed in own))
    return _each_release(changed, chip, ("base", "jump"))


def _others(program: StepProgram, chip: FixedProgram) -> StepProgram:
    changed = _parameters(program, chip, _is_other)
    own = zip(changed.populations, chip.populations, strict=True)
    return replace(changed, populations=tuple(_with_initial(p, fixed) for p, fixed in own))


def _rules(program: StepProgram, chip: FixedProgram) -> StepProgram:
    own = zip(program.projections, chip.projections, strict=True)
    return replace(program, projections=tuple(_with_rule(p, fixed) for p, fixed in own))


def _parameters(program: StepProgram, chip: FixedProgram, belongs: Belongs) -> StepProgram:
    own = zip(program.populations, chip.populations, strict=True)
    return replace(program, populations=tuple(_with_parameters(p, fixed, belongs) for p, fixed in own))


def _with_parameters(population: StepPopulation, fixed: FixedPopulation, belongs: Belongs) -> StepPopulation:
    neuron = population.neuron
    if neuron.is_source:
        return population
    names = [name for name, kind in neuron.step.parameters.items() if belongs(name, kind)]
    return replace(population, neuron=_with_numbers(neuron, fixed, names))


def _with_numbers(neuron: ProgramNeuron, fixed: FixedPopulation, names: list[str]) -> ProgramNeuron:
    held = fixed.neuron
    numbers = {name: np.asarray(held.values[name] / unit_of(fixed, name)) for name in names}
    courses = {
        name: replace(course, rows=np.asarray(held.courses[name].rows / unit_of(fixed, name)))
        for name, course in neuron.courses.items()
        if name in names
    }
    return replace(neuron, values={**neuron.values, **numbers}, courses={**neuron.courses, **courses})


def _with_initial(population: StepPopulation, fixed: FixedPopulation) -> StepPopulation:
    found: dict[str, FloatArray] = {
        state: np.asarray(numbers / numbers_per_unit(fixed, state)) for state, numbers in fixed.initial.items()
    }
    return replace(population, initial=found)


def _with_weights(projection: StepProjection, chip: FixedProgram, fixed: FixedProjection) -> StepProjection:
    # Transposed weights are those of another projection, which the emulator reads there.
    return projection if projection.transposed else replace(projection, weights=held_weights(chip, fixed))


def held_weights(chip: FixedProgram, fixed: FixedProjection) -> Matrix:
    """The weights that a projection holds on the chip, in units of the step program."""
    return with_values(fixed.weights, values(fixed.stored_weights) * _weight_unit(chip, fixed))


def _weight_unit(chip: FixedProgram, fixed: FixedProjection) -> float:
    """Units of the step program per stored weight; a relay's payload multiplies it by up to 2^8."""
    exponent = fixed.weight_exp + (RELEASE_BITS if fixed.release else 0)
    return float(2.0**exponent / chip.population(fixed.post).scale_at(fixed.receptor))


_RELEASE_UNITS: Mapping[str, int] = {"base": RELEASE_UNIT, "jump": RELEASE_UNIT, "kept_x": DECAY_UNIT, "kept_u": DECAY_UNIT}


def _each_release(program: StepProgram, chip: FixedProgram, names: tuple[str, ...]) -> StepProgram:
    own = zip(program.projections, chip.projections, strict=True)
    return replace(program, projections=tuple(_with_release(p, fixed, names) for p, fixed in own))


def _with_release(projection: StepProjection, fixed: FixedProjection, names: tuple[str, ...]) -> StepProjection:
    release = projection.release
    if release is None:
        return projection
    held = {name: getattr(fixed.release, name) / _RELEASE_UNITS[name] for name in names}
    found: StepRelease = replace(release, **held)
    return replace(projection, release=found)


def _with_rule(projection: StepProjection, fixed: FixedProjection) -> StepProjection:
    """The projection with the constants of the rule as the learning engine has them, and its range of weights."""
    if projection.rule is None or fixed.rule is None:
        return projection
    rule = replace(effective(fixed.rule, without_equal(projection.rule)), bounds=_range(fixed, fixed.rule))
    return replace(projection, rule=rule)


def _range(fixed: FixedProjection, rule: ChipRule) -> tuple[float, float]:
    low, high = (float(end / rule.scales["w"]) for end in WEIGHT_RANGE[fixed.mode])
    return low, high


CAUSES: Mapping[str, Put] = {
    "decay": _decays,
    "weights": _weights,
    "threshold": partial(_parameters, belongs=_is_threshold),
    "bias": partial(_parameters, belongs=_is_bias),
    "other parameters": _others,
    "learning constants": _rules,
}
"""Cause of a drift -> what it puts into the float program. Applied in this order, all of them make `with_all`."""
