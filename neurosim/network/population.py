"""A population: neurons of one model, or sources of an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from neurosim.arrays import whole_number
from neurosim.checks.described import Described
from neurosim.errors import NetworkError, shown
from neurosim.network.ends import Part, part
from neurosim.network.initial import check_initial
from neurosim.network.inputs import Input
from neurosim.neurons.base import Neuron

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
        Constant input current, in the unit of the neuron's drive: one value, or one per neuron.
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
    def model(self) -> Neuron | Input:
        """Neuron model that includes the constant current of the population."""
        if self.current is None:
            return self.neuron
        if isinstance(self.neuron, Input):
            raise NetworkError(f"Population {self.name!r}: an input accepts no current; leave it out.")
        try:
            return self.neuron.with_current(self.current)
        except (TypeError, ValueError) as error:
            raise NetworkError(f"Population {self.name!r}: current = {shown(self.current)} does not fit: {error}") from None
