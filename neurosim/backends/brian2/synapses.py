"""Construction of Brian2 Synapses from the projections of a blueprint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import brian2
import numpy as np
from scipy import sparse

from neurosim.backends.brian2 import payloads
from neurosim.backends.brian2.blueprint import Plasticity, Wires
from neurosim.backends.brian2.names import AT_THE_END, WEIGHT, event_name, synapses_name, variable_name
from neurosim.backends.brian2.release import release
from neurosim.backends.brian2.rule_functions import functions_in
from neurosim.backends.brian2.rule_text import synapse_code
from neurosim.backends.brian2.synapse_values import LAST_UPDATE
from neurosim.checks.matrices import nonzero, per_synapse
from neurosim.plasticity.products import GateKind
from neurosim.units import FloatArray, as_quantity

_GAIN = "transmission_gain"


def has_synapses(wires: Wires) -> bool:
    """Whether the projection has any synapse."""
    return not isinstance(wires.weights, sparse.csr_array) or wires.weights.nnz > 0


def synapses(wires: Wires, groups: Mapping[str, Any], clock: Any) -> Any:
    """The Synapses of a projection."""
    if wires.learning is None:
        return _fixed(wires, groups, clock)
    return _plastic(wires, wires.learning, groups, clock)


def _fixed(wires: Wires, groups: Mapping[str, Any], clock: Any) -> Any:
    """Synapses with fixed weights; a shared weight or delay is a constant, others are stored per synapse."""
    pre, post, weights = nonzero(wires.weights)
    values = weights * _of_each(wires.gain, post)
    alike = wires.one_constant and bool(np.all(values == values[0]))
    delays, released = _delays(wires, pre, post), release(wires.short_term)
    made = brian2.Synapses(
        groups[wires.pre],
        groups[wires.post],
        "\n".join([*([] if alike else [f"{WEIGHT} : {wires.unit}"]), released.model, payloads.model_line(wires, delays)]),
        on_pre=f"{wires.variable}_post += {WEIGHT}{payloads.factor(wires, delays)}{released.factor}{released.after}",
        on_event=wires.channel,
        delay=delays * brian2.second if delays.ndim == 0 and delays else None,
        namespace=payloads.namespace(wires, clock.dt)
        | released.namespace
        | ({WEIGHT: as_quantity(values[0], wires.unit)} if alike else {}),
        clock=clock,
        name=synapses_name(wires.name),
    )
    made.connect(**_pairs(wires, pre, post))
    if not alike:
        setattr(made, WEIGHT, as_quantity(values, wires.unit))
    for name, value in released.initial.items():
        setattr(made, name, value)
    payloads.set_delays(made, wires, delays)
    if delays.ndim:
        made.delay = delays * brian2.second
    return made


def _plastic(wires: Wires, learning: Plasticity, groups: Mapping[str, Any], clock: Any) -> Any:
    """Plastic Synapses; weights have no unit, because the rule computes without units, and the gain has the unit."""
    pre, post, weights = nonzero(wires.weights)
    gain, delays = _of_each(wires.gain, post), _delays(wires, pre, post)
    released = release(wires.short_term)
    transmission = f"{wires.variable}_post += {WEIGHT}*{_GAIN}{payloads.factor(wires, delays)}{released.factor}{released.after}"
    own = synapse_code(wires.name, learning, float(clock.dt), transmission)
    names = [f"{place.side}_{n}" for n, (place, _) in enumerate(own.pathways)]
    ends = {event_name(wires.name, u.gate) for u in learning.rule.updates if u.gate.kind is GateKind.PHASE}
    code = dict(zip(names, own.pathways, strict=True))
    # A variable that a neuron supplies may be an expression of its parameters, which the Synapses must know.
    supplied = dict(groups[wires.post].namespace) if learning.supplied else {}
    called = functions_in("\n".join(text for _, text in own.pathways))
    late = {name: delays + place.late * float(clock.dt) for name, (place, _) in code.items() if place.side == "pre"}
    gains = f"{_GAIN} : {wires.unit} (constant)" if gain.ndim else ""
    made = brian2.Synapses(
        groups[wires.pre],
        groups[wires.post],
        "\n".join([f"{WEIGHT} : 1", own.model, released.model, gains, payloads.model_line(wires, delays)]),
        on_pre={name: text for name, (place, text) in code.items() if place.side == "pre"},
        on_post={name: text for name, (place, text) in code.items() if place.side == "post"},
        on_event={name: wires.channel if place.side == "pre" else place.event for name, (place, _) in code.items()},
        delay={name: delay * brian2.second for name, delay in late.items() if delays.ndim == 0},
        namespace=payloads.namespace(wires, clock.dt)
        | supplied
        | released.namespace
        | called
        | ({} if gain.ndim else {_GAIN: as_quantity(gain[()], wires.unit)}),
        clock=clock,
        name=synapses_name(wires.name),
    )
    for n, name in enumerate(names):
        getattr(made, name).order = n + (AT_THE_END if code[name][0].event in ends else 0)
    made.connect(**_pairs(wires, pre, post))
    setattr(made, WEIGHT, weights)
    if learning.switch:
        setattr(made, learning.switch, 1)
    _begin(made, learning, float(clock.dt))
    for name, varied in learning.varied.items():
        of = {"pre": pre, "post": post, "synapse": slice(None)}[varied.side]
        setattr(made, variable_name(name), varied.values[of])
    for name, value in released.initial.items():
        setattr(made, name, value)
    if gain.ndim:
        setattr(made, _GAIN, as_quantity(gain, wires.unit))
    payloads.set_delays(made, wires, delays)
    for name, delay in late.items():
        if delays.ndim:
            getattr(made, name).delay = delay * brian2.second
    return made


def _begin(made: Any, learning: Plasticity, dt: float) -> None:
    """Set the values with which variables of synapses begin; they decay once before they are read in the first step."""
    begun = {name: trace for name, trace in learning.rule.traces.items() if trace.start}
    for name, trace in begun.items():
        setattr(made, variable_name(name), trace.start)
    if any(trace.decay != 1 for trace in begun.values()):
        setattr(made, f"{LAST_UPDATE}_", -dt)


def _pairs(wires: Wires, pre: Any, post: Any) -> dict[str, Any]:
    # Without arguments, Brian2 connects every pair, with the pre neurons in the outer loop: the order of a matrix row by row.
    return {"i": pre, "j": post} if isinstance(wires.weights, sparse.csr_array) else {}


def _of_each(gain: FloatArray, post: Any) -> FloatArray:
    """One gain for all (0-d), or one per synapse."""
    return gain[post] if gain.ndim else gain


def _delays(wires: Wires, pre: Any, post: Any) -> FloatArray:
    """One delay (0-d) if all synapses share it, else one per synapse."""
    given = np.asarray(wires.delays)
    given = per_synapse(given, pre, post)
    return np.asarray(given.flat[0]) if np.all(given == given.flat[0]) else given
