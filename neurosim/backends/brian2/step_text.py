"""Statements in Brian2 for the neuron dynamics of the step program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from neurosim.backends.brian2.blueprint import Readout
from neurosim.neurons.base import Event
from neurosim.neurons.step_form import StepNeuron

ARRIVE = "u = u*(1 - du) + a\na = 0\n"
LEAK = "v*(1 - dv) + u + bias"


def _nothing(neuron: StepNeuron) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Words:
    """The statements of one neuron dynamics in Brian2.

    Attributes
    ----------
    update, threshold, reset : str
        Update, threshold condition and reset of a step, which run in this order.
    parameters : tuple of str
        Fields of StepNeuron that the statements read, besides du, dv and bias.
    states : str
        Model lines of further variables.
    receptors : mapping
        Receptor -> variable to which its synaptic input is added, where this is not a.
    events, modulators : mapping
        Events and modulators, as those of `Equations`.
    further : callable
        Function that returns parameters which are not fields of StepNeuron: name -> value.
    readouts : callable
        Function that returns how to read described variables besides v, theta and the synaptic current.
    functions : tuple of str
        Functions from `neurosim.backends.brian2.functions` that the statements call.
    payload : str
        Variable that contains the payload of a spike, or "" for a payload of 1.
    common : str
        Model lines of a soma, which own neurons do not have.
    every : tuple of str
        Fields of a soma.
    """

    update: str
    threshold: str
    reset: str
    parameters: tuple[str, ...]
    states: str = ""
    receptors: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, Event] = field(default_factory=dict)
    modulators: Mapping[str, str] = field(default_factory=dict)
    further: Callable[[StepNeuron], Mapping[str, Any]] = _nothing
    readouts: Callable[[StepNeuron], Mapping[str, Readout]] = _nothing
    functions: tuple[str, ...] = ()
    payload: str = ""
    common: str = "u : 1\nv : 1\na : 1"
    every: tuple[str, ...] = ("du", "dv", "bias")
