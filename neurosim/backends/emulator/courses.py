"""Parameters that change in time, in the text of an update and in the memory that it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from neurosim.neurons.step_form import Course

CLOCK = "clock"
ROW = """
def _row(step: i64, clock: P[i64]) -> i64:
    return min((step - clock[0]) // clock[1], clock[2] - 1)
"""
"""The row that holds in a step; a clock holds the step at which a course begins, its period and the number of rows."""


def door_lines(names: Sequence[str], each: Sequence[str], kinds: Sequence[str], first: int) -> Iterator[tuple[str, str]]:
    """(statement, argument) for each course: a pointer to the numbers of the neurons, or the number that all share."""
    for k, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        at = first + 2 * k
        row = f"_row(step, as_i64(table[{at + 1}]))"
        if name in each:
            yield f"_course{k} = as_{kind}(table[{at}]) + {row} * n", f"_course{k}"
        else:
            yield f"_course{k} = as_{kind}(table[{at}])", f"_course{k}[{row}]"


def course_memory(course: Course, n: int, kind: Any) -> tuple[Any, Any]:
    """The rows and the clock that an update reads."""
    rows = np.asarray(course.rows)
    wide = np.broadcast_to(rows, (len(rows), n)) if rows.ndim == 2 else rows
    return np.ascontiguousarray(wide.astype(kind)), np.array([course.since, course.period, len(rows)], np.int64)


NOISE_ROWS = 1 << 16
"""Numbers of a noise that are held at a time, for each parameter; steps, where a population has more neurons than that."""


def noise_rows(n: int) -> int:
    """Steps for which the numbers of a population of `n` neurons with noise are held."""
    return max(1, NOISE_ROWS // n)


def moving_numbers(population: Any, name: str) -> Course:
    """The course of a parameter; with noise, room for the numbers of some steps, which `fill` writes."""
    if name in population.neuron.noise:
        return Course(np.zeros((noise_rows(population.n), population.n)), 1)
    return population.neuron.courses[name]  # type: ignore[no-any-return]


def fill(population: Any, memory: Mapping[str, tuple[Any, Any]], drawn: Any, first: int) -> None:
    """Write what the parameters with noise are in the steps from `first` on, for normal numbers (steps, n)."""
    steps = len(drawn)
    for name, size in population.neuron.noise.items():
        rows, clock = memory[name]
        rows[:steps] = steady(population.neuron, name, first, steps) + size * drawn
        clock[0] = first


def steady(neuron: Any, name: str, first: int, steps: int) -> Any:
    """A parameter without its noise, one row per step or one for all."""
    course = neuron.courses.get(name)
    if course is None:
        return neuron.values[name]
    at = np.minimum((np.arange(first, first + steps) - course.since) // course.period, len(course.rows) - 1)
    chosen = course.rows[at]
    return chosen if chosen.ndim > 1 else chosen[:, None]
