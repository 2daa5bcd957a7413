"""What NIR leaves open, as declared choices, with defaults for the programs that write NIR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from neurosim.display.short import Short
from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.units import si, unit_of

INPUTS = ("times_dt", "held", "per_spike")
VALUES: Mapping[str, tuple[str, ...]] = {
    "decay": ("euler", "exponential"),
    "membrane_input": INPUTS,
    "synapse_input": INPUTS,
    "integrator_input": INPUTS,
    "reset": ("value", "subtract", "late"),
    "threshold": (">", ">="),
    "spikes": ("one", "many"),
    "extra_step": ("align", "leave"),
}
MEANINGS: Mapping[str, str] = {
    "dt": "the time step in seconds",
    "decay": "a decay keeps 1 - dt/tau of its state in a step (euler), or exp(-dt/tau) (exponential)",
    "membrane_input": "input to a membrane counts r w dt/tau (times_dt), r w (1 - kept factor) (held), or r w (per_spike)",
    "synapse_input": "the same for a synaptic current and w_in",
    "integrator_input": "input to a neuron without leak counts r w dt (times_dt or held), or r w (per_spike)",
    "reset": "a spike takes v to v_reset (value), subtracts the threshold (subtract), or does so one step later (late)",
    "threshold": "a neuron spikes where v > v_threshold, or where v >= v_threshold",
    "spikes": "a neuron sends at most one spike in a step (one), or as many as v holds thresholds (many)",
    "extra_step": "each connection takes one step here: shorter ways wait for longer ones (align), or nothing waits (leave)",
}
"""Choices and what they mean."""


@dataclass(frozen=True)
class Choices(Short):
    """One value for each thing that NIR leaves open; `MEANINGS` says what they mean.

    Parameters
    ----------
    dt : float
        Time step in seconds.
    decay : str
        "euler" (1 - dt/tau) or "exponential" (exp(-dt/tau)): the factor that a step keeps.
    membrane_input : str
        "times_dt", "held" or "per_spike": how input counts at a leaky membrane.
    synapse_input : str
        The same for a synaptic current.
    integrator_input : str
        The same for a neuron without leak.
    reset : str
        "value" (v becomes v_reset), "subtract" (the threshold), or "late" (the same one step later).
    threshold : str
        ">" or ">=": how the voltage is compared with the threshold.
    spikes : str
        "one" spike in a step at most, or "many".
    extra_step : str
        "align" (shorter ways wait for longer ones) or "leave": each connection takes one step here.
    """

    dt: float
    decay: str
    membrane_input: str
    synapse_input: str
    integrator_input: str
    reset: str
    threshold: str
    spikes: str
    extra_step: str


@dataclass(frozen=True)
class Producer:
    """A program that writes NIR: how it computes what it writes, and where that is written."""

    defaults: Choices
    why: str


_NIR = Choices(1e-4, "euler", "times_dt", "times_dt", "times_dt", "value", ">", "one", "align")


def _like_nir(**other: Any) -> Choices:
    return Choices(**{f.name: getattr(_NIR, f.name) for f in fields(_NIR)} | other)


PRODUCERS: Mapping[str, Producer] = {
    "nir": Producer(_NIR, "the equations of NIR by forward Euler, with the step of its paper, 0.1 ms"),
    "snntorch": Producer(
        _like_nir(reset="late"),
        "snnTorch 1.0.0: its exporter writes dt = 0.1 ms, tau = dt/(1 - beta) and r = tau/dt; Leaky and Synaptic subtract the "
        "threshold one step later by default (Leaky with reset_mechanism='zero' needs reset='value')",
    ),
    "norse": Producer(
        _like_nir(dt=1e-3, synapse_input="per_spike", integrator_input="per_spike"),
        "Norse 1.1.0: steps of 1 ms by forward Euler; a spike adds its weight to the current of LIFCell. Its to_nir multiplies "
        "time constants by its argument dt: call it with dt=1",
    ),
    "sinabs": Producer(
        Choices(1.0, "exponential", "held", "held", "per_spike", "subtract", ">=", "many", "align"),
        "Sinabs 3.1.3: time constants in steps, so dt = 1; input is multiplied by 1 - alpha (norm_input), and a neuron sends "
        "v // threshold spikes",
    ),
    "rockpool": Producer(
        _like_nir(dt=1e-4, decay="exponential", reset="subtract", threshold=">=", spikes="many"),
        "Rockpool 3.1.0: exponential decay, r = tau exp(-dt/tau)/dt, floor(v/threshold) spikes; dt is that of the module",
    ),
    "spikingjelly": Producer(
        _like_nir(threshold=">="),
        "SpikingJelly 2.0.0: dt = 0.1 ms, forward Euler, a spike where v reaches the threshold; it exports no soft reset",
    ),
    "neurosim": Producer(_like_nir(extra_step="leave"), "written by neurosim.nir.to_nir"),
}
"""Programs that write NIR, by name: the choices that their graphs need, and where those are written."""


@dataclass(frozen=True)
class Decided(Short):
    """A choice, its value and its reason; `node` is the node that it concerns, or "" for all.

    Parameters
    ----------
    name : str
        Name of the choice, a field of `Choices`.
    value : object
        What was chosen.
    why : str
        The reason.
    node : str
        Node of the graph; "" for all.
    """

    name: str
    value: Any
    why: str
    node: str = ""

    def __str__(self) -> str:
        place = f" at {self.node}" if self.node else ""
        return f"{self.name} = {self.value}{place}: {self.why}"


def decide(producer: Any, given: Mapping[str, Any], stored: Mapping[str, Any]) -> tuple[Choices, str, tuple[Decided, ...]]:
    """The choices of a graph, the producer whose defaults they have, and the reason of each.

    Parameters
    ----------
    producer : str or None
        A key of `PRODUCERS`; by default the one that `stored` names, or "nir".
    given : mapping
        Choices of the user.
    stored : mapping
        Choices that the graph itself carries.

    Raises
    ------
    NetworkError
        If there is no such producer or choice.
    """
    name = producer if producer is not None else stored.get("producer", "nir")
    if not isinstance(name, str) or name not in PRODUCERS:
        raise NetworkError("from_nir: " + unknown_name("producer", str(name)[:60], PRODUCERS))
    for key in given:
        if key not in MEANINGS:
            raise NetworkError("from_nir: " + unknown_name("choice", str(key)[:60], MEANINGS))
    kept = {key: value for key, value in stored.items() if key in MEANINGS and producer in (None, "neurosim")}
    values: dict[str, Any] = {}
    decided = [Decided("producer", name, PRODUCERS[name].why)]
    for key in MEANINGS:
        value, why = _first(key, given, kept, name)
        values[key] = checked(key, value)
        decided.append(Decided(key, values[key], f"{why}; {MEANINGS[key]}"))
    return Choices(**values), name, tuple(decided)


def _first(key: str, given: Mapping[str, Any], stored: Mapping[str, Any], producer: str) -> tuple[Any, str]:
    if key in given:
        return given[key], "given"
    if key in stored:
        return stored[key], "stored in the graph"
    return getattr(PRODUCERS[producer].defaults, key), f"default of {producer}"


def checked(key: str, value: Any) -> Any:
    """The value of a choice after a check."""
    if key == "dt":
        return _seconds(value)
    if not isinstance(value, str) or value not in VALUES[key]:
        raise NetworkError(f"from_nir: {key} = {shown(value)}; expected one of {', '.join(VALUES[key])}: {MEANINGS[key]}.")
    return value


def _seconds(value: Any) -> float:
    seconds = si(value, "1" if unit_of(value) == "1" else "second", "from_nir: dt")
    if seconds.ndim or not (np.isfinite(seconds) and seconds > 0):
        raise NetworkError(f"from_nir: dt = {shown(value)}; expected one time above 0, such as 0.1*ms, or seconds.")
    return float(seconds)
