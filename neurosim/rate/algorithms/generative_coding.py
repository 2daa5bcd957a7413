"""Neural generative coding: layers predict the layers below, and errors come up through weights of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import NotNegative
from neurosim.data import Dataset
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array, sigmoid
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.algorithms.predictive_coding import checked_inference
from neurosim.rate.circuit import Circuit
from neurosim.rate.losses import SQUARED
from neurosim.rate.network import RateNetwork, layered
from neurosim.rate.optimisers import DESCENT
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe
from neurosim.rate.rule import Quantities, RateRule

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule

WAYS_UP = "error weights"
"""Name of the matrices E in the state."""


@dataclass(frozen=True)
class GenerativeCoding(Algorithm):
    """Every layer predicts what the layer below sends; states settle by errors from both sides, and no labels are used.

    With phi the activation, layer l predicts ``mu_{l-1} = phi(W_l^T phi(z_l))`` (a logistic function of it at the image), and
    ``e_{l-1} = phi(z_{l-1}) - mu_{l-1}``. States move by ``rate (-leak z_l - e_l + E_l e_{l-1})`` from 0; the top has no error.
    W and E change by the product of phi(z_l) and e_{l-1}, each with its own rate. E starts at random numbers of its own, so
    nothing is transported.

    Parameters
    ----------
    eta : float
        Learning rate of the weights that predict.
    gamma : float
        Learning rate of E over that of the weights.
    steps : int
        Number of steps in which states settle.
    rate, leak : float
        Speed of the states, and their decay.
    """

    paper: ClassVar[str] = "Ororbia, Kifer 2022, The neural coding framework, doi:10.1038/s41467-022-29632-7"
    phases: ClassVar[tuple[Phase, ...]] = (Phase("settle", "the image is shown, states settle, and weights learn at the end"),)
    supervised: ClassVar[bool] = False
    descends: ClassVar[bool] = False
    host_step: ClassVar[str] = "the weights of a neuron are scaled to length 1 if they are longer, W and E alike"

    eta: NotNegative = 0.05
    gamma: NotNegative = 1.0
    steps: int = 20
    rate: float = 0.1
    leak: NotNegative = 0.001

    def __post_init__(self) -> None:
        checked_inference("GenerativeCoding", self.steps, self.rate)

    @cached_property
    def _rules(self) -> Mapping[str, RateRule]:
        def hebb(eta: float) -> RateRule:
            return RateRule("eta * y * e", ("e",), ("y",), {"eta": eta})

        return {"weights": hebb(self.eta), WAYS_UP: hebb(self.gamma * self.eta)}

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return self._rules

    def check(self, network: RateNetwork) -> None:
        if network.bias or any(layer.pool for layer in network.layers):
            raise NetworkError("GenerativeCoding: found biases or pools; expected RateNetwork(..., bias=False) without pools.")
        if network.activations[-1].group:
            raise NetworkError("GenerativeCoding: the top layer is softmax; expected a function of one neuron, such as relu.")

    def start(self, circuit: Circuit) -> None:
        layers = range(circuit.depth)
        drawn = [circuit.network.drawn(k, circuit.fresh(WAYS_UP, k + 1)) for k in layers]
        circuit.state[WAYS_UP] = [w.astype(circuit.dtype) for w in drawn]
        self.settle(circuit)

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        sent, errors = self.settled(circuit, x)
        quantities = [Quantities({"e": e}, {"y": y}) for e, y in zip(errors, sent, strict=True)]
        return Taught({"weights": quantities, WAYS_UP: quantities})

    def settled(self, circuit: Circuit, x: Array) -> tuple[list[Array], list[Array]]:
        """What the layers send, from layer 1 up, and the errors of the layers below them, from the image up."""
        z = [np.zeros((n, x.shape[1]), x.dtype) for n in circuit.network.sizes[1:]]
        sent, errors = self._errors(circuit, x, z)
        for _ in range(self.steps):
            for k, state in enumerate(z):
                change = circuit.up(k + 1, errors[k], circuit.state[WAYS_UP][k])
                change -= self.leak * state
                if k + 1 < circuit.depth:
                    change -= errors[k + 1]
                change *= self.rate
                state += change
            sent, errors = self._errors(circuit, x, z)
        return sent, errors

    def _errors(self, circuit: Circuit, x: Array, z: list[Array]) -> tuple[list[Array], list[Array]]:
        sent = [circuit.active(layer, state.copy()) for layer, state in enumerate(z, 1)]
        predicted = [circuit.back(layer, y, circuit.weights[layer - 1]) for layer, y in enumerate(sent, 1)]
        seen = [sigmoid(predicted[0]), *(circuit.active(layer, p) for layer, p in enumerate(predicted[1:], 1))]
        return sent, [below - mu for below, mu in zip([x, *sent[:-1]], seen, strict=True)]

    def settle(self, circuit: Circuit) -> None:
        for w in (*circuit.weights, *circuit.state[WAYS_UP]):
            w /= np.maximum(np.linalg.norm(w, axis=-1, keepdims=True), 1)

    def reconstruction(self, circuit: Circuit, x: Array) -> Array:
        """What layer 1 predicts of the images after settling, (inputs, images)."""
        return x - self.settled(circuit, x)[1][0]

    def features(self, circuit: Circuit, x: Array) -> Array:
        return self.settled(circuit, x)[0][-1]

    def spiking(self) -> PlasticityRule:
        """The delta rule; M is the error that an `ErrorPair` of the layer below sends. For E, the two sides are swapped."""
        from neurosim.plasticity.delta import delta

        return delta(eta=self.eta)


def tower(*sizes: int) -> Callable[[Dataset, int], RateNetwork]:
    """Recipe's network of layers above the pixels, without a layer for the classes, which a read-out replaces."""
    return lambda data, seed: layered(
        data.n_pixels, *sizes, hidden="relu", output="relu", loss=SQUARED, bias=False, seed=seed
    )


_DIGITS = RateRecipe(tower(100), optimiser=DESCENT, epochs=15, batch=20)
_MNIST = RateRecipe(tower(200), optimiser=DESCENT, epochs=3, batch=50)
ENTRIES = (
    AlgorithmEntry(
        GenerativeCoding, {"digits": _DIGITS, "mnist": _MNIST, "fashion-mnist": _MNIST}, called="generative_coding"
    ),
)
