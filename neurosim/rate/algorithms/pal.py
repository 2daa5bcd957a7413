"""Phaseless alignment learning: the ways down learn from the neurons' own noise, while weights learn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import NotNegative, Positive, Share
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.circuit import Circuit, Pass
from neurosim.rate.network import RateNetwork
from neurosim.rate.noise import signs
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, dense
from neurosim.rate.rule import Quantities, RateRule
from neurosim.rate.ways_down import WAYS, Random

if TYPE_CHECKING:
    from typing_extensions import Self

    from neurosim.plasticity.rule import PlasticityRule


@dataclass(frozen=True)
class Pal(Algorithm):
    """Phaseless alignment learning: a way down follows how its neuron's noise comes back in the activity above.

    An image is shown for some time steps. In each, every hidden neuron has a noise xi, which goes up with its activity. A
    way down changes by ``eta_b (xi r - alpha B)``; r is the activity above without its slow parts (high-pass), so that what is
    left has come from noise. It settles at the derivative of the layer above by the neuron, ``f' W^T f'``, averaged over
    images. Weights learn at the same time from errors that come down over it.

    The output sends its input, because a softmax over the layer would mix its neurons.
    The authors' neurons are differential equations with prospective voltages; here, a layer is at its steady state in each
    step, as their voltages are without delay.

    Parameters
    ----------
    eta : float
        Learning rate of the weights.
    eta_b : float
        Learning rate of the ways down, for xi and r in units of the noise.
    alpha : float
        Part of a way down that decays, relative to `eta_b`; the way down is the larger, the smaller it is. With the
        defaults, it settles at the size of the derivative.
    noise : float
        Standard deviation of the noise at the input of each hidden neuron.
    steps : int
        Number of time steps for which an image is shown, from 2 up.
    kept : float
        Part of the noise that is the same in the next step. The authors' noise is slow, because it has to pass membranes.
    high_pass : float
        Part of the high-passed activity that remains in the next step; 1 lets changes of all speeds pass.
    fall : float
        Factor by which the learning rate of the weights falls with each epoch.
    """

    paper: ClassVar[str] = "Max, Kriener, Pineda García, Nowotny, Senn, Petrovici 2022, Learning efficient backprojections "\
        "across cortical hierarchies in real time, arXiv:2212.10249"
    phases: ClassVar[tuple[Phase, ...]] = (
        Phase("always", "activity and noise go up and errors down, and weights and ways down learn"),
    )

    eta: NotNegative = 0.02
    eta_b: NotNegative = 0.001
    alpha: NotNegative = 1.0
    noise: Positive = 0.05
    steps: int = 4
    kept: float = 0.0
    high_pass: Share = 0.9
    fall: NotNegative = 1.0

    def __post_init__(self) -> None:
        if self.steps < 2:
            raise NetworkError(f"Pal.steps = {self.steps}; expected a whole number from 2 up, because the noise has to change.")
        if not 0 <= self.kept < 1:
            raise NetworkError(f"Pal.kept = {self.kept:g}; expected a number from 0 up to below 1.")

    @cached_property
    def rules(self) -> Mapping[str, RateRule]:
        variance = self.noise**2
        of_ways = {"eta_b": self.eta_b / variance, "alpha": self.alpha * variance}
        return {
            "weights": RateRule("-eta * d * h", ("h",), ("d",), {"eta": self.eta}),
            WAYS: RateRule("eta_b * (xi * r - alpha * w)", ("xi",), ("r",), of_ways),
        }

    def check(self, network: RateNetwork) -> None:
        for k, layer in enumerate(network.layers, 1):
            if layer.pool is not None:
                raise NetworkError(f"Pal: layer {k} pools; expected layers that send what the noise enters; leave it out.")

    def start(self, circuit: Circuit) -> None:
        Random().start(circuit)

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        z = circuit.up(1, x)
        now = Pass(circuit.network, x)
        now.add(circuit.active(1, z.copy()))
        for layer in range(2, circuit.depth + 1):
            now.add(circuit.active(layer, circuit.up(layer, now.h[-1])))
        errors = Random().errors(circuit, now, circuit.error(now.h[-1], t))
        of_weights = [Quantities({"h": h}, {"d": d}) for h, d in zip(now.h, errors, strict=False)]
        return Taught({"weights": of_weights, WAYS: [None, *self._of_ways(circuit, z)]}, now.h[-1])

    def at(self, epoch: int) -> Self:
        return replace(self, eta=self.eta * self.fall**epoch)

    def spiking(self) -> PlasticityRule:
        from neurosim.rate.chip_forms import taught

        return taught("pal", self.paper)

    def spiking_rules(self) -> Mapping[str, PlasticityRule]:
        from neurosim.rate.chip_forms import noise_follower

        return {"weights": self.spiking(), WAYS: noise_follower("pal_down", self.paper)}

    def _of_ways(self, circuit: Circuit, z: Array) -> list[Quantities]:
        """Noise of each hidden layer and what it changes above, (neurons, steps and images), for inputs z of layer 1."""
        rng, images = circuit.rng("noise"), z.shape[1]
        now, found = np.tile(z, self.steps), []
        for layer in range(1, circuit.depth):
            xi = self._noise(circuit, rng, len(now), images)
            now += xi
            sent = circuit.active(layer, now)
            found.append((xi[:, images:], self._changes(sent, images)))
            now = circuit.up(layer + 1, sent)
        above = [*(r for _, r in found[1:]), self._changes(now, images)]
        return [Quantities({"xi": xi}, {"r": r}) for (xi, _), r in zip(found, above, strict=True)]

    def _noise(self, circuit: Circuit, rng: np.random.Generator, neurons: int, images: int) -> Array:
        """Noise that is partly kept from step to step; steps follow each other along the second axis."""
        xi = signs(rng, (neurons, self.steps * images), circuit.dtype, self.noise)
        new = math.sqrt(1 - self.kept**2)
        for k in range(images, xi.shape[1] if self.kept else 0, images):
            xi[:, k : k + images] *= new
            xi[:, k : k + images] += self.kept * xi[:, k - images : k]
        return xi

    def _changes(self, sent: Array, images: int) -> Array:
        """High-passed activity of all steps after the first."""
        found = sent[:, images:] - sent[:, :-images]
        for k in range(images, found.shape[1], images):
            found[:, k : k + images] += self.high_pass * found[:, k - images : k]
        return found


_RECIPES = {
    "digits": RateRecipe(dense(200, 200), {"eta": 0.01, "eta_b": 0.003}, epochs=20, batch=16),
    "mnist": RateRecipe(dense(500, 500), {"eta": 0.01, "eta_b": 0.0005, "fall": 0.9}, epochs=10, batch=64),
    "fashion-mnist": RateRecipe(dense(500, 500), {"eta": 0.01, "eta_b": 0.0005, "fall": 0.9}, epochs=10, batch=64),
}
ENTRIES = (AlgorithmEntry(Pal, _RECIPES, called="pal"),)
