"""Construction of a Brian2 NeuronGroup from the cells of a blueprint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import brian2
import numpy as np

from neurosim.backends.brian2.blueprint import Cells
from neurosim.backends.brian2.functions import FUNCTIONS
from neurosim.backends.brian2.held_states import follow_states, held_lines, set_held
from neurosim.backends.brian2.names import FIRST_ROW, FIRST_STEP, group_name
from neurosim.backends.brian2.timed import timed_lines, timed_parameters, timed_tables
from neurosim.neurons.base import Equations
from neurosim.units import as_quantity

_REFRACTORY = "refractory_time"


def neuron_group(cells: Cells, clock: Any) -> Any:
    """The NeuronGroup of a population, with its initial values set."""
    equations, given = cells.equations, _parameters(cells.equations)
    timed = timed_parameters(given)
    parameters = {name: value for name, value in given.items() if name not in timed}
    # A constant in the namespace costs nothing, whereas a variable is read for each neuron in each step.
    arrays = {name: given for name, given in parameters.items() if np.ndim(given[0])}
    scalars = {name: given for name, given in parameters.items() if name not in arrays}
    own = [f"{name} : {unit} (constant)" for name, (_, unit) in arrays.items()]
    group = brian2.NeuronGroup(
        cells.n,
        "\n".join([equations.model, *own, *timed_lines(timed, cells.since), *_listening(cells), *held_lines(cells)]),
        method=equations.method,
        threshold=equations.threshold or None,
        # An empty text means that nothing is reset; None would make Brian2 warn.
        reset=equations.reset,
        refractory=_refractory(equations),
        events={name: event.condition for name, event in equations.events.items()} | dict(cells.events),
        namespace=_quantities(scalars) | timed_tables(timed) | _tables(cells, clock) | _functions(cells),
        clock=clock,
        name=group_name(cells.name),
    )
    for name, value in _quantities({**arrays, **equations.initial}).items():
        setattr(group, name, value)
    set_held(cells, group)
    for name, event in equations.events.items():
        if event.statements:
            # Before the reset, which has order 0: the statements of an event may use the state before its spike.
            group.run_on_event(name, event.statements, when="resets", order=-1)
    if equations.prepare:
        group.run_regularly(equations.prepare, when="before_thresholds", clock=clock)
    if equations.each_step:
        group.run_regularly(equations.each_step, when="resets", order=-1, clock=clock)
    if cells.filters:
        follow_states(cells, group, clock)
    if cells.update:
        group.run_regularly(cells.update, when="groups", clock=clock)
    return group


def _functions(cells: Cells) -> dict[str, Any]:
    return {name: FUNCTIONS[name] for name in cells.functions}


def _listening(cells: Cells) -> list[str]:
    """Model lines of neurons that pass signals to their synapses, or draw random numbers by the step of the run."""
    if not (cells.signals or cells.events or cells.functions):
        return []
    columns = {name: ", i" if values.shape[1] > 1 else "" for name, values in cells.signals.items()}
    lines = [f"{name} = {table_name(name)}(t - {FIRST_ROW}*dt{i}) : 1 (constant over dt)" for name, i in columns.items()]
    own = [f"{name} : integer (shared)" for name in (FIRST_STEP, FIRST_ROW)]
    return [*own, f"step_of_run = t_in_timesteps + {FIRST_STEP} : integer (shared)", *lines]


def _tables(cells: Cells, clock: Any) -> dict[str, Any]:
    return {table_name(name): signal_table(values, clock.dt) for name, values in cells.signals.items()}


def signal_table(values: Any, dt: Any) -> Any:
    """Table of a signal with values (steps, 1 or n), one row per step."""
    return brian2.TimedArray(values if values.shape[1] > 1 else values[:, 0], dt=dt)


def table_name(signal: str) -> str:
    """Name of the table of a signal in the equations."""
    return f"{signal}_table"


def _parameters(equations: Equations) -> dict[str, tuple[Any, str]]:
    if np.ndim(equations.refractory) == 0:
        return dict(equations.parameters)
    return {**equations.parameters, _REFRACTORY: (equations.refractory, "second")}


def _refractory(equations: Equations) -> Any:
    if equations.refractory is None:
        return False
    if isinstance(equations.refractory, str):
        return equations.refractory
    return _REFRACTORY if np.ndim(equations.refractory) else equations.refractory * brian2.second


def _quantities(given: Mapping[str, tuple[Any, str]]) -> dict[str, Any]:
    return {name: _quantity(value, unit) for name, (value, unit) in given.items()}


def _quantity(value: Any, unit: str) -> Any:
    # [()] turns a 0-d array into a number, which Brian2 expects as a constant.
    return value if isinstance(value, str) else as_quantity(np.asarray(value)[()], unit)
