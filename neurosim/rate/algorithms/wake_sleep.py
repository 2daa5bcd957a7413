"""Helmholtz machines: a network that recognises and a network that generates teach each other, one awake and one asleep."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import NotNegative
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array, sigmoid
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.chains import sampled
from neurosim.rate.circuit import Circuit
from neurosim.rate.connections import DenseOn
from neurosim.rate.exact import belief_log_likelihood
from neurosim.rate.network import Dense, RateNetwork
from neurosim.rate.optimisers import DESCENT
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, binary
from neurosim.rate.rule import Quantities, RateRule
from neurosim.units import FloatArray

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule

DOWN, DOWN_BIASES = "generative weights", "generative biases"
Samples = list[Array]
"""States of all layers, beginning with the image; each is (neurons, images)."""


@dataclass(frozen=True)
class WakeSleep(Algorithm):
    """The weights of the network recognise; weights of their own generate, from the top layer down to an image.

    Awake, states are drawn upwards from an image, and the generative weights learn to predict each layer from the layer above:
    ``dG_l = eta (s_l - p_l) s_{l+1}^T``. Asleep, states are drawn downwards, and the weights of the network learn to predict
    each layer from the layer below in the same way. Both phases use the weights from before the mini-batch. Grey values of
    images are taken as probabilities.

    Parameters
    ----------
    eta : float
        Learning rate.
    eta_decay : float
        The learning rate is ``eta exp(-eta_decay e)`` in epoch e.
    """

    paper: ClassVar[str] = "Hinton, Dayan, Frey, Neal 1995, The wake-sleep algorithm, doi:10.1126/science.7761831"
    supervised: ClassVar[bool] = False
    descends: ClassVar[bool] = False
    phases: ClassVar[tuple[Phase, ...]] = (
        Phase("wake", "states are drawn upwards from an image, and generative weights learn"),
        Phase("sleep", "states are drawn downwards from the top layer, and recognition weights learn"),
    )

    eta: NotNegative = 0.1
    eta_decay: NotNegative = 0.0

    @cached_property
    def _rule(self) -> RateRule:
        return RateRule("eta * e * s", ("s",), ("e",), {"eta": self.eta})

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return dict.fromkeys(("weights", DOWN, DOWN_BIASES), self._rule)

    def at(self, epoch: int) -> WakeSleep:
        return replace(self, eta=self.eta * math.exp(-self.eta_decay * epoch))

    def check(self, network: RateNetwork) -> None:
        for k, layer in enumerate(network.layers, 1):
            if not isinstance(layer, Dense) or layer.activation != "logistic" or not network.bias:
                raise NetworkError(
                    f"{type(self).__name__}: layer {k} is a {type(layer).__name__} layer of {layer.activation} units; expected "
                    "Dense layers of logistic units with biases, as in layered(9, 6, 1, hidden='logistic', output='logistic')."
                )

    def start(self, circuit: Circuit) -> None:
        network, rng = circuit.network, circuit.fresh(DOWN)
        pairs = zip(network.sizes, network.sizes[1:], strict=False)
        circuit.state[DOWN] = [network.start.draw(rng, pair, *pair[::-1]).astype(circuit.dtype) for pair in pairs]
        circuit.state[DOWN_BIASES] = [np.zeros((n, 1), circuit.dtype) for n in network.sizes]

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        awake = self.recognised(circuit, x)
        asleep = self.dreamt(circuit, x.shape[1])
        return Taught({**self.generative(circuit, awake), "weights": self.recognition(circuit, asleep)})

    def recognised(self, circuit: Circuit, x: Array) -> Samples:
        """States drawn upwards from images (inputs, images)."""
        rng = circuit.rng("wake")
        s = [sampled(x, rng)]
        for layer in range(1, circuit.depth + 1):
            s.append(sampled(circuit.active(layer, circuit.up(layer, s[-1])), rng))
        return s

    def dreamt(self, circuit: Circuit, images: int) -> Samples:
        """States drawn downwards from the top layer."""
        rng = circuit.rng("sleep")
        s = [sampled(np.repeat(sigmoid(circuit.state[DOWN_BIASES][-1].copy()), images, axis=1), rng)]
        for k in range(circuit.depth - 1, -1, -1):
            s.append(sampled(sigmoid(self.down(circuit, k, s[-1])), rng))
        return s[::-1]

    def down(self, circuit: Circuit, k: int, s: Array) -> Array:
        """Generative inputs of layer k, counted from 0, the image, for states s of the layer above."""
        return circuit.times(circuit.state[DOWN][k], s) + circuit.state[DOWN_BIASES][k]

    def inputs_down(self, circuit: Circuit, s: Samples) -> list[Array]:
        """Generative inputs of all layers for samples; those of the top layer are its biases."""
        below = [self.down(circuit, k, s[k + 1]) for k in range(circuit.depth)]
        return [*below, np.broadcast_to(circuit.state[DOWN_BIASES][-1], s[-1].shape)]

    def inputs_up(self, circuit: Circuit, s: Samples) -> list[Array]:
        """Recognition inputs of all layers above the image for samples."""
        return [circuit.up(layer, s[layer - 1]) for layer in range(1, circuit.depth + 1)]

    def generative(self, circuit: Circuit, s: Samples, weight: Array | float = 1.0) -> dict[str, Sequence[Quantities]]:
        """Quantities of the generative weights and biases for samples, each of which counts by its weight."""
        errors = [weight * (a - sigmoid(z.copy())) for a, z in zip(s, self.inputs_down(circuit, s), strict=True)]
        above = [Quantities({"s": s[k + 1]}, {"e": errors[k]}, _from(s[k + 1], s[k])) for k in range(circuit.depth)]
        one = np.ones((1, s[0].shape[1]), circuit.dtype)
        return {DOWN: above, DOWN_BIASES: [Quantities({"s": one}, {"e": e}, _from(one, e)) for e in errors]}

    def recognition(self, circuit: Circuit, s: Samples, weight: Array | float = 1.0) -> list[Quantities]:
        """Quantities of the recognition weights for samples, each of which counts by its weight."""
        inputs = self.inputs_up(circuit, s)
        return [Quantities({"s": s[k]}, {"e": weight * (s[k + 1] - sigmoid(z))}) for k, z in enumerate(inputs)]

    def log_likelihood(self, circuit: Circuit, v: FloatArray) -> FloatArray:
        """Logarithm of the probability of images (pixels, n) under the generative network, exact; for small networks."""
        weights, biases = ([a.astype(np.float64) for a in circuit.state[name]] for name in (DOWN, DOWN_BIASES))
        return belief_log_likelihood(weights, biases, v)

    def spiking(self) -> PlasticityRule:
        from neurosim.rate.chip_forms import error_clamped

        return error_clamped("wake_sleep", self.paper)


def _from(pre: Array, post: Array) -> DenseOn:
    return DenseOn((len(pre),), (len(post),))


_DIGITS = RateRecipe(binary(100, 50), {"eta": 0.05}, DESCENT, epochs=20, batch=20)
_MNIST = RateRecipe(binary(300, 100), {"eta": 0.05}, DESCENT, epochs=5, batch=20)
ENTRIES = (
    AlgorithmEntry(WakeSleep, {"digits": _DIGITS, "mnist": _MNIST, "fashion-mnist": _MNIST}, called="wake_sleep"),
)
