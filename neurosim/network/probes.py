"""Probes, and checks that a network has the variables that they record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurosim.arrays import whole_numbers
from neurosim.checks.described import Described
from neurosim.checks.grid import whole_steps
from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.network.inputs import Input
from neurosim.network.thinning import averages, thinning
from neurosim.neurons.base import Neuron
from neurosim.plasticity.rule import PlasticityRule
from neurosim.units import si


@dataclass(frozen=True)
class Probe(Described):
    """Probe that records a variable of a population, in every step or thinned, or of a projection at intervals of `every`.

    The variables of a projection are ``w`` and, if it has a plasticity rule, ``tag``, ``aux``, and the traces and variables
    of the rule. The spikes of all populations are always recorded.

    Parameters
    ----------
    of : str
        Name of a population or a projection.
    variable : str
        Name of the variable to record.
    every : time
        Recording interval, a whole number of steps; required for projections. A population is recorded in steps 0, k, 2k, ...,
        or in all steps by default.
    neurons : sequence of int
        Indices of the neurons to record, in this order, for populations only; all neurons by default.
    average : {"neurons", "time"} or both in a list, optional
        For populations only: record the mean over these neurons, or the mean over each interval `every`, which stands at the
        last step of the interval; an interval that the run does not complete is left out.
    """

    of: str
    variable: str
    every: Any = None
    neurons: Any = None
    average: Any = None

    def __post_init__(self) -> None:
        if self.neurons is not None:
            neurons = whole_numbers(self.neurons, f"Probe of {self.of!r}: neurons")
            if neurons.ndim != 1 or not neurons.size:
                raise NetworkError(f"Probe of {self.of!r}: neurons = {shown(self.neurons)}; expected a list of at least one.")
            object.__setattr__(self, "neurons", tuple(int(i) for i in neurons))
        averages(self.average, f"Probe of {self.of!r}")


def check_synapses(probe: Probe, rule: PlasticityRule | None, dt: float) -> None:
    """Raise NetworkError if `probe` does not fit its projection, with steps of `dt` seconds."""
    who = f"Probe of {probe.of!r}"
    known = ("w",) if rule is None else (*rule.synaptic, *(n for n, t in rule.traces.items() if t.side != "synapse"))
    if probe.variable not in known:
        raise NetworkError(f"{who}: " + unknown_name("variable", probe.variable, known))
    if probe.neurons is not None:
        raise NetworkError(
            f"{who}: neurons = {list(probe.neurons)}, but a probe of a projection records all of its synapses; leave neurons "
            "out, and select synapses from the recorded values."
        )
    if probe.average is not None:
        raise NetworkError(
            f"{who}: average = {shown(probe.average)}, but a probe of a projection records all of its synapses; leave average "
            "out, and take the mean of the recorded values."
        )
    synapse_steps(probe, dt)


def synapse_steps(probe: Probe, dt: float) -> int:
    """Recording interval of a probe of a projection, in steps of `dt` seconds."""
    who = f"Probe of {probe.of!r}: every"
    if probe.every is None:
        raise NetworkError(f"{who}: a projection needs a recording interval; expected a time such as 10*ms, found none.")
    every = si(probe.every, "second", who)
    if every.ndim or not 0 < every < float("inf"):
        raise NetworkError(f"{who}: expected one positive time such as 1*ms, found {shown(probe.every)}.")
    return whole_steps(float(every), dt, who)


def check_states(probe: Probe, model: Neuron | Input, n: int, dt: float) -> None:
    """Raise NetworkError if `probe` does not fit its population of `n` neurons with this model, with steps of `dt` seconds."""
    who = f"Probe of {probe.of!r}"
    variables = ("spike",) if isinstance(model, Input) else ("spike", *model.variables)
    if probe.variable not in variables:
        raise NetworkError(f"{who}: " + unknown_name("variable", probe.variable, (*variables, "w")))
    kept = thinning(probe.every, probe.average, dt, who)
    if probe.variable == "spike" and not kept.keeps_all:
        raise NetworkError(f"{who}: all spikes are always recorded; leave every and average out.")
    if probe.variable == "spike" and probe.neurons is not None:
        raise NetworkError(f"{who}: spikes of all neurons are always recorded; leave neurons out.")
    if probe.neurons is not None and max(probe.neurons) >= n:
        raise NetworkError(f"{who}: neurons {shown(list(probe.neurons))} reach outside 0..{n - 1}.")


@dataclass(frozen=True)
class SynapseProbe:
    """Probe of a variable of a projection ("w", "tag", "aux" or a trace), before every `every`-th step and at the end."""

    projection: str
    variable: str
    every: int
