"""A network that learns with an algorithm, mini-batch by mini-batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import DTypeLike

from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Taught
from neurosim.rate.circuit import Circuit
from neurosim.rate.connections import BiasOn
from neurosim.rate.network import RateNetwork
from neurosim.rate.optimisers import DESCENT, Changes, Optimiser


class Learner:
    """A network, an algorithm and an optimiser, with everything that they remember.

    Parameters
    ----------
    network : RateNetwork
        The network.
    algorithm : Algorithm
        The learning algorithm.
    optimiser : Optimiser
        How changes move the weights.
    dtype
        Type of all arrays, float32 or float64.

    Raises
    ------
    NetworkError
        If the algorithm does not run on the network.
    """

    def __init__(
        self, network: RateNetwork, algorithm: Algorithm, optimiser: Optimiser = DESCENT, dtype: DTypeLike = np.float32
    ) -> None:
        algorithm.check(network)
        self.network, self.algorithm, self.optimiser = network, algorithm, optimiser
        self._described = algorithm
        self.circuit = Circuit(network, dtype)
        algorithm.start(self.circuit)
        optimiser.start(self.circuit, algorithm.rules)

    def learn(self, x: Array, t: Array) -> Taught:
        """Learn a mini-batch: images x (inputs, images) and targets t (classes, images)."""
        taught = self.algorithm.teach(self.circuit, x, t)
        for change in self.changes(taught):
            self.optimiser.apply(self.circuit, change)
        self.algorithm.settle(self.circuit)
        self.circuit.batch += 1
        return taught

    def answer(self, x: Array) -> Array:
        """Scores (classes, images) of images (inputs, images)."""
        return self.algorithm.answer(self.circuit, x)

    def set_epoch(self, epoch: int) -> None:
        """Take the rates of an epoch, counted from 0."""
        self.algorithm = self._described.at(epoch)

    def changes(self, taught: Taught) -> Iterator[Changes]:
        """What the rules ask for, matrix by matrix; each is made before the next one is computed."""
        rules = self.algorithm.rules
        for name, of_layers in taught.quantities.items():
            for layer, values in enumerate(of_layers):
                if values is None:
                    continue
                connection = values.connection or self.network.connections[layer]
                rules[name].check(values)
                self.circuit.ledger.macs += rules[name].macs(connection, values) * values.images
                yield Changes(name, layer, rules[name], connection, values)
                if name == "weights" and "biases" in self.circuit.state and "biases" not in taught.quantities:
                    of_biases = rules.get("biases", rules[name])
                    yield Changes("biases", layer, of_biases, BiasOn(connection), values.of_bias())
