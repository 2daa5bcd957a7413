"""Brian2's monitors -> arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.network import Probe
from neurosim.simulate.build import Built, Plan
from neurosim.units import FloatArray


@dataclass(frozen=True)
class Sample:
    """One sample.

    Attributes
    ----------
    spikes : mapping
        Population of neurons -> (step, neuron) of its spikes, ordered by step and neuron.
    states : mapping
        (population, variable) -> values (steps, probed neurons) in SI.
    """

    spikes: Mapping[str, tuple[Any, Any]]
    states: Mapping[tuple[str, str], FloatArray]


def read(built: Built, plan: Plan) -> Sample:
    """Copy what the monitors hold; they are emptied before the next sample."""
    return Sample(
        spikes={name: _spikes(monitor, plan.blueprint.dt) for name, monitor in built.spikes.items()},
        states={(p.of, p.variable): _state(built.states[p.of], plan, p) for p in plan.probes},
    )


def _spikes(monitor: Any, dt: float) -> tuple[Any, Any]:
    step, neuron = np.rint(np.asarray(monitor.t_) / dt).astype(np.int32), np.array(monitor.i, np.int32)
    order = np.lexsort((neuron, step))
    return step[order], neuron[order]


def _state(monitor: Any, plan: Plan, probe: Probe) -> FloatArray:
    cells, watched = plan.blueprint.cell(probe.of), plan.watched(probe.of)
    readout = cells.readout(probe.variable)
    neurons = watched if probe.neurons is None else np.asarray(probe.neurons, int)
    columns = np.searchsorted(watched, neurons)
    values = np.array(getattr(monitor, f"{readout.variable}_"))[columns].T
    return readout(values, neurons)
