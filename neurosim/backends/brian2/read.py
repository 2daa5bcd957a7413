"""Brian2's monitors -> arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim.backends.brian2.blueprint import Cells
from neurosim.backends.brian2.build import Built, Plan
from neurosim.backends.brian2.plasticity_setup import Watch
from neurosim.backends.brian2.synapse_values import after, layout
from neurosim.network.network import Probe
from neurosim.units import FloatArray


@dataclass(frozen=True)
class Sample:
    """One sample.

    Attributes
    ----------
    spikes : mapping
        Population of neurons -> (step, neuron, payload) of its spikes, ordered by step and neuron.
    states : mapping
        (population, variable) -> values (steps, probed neurons) in SI.
    synapses : mapping
        (projection, variable) -> (steps, values before these steps), of probes.
    ends : mapping
        (projection, variable) -> values after the last step; w of all projections that learn, and what is probed.
    """

    spikes: Mapping[str, tuple[Any, Any, Any]]
    states: Mapping[tuple[str, str], FloatArray]
    synapses: Mapping[tuple[str, str], tuple[Any, FloatArray]] = field(default_factory=dict)
    ends: Mapping[tuple[str, str], FloatArray] = field(default_factory=dict)


def read(built: Built, plan: Plan, steps: int) -> Sample:
    """Copy what the monitors hold; they are emptied before the next sample."""
    return Sample(
        spikes={name: _spikes(plan.blueprint.cell(name), monitor, plan.blueprint.dt) for name, monitor in built.spikes.items()},
        states={(p.of, p.variable): _state(built.states[p.of], plan, p) for p in plan.probes},
        synapses={watch.key: _watched(built, plan, watch, steps) for watch in plan.watches},
        ends=_ends(built, plan, steps),
    )


def _watched(built: Built, plan: Plan, watch: Watch, steps: int) -> tuple[Any, FloatArray]:
    at, monitor = np.arange(0, steps, watch.period), built.watches.get(watch.key)
    wires = plan.blueprint.wire(watch.probe.projection)

    def read(own: str) -> FloatArray:
        return np.array(getattr(monitor, f"{own}_")).T

    return at, after(wires, watch.probe.variable, read, at - 1, plan.blueprint.dt)


def _ends(built: Built, plan: Plan, steps: int) -> dict[tuple[str, str], FloatArray]:
    wanted = {(w.name, "w") for w in plan.blueprint.plastic} | {watch.key for watch in plan.watches}
    return {(name, variable): _end(built, plan, name, variable, steps) for name, variable in sorted(wanted)}


def _end(built: Built, plan: Plan, name: str, variable: str, steps: int) -> FloatArray:
    wires, synapses = plan.blueprint.wire(name), built.plastic.get(name)
    shown = layout(wires, variable).synapses

    def read(own: str) -> FloatArray:
        return np.array(getattr(synapses, f"{own}_"))[None, shown]

    return np.asarray(after(wires, variable, read, np.array([steps - 1]), plan.blueprint.dt)[0])


def _spikes(cells: Cells, monitor: Any, dt: float) -> tuple[Any, Any, Any]:
    step, neuron = np.rint(np.asarray(monitor.t_) / dt).astype(np.int32), np.array(monitor.i, np.int32)
    name = cells.equations.payload
    payload = np.array(getattr(monitor, name), np.int32) if name else np.ones(len(step), np.int32)
    order = np.lexsort((neuron, step))
    return step[order], neuron[order], payload[order]


def _state(monitor: Any, plan: Plan, probe: Probe) -> FloatArray:
    cells, watched = plan.blueprint.cell(probe.of), plan.watched(probe.of)
    readout = cells.readout(probe.variable)
    neurons = watched if probe.neurons is None else np.asarray(probe.neurons, int)
    columns = np.searchsorted(watched, neurons)
    values = np.array(getattr(monitor, f"{readout.variable}_"))[columns].T
    return readout(values, neurons)
