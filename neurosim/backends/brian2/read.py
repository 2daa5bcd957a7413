"""Conversion of Brian2's monitors to arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim.backends.brian2.blueprint import Cells
from neurosim.backends.brian2.build import BuildRequest, Built
from neurosim.backends.brian2.plasticity_setup import Watch
from neurosim.backends.brian2.synapse_values import after, is_filter, layout
from neurosim.network.network import Probe
from neurosim.units import FloatArray


@dataclass(frozen=True)
class Sample:
    """The recorded data of one sample.

    Attributes
    ----------
    spikes : mapping
        Population of neurons -> (step, neuron, payload) of its spikes, ordered by step and neuron.
    states : mapping
        (population, variable) -> values (steps, probed neurons) in SI.
    synapses : mapping
        (projection, variable) -> (steps, values before these steps), for every probe of synapses.
    ends : mapping
        (projection, variable) -> values after the last step, for w of all projections that learn and for all probes.
    """

    spikes: Mapping[str, tuple[Any, Any, Any]]
    states: Mapping[tuple[str, str], FloatArray]
    synapses: Mapping[tuple[str, str], tuple[Any, FloatArray]] = field(default_factory=dict)
    ends: Mapping[tuple[str, str], FloatArray] = field(default_factory=dict)


def read(built: Built, request: BuildRequest, steps: int) -> Sample:
    """The sample as copies of the monitors' data, because monitors are emptied before the next sample."""
    cells = request.blueprint
    return Sample(
        spikes={name: _spikes(cells.cell(name), monitor, cells.dt) for name, monitor in built.spikes.items()},
        states={(p.of, p.variable): _state(built.states[p.of], request, p) for p in request.probes},
        synapses={watch.key: _watched(built, request, watch, steps) for watch in request.watches},
        ends=_ends(built, request, steps),
    )


def _watched(built: Built, request: BuildRequest, watch: Watch, steps: int) -> tuple[Any, FloatArray]:
    at, monitor = np.arange(0, steps, watch.period), built.watches.get(watch.key)
    wires = request.blueprint.wire(watch.probe.projection)

    def read(own: str) -> FloatArray:
        return np.array(getattr(monitor, f"{own}_")).T

    return at, after(wires, watch.probe.variable, read, at - 1, request.blueprint.dt)


def _ends(built: Built, request: BuildRequest, steps: int) -> dict[tuple[str, str], FloatArray]:
    wanted = {(w.name, "w") for w in request.blueprint.plastic} | {watch.key for watch in request.watches}
    return {(name, variable): _end(built, request, name, variable, steps) for name, variable in sorted(wanted)}


def _end(built: Built, request: BuildRequest, name: str, variable: str, steps: int) -> FloatArray:
    wires = request.blueprint.wire(name)
    synapses = built.cells[wires.post] if is_filter(wires, variable) else built.plastic.get(name)
    shown = layout(wires, variable).synapses

    def read(own: str) -> FloatArray:
        return np.array(getattr(synapses, f"{own}_"))[None, shown]

    return np.asarray(after(wires, variable, read, np.array([steps - 1]), request.blueprint.dt)[0])


def _spikes(cells: Cells, monitor: Any, dt: float) -> tuple[Any, Any, Any]:
    step, neuron = np.rint(np.asarray(monitor.t_) / dt).astype(np.int32), np.array(monitor.i, np.int32)
    name = cells.equations.payload
    payload = np.array(getattr(monitor, name), np.int32) if name else np.ones(len(step), np.int32)
    order = np.lexsort((neuron, step))
    return step[order], neuron[order], payload[order]


def _state(monitor: Any, request: BuildRequest, probe: Probe) -> FloatArray:
    cells, watched = request.blueprint.cell(probe.of), request.watched(probe.of)
    readout = cells.readout(probe.variable)
    neurons = watched if probe.neurons is None else np.asarray(probe.neurons, int)
    columns = np.searchsorted(watched, neurons)
    values = np.array(getattr(monitor, f"{readout.variable}_"))[columns].T
    return readout(values, neurons)
