"""Natural reweighted wake-sleep: each row of a change is multiplied by the inverse of its Fisher matrix, on the host."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosim.checks.ranges import Count, Positive, Share
from neurosim.errors import UnsupportedError
from neurosim.plasticity.rule import PlasticityRule
from neurosim.rate.activations import Array, sigmoid
from neurosim.rate.algorithms.reweighted_wake_sleep import Drawn, ReweightedWakeSleep
from neurosim.rate.algorithms.wake_sleep import DOWN, DOWN_BIASES
from neurosim.rate.circuit import Circuit
from neurosim.rate.optimisers import DESCENT
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, binary

_FISHER, _INVERSE, _BEFORE = "Fisher", "inverse Fisher", "rows before"


@dataclass(frozen=True)
class NaturalWakeSleep(ReweightedWakeSleep):
    """Reweighted wake-sleep along the natural gradient, which needs one matrix inverse for each neuron.

    The change of the weights and the bias of a neuron is multiplied by ``(1 + alpha) (alpha I + F)^-1``, where F is the mean
    of ``p (1 - p) h h^T`` over the weighted samples: h are the inputs of the neuron, with a 1 for the bias, and p is its
    probability. It is a running mean over mini-batches. This is not local, and is computed on the host.

    Parameters
    ----------
    eta, eta_decay, samples
        See `ReweightedWakeSleep`.
    alpha : float
        What is added to the Fisher matrices before they are inverted.
    kept : float
        Part of the Fisher matrices that remains at each mini-batch.
    every : int
        Number of mini-batches after which the inverses are computed anew.
    """

    paper: ClassVar[str] = "Várady, Volpi, Malagò, Ay 2020, Natural reweighted wake-sleep, arXiv:2008.06687"
    host_step: ClassVar[str] = "the change of each neuron's weights is multiplied by the inverse of its Fisher matrix"

    alpha: Positive = 0.1
    kept: Share = 0.99
    every: Count = 100

    def start(self, circuit: Circuit) -> None:
        super().start(circuit)
        rows = [_joined(pair) for pair in _pairs(circuit)]
        circuit.state[_BEFORE] = rows
        circuit.state[_FISHER] = [np.zeros((*r.shape, r.shape[1]), circuit.dtype) for r in rows]
        circuit.state[_INVERSE] = [np.zeros_like(f) for f in circuit.state[_FISHER]]

    def drawn(self, circuit: Circuit, x: Array) -> Drawn:
        found = super().drawn(circuit, x)
        self._measure(circuit, found)
        for before, pair in zip(circuit.state[_BEFORE], _pairs(circuit), strict=True):
            before[...] = _joined(pair)
        return found

    def settle(self, circuit: Circuit) -> None:
        parts = zip(circuit.state[_BEFORE], circuit.state[_INVERSE], _pairs(circuit), strict=True)
        for before, inverse, pair in parts:
            change = (1 + self.alpha) * np.einsum("nij,nj->ni", inverse, _joined(pair) - before)
            for array, new in zip(pair, np.split(before + change, [before.shape[1] - 1], axis=1)[-len(pair) :], strict=True):
                array[...] = new

    def _measure(self, circuit: Circuit, drawn: Drawn) -> None:
        """Update the Fisher matrices with the samples of a mini-batch, and their inverses if it is time."""
        found = [_fisher(*of_layer) for of_layer in self._layers(circuit, drawn)]
        kept = self.kept if circuit.batch else 0.0
        for fisher, inverse, new in zip(circuit.state[_FISHER], circuit.state[_INVERSE], found, strict=True):
            fisher += (1 - kept) * (new - fisher)
            if circuit.batch % self.every == 0:
                inverse[...] = np.linalg.inv(fisher + self.alpha * np.eye(fisher.shape[1], dtype=fisher.dtype))

    def _layers(self, circuit: Circuit, drawn: Drawn) -> Iterator[tuple[Array, Array, Array]]:
        """Inputs of each layer's neurons, what they send (inputs, samples), and the weights of the samples, as in `_pairs`."""
        of_both = np.concatenate([drawn.weight, np.ones_like(drawn.weight)])
        for k, z in enumerate(self.inputs_up(circuit, drawn.both)):
            yield z, drawn.both[k], of_both
        above = [*drawn.awake[1:], drawn.awake[0][:0]]
        for z, h in zip(self.inputs_down(circuit, drawn.awake), above, strict=True):
            yield z, h, drawn.weight

    def spiking(self) -> PlasticityRule:
        raise UnsupportedError(
            "NaturalWakeSleep has no form for spiking neurons: the inverse of a Fisher matrix of all inputs of a neuron is not "
            "local. Use reweighted_wake_sleep or wake_sleep."
        )


def _pairs(circuit: Circuit) -> Iterator[tuple[Array, ...]]:
    """Weights and biases of the neurons of each layer, first of the recognition network; the top layer has biases only."""
    yield from zip(circuit.weights, circuit.state["biases"], strict=True)
    yield from zip(circuit.state[DOWN], circuit.state[DOWN_BIASES], strict=False)
    yield (circuit.state[DOWN_BIASES][-1],)


def _joined(pair: tuple[Array, ...]) -> Array:
    return np.concatenate(pair, axis=1)


def _fisher(z: Array, h: Array, weight: Array) -> Array:
    """Fisher matrices (neurons, inputs + 1, inputs + 1) of Bernoulli units with inputs z for the activities h."""
    p = sigmoid(z.copy())
    q = weight * p * (1 - p) / len(weight)
    with_one = np.concatenate([h, np.ones((1, h.shape[1]), h.dtype)])
    return np.asarray((q[:, None] * with_one) @ with_one.T)


ENTRIES = (
    AlgorithmEntry(
        NaturalWakeSleep,
        # The Fisher matrices of a layer of 784 pixels would fill gigabytes.
        {"digits": RateRecipe(binary(30, 10), {"eta": 0.01}, DESCENT, epochs=10, batch=20)},
        called="natural_wake_sleep",
    ),
)
