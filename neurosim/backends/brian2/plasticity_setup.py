"""Plasticity of a run: rules, signals and probes, added to a blueprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import gcd
from typing import Any

from neurosim.backends.brian2.blueprint import Blueprint, Cells, Filter, Held, Plasticity
from neurosim.backends.brian2.names import filter_name, held_name, signal_name
from neurosim.backends.brian2.rule_text import conditions
from neurosim.errors import UnsupportedError
from neurosim.network.network import Network, Projection
from neurosim.network.probes import SynapseProbe
from neurosim.neurons.base import Neuron
from neurosim.program.signals import Listener, complete_signals


@dataclass(frozen=True)
class Watch:
    """A probe of synapses that learn; in each sample its monitor records every `period` steps, at least at the wanted steps."""

    probe: SynapseProbe
    period: int

    @property
    def key(self) -> tuple[str, str]:
        """(projection, variable)."""
        return self.probe.projection, self.probe.variable


def learners(network: Network) -> tuple[Projection, ...]:
    """Projections whose weights change in a run; a rule that needs a training loop is not active here.

    Raises
    ------
    UnsupportedError
        If the post neurons themselves say when a rule learns, which they cannot in Brian2.
    """
    for p in network.projections:
        phases = getattr(network.population(p.post).model, "phases", ())
        if p.plasticity is not None and p.plasticity.needs_training_loop and phases:
            raise UnsupportedError(
                f"Projection {p.name!r}: {p.post!r} says when its synapses learn ({', '.join(phases)}), which neurons cannot "
                "in Brian2; use the emulator or Lava, or train the network with neurosim.train."
            )
    return tuple(p for p in network.projections if p.plasticity is not None and not p.plasticity.needs_training_loop)


def with_learning(
    blueprint: Blueprint,
    network: Network,
    samples: int,
    steps: int,
    signals: Mapping[str, Any] | None,
    *,
    endless: bool = False,
) -> Blueprint:
    """The blueprint with the rules of `network` added; `endless` if samples do not end after `steps` steps.

    Raises
    ------
    NetworkError
        If `signals` do not fit the rules' modulators.
    UnsupportedError
        If a neuron does not supply, in this integration, a modulator that a rule needs.
    """
    listeners = []
    for p in learners(network):
        assert p.plasticity is not None
        peaks = {name: p.plasticity.modulators[name].peak for name in p.plasticity.signals}
        listeners.append(Listener(p.name, network.population(p.post).n, peaks))
    values = complete_signals(listeners, samples, steps, signals or {})
    codes = {}
    for p in learners(network):
        assert p.plasticity is not None
        own = {name: v.reshape(samples * steps, -1) for (projection, name), v in values.items() if projection == p.name}
        rule, ends = p.plasticity.in_steps(blueprint.dt), 0 if endless else steps
        codes[p.name] = Plasticity(rule, own, ends, _supplied(p, blueprint.cell(p.post)), varied=network.varied(p))
    return replace(
        blueprint,
        cells=tuple(_listening(cells, network, codes) for cells in blueprint.cells),
        wires=tuple(replace(w, learning=codes.get(w.name)) for w in blueprint.wires),
    )


def _supplied(projection: Projection, post: Cells) -> dict[str, str]:
    """Modulator -> variable of the post neurons that supplies it."""
    assert projection.plasticity is not None
    modulators, traces = projection.plasticity.modulators, projection.plasticity.traces
    asked = {name: m.supplier for name, m in modulators.items() if not (m.broadcast or m.state)}
    states = {name: held_name(m.state) for name, m in modulators.items() if m.state}
    states |= {name: filter_name(projection.name, name) for name, trace in traces.items() if trace.of}
    known = post.equations.modulators
    for name, supplier in asked.items():
        if supplier not in known:
            raise UnsupportedError(
                f"Projection {projection.name!r}: its rule reads {name!r} from {supplier!r}, but in this integration "
                f"{post.name!r} supplies {', '.join(known) or 'no modulator'}; use the other integration, or the emulator."
            )
    return {name: known[supplier] for name, supplier in asked.items()} | states


def _listening(cells: Cells, network: Network, codes: Mapping[str, Plasticity]) -> Cells:
    mine = {name: code for name, code in codes.items() if network.projection(name).post == cells.name}
    events = {event: text for name, code in mine.items() for event, text in conditions(name, code, cells.equations).items()}
    signals = {signal_name(name, m): values for name, code in mine.items() for m, values in code.signals.items()}
    rules = {name: code.rule for name, code in mine.items()}
    states = sorted({state for rule in rules.values() for state in rule.post_states.values()})
    filters = {
        filter_name(name, trace): Filter(held_name(t.of), t.kept(network.step_seconds), round(t.delay / network.step_seconds))
        for name, rule in rules.items()
        for trace, t in rule.traces.items()
        if t.of
    }
    held = {held_name(state): _held(cells, state, network) for state in states}
    return replace(
        cells,
        events={**cells.events, **events},
        signals={**cells.signals, **signals},
        held=held,
        filters=filters,
    )


def _held(cells: Cells, state: str, network: Network) -> Held:
    """A state as a number in SI; step by step the variables of Brian2 have no units, and the readout gives the number."""
    own, model = cells.readout(state), network.population(cells.name).model
    assert isinstance(model, Neuron)
    return Held(own, "1" if state in cells.readouts else model.state_unit(state))


def watches(network: Network, samples: int, steps: int) -> tuple[Watch, ...]:
    """The probes of projections that learn.

    Raises
    ------
    UnsupportedError
        If a probe records the tag or a trace of a rule that is not active.
    """
    active = {p.name for p in learners(network)}
    probes = network.synapse_probes()
    for probe in probes:
        if probe.projection not in active and probe.variable != "w":
            raise UnsupportedError(
                f"Probe of {probe.projection!r}: simulate() has no signal for the rule's modulators, so the rule is not active "
                f"and there is no {probe.variable!r} to record; probe 'w', or train the network."
            )
    # Steps are counted through all samples, but Brian2's time starts again in each sample.
    period = {probe: gcd(probe.every, steps) if samples > 1 else probe.every for probe in probes}
    return tuple(Watch(probe, period[probe]) for probe in probes if probe.projection in active)
