"""What a dynamics of the step program is in Brian2's words."""

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
    """One dynamics in Brian2's words.

    Attributes
    ----------
    update, threshold, reset : str
        What happens in a step, in this order.
    parameters : tuple of str
        Fields of StepNeuron that it reads, besides du, dv and bias.
    states : str
        Model lines of its own.
    receptors : mapping
        Receptor -> the variable to which what arrives is added, where that is not a.
    events, modulators : mapping
        As those of `Equations`.
    further : callable
        Parameters that are no fields of StepNeuron: name -> value.
    readouts : callable
        Described variables besides v, theta and the synaptic current: name -> how to read it.
    functions : tuple of str
        Functions of ours that it calls; see `neurosim.backends.brian2.functions`.
    payload : str
        Variable that is the payload of a spike, or "" for 1.
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
