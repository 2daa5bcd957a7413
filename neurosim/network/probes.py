"""What can be probed: checked against the network when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurosim.arrays import whole_numbers
from neurosim.checks.described import Described
from neurosim.checks.grid import whole_steps
from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.network.inputs import Input
from neurosim.neurons.base import Neuron
from neurosim.plasticity.rule import PlasticityRule
from neurosim.units import si


@dataclass(frozen=True)
class Probe(Described):
    """Record a variable of a population at every step, or of a projection every `every` seconds.

    Variables of a projection are ``w`` and, where it has a plasticity rule, ``tag``, ``aux`` and the rule's traces. Spikes of
    every population are always recorded.

    Parameters
    ----------
    of : str
        Name of a population or a projection.
    variable : str
        What to record.
    every : time
        For projections, which need it: from one look to the next, a whole number of steps.
    neurons : sequence of int
        For populations: which neurons, in this order; all if left out.
    """

    of: str
    variable: str
    every: Any = None
    neurons: Any = None

    def __post_init__(self) -> None:
        if self.neurons is not None:
            neurons = whole_numbers(self.neurons, f"Probe of {self.of!r}: neurons")
            if neurons.ndim != 1 or not neurons.size:
                raise NetworkError(f"Probe of {self.of!r}: neurons = {shown(self.neurons)}; expected a list of at least one.")
            object.__setattr__(self, "neurons", tuple(int(i) for i in neurons))


def check_synapses(probe: Probe, rule: PlasticityRule | None, dt: float) -> None:
    """Raise NetworkError if `probe` of a projection, with steps of `dt` seconds, asks for what there is not."""
    who = f"Probe of {probe.of!r}"
    known = ("w",) if rule is None else ("w", "tag", "aux", *(n for n, t in rule.traces.items() if t.side != "synapse"))
    if probe.variable not in known:
        raise NetworkError(f"{who}: " + unknown_name("variable", probe.variable, known))
    if probe.neurons is not None:
        raise NetworkError(
            f"{who}: neurons = {list(probe.neurons)}, and a probe of a projection records all of its synapses; leave neurons "
            "out, and take those that you want from the values of the trace."
        )
    synapse_steps(probe, dt)


def synapse_steps(probe: Probe, dt: float) -> int:
    """Steps of `dt` seconds from one look of a probe of a projection to the next."""
    who = f"Probe of {probe.of!r}: every"
    if probe.every is None:
        raise NetworkError(f"{who}: a projection is looked at from time to time; expected a time such as 10*ms, found none.")
    every = si(probe.every, "second", who)
    if every.ndim or not 0 < every < float("inf"):
        raise NetworkError(f"{who}: expected one positive time such as 1*ms, found {shown(probe.every)}.")
    return whole_steps(float(every), dt, who)


def check_states(probe: Probe, model: Neuron | Input, n: int) -> None:
    """Raise NetworkError if `probe` of a population of `n` neurons asks for what there is not."""
    who = f"Probe of {probe.of!r}"
    variables = ("spike",) if isinstance(model, Input) else ("spike", *model.variables)
    if probe.variable not in variables:
        raise NetworkError(f"{who}: " + unknown_name("variable", probe.variable, (*variables, "w")))
    if probe.every is not None:
        raise NetworkError(
            f"{who}: every = {shown(probe.every)}, and populations are recorded at every step; leave every out, and take every "
            "k-th step of the recording: states[of, variable][:, ::k]."
        )
    if probe.variable == "spike" and probe.neurons is not None:
        raise NetworkError(f"{who}: spikes of all neurons are always recorded; leave neurons out.")
    if probe.neurons is not None and max(probe.neurons) >= n:
        raise NetworkError(f"{who}: neurons {shown(list(probe.neurons))} reach outside 0..{n - 1}.")


@dataclass(frozen=True)
class SynapseProbe:
    """Looks at a variable of a projection ("w", "tag", "aux", a trace) before every `every`-th step, and at the end."""

    projection: str
    variable: str
    every: int
