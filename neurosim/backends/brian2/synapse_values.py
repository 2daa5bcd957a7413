"""Conversion of plastic Synapses to arrays: weights, tags and traces, with the decay since Brian2's last update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.backends.brian2.blueprint import Plasticity, Wires
from neurosim.backends.brian2.names import filter_name, variable_name
from neurosim.backends.brian2.rule_text import synaptic_names, time_constant
from neurosim.checks.matrices import nonzero
from neurosim.units import FloatArray

LAST_UPDATE = "lastupdate"
"""Brian2's variable of a synapse with the time of its last update of decaying variables, in seconds."""


@dataclass(frozen=True)
class Layout:
    """The synapses from which a variable is read, and the places of their values in a dense array of `shape`."""

    synapses: Any
    places: tuple[Any, ...]
    shape: tuple[int, ...]

    def dense(self, values: FloatArray) -> FloatArray:
        """Values (times, synapses) as a dense array (times, *shape), 0 where there is no synapse."""
        out = np.zeros((len(values), *self.shape))
        everywhere = (slice(None), *self.places)
        out[everywhere] = values
        return out


def layout(wires: Wires, variable: str) -> Layout:
    """Layout (n_pre, n_post) for synaptic variables; (n,) for a trace, which every synapse of a neuron stores a copy of.

    A trace of a state is stored by the post neurons.
    """
    if is_filter(wires, variable):
        neurons = np.arange(wires.weights.shape[1])
        return Layout(neurons, (neurons,), neurons.shape)
    pre, post, _ = nonzero(wires.weights)
    trace = _learning(wires).rule.traces.get(variable)
    if trace is None or trace.side == "synapse":
        return Layout(np.arange(len(pre)), (pre, post), wires.weights.shape)
    side = pre if trace.side == "pre" else post
    neurons, first = np.unique(side, return_index=True)
    return Layout(first, (neurons,), (wires.weights.shape[0 if trace.side == "pre" else 1],))


def is_filter(wires: Wires, variable: str) -> bool:
    """Whether the variable is a trace of a state, which is a variable of the post neurons."""
    trace = _learning(wires).rule.traces.get(variable)
    return trace is not None and bool(trace.of)


def brian2_names(wires: Wires, variable: str) -> tuple[str, ...]:
    """Brian2 variables that are needed to compute `variable`; none if it is a tag that the rule does not use."""
    rule = _learning(wires).rule
    if variable not in ("w", *synaptic_names(rule), *rule.traces):
        return ()
    if is_filter(wires, variable):
        return (filter_name(wires.name, variable),)
    decays = variable in rule.traces and rule.traces[variable].decay != 1
    return (variable_name(variable), LAST_UPDATE) if decays else (variable_name(variable),)


def after(wires: Wires, variable: str, read: Any, step: Any, dt: float) -> FloatArray:
    """Dense values of `variable` after each `step` (times,).

    Parameters
    ----------
    read : callable
        Brian2 name -> values (times, synapses of the layout).
    """
    place, names = layout(wires, variable), brian2_names(wires, variable)
    if not names or not len(place.synapses):
        return np.zeros((len(step), *place.shape))
    values = np.asarray(read(names[0]), np.float64)
    if LAST_UPDATE in names:
        # Before the first step nothing has decayed.
        passed = np.maximum(np.asarray(step)[:, None] * dt - read(LAST_UPDATE), 0.0)
        values = values * np.exp(-passed / time_constant(_learning(wires).rule.traces[variable], dt))
    return place.dense(values)


def _learning(wires: Wires) -> Plasticity:
    assert wires.learning is not None
    return wires.learning
