"""A plasticity rule as Brian2 code: variables of the synapses, and ordered statements at events.

Brian2 runs the code of the events one after the other, and each reads what earlier code wrote. A rule, however, reads all
variables as they were before. A step therefore has three rounds over the events: first, spikes are transmitted and added to
traces; then all changes are computed; then they are added. If no update reads what another one writes, changes are added at
once. Every second round goes through the events in reverse order, so that the last event of one round is the first of the next
and one piece of code serves both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np

from neurosim.backends.brian2.blueprint import Plasticity
from neurosim.backends.brian2.names import (
    FIRST_STEP,
    WEIGHT,
    before_name,
    event_name,
    signal_name,
    switched_name,
    variable_name,
)
from neurosim.backends.brian2.translate import translated
from neurosim.errors import UnsupportedError
from neurosim.neurons.base import Equations
from neurosim.plasticity.expressions import Update
from neurosim.plasticity.products import Gate, GateKind, Impulse
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import Trace

_IMPULSES: Mapping[Impulse, str] = {
    Impulse.ADD: "{x} += {impulse}",
    Impulse.OVERWRITE: "{x} = {impulse}",
    Impulse.SATURATE: "{x} += {impulse}*(1 - {x})",
}
SWITCH = "gate"
"""Modulator of neurons that an experiment switches on and off."""
_GONE = 1e-4
"""Time constant, in steps, of a trace that decays completely in each step: exp(-1 / _GONE) is 0."""


class Pathway(NamedTuple):
    """Code that an event of one side triggers, `late` steps after the delay of the synapse."""

    side: str
    event: str
    late: int = 0


@dataclass(frozen=True)
class SynapseCode:
    """Code of a plasticity rule for a Synapses object.

    Attributes
    ----------
    model : str
        Variables of the synapses, without the weight.
    pathways : tuple of (Pathway, str)
        Code of each pathway, in the order in which it runs within a step.
    """

    model: str
    pathways: tuple[tuple[Pathway, str], ...]


def synapse_code(name: str, learning: Plasticity, dt: float, transmission: str) -> SynapseCode:
    """Code with which the synapses of projection `name` learn; `transmission` is the code at a presynaptic spike."""
    rule = learning.rule
    kept = {factor: time_constant(trace, dt) for factor, trace in rule.traces.items() if trace.decay != 1 and not trace.of}
    model = [f"d{variable_name(n)}/dt = -{variable_name(n)}/({tau!r}*second) : 1 (event-driven)" for n, tau in kept.items()]
    model += [f"{variable_name(n)} : 1" for n in synaptic_names(rule) if n not in kept]
    model += [f"{variable_name(n)} : 1 (constant)" for n in learning.varied]
    model += [f"d{before_name(n)}/dt = -{before_name(n)}/({kept[n]!r}*second) : 1 (event-driven)" for n in read_before(rule)]
    model += [f"{learning.switch} : 1 (shared)"] if learning.switch else []
    waiting = _targets(rule) if _has_to_wait(rule) else ()
    model += [f"{_sum(target)} : 1" for target in waiting]
    last = [*_add(name, learning, waiting), *_remembered(rule)]
    rounds = (_receive(rule, transmission), _compute(name, learning, waiting), last)
    return SynapseCode("\n".join(model), _merged([*rounds, _at_the_end(name, learning)], _order(name, learning)))


def time_constant(trace: Trace, dt: float) -> float:
    """Time constant of a trace in seconds."""
    if trace.tau is not None:
        return trace.tau
    return -dt / float(np.log(trace.decay)) if trace.decay else _GONE * dt


def synaptic_names(rule: PlasticityRule) -> tuple[str, ...]:
    """Names of the variables of synapses, other than w, that the rule uses."""
    used = {*rule.traces} | {u.target for u in rule.updates} | {name for u in rule.updates for name in u.names}
    return tuple(name for name in rule.synaptic if name != "w" and name in used)


def conditions(projection: str, learning: Plasticity, post: Equations) -> dict[str, str]:
    """Events of the neurons `post` for updates at certain steps, or while a switch is on: name -> condition."""
    gates = {u.gate for u in learning.rule.updates}
    timed = {g for g in gates if g.kind in (GateKind.EVERY, GateKind.PHASE)}
    found = {event_name(projection, g): _timed_condition(projection, learning, g) for g in timed}
    switched = {g.channel for g in gates if _is_switched(learning, g)}
    return found | {switched_name(c, SWITCH): f"({post.condition(c)}) and {SWITCH} != 0" for c in switched}


def _timed_condition(projection: str, learning: Plasticity, gate: Gate) -> str:
    # The neuron's index makes the condition one truth value per neuron.
    if gate.kind is GateKind.PHASE:
        return f"t_in_timesteps + 1 == {learning.steps} and i >= 0"
    due = f"(t_in_timesteps + 1 + {FIRST_STEP}) % {gate.period} == 0 and i >= 0"
    if not (learning.signals and _rests_without(learning.signals, learning, gate)):
        return due
    present = " or ".join(f"{signal_name(projection, name)} != 0" for name in learning.signals)
    return f"{due} and ({present})"


def _is_switched(learning: Plasticity, gate: Gate) -> bool:
    """Whether updates at an event of the post neuron change nothing while its switch is off, so that they can be skipped."""
    switches = [name for name, variable in learning.supplied.items() if variable == SWITCH]
    return gate.kind is GateKind.POST and bool(switches) and _rests_without(switches, learning, gate)


def _rests_without(modulators: Collection[str], learning: Plasticity, gate: Gate) -> bool:
    """Whether every term has one of `modulators` as a factor, so that nothing changes where all of them are zero."""
    try:
        products = [p for u in learning.rule.updates if u.gate == gate for p in u.products()]
    except UnsupportedError:
        return False
    return all(set(p.factors) & set(modulators) for p in products)


def _pathway(projection: str, learning: Plasticity, gate: Gate) -> Pathway:
    if gate.kind is GateKind.PRE:
        return Pathway("pre", "spike")
    if gate.kind is not GateKind.POST:
        return Pathway("post", event_name(projection, gate))
    return Pathway("post", switched_name(gate.channel, SWITCH) if _is_switched(learning, gate) else gate.channel)


_Round = list[tuple[Pathway, str]]


def _updates(rule: PlasticityRule) -> dict[Gate, list[Update]]:
    """The updates within a step, by gate."""
    gates = dict.fromkeys(u.gate for u in rule.updates if u.gate.kind is not GateKind.PHASE)
    return {gate: [u for u in rule.updates if u.gate == gate] for gate in gates}


def _receive(rule: PlasticityRule, transmission: str) -> _Round:
    out = [(Pathway("pre", "spike"), transmission)]
    for name, trace in rule.traces.items():
        if trace.side == "synapse" or trace.of:
            continue
        out.append((_heard(trace), _IMPULSES[trace.mode].format(x=variable_name(name), impulse=repr(trace.impulse))))
    return out


def _heard(trace: Trace) -> Pathway:
    """The event that a trace of spikes follows."""
    late = trace.side == "pre" and trace.channel == "arrival"
    return Pathway(trace.side, "spike" if late else trace.channel, int(late))


def read_before(rule: PlasticityRule) -> list[str]:
    """Traces that updates read from before the spikes of the step."""
    found = {name for u in rule.updates for name in u.read_before}
    return [name for name in rule.traces if name in found]


def _remembered(rule: PlasticityRule) -> _Round:
    """After all updates, what a trace is before the next spikes is what it is now."""
    return [(_heard(rule.traces[name]), f"{before_name(name)} = {variable_name(name)}") for name in read_before(rule)]


def _compute(name: str, learning: Plasticity, waiting: Collection[str]) -> _Round:
    rule, out = learning.rule, []
    for gate, updates in _updates(rule).items():
        if waiting:
            lines = [f"{_sum(u.target)} += {change_text(u, learning, name)}" for u in updates]
        else:
            lines = _added_at_once(updates, learning, name, clip=not _clips_late(rule))
        out += [(_pathway(name, learning, gate), line) for line in lines]
    return out


def change_text(update: Update, learning: Plasticity, projection: str) -> str:
    """What an update adds to its target; nothing while weights are frozen."""
    text = translated(update, learning, projection)
    return f"{learning.switch}*({text})" if learning.switch and update.target == "w" else text


def _added_at_once(updates: Sequence[Update], learning: Plasticity, projection: str, *, clip: bool = True) -> list[str]:
    """Lines that compute all changes before they add any of them."""
    lines = [f"change_{n} = {change_text(u, learning, projection)}" for n, u in enumerate(updates)]
    lines += [f"{variable_name(u.target)} += change_{n}" for n, u in enumerate(updates)]
    writes = any(u.target == "w" for u in updates)
    return lines + ([_clip(learning.rule.bounds)] if clip and writes and _bounded(learning.rule) else [])


def _add(name: str, learning: Plasticity, waiting: Collection[str]) -> _Round:
    rule = learning.rule
    lines = [line for target in waiting for line in (f"{variable_name(target)} += {_sum(target)}", f"{_sum(target)} = 0")]
    if _bounded(rule) and (waiting or _clips_late(rule)):
        lines.append(_clip(rule.bounds))
    return [(_pathway(name, learning, gate), line) for gate in _updates(rule) for line in lines]


def _at_the_end(name: str, learning: Plasticity) -> _Round:
    ends: dict[Gate, list[Update]] = {}
    for update in learning.rule.updates:
        if update.gate.kind is GateKind.PHASE:
            ends.setdefault(update.gate, []).append(update)
    return [
        (_pathway(name, learning, gate), line)
        for gate, updates in ends.items()
        for line in _added_at_once(updates, learning, name)
    ]


def _order(name: str, learning: Plasticity) -> list[Pathway]:
    """The events in their order: presynaptic ones first, the end of a sample last."""
    gates = sorted({u.gate for u in learning.rule.updates}, key=lambda g: (g.kind, g.channel, g.period))
    traces = [t for t in learning.rule.traces.values() if t.side == "post" and not t.of]
    own = dict.fromkeys([*(Pathway("post", t.channel) for t in traces), *(_pathway(name, learning, g) for g in gates)])
    first = (Pathway("pre", "spike"), Pathway("pre", "spike", 1))
    return [*first, *(place for place in own if place not in first)]


def _merged(rounds: list[_Round], order: list[Pathway]) -> tuple[tuple[Pathway, str], ...]:
    places = {place: n for n, place in enumerate(order)}
    steps: _Round = []
    for k, lines in enumerate(rounds):
        steps += sorted(lines, key=lambda line: places[line[0]], reverse=k % 2 == 1)
    together = groupby(steps, key=lambda step: step[0])
    return tuple((place, "\n".join(code for _, code in parts)) for place, parts in together)


def _targets(rule: PlasticityRule) -> tuple[str, ...]:
    return tuple(dict.fromkeys(u.target for updates in _updates(rule).values() for u in updates))


def _has_to_wait(rule: PlasticityRule) -> bool:
    """Whether an update at one event reads what an update at another event writes."""
    written = {gate: {u.target for u in updates} for gate, updates in _updates(rule).items()}
    read = {gate: {name for u in updates for name in u.names} for gate, updates in _updates(rule).items()}
    return any(written[one] & read[other] for one in written for other in read if one != other)


def _bounded(rule: PlasticityRule) -> bool:
    return bool(np.any(np.isfinite(rule.bounds)))


def _clips_late(rule: PlasticityRule) -> bool:
    """Whether several events write w, so that it is clipped to its bounds only after all of them."""
    return sum(any(u.target == "w" for u in updates) for updates in _updates(rule).values()) > 1


def _clip(bounds: tuple[float, float]) -> str:
    low, high = (repr(b) if np.isfinite(b) else f"{'-' * (b < 0)}inf" for b in bounds)
    return f"{WEIGHT} = clip({WEIGHT}, {low}, {high})"


def _sum(target: str) -> str:
    return f"sum_of_{target}"
