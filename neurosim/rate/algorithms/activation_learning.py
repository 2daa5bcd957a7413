"""Activation learning: weights learn the subspace of their inputs; the label that fits an image excites the top layer most."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import CountFromZero, NotNegative
from neurosim.data import Dataset
from neurosim.errors import UnsupportedError
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.circuit import Circuit
from neurosim.rate.competition import check_no_biases
from neurosim.rate.connections import DenseOn
from neurosim.rate.losses import SQUARED
from neurosim.rate.network import RateNetwork, layered
from neurosim.rate.optimisers import DESCENT
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe
from neurosim.rate.rule import Quantities, RateRule
from neurosim.rate.starts import Normal

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule

MEAN = "mean image"
"""Name of the mean image in the state, (1, inputs); the labels, which are inputs, too, have 0 in it."""


@dataclass(frozen=True)
class ActivationLearning(Algorithm):
    """The label is part of the input; weights learn from the input minus the layer's reconstruction of it.

    ``a = W x``, ``dW = eta a (x - W^T a)^T``. A layer sends ``|a| - mean |a|``, scaled to the length of a. The answer is the
    label with which the top layer has the greatest length, so an answer costs one pass per label.

    Parameters
    ----------
    label : float
        Length of the label beside an image of length 1.
    eta : float
        Learning rate of the first epoch.
    epochs : int
        Number of epochs in which the learning rate falls to 0 on a straight line; 0 if it stays.
    unlearn : float
        Strength with which the wrong label that excites the top layer most is unlearned; 0 for none.
    after : int
        Epoch from which on wrong labels are unlearned.
    rho : float
        Part of the mean image that a mini-batch replaces. The mean image is taken away from each image; 0 keeps it at zero.
    """

    paper: ClassVar[str] = "Zhou 2022, Activation learning by local competitions, arXiv:2209.13400"
    phases: ClassVar[tuple[Phase, ...]] = (
        Phase("up", "image and label are shown"),
        Phase("down", "each layer sends its reconstruction of its input, and weights learn"),
    )
    descends: ClassVar[bool] = False
    label_inputs: ClassVar[bool] = True

    label: NotNegative = 1.0
    eta: NotNegative = 0.5
    epochs: CountFromZero = 0
    unlearn: NotNegative = 0.0
    after: CountFromZero = 10
    rho: NotNegative = 0.0

    @cached_property
    def _rules(self) -> dict[str, RateRule]:
        weights = RateRule("eta * s * a * (x - r)", ("x", "r"), ("s", "a"), {"eta": self.eta})
        return {"weights": weights, MEAN: RateRule("rho * (x - w)", ("x",), (), {"rho": self.rho})}

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return self._rules

    def check(self, network: RateNetwork) -> None:
        check_no_biases(network, "ActivationLearning")

    def at(self, epoch: int) -> ActivationLearning:
        left = 1 - epoch / self.epochs if self.epochs else 1.0
        return replace(self, eta=self.eta * max(left, 0.0), unlearn=self.unlearn if epoch >= self.after else 0.0)

    def start(self, circuit: Circuit) -> None:
        circuit.state[MEAN] = [np.zeros((1, circuit.network.sizes[0]), circuit.dtype)]

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        shown = Quantities({"x": np.concatenate([x, 0 * t])}, connection=DenseOn((circuit.network.sizes[0],), (1,)))
        h, strength = self.joined(circuit, x, t), np.ones((1, x.shape[1]), x.dtype)
        if self.unlearn:
            h = np.concatenate([h, self.joined(circuit, x, self._wrong(circuit, x, t))], axis=1)
            # A rule learns the mean over all that is shown, which is twice as much now.
            strength = np.concatenate([2 * strength, -2 * self.unlearn * strength], axis=1).astype(x.dtype)
        found = []
        for layer in range(1, circuit.depth + 1):
            a = circuit.up(layer, h)
            found.append(Quantities({"x": h, "r": circuit.back(layer, a)}, {"s": strength, "a": a}))
            h = _sent(a)
        circuit.ledger.groups.add("mean and length of a layer")
        return Taught({"weights": found, MEAN: [shown]})

    def joined(self, circuit: Circuit, x: Array, t: Array) -> Array:
        """Images and labels (one per column) as inputs of length 1."""
        x = x - circuit.state[MEAN][0][0, : len(x), None]
        image = x / np.maximum(np.linalg.norm(x, axis=0), np.asarray(1e-12, x.dtype))
        length = np.asarray(self.label, x.dtype)
        return np.asarray(np.concatenate([image, length * t]) / np.sqrt(1 + length * length))

    def excitation(self, circuit: Circuit, h: Array) -> Array:
        """Squared length of the top layer for inputs that contain a label."""
        for layer in range(1, circuit.depth + 1):
            a = circuit.up(layer, h)
            h = _sent(a)
        return np.asarray(np.square(a).sum(axis=0))

    def answer(self, circuit: Circuit, x: Array) -> Array:
        classes = circuit.network.sizes[0] - len(x)
        labels = np.eye(classes, dtype=x.dtype)[:, :, None]
        shown = (self.joined(circuit, x, np.repeat(t, x.shape[1], 1)) for t in labels.swapaxes(0, 1))
        return np.stack([self.excitation(circuit, h) for h in shown])

    def _wrong(self, circuit: Circuit, x: Array, t: Array) -> Array:
        """The wrong label that excites the top layer most, for each image."""
        scores = np.where(t > 0, -1, self.answer(circuit, x))
        return np.eye(len(t), dtype=t.dtype)[:, scores.argmax(axis=0)]

    def spiking(self) -> PlasticityRule:
        raise UnsupportedError(
            "ActivationLearning: the term r = W^T a of 'eta * a * (x - r)' is a sum over all neurons of the layer, sent back "
            "to each input; it is not local, and an input neuron would need a second presynaptic channel to carry it."
        )


def _sent(a: Array) -> Array:
    """What a layer sends: sizes above their mean and below it, in a vector as long as the activities."""
    size = np.abs(a)
    size -= size.mean(axis=0)
    own = np.maximum(np.linalg.norm(size, axis=0), np.asarray(1e-12, a.dtype))
    return np.asarray(size * (np.linalg.norm(a, axis=0) / own))


def with_labels(neurons: int) -> Callable[[Dataset, int], RateNetwork]:
    """Maker of one layer above the pixels and the labels of a data set, for a recipe."""

    def network(data: Dataset, seed: int) -> RateNetwork:
        inputs, start = data.n_pixels + data.n_classes, Normal(0.01)
        return layered(inputs, neurons, output="linear", loss=SQUARED, bias=False, start=start, seed=seed)

    return network


_DIGITS = RateRecipe(with_labels(60), {"label": 0.5, "epochs": 20, "rho": 0.02}, optimiser=DESCENT, epochs=20, batch=20)
_MNIST = RateRecipe(with_labels(200), {"label": 0.5, "epochs": 5}, optimiser=DESCENT, epochs=5, batch=20)
ENTRIES = (
    AlgorithmEntry(
        ActivationLearning, {"digits": _DIGITS, "mnist": _MNIST, "fashion-mnist": _MNIST}, called="activation_learning"
    ),
)
