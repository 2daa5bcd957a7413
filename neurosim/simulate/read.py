"""Brian2's monitors -> arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim.network import Probe
from neurosim.simulate.blueprint import Blueprint
from neurosim.simulate.build import Built, Plan
from neurosim.simulate.learned import after, layout
from neurosim.simulate.teach import Watch
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
        spikes={name: _spikes(monitor, plan.blueprint, name) for name, monitor in built.spikes.items()},
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


def _spikes(monitor: Any, blueprint: Blueprint, name: str) -> tuple[Any, Any, Any]:
    payload = blueprint.cell(name).payload
    step, neuron = np.rint(np.asarray(monitor.t_) / blueprint.dt).astype(np.int32), np.array(monitor.i, np.int32)
    order = np.lexsort((neuron, step))
    sent = np.array(getattr(monitor, payload), np.int32) if payload else np.ones(len(step), np.int32)
    return step[order], neuron[order], sent[order]


def _state(monitor: Any, plan: Plan, probe: Probe) -> FloatArray:
    cells, watched = plan.blueprint.cell(probe.of), plan.watched(probe.of)
    readout = cells.readout(probe.variable)
    neurons = watched if probe.neurons is None else np.asarray(probe.neurons, int)
    columns = np.searchsorted(watched, neurons)
    values = np.array(getattr(monitor, f"{readout.variable}_"))[columns].T
    return readout(values, neurons)
