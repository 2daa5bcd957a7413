"""Deep SoftHebb: convolutions whose channels compete at each position; all layers learn at once, without labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import NotNegative
from neurosim.data import Dataset
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.algorithms.softhebb import RULE
from neurosim.rate.circuit import Circuit, Pass
from neurosim.rate.competition import above_mean, check_no_biases, grouped, largest, soft_winners
from neurosim.rate.connections import DenseOn
from neurosim.rate.losses import SQUARED
from neurosim.rate.network import Conv, RateNetwork
from neurosim.rate.pools import MeanPool, OverlappingMaxPool, Pool
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe
from neurosim.rate.row_rates import RowRates
from neurosim.rate.rule import Quantities, RateRule
from neurosim.rate.starts import HeNormal

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule

MEANS, SQUARES = "means", "mean squares"
_TINY = 1e-5


@dataclass(frozen=True)
class DeepSoftHebb(Algorithm):
    """In each layer, channels are standardised, compete at each position, and all but the strongest learn with the wrong sign.

    ``y = softmax(tau u)`` over the channels, ``-y`` for all but the largest, ``dw = y (x - u w)``. A layer sends
    ``relu(u - mean u)^power``, pooled. Means and mean squares of the channels follow a rule of their own while weights learn,
    and stay as they are when features are read. Zeros surround an image, where the authors reflect it.

    Parameters
    ----------
    taus, powers : tuple of float
        Sharpness of the competition, and power of what is sent, of each layer.
    eta : float
        Learning rate, which `RowRates` cancels.
    rho : float
        Part of means and mean squares that a mini-batch replaces.
    """

    paper: ClassVar[str] = "Journé, Rodriguez, Guo, Moraitis 2023, Hebbian deep learning without feedback, arXiv:2209.11883"
    phases: ClassVar[tuple[Phase, ...]] = (Phase("up", "the image is shown, channels compete, and weights learn"),)
    supervised: ClassVar[bool] = False
    descends: ClassVar[bool] = False

    taus: tuple[float, ...] = (1.0, 0.65)
    powers: tuple[float, ...] = (0.7, 1.4)
    eta: NotNegative = 0.01
    rho: NotNegative = 0.1

    @cached_property
    def _rules(self) -> dict[str, RateRule]:
        return {
            "weights": RateRule(RULE, ("x",), ("y", "u"), {"eta": self.eta}),
            MEANS: RateRule("rho * (c - w)", (), ("c",), {"rho": self.rho}),
            SQUARES: RateRule("rho * (c * c - w)", (), ("c",), {"rho": self.rho}),
        }

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return self._rules

    def check(self, network: RateNetwork) -> None:
        check_no_biases(network, "DeepSoftHebb")
        for name, values in (("taus", self.taus), ("powers", self.powers)):
            if len(values) != len(network.layers):
                raise NetworkError(
                    f"DeepSoftHebb.{name} = {values}; expected one number for each of the {len(network.layers)} layers."
                )

    def start(self, circuit: Circuit) -> None:
        channels = [c.pre[0] for c in circuit.network.connections]
        circuit.state[MEANS] = [np.zeros((n, 1), circuit.dtype) for n in channels]
        circuit.state[SQUARES] = [np.ones((n, 1), circuit.dtype) for n in channels]

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        found: dict[str, list[Quantities | None]] = {name: [] for name in self._rules}
        now = Pass(circuit.network, x)
        for layer in range(1, circuit.depth + 1):
            c = now.h[-1].reshape(len(circuit.state[MEANS][layer - 1]), -1)
            h = _standard(c, c.mean(axis=1, keepdims=True), c.var(axis=1, keepdims=True)).reshape(now.h[-1].shape)
            u = circuit.up(layer, h)
            found["weights"].append(Quantities({"x": h}, {"y": self._shares(circuit, layer, u), "u": u}))
            for name in (MEANS, SQUARES):
                found[name].append(Quantities(post={"c": c}, connection=DenseOn((1,), (len(c),))))
            if layer < circuit.depth:
                now.add(self._sent(circuit, layer, u))
        return Taught(found)

    def _shares(self, circuit: Circuit, layer: int, u: Array) -> Array:
        circuit.ledger.groups.add("softmax over the channels of each position")
        columns = grouped(circuit.network.connections[layer - 1], u)
        y = soft_winners(columns, self.taus[layer - 1])
        np.negative(y, out=y)
        winners = largest(columns)[None]
        np.put_along_axis(y, winners, -np.take_along_axis(y, winners, axis=0), axis=0)
        return y.reshape(u.shape)

    def _sent(self, circuit: Circuit, layer: int, u: Array) -> Array:
        columns = grouped(circuit.network.connections[layer - 1], u)
        return above_mean(columns, self.powers[layer - 1]).reshape(u.shape)

    def sent(self, circuit: Circuit, x: Array) -> Iterator[Array]:
        """What each layer sends, (features, images), with the means and mean squares as they are."""
        now = Pass(circuit.network, x)
        for layer, (mean, square) in enumerate(zip(circuit.state[MEANS], circuit.state[SQUARES], strict=True), 1):
            h = _standard(now.h[-1].reshape(len(mean), -1), mean, square - mean * mean).reshape(now.h[-1].shape)
            now.add(self._sent(circuit, layer, circuit.up(layer, h)))
            yield now.h[-1]

    def features(self, circuit: Circuit, x: Array) -> Array:
        return list(self.sent(circuit, x))[-1]

    def spiking(self) -> PlasticityRule:
        raise UnsupportedError(
            "DeepSoftHebb: no neuron has the channel 'suppressed', at which losers would learn with the wrong sign; and "
            "weights that all positions share would need sums of changes over synapses. SoftHebb has a spiking form."
        )


def _standard(c: Array, mean: Array, variance: Array) -> Array:
    """Values (channels, ...) with mean 0 and variance 1 of each channel."""
    return np.asarray((c - mean) / np.sqrt(np.maximum(variance, 0) + np.asarray(_TINY, c.dtype)))


def convolutions(first: int, second: int, last: Pool) -> Callable[[Dataset, int], RateNetwork]:
    """Maker of two layers of convolutions for a recipe; the weights of a channel have about length 25 at the start."""

    def network(data: Dataset, seed: int) -> RateNetwork:
        layers = (
            Conv(first, "linear", kernel=5, padding=2, pooled=OverlappingMaxPool()),
            Conv(second, "linear", kernel=3, padding=1, pooled=last),
        )
        return RateNetwork(data.grid, layers, SQUARED, HeNormal(25 / math.sqrt(2)), bias=False, seed=seed)

    return network


_RATES = RowRates((0.08, 0.005), 0.5)
ENTRIES = (
    AlgorithmEntry(
        DeepSoftHebb,
        {
            "digits": RateRecipe(convolutions(16, 64, MeanPool(2)), optimiser=_RATES, epochs=2, batch=10),
            "mnist": RateRecipe(convolutions(32, 128, MeanPool(4)), optimiser=_RATES, epochs=1, batch=10),
            "cifar-10-jpeg": RateRecipe(convolutions(96, 384, MeanPool(4)), optimiser=_RATES, epochs=1, batch=10),
        },
        called="deep_softhebb",
    ),
)
