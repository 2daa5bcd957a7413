"""Directional direct feedback alignment: the direct ways down learn the network's own derivatives from noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import NotNegative
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.circuit import Circuit, Pass
from neurosim.rate.noise import signs
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, dense
from neurosim.rate.rule import Quantities, RateRule
from neurosim.rate.ways_down import WAYS, Direct, direct

if TYPE_CHECKING:
    from typing_extensions import Self

    from neurosim.plasticity.rule import PlasticityRule


@dataclass(frozen=True)
class DirectionalFeedback(Algorithm):
    """Directional feedback alignment: direct ways down learn the derivative of the output from noise.

    Random signs n are a small change of what each hidden layer sends, in all layers at once. The derivatives of the network
    carry them to the output, where they change the input by v, in one more pass up and without a pass back (forward-mode
    differentiation). Each way down follows the mean of ``n v^T``, which is the transpose of the derivative of the output's
    input by the layer's activity, averaged over images. It starts at 0, so hidden layers begin to learn when it has.

    The authors use normally distributed noise, Adam and batch normalisation. Signs have the same first two moments. Without
    batch normalisation, large learning rates diverge.

    Parameters
    ----------
    eta : float
        Learning rate of the weights.
    eta_b : float
        Part of the distance to ``n v^T`` that a way down goes with each mini-batch. With momentum m it has to be below
        ``(1 - sqrt(m))**2``, or the way down oscillates.
    fall : float
        Factor by which the learning rate of the weights falls with each epoch.
    """

    paper: ClassVar[str] = "Bacho, Chu 2022, Low-variance forward gradients using direct feedback alignment, arXiv:2212.07282"
    phases: ClassVar[tuple[Phase, ...]] = (
        Phase("up", "activity goes up, and noise beside it"),
        Phase("down", "the error of the output goes to each layer, and weights and ways down learn"),
    )

    eta: NotNegative = 0.01
    eta_b: NotNegative = 0.002
    fall: NotNegative = 1.0

    @cached_property
    def rules(self) -> Mapping[str, RateRule]:
        return {
            "weights": RateRule("-eta * d * h", ("h",), ("d",), {"eta": self.eta}),
            WAYS: RateRule("eta_b * (n * v - w)", ("n",), ("v",), {"eta_b": self.eta_b}),
        }

    def start(self, circuit: Circuit) -> None:
        circuit.state[WAYS] = [np.zeros(on.weights, circuit.dtype) for on in direct(circuit)]

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        now = circuit.forward(x)
        errors = Direct().errors(circuit, now, circuit.error(now.h[-1], t))
        noise = self._noise(circuit, x.shape[1])
        v = carried(circuit, now, noise)
        of_weights = [Quantities({"h": h}, {"d": d}) for h, d in zip(now.h, errors, strict=False)]
        of_ways = [Quantities({"n": n}, {"v": v}, on) for n, on in zip(noise, direct(circuit), strict=True)]
        return Taught({"weights": of_weights, WAYS: of_ways}, now.h[-1])

    def at(self, epoch: int) -> Self:
        return replace(self, eta=self.eta * self.fall**epoch)

    def spiking(self) -> PlasticityRule:
        from neurosim.rate.chip_forms import taught

        return taught("directional_feedback", self.paper)

    def spiking_rules(self) -> Mapping[str, PlasticityRule]:
        from neurosim.rate.chip_forms import noise_follower

        return {"weights": self.spiking(), WAYS: noise_follower("directional_feedback_down", self.paper)}

    def _noise(self, circuit: Circuit, images: int) -> list[Array]:
        rng = circuit.rng("noise")
        return [signs(rng, (n, images), circuit.dtype) for n in circuit.network.sizes[1:-1]]


def carried(circuit: Circuit, now: Pass, noise: list[Array]) -> Array:
    """Change of the output's input for small changes of what the hidden layers send."""
    change = noise[0]
    for layer, n in enumerate(noise[1:], 2):
        change = now.through(layer, circuit.change(layer, change))
        change += n
    return circuit.change(circuit.depth, change)


_RECIPES = {
    "digits": RateRecipe(dense(200, 200), {"eta": 0.01, "eta_b": 0.001}, epochs=30, batch=16),
    "mnist": RateRecipe(dense(500, 500), {"eta": 0.02, "eta_b": 0.0005, "fall": 0.9}, epochs=10, batch=64),
    "fashion-mnist": RateRecipe(dense(500, 500), {"eta": 0.02, "eta_b": 0.0005, "fall": 0.9}, epochs=10, batch=64),
}
ENTRIES = (AlgorithmEntry(DirectionalFeedback, _RECIPES, called="directional_feedback"),)
