"""Reweighted wake-sleep: several samples for each image count by how probable they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from neurosim.checks.ranges import Count
from neurosim.rate.activations import Array, softmax
from neurosim.rate.algorithm import Taught
from neurosim.rate.algorithms.wake_sleep import Samples, WakeSleep
from neurosim.rate.chains import sampled
from neurosim.rate.circuit import Circuit
from neurosim.rate.exact import log_bernoulli
from neurosim.rate.optimisers import DESCENT
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe, binary


class Drawn(NamedTuple):
    """Samples of a mini-batch.

    Attributes
    ----------
    awake : list of array (neurons, samples)
        States of all layers drawn upwards.
    weight : array (samples,)
        Their weights, with a mean of 1.
    both : list of array (neurons, 2 samples)
        The same followed by as many states drawn downwards.
    """

    awake: Samples
    weight: Array
    both: Samples


@dataclass(frozen=True)
class ReweightedWakeSleep(WakeSleep):
    """Several states are drawn for each image and weighted by ``w = p(x, s) / q(s | x)``, whose sum is 1 for each image.

    The generative weights learn from the weighted samples. The recognition weights learn half from them, with the mean weight
    subtracted, and half from as many dreams.

    Parameters
    ----------
    eta, eta_decay
        See `WakeSleep`.
    samples : int
        Number of states drawn for each image.
    """

    paper: ClassVar[str] = "Bornschein, Bengio 2015, Reweighted wake-sleep, arXiv:1406.2751"

    samples: Count = 5

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        drawn = self.drawn(circuit, x)
        # Rules take the mean over both halves, so that each half counts by 1/2.
        of_both = np.concatenate([drawn.weight - 1, np.ones_like(drawn.weight)])
        up = self.recognition(circuit, drawn.both, of_both)
        return Taught({**self.generative(circuit, drawn.awake, drawn.weight), "weights": up})

    def drawn(self, circuit: Circuit, x: Array) -> Drawn:
        """Samples of a mini-batch; grey values are drawn once for all samples of an image."""
        awake = self.recognised(circuit, np.repeat(sampled(x, circuit.rng("images")), self.samples, axis=1))
        weight = self.weights(circuit, awake)
        asleep = self.dreamt(circuit, len(weight))
        return Drawn(awake, weight, [np.concatenate(pair, axis=1) for pair in zip(awake, asleep, strict=True)])

    def weights(self, circuit: Circuit, s: Samples) -> Array:
        """Weight of each sample, times the number of samples of its image, so that the mean is 1."""
        circuit.ledger.groups.add("importance weights, from all layers")
        log_p = sum(log_bernoulli(a, z) for a, z in zip(s, self.inputs_down(circuit, s), strict=True))
        log_q = sum(log_bernoulli(a, z) for a, z in zip(s[1:], self.inputs_up(circuit, s), strict=True))
        of_image = np.asarray(log_p - log_q, circuit.dtype).reshape(-1, self.samples).T
        return self.samples * softmax(of_image.copy()).T.ravel()


_DIGITS = RateRecipe(binary(100, 50), {"eta": 0.05}, DESCENT, epochs=20, batch=20)
_MNIST = RateRecipe(binary(300, 100), {"eta": 0.05}, DESCENT, epochs=5, batch=20)
ENTRIES = (
    AlgorithmEntry(
        ReweightedWakeSleep, {"digits": _DIGITS, "mnist": _MNIST, "fashion-mnist": _MNIST}, called="reweighted_wake_sleep"
    ),
)
