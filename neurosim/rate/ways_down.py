"""Ways down: how errors reach lower layers, and what has to be carried from weights to other places for it.

A way down has the shape of the weights of the layer that it starts from, and is used from post to pre, so every kind works on
every kind of connection. `Direct` is the exception: it leads from the output to each layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosim.checks.described import Described
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.circuit import Circuit, Pass
from neurosim.rate.connections import DenseOn
from neurosim.rate.rule import Quantities, RateRule

WAYS = "ways down"
"""Name of the ways down in the state; the first is not used, so that indices are those of the weights."""


@dataclass(frozen=True)
class WayDown(Described):
    """Base of the ways down; this one is the transpose of the weights themselves.

    Attributes
    ----------
    transports : str
        What is carried from the weights to the way down, and when; "" for nothing.
    """

    transports: ClassVar[str] = "weights, always"

    def start(self, circuit: Circuit) -> None:
        """Add the ways down to the state; the network may have any kinds of connections."""

    def errors(self, circuit: Circuit, now: Pass, e: Array) -> list[Array]:
        """Errors dLoss/dz of all layers, from layer 1 up, for the error `e` at the output; each is (neurons, images)."""
        found = [e]
        for layer in range(circuit.depth, 1, -1):
            found.append(now.gate(layer - 1, self.down(circuit, layer, found[-1])))
        return found[::-1]

    def down(self, circuit: Circuit, layer: int, d: Array) -> Array:
        """Signals of a layer sent down to what the layer below sends."""
        return circuit.back(layer, d)

    def rule(self, rule: RateRule) -> Mapping[str, RateRule]:
        """Rules by which the way down learns beside the `rule` of the weights."""
        return {}

    def quantities(self, of_weights: Sequence[Quantities]) -> Mapping[str, Sequence[Quantities | None]]:
        """Quantities of these rules, from those of the weights."""
        return {}


@dataclass(frozen=True)
class Tied(WayDown):
    """The transpose of the weights at all times, as in backpropagation."""


@dataclass(frozen=True)
class _Own(WayDown):
    """Base of ways down with matrices of their own, of the shape of the weights."""

    transports: ClassVar[str] = ""

    def start(self, circuit: Circuit) -> None:
        drawn = [self.drawn(circuit, layer).astype(circuit.dtype) for layer in range(2, circuit.depth + 1)]
        circuit.state[WAYS] = [np.zeros_like(circuit.weights[0][:0]), *drawn]

    def drawn(self, circuit: Circuit, layer: int) -> Array:
        """The way down from a layer at the start."""
        return circuit.network.drawn(layer - 1, circuit.fresh("way down", layer))

    def down(self, circuit: Circuit, layer: int, d: Array) -> Array:
        return circuit.back(layer, d, circuit.state[WAYS][layer - 1])


@dataclass(frozen=True)
class Random(_Own):
    """Random numbers that stay, drawn as the weights are (feedback alignment)."""


@dataclass(frozen=True)
class Frozen(_Own):
    """The weights as they were before learning."""

    transports: ClassVar[str] = "weights, once"

    def drawn(self, circuit: Circuit, layer: int) -> Array:
        circuit.ledger.transported.add(self.transports)
        return circuit.weights[layer - 1].copy()


@dataclass(frozen=True)
class SignOf(WayDown):
    """The signs of the weights at all times, scaled by the standard deviation that the weights had at the start."""

    transports: ClassVar[str] = "signs of the weights, always"

    def start(self, circuit: Circuit) -> None:
        circuit.state[WAYS] = [np.full((1,), w.std(), circuit.dtype) for w in circuit.weights]

    def down(self, circuit: Circuit, layer: int, d: Array) -> Array:
        circuit.ledger.transported.add(self.transports)
        return circuit.back(layer, d, circuit.state[WAYS][layer - 1] * np.sign(circuit.weights[layer - 1]))


@dataclass(frozen=True)
class KolenPollack(_Own):
    """Random numbers that learn by the rule of the weights, and decay like them, so that both become equal.

    Parameters
    ----------
    decay : float
        Part of weights and ways down that is lost with each mini-batch, relative to the learning rate.
    """

    decay: float = 1e-3

    def __post_init__(self) -> None:
        if not 0 <= self.decay < 1:
            raise NetworkError(f"KolenPollack.decay = {self.decay:g}; expected a number from 0 up to below 1.")

    def rule(self, rule: RateRule) -> Mapping[str, RateRule]:
        return {WAYS: rule}

    def quantities(self, of_weights: Sequence[Quantities]) -> Mapping[str, Sequence[Quantities | None]]:
        return {WAYS: [None, *of_weights[1:]]}


@dataclass(frozen=True)
class Direct(WayDown):
    """Random numbers that lead from the output to each hidden layer (direct feedback alignment)."""

    transports: ClassVar[str] = ""

    def start(self, circuit: Circuit) -> None:
        circuit.state[WAYS] = [self.drawn(circuit, k + 1, on).astype(circuit.dtype) for k, on in enumerate(direct(circuit))]

    def drawn(self, circuit: Circuit, layer: int, on: DenseOn) -> Array:
        """The way down to a hidden layer, (outputs, neurons), at the start; of the size that He's scale gives the layer."""
        fan_in = circuit.network.connections[layer - 1].weights[-1]
        return circuit.fresh("way down", layer).standard_normal(on.weights) * math.sqrt(2 / fan_in)

    def errors(self, circuit: Circuit, now: Pass, e: Array) -> list[Array]:
        ways = circuit.state[WAYS]
        return [*(now.gate(k + 1, circuit.times(b.T, e)) for k, b in enumerate(ways)), e]


def direct(circuit: Circuit) -> Iterator[DenseOn]:
    """Connections from what each hidden layer sends to the output, which a direct way down follows."""
    for size in circuit.network.sizes[1:-1]:
        yield DenseOn((size,), circuit.network.connections[-1].post)
