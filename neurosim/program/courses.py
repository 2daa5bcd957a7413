"""Currents that change in time, in the numbers of a step program."""

from __future__ import annotations

from typing import Any

from neurosim.checks.grid import whole_steps
from neurosim.errors import NetworkError
from neurosim.network.population import Population
from neurosim.neurons.course import changing
from neurosim.neurons.step_form import Course


def courses_of(population: Population, dt: float) -> dict[str, Course]:
    """Parameter of the step -> its course, for a population whose current changes in time."""
    current, model = population.course, population.model
    if current is None:
        return {}
    period = whole_steps(current.period, dt, f"Population {population.name!r}: current: every")
    moving = changing(model, current, lambda neuron: neuron.step_form(dt).values)  # type: ignore[arg-type]
    return {name: Course(rows, period) for name, rows in moving.items()}


def check_covered(program: Any, steps: int) -> None:
    """Raise NetworkError unless the currents of `program` have rows for steps up to `steps`, counted from rest."""
    for population in program.populations:
        for name, course in population.neuron.courses.items():
            rows = len(course.rows)
            if course.since + rows * course.period < steps:
                have, needed = rows * course.period * program.dt, (steps - course.since) * program.dt
                raise NetworkError(
                    f"Population {population.name!r}: its current ({name}) has {rows} rows, {have:g} s in total, but the run "
                    f"lasts {needed:g} s; give more rows, or run a shorter time."
                )
