"""Predictive coding of units that are on or off: errors are differences of probabilities, and need no slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from neurosim.errors import NetworkError
from neurosim.rate.activations import Array, sigmoid
from neurosim.rate.algorithms.predictive_coding import Inferred, PredictiveCoding, checked_inference
from neurosim.rate.circuit import Circuit
from neurosim.rate.network import RateNetwork
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, dense
from neurosim.rate.starts import HeNormal


@dataclass(frozen=True)
class BernoulliCoding(PredictiveCoding):
    """Strict predictive coding of hidden units that are on or off, whose values v are log-odds.

    A layer predicts the log-odds ``p_l = W_l s_{l-1}`` with ``s = logistic(v)``. The energy is the sum of the Kullback-Leibler
    divergences from Bernoulli(v_l) to Bernoulli(p_l), plus the loss. Its gradient at p_l is the error
    ``e_l = logistic(p_l) - s_l``, without a slope, and a value moves by ``rate s_l (1 - s_l) (p_l - v_l - W_{l+1}^T e_{l+1})``.

    Parameters
    ----------
    eta : float
        Learning rate of the weights.
    steps : int
        Number of times that errors are computed; values move between two of them.
    rate : float
        Part of the descent of the energy that a value makes in a step; slopes are at most 1/4, so it may be larger than that of
        `StrictCoding`.

    Notes
    -----
    The paper was in reach as an abstract only; energy and changes follow from it, the settings are neurosim's own.
    """

    paper: ClassVar[str] = "Pinchetti et al. 2022, Predictive coding beyond Gaussian distributions, arXiv:2211.03481"

    steps: int = 20
    rate: float = 0.5

    def __post_init__(self) -> None:
        checked_inference("BernoulliCoding", self.steps, self.rate)

    def check(self, network: RateNetwork) -> None:
        for k, (layer, function) in enumerate(zip(network.layers[:-1], network.activations, strict=False), 1):
            if function.name != "logistic" or layer.pool is not None:
                pooled = " with a pool" if layer.pool else ""
                raise NetworkError(
                    f"BernoulliCoding: layer {k} is {function.name}{pooled}; expected hidden layers that are logistic, without "
                    "pools, because a unit sends the probability that it is on."
                )

    def inferred(self, circuit: Circuit, x: Array, t: Array) -> Inferred:
        odds = [circuit.up(1, x)]  # log-odds that each layer predicts; those of layer 1 stay
        for layer in range(2, circuit.depth + 1):
            odds.append(circuit.up(layer, sigmoid(odds[-1].copy())))
        values = [p.copy() for p in odds[:-1]]
        answer = circuit.active(circuit.depth, odds[-1].copy())
        sent, errors = self._errors(circuit, odds, values, t)
        for _ in range(self.steps - 1):
            for k, (p, v, s) in enumerate(zip(odds, values, sent, strict=False)):
                v += self.rate * s * (1 - s) * (p - v - circuit.back(k + 2, errors[k + 1]))
            odds[1:] = [circuit.up(k + 2, sigmoid(v.copy())) for k, v in enumerate(values)]
            sent, errors = self._errors(circuit, odds, values, t)
        return Inferred([x, *sent], errors, answer)

    def _errors(self, circuit: Circuit, odds: list[Array], values: list[Array], t: Array) -> tuple[list[Array], list[Array]]:
        """What hidden layers send, and the errors at the inputs of all layers."""
        sent = [sigmoid(v.copy()) for v in values]
        hidden = [sigmoid(p.copy()) - s for p, s in zip(odds, sent, strict=False)]
        return sent, [*hidden, circuit.error(circuit.active(circuit.depth, odds[-1].copy()), t)]


# Weights three times as large as those of relu units make up for slopes of at most 1/4.
_NETWORK = dense(200, 200, hidden="logistic", start=HeNormal(3.0))
_DIGITS = RateRecipe(_NETWORK, {"eta": 0.05}, epochs=15, batch=16)
_MNIST = RateRecipe(_NETWORK, {"eta": 0.05}, epochs=3, batch=64)
ENTRIES = (
    AlgorithmEntry(
        BernoulliCoding, {"digits": _DIGITS, "mnist": _MNIST, "fashion-mnist": _MNIST}, called="bernoulli_predictive_coding"
    ),
)
