"""A population for the step loop: its compiled update, and what the update's table holds in all samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.counted_states import counted_states
from neurosim.backends.emulator.courses import CLOCK, course_memory, moving_numbers
from neurosim.backends.emulator.update_integers import wrapped_source
from neurosim.backends.emulator.update_source import update_source
from neurosim.backends.emulator.update_terms import parameter_storage, storage
from neurosim.backends.emulator.update_writer import Update
from neurosim.compiler import compile_kernels
from neurosim.compiler.machine import address_of
from neurosim.program.fixed import FixedPopulation
from neurosim.program.widths import LOIHI, Widths
from neurosim.step_language.declaration import Declaration
from neurosim.units import FloatArray

TYPES: Mapping[str, Any] = {"i32": np.int32, "f64": np.float64}
"""Type of the kernels' numbers -> that of an array."""


@dataclass(frozen=True)
class Cells:
    """A population for the loop: its kernel, and what the kernel's table holds that is the same in all samples.

    Attributes
    ----------
    update : Update
        The text of its kernel, which is compiled when its address is wanted.
    shared : mapping
        Place in the table -> number: addresses of parameters, and lanes.
    counted : int
        Row of its counts, or -1.
    rows : mapping
        Parameter that changes in time -> (rows, clock), which its update reads.
    widths : Widths
        Widths of its integers; those of Loihi in float, too.
    states : mapping
        State -> (place in the table, type of its numbers).
    keep : tuple
        Arrays that the addresses lead to.
    """

    name: str
    n: int
    seed: int
    update: Update
    shared: Mapping[int, int]
    states: Mapping[str, tuple[int, str]]
    keep: tuple[Any, ...]
    counted: int
    rows: Mapping[str, tuple[Any, Any]]
    widths: Widths = LOIHI

    @property
    def address(self) -> int:
        """Where its kernel begins."""
        return compile_kernels(wrapped_source(self.widths) + self.update.source, [self.update.door]).address(self.update.door)

    @property
    def width(self) -> int:
        """Entries of its table."""
        return len(self.shared) + len(self.states) + (self.counted >= 0)


def cells_of(
    population: Any, arithmetic: Arithmetic, lane: Mapping[tuple[str, int], int], counted: int = -1,
    factors: Mapping[str, Any] | None = None,
) -> Cells:  # fmt: skip
    """A population of a program.

    Parameters
    ----------
    lane : mapping
        (population, k) -> first lane of its k-th receptor and channel.
    counted : int
        Row of its counts of overflows, or -1 if none are counted.
    factors : mapping
        Third factor -> array (n,) to which it is written.
    """
    neuron, integers = population.neuron, arithmetic is not Arithmetic.FLOAT
    declaration, values = neuron.step, _values(neuron)
    widths = widths_of(population)
    update = update_of(neuron, arithmetic, counted >= 0, list(factors or {}), widths)
    shared, keep, rows = _shared(update, declaration, values, population, integers, lane)
    sent = factors or {}
    shared |= {at: address_of(sent[name]) for at, (role, name) in enumerate(update.pointers) if role == "factor"}
    states = {
        name: (at, storage(declaration.states[name], integers))
        for at, (role, name) in enumerate(update.pointers)
        if role == "state"
    }
    return Cells(population.name, population.n, neuron.seed, update, shared, states, tuple(keep), counted, rows, widths)


def widths_of(population: Any) -> Widths:
    """Widths of the integers of a population; those of Loihi for a population in float, which has none."""
    return population.widths if isinstance(population, FixedPopulation) else LOIHI


def update_of(
    neuron: Any, arithmetic: Arithmetic, counts: bool, factors: Sequence[str] = (), widths: Widths = LOIHI
) -> Update:
    """The update of a population of `neuron`s, with overflows counted or not, and the third factors that it writes."""
    own, moving = _values(neuron), {name: course.rows.ndim > 1 for name, course in neuron.courses.items()}
    moving |= dict.fromkeys(neuron.noise, True)
    arrays = [name for name, x in own.items() if name not in moving and x.size > 1 and not np.all(x == x.flat[0])]
    counted = counted_states(neuron.step) if counts else None
    return update_source(neuron.step, arithmetic, arrays, counted, factors, moving, widths)


def _values(neuron: Any) -> dict[str, FloatArray]:
    given = neuron.values
    return {name: np.asarray(given[name], np.float64) for name in neuron.step.parameters}


def _shared(
    update: Update, declaration: Declaration, values: Mapping[str, FloatArray], population: Any, integers: bool,
    lane: Mapping[tuple[str, int], int],
) -> tuple[dict[int, int], list[Any], dict[str, tuple[Any, Any]]]:  # fmt: skip
    shared: dict[int, int] = {}
    rows: dict[str, tuple[Any, Any]] = {}
    keep: list[Any] = []
    for at, (role, name) in enumerate(update.pointers):
        if role in ("state", "counts", "factor", CLOCK):
            continue
        if role == "course":
            kind = TYPES[parameter_storage(declaration.parameters[name], integers)]
            array, clock = course_memory(moving_numbers(population, name), population.n, kind)
            rows[name] = array, clock
            keep.append(clock)
            shared[at + 1] = address_of(clock)
        elif role == "numbers":
            array = np.array([float(values[p].flat[0]) for p in update.scalars] or [0.0])
        else:
            kind = TYPES[parameter_storage(declaration.parameters[name], integers)]
            array = np.ascontiguousarray(np.broadcast_to(values[name], population.n).astype(kind))
        keep.append(array)
        shared[at] = address_of(array)
    order = {
        "input": list(declaration.input_kinds),
        "channel": list(declaration.channels),
        "payload": list(declaration.channels),
    }
    for at, (role, name) in enumerate(update.lanes, len(update.pointers)):
        # A receptor that a neuron does not have is one that nothing ends at.
        shared[at] = lane[population.name, order[role].index(name)]
    return shared, keep, rows
