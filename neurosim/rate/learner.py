"""A network that learns with an algorithm, mini-batch by mini-batch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import DTypeLike

from neurosim.checks.described import in_words
from neurosim.errors import DataError, NetworkError, shown, unknown_name
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Taught
from neurosim.rate.circuit import Circuit, State
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
        _check_parts(network, algorithm, optimiser)
        algorithm.check(network)
        self.network, self.algorithm, self.optimiser = network, algorithm, optimiser
        self._described = algorithm
        self.circuit = Circuit(network, dtype)
        algorithm.start(self.circuit)
        optimiser.start(self.circuit, algorithm.rules)
        self._answers = algorithm.answers(network)

    def learn(self, x: Array, t: Array) -> Taught:
        """Learn a mini-batch: images x (inputs, images) and targets t (classes, images).

        Parameters
        ----------
        x : array (inputs, images)
            Rates of the images.
        t : array (classes, images)
            Targets.

        Raises
        ------
        DataError
            If the arrays do not have these shapes; targets do not matter to an algorithm that uses no labels.
        NetworkError
            If the algorithm returns quantities that do not fit its rules.
        """
        self._check_batch(x, t)
        taught = self.algorithm.teach(self.circuit, x, t)
        _check_answer(self.algorithm, taught, t)
        for change in self.changes(taught):
            self.optimiser.apply(self.circuit, change)
        self.algorithm.settle(self.circuit)
        self.circuit.batch += 1
        return taught

    def answer(self, x: Array) -> Array:
        """Scores (classes, images) of images (inputs, images).

        Parameters
        ----------
        x : array (inputs, images)
            Rates of the images.
        """
        return self.algorithm.answer(self.circuit, x)

    def set_epoch(self, epoch: int) -> None:
        """Take the rates of an epoch, counted from 0.

        Parameters
        ----------
        epoch : int
            Number of the epoch.
        """
        self.algorithm = self._described.at(epoch)

    def _check_batch(self, x: Array, t: Array) -> None:
        labels = len(t) if self.algorithm.label_inputs else 0
        _check_matrix("images", x, math.prod(self.network.inputs) - labels, None)
        if not x.shape[1]:
            raise DataError("Learner.learn: found no images; expected at least one.")
        if self.algorithm.supervised:
            _check_matrix("targets", t, self._answers, x.shape[1])

    def changes(self, taught: Taught) -> Iterator[Changes]:
        """What the rules ask for, matrix by matrix; each is made before the next one is computed.

        Parameters
        ----------
        taught : Taught
            What the algorithm computed for a mini-batch.

        Raises
        ------
        NetworkError
            If `taught` does not fit the rules of the algorithm.
        """
        rules = self.algorithm.rules
        _check_taught(self.algorithm, taught, self.circuit.state)
        for name, of_layers in taught.quantities.items():
            for layer, values in enumerate(of_layers):
                if values is None:
                    continue
                connection = values.connection or self.network.connections[layer]
                rules[name].check(values, connection)
                self.circuit.ledger.macs += rules[name].macs(connection, values) * values.images
                yield Changes(name, layer, rules[name], connection, values)
                if name == "weights" and "biases" in self.circuit.state and "biases" not in taught.quantities:
                    of_biases = rules.get("biases", rules[name])
                    yield Changes("biases", layer, of_biases, BiasOn(connection), values.of_bias())


def _check_matrix(what: str, found: Array, rows: int | None, columns: int | None) -> None:
    """Raise DataError unless an array has so many rows and columns; None stands for any number."""
    shape = np.shape(found)
    fits = isinstance(found, np.ndarray) and len(shape) == 2
    if not fits or rows not in (None, shape[0]) or columns not in (None, shape[1]):
        expected = ", ".join("any number" if n is None else str(n) for n in (rows, columns))
        raise DataError(
            f"Learner.learn: the {what} are {type(found).__name__} of shape {shape}; expected an array of shape ({expected}), "
            "with one column per image."
        )


def _check_parts(network: RateNetwork, algorithm: Algorithm, optimiser: Optimiser) -> None:
    parts = (("network", network, RateNetwork), ("algorithm", algorithm, Algorithm), ("optimiser", optimiser, Optimiser))
    for name, value, kind in parts:
        if not isinstance(value, kind):
            raise NetworkError(f"Learner.{name} = {shown(value)}; expected {in_words(kind)}.")


def _check_answer(algorithm: Algorithm, taught: Taught, t: Array) -> None:
    """Raise NetworkError unless an algorithm that uses labels answered with one score for each class and image."""
    answer = getattr(taught, "answer", None)
    if algorithm.supervised and answer is not None and np.shape(answer) != t.shape:
        raise NetworkError(
            f"{type(algorithm).__name__}.teach: its answer has the shape {np.shape(answer)}; expected {t.shape}, that of the "
            "targets."
        )


def _check_taught(algorithm: Algorithm, taught: Taught, state: State) -> None:
    """Raise NetworkError unless `teach` returned quantities for rules and matrices that there are."""
    who = f"{type(algorithm).__name__}.teach"
    if not isinstance(taught, Taught) or not isinstance(taught.quantities, Mapping):
        raise NetworkError(f"{who}: found {shown(taught)}; expected Taught({{name: quantities of each matrix}}, answer).")
    for name, of_layers in taught.quantities.items():
        if name not in algorithm.rules:
            raise NetworkError(f"{who}: " + unknown_name("name of a rule", name, algorithm.rules))
        if name not in state or len(of_layers) > len(state[name]):
            had = len(state.get(name, ()))
            raise NetworkError(f"{who}: it gives quantities for {len(of_layers)} matrices {name!r}; the state has {had}.")
