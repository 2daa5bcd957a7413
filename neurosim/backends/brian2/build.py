"""Construction of Brian2 objects from a blueprint, as a user would write them by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import brian2
import numpy as np

from neurosim.backends.brian2 import payloads
from neurosim.backends.brian2.blueprint import Blueprint, Cells
from neurosim.backends.brian2.error_context import ErrorContext
from neurosim.backends.brian2.group import neuron_group
from neurosim.backends.brian2.names import (
    group_name,
    spike_monitor_name,
    state_monitor_name,
    synapse_monitor_name,
    synapses_name,
)
from neurosim.backends.brian2.normalising import Normaliser
from neurosim.backends.brian2.plasticity_setup import Watch
from neurosim.backends.brian2.synapse_values import brian2_names, is_filter, layout
from neurosim.backends.brian2.synapses import has_synapses, synapses
from neurosim.network.inputs import Raster
from neurosim.network.network import Probe


@dataclass(frozen=True)
class Built:
    """Brian2 objects of one network.

    Attributes
    ----------
    network : brian2.Network
        The network that contains all objects.
    sources : mapping
        Input population -> SpikeGeneratorGroup.
    spikes, states : mapping
        Population of neurons -> SpikeMonitor, StateMonitor.
    cells : mapping
        Population of neurons -> NeuronGroup.
    plastic : mapping
        Projection that learns and has synapses -> Synapses.
    wiring : mapping
        Projection that has synapses -> Synapses.
    watches : mapping
        (projection, variable) -> StateMonitor.
    normalisers : tuple
        Operations that scale weights, for projections whose rule is normalised.
    """

    network: Any
    sources: Mapping[str, Any]
    spikes: Mapping[str, Any]
    states: Mapping[str, Any]
    cells: Mapping[str, Any]
    plastic: Mapping[str, Any]
    wiring: Mapping[str, Any]
    watches: Mapping[tuple[str, str], Any]
    normalisers: tuple[Normaliser, ...] = ()


@dataclass(frozen=True)
class BuildRequest:
    """Input of `build`: the blueprint, the probes of populations and synapses, and the context that explains Brian2's errors.

    `seed` is the seed of the random numbers that neurons draw during a run.
    """

    blueprint: Blueprint
    probes: Sequence[Probe]
    error_context: ErrorContext
    watches: Sequence[Watch] = ()
    seed: int = 0

    def watched(self, population: str) -> Any:
        """Sorted indices of the neurons of `population` that any probe records."""
        every = range(self.blueprint.cell(population).n)
        wanted = [every if p.neurons is None else p.neurons for p in self.probes if p.of == population]
        return np.unique(np.concatenate([np.asarray(w, int) for w in wanted]))


def build(request: BuildRequest, rasters: Mapping[str, Raster]) -> Built:
    """Make the Brian2 objects on the active device.

    Parameters
    ----------
    rasters : mapping
        Input population -> spikes of the first sample, shape (steps, n).

    Raises
    ------
    NetworkError, SimulationError
        If Brian2 does not accept a part.
    """
    # One clock for all objects: with several, Brian2 searches for the earliest clock in every step.
    clock = brian2.Clock(request.blueprint.dt * brian2.second, name="step_clock")
    sources = {name: _source(name, raster, clock) for name, raster in rasters.items()}
    cells = {c.name: _cells(request.error_context, c, clock) for c in request.blueprint.cells}
    wiring = _wiring(request, sources | cells, clock)
    payloads.tell(request.blueprint, wiring, rasters)
    spiking = [c.name for c in request.blueprint.cells if c.equations.threshold]
    spikes = {name: _spikes(request.blueprint.cell(name), cells[name]) for name in spiking}
    states = {name: _states(request, name, cells[name], clock) for name in {p.of for p in request.probes}}
    plastic = {w.name: wiring[w.name] for w in request.blueprint.plastic if w.name in wiring}
    watches = _watches(request, plastic, cells)
    parts = (sources, cells, wiring, spikes, states, watches)
    normalisers = tuple(_normalisers(request, plastic, clock))
    network = brian2.Network(*(part for kind in parts for part in kind.values()), *(n.operation for n in normalisers))
    return Built(network, sources, spikes, states, cells, plastic, wiring, watches, normalisers)


def spike_train(raster: Raster, dt: float) -> tuple[Any, Any]:
    """Indices and times of a raster (steps, n), ordered as Brian2 wants them."""
    step, neuron = np.nonzero(raster)
    return neuron, step * dt * brian2.second


def _source(name: str, raster: Raster, clock: Any) -> Any:
    train = spike_train(raster, float(clock.dt))
    n, own = raster.shape[1], group_name(name)
    return brian2.SpikeGeneratorGroup(n, *train, clock=clock, sorted=True, name=own)


def _cells(error_context: ErrorContext, cells: Cells, clock: Any) -> Any:
    with error_context(group_name(cells.name)):
        return neuron_group(cells, clock)


def _wiring(request: BuildRequest, groups: Mapping[str, Any], clock: Any) -> dict[str, Any]:
    made = {}
    for wires in filter(has_synapses, request.blueprint.wires):
        with request.error_context(synapses_name(wires.name)):
            made[wires.name] = synapses(wires, groups, clock)
    return made


def _normalisers(request: BuildRequest, plastic: Mapping[str, Any], clock: Any) -> Iterator[Normaliser]:
    for wires in request.blueprint.plastic:
        learning = wires.learning
        if wires.name in plastic and learning is not None and learning.rule.normalise is not None:
            yield Normaliser(wires, learning, learning.rule.normalise, plastic[wires.name], clock)


def _spikes(cells: Cells, group: Any) -> Any:
    payload, name = cells.equations.payload, spike_monitor_name(cells.name)
    if not payload:
        return brian2.SpikeMonitor(group, name=name)
    return brian2.SpikeMonitor(group, payload, when="after_resets", name=name)


def _states(request: BuildRequest, name: str, group: Any, clock: Any) -> Any:
    """One monitor per population; neurons that a single probe does not record are removed when the probe is read."""
    readouts = [request.blueprint.cell(name).readout(p.variable) for p in request.probes if p.of == name]
    return brian2.StateMonitor(
        group,
        sorted({r.variable for r in readouts}),
        record=request.watched(name),
        clock=clock,
        when="end",
        name=state_monitor_name(name),
    )


def _watches(request: BuildRequest, plastic: Mapping[str, Any], cells: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """One monitor per probe; it records before the step, and decaying variables are brought up to date when they are read."""
    made = {}
    for watch in request.watches:
        wires = request.blueprint.wire(watch.probe.projection)
        names = brian2_names(wires, watch.probe.variable)
        if not names or wires.name not in plastic:
            continue
        own = synapse_monitor_name(*watch.key)
        with request.error_context(own):
            made[watch.key] = brian2.StateMonitor(
                cells[wires.post] if is_filter(wires, watch.probe.variable) else plastic[wires.name],
                names,
                record=layout(wires, watch.probe.variable).synapses,
                dt=watch.period * request.blueprint.dt * brian2.second,
                when="start",
                name=own,
            )
    return made
