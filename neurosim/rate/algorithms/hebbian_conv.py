"""Hebb, Instar and Oja in layers: the neurons that win learn, and weights keep the length 1; no labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.ranges import CountFromZero, NotNegative
from neurosim.data import Dataset
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.circuit import Circuit, Pass
from neurosim.rate.competition import Competition, Winners, check_no_biases, grouped
from neurosim.rate.connections import DenseOn
from neurosim.rate.losses import SQUARED
from neurosim.rate.network import Conv, RateNetwork
from neurosim.rate.optimisers import DESCENT
from neurosim.rate.pools import MeanPool
from neurosim.rate.recipes import AlgorithmEntry, RateRecipe
from neurosim.rate.row_rates import lengths
from neurosim.rate.rule import Quantities, RateRule

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule

THRESHOLDS = "thresholds"
"""Name of the thresholds in the state, one for each channel."""


@dataclass(frozen=True)
class HebbianLayers(Algorithm):
    """Layers that learn by a Hebbian rule; each receives its input standardised, image by image.

    After each change, the weights of each neuron are scaled to length 1. Thresholds follow ``mu (y - share)``, so that all
    channels win equally often.

    Parameters
    ----------
    competition : Winners or Everyone
        Which neurons are active.
    eta : float
        Learning rate, for the sum over the positions of an image.
    mu : float
        Rate of the thresholds.
    quiet : int
        Number of mini-batches in which thresholds settle before weights learn.
    """

    paper: ClassVar[str] = "Miconi 2021, Hebbian learning with gradients, arXiv:2107.01729"
    phases: ClassVar[tuple[Phase, ...]] = (Phase("up", "the image is shown, channels compete, and weights learn"),)
    supervised: ClassVar[bool] = False
    descends: ClassVar[bool] = False
    host_step: ClassVar[str] = "the weights of each neuron are scaled to length 1"
    text: ClassVar[str] = ""
    """The rule, of the input x, the activity y, and w."""

    competition: Competition = Winners(1)
    eta: NotNegative = 0.01
    mu: NotNegative = 10.0
    quiet: CountFromZero = 0

    @cached_property
    def _rules(self) -> dict[str, RateRule]:
        weights = RateRule(self.text, ("x",), ("y",), {"eta": self.eta})
        return {"weights": weights, THRESHOLDS: RateRule("mu * (y - s)", (), ("y", "s"), {"mu": self.mu})}

    @property
    def rules(self) -> Mapping[str, RateRule]:
        return self._rules

    def check(self, network: RateNetwork) -> None:
        check_no_biases(network, type(self).__name__)

    def start(self, circuit: Circuit) -> None:
        circuit.state[THRESHOLDS] = [np.zeros((c.weights[-2], 1), circuit.dtype) for c in circuit.network.connections]
        self.settle(circuit)

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        found: dict[str, list[Quantities | None]] = {"weights": [], THRESHOLDS: []}
        for h, y in self._up(circuit, Pass(circuit.network, x)):
            of_weights = Quantities({"x": h}, {"y": y.reshape(-1, h.shape[1])})
            found["weights"].append(of_weights if circuit.batch >= self.quiet else None)
            share = self.competition.share(y)
            of_thresholds = Quantities(post={"y": y, "s": share}, connection=DenseOn((1,), (len(y),)))
            found[THRESHOLDS].append(of_thresholds)
        return Taught(found)

    def _up(self, circuit: Circuit, now: Pass) -> Iterator[tuple[Array, Array]]:
        """Standardised input (inputs, images) and activities (channels, positions and images) of each layer."""
        for layer, connection in enumerate(circuit.network.connections, 1):
            h = _standard(now.h[-1])
            u = grouped(connection, circuit.up(layer, h))
            y = self.competition.activity(u, circuit.state[THRESHOLDS][layer - 1])
            circuit.ledger.groups |= {self.competition.group, "mean and standard deviation of a layer"} - {""}
            now.add(y.reshape(-1, h.shape[1]))
            yield h, y

    def settle(self, circuit: Circuit) -> None:
        for w in circuit.weights:
            w /= np.maximum(lengths(w), np.finfo(w.dtype).tiny)[..., None]

    def sent(self, circuit: Circuit, x: Array) -> list[Array]:
        """What each layer sends, (features, images), pooled."""
        now = Pass(circuit.network, x)
        for _ in self._up(circuit, now):
            pass
        return now.h[1:]

    def features(self, circuit: Circuit, x: Array) -> Array:
        return self.sent(circuit, x)[-1]


@dataclass(frozen=True)
class ConvHebb(HebbianLayers):
    """Hebb's rule among winners: the weights of a winner grow by its input; scaling alone limits them."""

    text: ClassVar[str] = "eta * y * x"

    def spiking(self) -> PlasticityRule:
        from neurosim.plasticity import hebb

        return hebb()


@dataclass(frozen=True)
class ConvInstar(HebbianLayers):
    """Instar among winners: the weights of a winner approach its input."""

    text: ClassVar[str] = "eta * (y * x - y * w)"

    def spiking(self) -> PlasticityRule:
        from neurosim.plasticity import instar

        return instar()


@dataclass(frozen=True)
class ConvOja(HebbianLayers):
    """Oja's rule among winners: as Instar where winners have the activity 1."""

    text: ClassVar[str] = "eta * (y * x - y * y * w)"

    def spiking(self) -> PlasticityRule:
        from neurosim.plasticity import oja

        return oja()


def _standard(h: Array) -> Array:
    """Values (neurons, images) with mean 0 and standard deviation 1 in each image."""
    h = h - h.mean(axis=0)
    h /= np.maximum(np.sqrt(np.square(h).mean(axis=0)), np.asarray(1e-10, h.dtype))
    return h


def convolutions(first: int, second: int, kernel: int, padding: int = 0) -> Callable[[Dataset, int], RateNetwork]:
    """Maker of two layers of convolutions for a recipe."""

    def network(data: Dataset, seed: int) -> RateNetwork:
        pool = MeanPool(2)
        layers = tuple(Conv(n, "linear", kernel=kernel, padding=padding, pooled=pool) for n in (first, second))
        return RateNetwork(data.grid, layers, SQUARED, bias=False, seed=seed)

    return network


_MNIST = RateRecipe(convolutions(49, 100, 5), {"quiet": 20}, optimiser=DESCENT, epochs=1, batch=100)
_RECIPES = {
    "digits": RateRecipe(convolutions(20, 40, 3, padding=1), optimiser=DESCENT, epochs=5, batch=20),
    "mnist": _MNIST,
    "fashion-mnist": _MNIST,
}
ENTRIES = tuple(
    AlgorithmEntry(make, _RECIPES, called=name)
    for name, make in (("conv_hebb", ConvHebb), ("conv_instar", ConvInstar), ("conv_oja", ConvOja))
)
