"""Currents that change in time, as the numbers that they become in the equations or the step of a neuron."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from neurosim.arrays import shape_of
from neurosim.neurons.base import Neuron
from neurosim.neurons.timed import Timed
from neurosim.units import FloatArray, as_quantity

Numbers = Callable[[Neuron], Mapping[str, Any]]


def at_its_largest(neuron: Neuron, current: Timed) -> Neuron:
    """The neuron with the largest size that the current has, so that no term of its equations is left out as zero."""
    rows = current.rows(neuron.drive_unit, "Population.current")
    return neuron.with_current(as_quantity(np.abs(rows).max(axis=0)[()], neuron.drive_unit))


def changing(neuron: Neuron, current: Timed, numbers: Numbers) -> dict[str, FloatArray]:
    """What of `numbers(neuron)` the current changes: name -> one row per row of the current, (rows,) or (rows, n)."""
    rows, unit = current.rows(neuron.drive_unit, "Population.current"), neuron.drive_unit
    without = numbers(neuron)
    if all(shape_of(value) == () for _, value in neuron._values_of_neurons()):
        # As if each row were a neuron: then nothing is computed row by row.
        found = numbers(neuron.with_current(as_quantity(rows.ravel(), unit)))
        moving = [name for name, value in found.items() if np.ndim(value) > np.ndim(without.get(name, 0.0))]
        return {name: np.asarray(found[name]).reshape(rows.shape) for name in moving}
    each = [numbers(neuron.with_current(as_quantity(row, unit))) for row in rows]
    moving = [name for name in each[0] if any(not _same(one[name], without.get(name)) for one in each)]
    return {name: np.stack([one[name] for one in each]) for name in moving}


def _same(one: Any, other: Any) -> bool:
    return other is not None and bool(np.array_equal(one, other))
