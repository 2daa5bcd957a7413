"""Parameters of neurons on the chip: each becomes integers as its kind asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.chip.quantise.fields import Log, bias_fields, decay_field, level_field
from neurosim.chip.report import Loss
from neurosim.errors import QuantisationError
from neurosim.neurons.step_form import Course, ProgramNeuron
from neurosim.program.fixed import shifted
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.chip.target import Target

_GRID = 4096
PROBABILITY_BITS = 7
_NEARLY = 1e-9
"""A threshold of a whole number stays one, whatever was rounded before."""
_MANTISSA_BITS, _LARGEST_SHIFT = 12, 40
"""A number per level is a mantissa of 12 bits times a power of two."""


def quantised_values(
    where: str, neuron: ProgramNeuron, names: Iterable[str], scale: float, target: Target, log: Log
) -> dict[str, FloatArray]:
    """The parameters `names` in integers, for `scale` units of the chip in a described one, and what was lost in `log`."""
    kinds, labels = neuron.step.parameters, neuron.step.labels
    return {
        name: _FIELDS[kinds[name]](where, labels.get(name, name), neuron.values[name], scale, target, log) for name in names
    }


def quantised_courses(
    where: str, neuron: ProgramNeuron, names: Iterable[str], scale: float, target: Target, log: Log
) -> dict[str, Course]:
    """The same for those of the parameters that change in time, row by row."""
    moving = {name: course for name, course in neuron.courses.items() if name in set(names)}
    rows = replace(neuron, values={name: course.rows for name, course in moving.items()})
    found = quantised_values(where, rows, moving, scale, target, log)
    return {name: replace(course, rows=found[name]) for name, course in moving.items()}


def _decay(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> FloatArray:
    return np.asarray(1 - decay_field(where, name, 1 - value, 0, target, log))


def _current_decay(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> FloatArray:
    return np.asarray(1 - decay_field(where, name, 1 - value, 1, target, log))


def _threshold(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> FloatArray:
    return np.asarray(level_field(where, name, value, scale, target, log) * float(target.limits.widths.align))


def _level(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> FloatArray:
    integer = np.round(value * scale)
    largest = float(np.max(np.abs(integer), initial=0.0))
    if largest:
        log.check(name, where, largest, target.limits.threshold_max.value, f"Lower {name}, or make the weights larger.")
    log.lose("rounding", where, name, value, integer / scale, f"one step of {name} is {1 / scale:.4g}")
    return np.asarray(integer * target.limits.widths.align)


def _bias(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> FloatArray:
    mantissa, exponent = bias_fields(where, name, value, scale, target, log)
    return shifted(mantissa, exponent).astype(np.float64)


def _fraction(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> FloatArray:
    got = np.round(value * _GRID) / _GRID
    log.lose("rounding", where, name, value, got, f"{name} is kept in steps of 1/{_GRID}")
    return np.asarray(got)


def _per_level(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> FloatArray:
    unit = scale * target.limits.widths.align
    wanted = value / unit
    with np.errstate(divide="ignore"):
        bits = np.where(wanted == 0, 0, _MANTISSA_BITS - 1 - np.floor(np.log2(np.abs(wanted))))
    if np.any(bits > _LARGEST_SHIFT):
        raise QuantisationError(
            f"{where}: {name} reaches down to {float(np.abs(value).min()):.4g} per unit of the voltage, too small for "
            f"{_MANTISSA_BITS} bits and a shift; make it larger, or leave the product out."
        )
    got = np.round(wanted * 2.0**bits) / 2.0**bits
    log.lose("rounding", where, name, value, got * unit, f"{name} has a mantissa of {_MANTISSA_BITS} bits")
    return np.asarray(got)


def _probability(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> FloatArray:
    parts = 1 << PROBABILITY_BITS
    got = np.round(value * parts) / parts
    log.lose("rounding", where, name, value, got, f"{name} is stored in steps of 1/{parts}")
    text = (
        f"the burst probability is rounded down to steps of 1/{parts}, and is at most {parts - 1}/{parts}; the random number "
        f"that it is compared with has {PROBABILITY_BITS} bits"
    )
    log.losses.append(Loss("note", where, "burst probability", 0.0, 0.0, text))
    return np.asarray(got)


def _count(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> FloatArray:
    return _compared(where, name, value, np.floor(value + _NEARLY), 1.0, log)


def _sum(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> FloatArray:
    return _compared(where, name, value, np.ceil(value * scale - _NEARLY), scale, log)


def _compared(where: str, name: str, wanted: FloatArray, whole: FloatArray, unit: float, log: Log) -> FloatArray:
    log.lose("rounding", where, name, wanted, whole / unit, "it is a whole number of spikes, or of stored weights times spikes")
    return np.asarray(whole)


def _held(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> FloatArray:
    limit = target.limits.refractory.max
    log.check("refractory steps", where, float(np.max(value)), limit, "Shorten the refractory time or lengthen dt.")
    return value


def _whole(where: str, name: str, value: FloatArray, scale: float, target: Target, log: Log) -> FloatArray:
    return value


_FIELDS: Mapping[str, Callable[[str, str, FloatArray, float, Any, Log], FloatArray]] = {
    "decay": _decay,
    "current_decay": _current_decay,
    "level": _level,
    "threshold": _threshold,
    "bias": _bias,
    "fraction": _fraction,
    "probability": _probability,
    "count": _count,
    "sum": _sum,
    "per_level": _per_level,
    "whole": _whole,
    "held": _held,
}
