"""A population: neurons of one model, or sources of an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from neurosim.arrays import whole_number
from neurosim.checks.described import Described
from neurosim.checks.grid import whole_steps
from neurosim.errors import NetworkError, shown
from neurosim.network.ends import Part, part
from neurosim.network.initial import check_initial
from neurosim.network.inputs import Input
from neurosim.neurons.base import Neuron
from neurosim.neurons.timed import Timed

MOST_NEURONS = 2**31 - 1
"""Largest number of neurons in a population."""


@dataclass(frozen=True)
class Population(Described):
    """Population of `n` neurons of one model, or of `n` sources of an input.

    Parameters
    ----------
    name : str
        Name, used in files and messages; a Python identifier.
    n : int
        Number of neurons; at least 1.
    neuron : Neuron or Input
        Neuron model, or input.
    current : quantity, optional
        Input current, in the unit of the neuron's drive: one value, one per neuron, or ``Timed(values, every=...)``, which
        changes in time.
    initial : mapping, optional
        Values at the start by variable, such as ``{"v": Uniform(-65 * mV, -50 * mV)}``: one value, one per neuron, or a
        distribution from which each neuron draws one by the seed of the network; rest for variables that are left out. Every
        execution receives the same numbers.
    """

    name: str
    n: int
    neuron: Neuron | Input
    current: Any = None
    initial: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        who = f"Population {self.name!r}"
        if not (isinstance(self.name, str) and self.name.isidentifier()):
            raise NetworkError(f"{who}: expected a name made of letters, digits and _ that starts with a letter.")
        object.__setattr__(self, "n", whole_number(self.n, f"{who}: n", 1))
        if self.n > MOST_NEURONS:
            raise NetworkError(f"{who}: n = {self.n}; expected at most {MOST_NEURONS}: recordings number them in 32 bits.")
        if not isinstance(self.neuron, Neuron | Input):
            raise NetworkError(f"{who}: neuron is {self.neuron!r}; expected a Neuron such as LIF(...) or an Input.")
        self.model.check_size(self.n, who)
        if self.initial:
            check_initial(self.initial, self.model, self.n, who)

    def __getitem__(self, key: slice | Sequence[int]) -> Part:
        """Some of the neurons, such as ``cells[:80]``, as `pre` or `post` of a projection."""
        return part(self.name, self.n, key)

    @cached_property
    def course(self) -> Timed | None:
        """Current that changes in time, for neurons whose equations do not know of such currents."""
        if not isinstance(self.current, Timed) or isinstance(self.neuron, Input) or self.neuron.drive in self.neuron.timed:
            return None
        who = f"Population {self.name!r}: current"
        self.neuron.check_drive(who)
        if isinstance(self.neuron.own_drive, Timed):
            raise NetworkError(f"{who} and the neuron's {self.neuron.drive} both change in time; give one that does.")
        self.current.rows(self.neuron.drive_unit, who)
        self.current.check_size(self.n, who)
        return self.current

    def check_step(self, dt: float) -> None:
        """Raise NetworkError if the population does not fit steps of `dt` seconds."""
        who = f"Population {self.name!r}"
        if isinstance(self.neuron, Input):
            self.neuron.check_step(dt, who)
        if self.course is not None:
            whole_steps(self.course.period, dt, f"{who}: current: every")

    @cached_property
    def model(self) -> Neuron | Input:
        """Neuron model that includes the current of the population, except for a `course`."""
        if self.current is None or self.course is not None:
            return self.neuron
        if isinstance(self.neuron, Input):
            raise NetworkError(f"Population {self.name!r}: an input accepts no current; leave it out.")
        try:
            return self.neuron.with_current(self.current)
        except (TypeError, ValueError) as error:
            raise NetworkError(f"Population {self.name!r}: current = {shown(self.current)} does not fit: {error}") from None
