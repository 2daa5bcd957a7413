"""How the change that a rule asks for moves the weights: at once, with momentum, or scaled for each weight (Adam)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from neurosim.checks.described import Described
from neurosim.checks.ranges import Kept, NotNegative
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.circuit import Circuit
from neurosim.rate.connections import Connection
from neurosim.rate.rule import Quantities, RateRule


@dataclass(frozen=True)
class Changes:
    """A change that waits to be made: what a rule and the quantities of one connection ask for.

    Attributes
    ----------
    name, layer
        Name of the matrix in the state, and its index in the list.
    rule, connection, values
        See `RateRule.add_to`.
    """

    name: str
    layer: int
    rule: RateRule
    connection: Connection
    values: Quantities

    def variables(self, circuit: Circuit) -> dict[str, Array]:
        """The arrays that the rule reads and changes."""
        names = {"w": self.name, **({"aux": f"{self.name} aux"} if self.rule.aux else {})}
        return {variable: circuit.state[name][self.layer] for variable, name in names.items()}

    def computed(self, circuit: Circuit) -> dict[str, Array]:
        """The changes as new arrays."""
        here = self.variables(circuit)
        out = {variable: np.zeros_like(array) for variable, array in here.items()}
        self.rule.add_to(out, here, self.connection, self.values)
        return out

    def learned(self, circuit: Circuit, dtype: DTypeLike) -> dict[str, Array]:
        """The changes as new arrays of a type, without a decay of the weights."""
        here = {variable: array.astype(dtype) for variable, array in self.variables(circuit).items()}
        return self.rule.learned(here, self.connection, self.values.astype(dtype))


@dataclass(frozen=True)
class Optimiser(Described):
    """Base of the optimisers; `apply` makes a change."""

    def start(self, circuit: Circuit, names: Mapping[str, RateRule]) -> None:
        """Add what the optimiser remembers to the state; `names` are the matrices that learn."""

    def apply(self, circuit: Circuit, change: Changes) -> None:
        """Make a change in place."""
        raise NotImplementedError(f"{type(self).__name__} does not say how weights change.")

    def described(self) -> dict[str, Any]:
        """Kind and parameters, for the settings of a training."""
        return {"kind": type(self).__name__, **asdict(self)}


@dataclass(frozen=True)
class Descent(Optimiser):
    """Weights change by what the rule says, at once."""

    def apply(self, circuit: Circuit, change: Changes) -> None:
        variables = change.variables(circuit)
        change.rule.add_to(variables, variables, change.connection, change.values)


DESCENT = Descent()


@dataclass(frozen=True)
class Momentum(Optimiser):
    """Changes go on: ``v <- momentum v + change``, ``w <- w + v``.

    Parameters
    ----------
    momentum : float
        Part of the last movement that remains, from 0 up to below 1.
    """

    momentum: float = 0.9

    def __post_init__(self) -> None:
        if not 0 <= self.momentum < 1:
            raise NetworkError(f"Momentum.momentum = {self.momentum:g}; expected a number from 0 up to below 1.")

    def start(self, circuit: Circuit, names: Mapping[str, RateRule]) -> None:
        for name in _all(circuit, names):
            circuit.state[f"velocity of {name}"] = [np.zeros_like(w) for w in circuit.state[name]]

    def apply(self, circuit: Circuit, change: Changes) -> None:
        here = change.variables(circuit)
        names = {"w": f"velocity of {change.name}", "aux": f"velocity of {change.name} aux"}
        velocity = {variable: circuit.state[names[variable]][change.layer] for variable in here}
        for v in velocity.values():
            v *= self.momentum
        change.rule.add_to(velocity, here, change.connection, change.values)
        for variable, w in here.items():
            w += velocity[variable]


@dataclass(frozen=True)
class Adam(Optimiser):
    """Each weight moves by its mean change over the root of its mean squared change (Kingma, Ba 2015, arXiv:1412.6980).

    The learning rate of a rule cancels; `rate` takes its place. Adam hides the lengths of changes: two rules whose changes
    have different lengths and the same direction learn alike with it.

    Parameters
    ----------
    rate : float
        Step size.
    mean, square : float
        Parts of the running means that remain.
    """

    rate: NotNegative = 1e-3
    mean: Kept = 0.9
    square: Kept = 0.999

    def start(self, circuit: Circuit, names: Mapping[str, RateRule]) -> None:
        for name in _all(circuit, names):
            for kept in ("mean", "square"):
                circuit.state[f"{kept} of {name}"] = [np.zeros_like(w) for w in circuit.state[name]]

    def apply(self, circuit: Circuit, change: Changes) -> None:
        # The learning rate of the rule must not meet the smallest number that is added to the root.
        names = {"w": change.name, "aux": f"{change.name} aux"}
        age = circuit.batch + 1
        for variable, found in change.computed(circuit).items():
            mean, square = (circuit.state[f"{kept} of {names[variable]}"][change.layer] for kept in ("mean", "square"))
            mean += (1 - self.mean) * (found - mean)
            square += (1 - self.square) * (found * found - square)
            root = np.sqrt(square / (1 - self.square**age))
            step = self.rate / (1 - self.mean**age)
            circuit.state[names[variable]][change.layer] += step * mean / (root + np.finfo(root.dtype).tiny)


def _all(circuit: Circuit, rules: Mapping[str, RateRule]) -> list[str]:
    """Names of all arrays that learn."""
    found = [name for rule in rules for name in (rule, f"{rule} aux", *(("biases",) if rule == "weights" else ()))]
    return [name for name in found if name in circuit.state]
