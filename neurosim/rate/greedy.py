"""Layers that learn one after the other: a protocol of layers, algorithms and epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurosim.checks.described import Described
from neurosim.checks.ranges import CountFromZero
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.circuit import Circuit
from neurosim.rate.losses import SQUARED
from neurosim.rate.network import RateNetwork
from neurosim.rate.rule import Quantities, RateRule

if TYPE_CHECKING:
    from neurosim.plasticity.rule import PlasticityRule

_SHARED = ("weights", "biases")


@dataclass(frozen=True)
class Stage(Described):
    """A part of the protocol: one layer learns with an algorithm, for some epochs.

    Parameters
    ----------
    algorithm : Algorithm
        The learning algorithm of the layer; it sees a network with this layer only.
    epochs : int
        Number of epochs.
    """

    algorithm: Algorithm
    epochs: int = 10

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise NetworkError(f"Stage.epochs = {self.epochs}; expected a whole number from 1 up.")


class Part(Circuit):
    """One layer of a circuit, as a circuit of its own with the same arrays and the same ledger."""

    def __init__(self, whole: Circuit, layer: int) -> None:
        self.network, self.dtype = part_of(whole.network, layer), whole.dtype
        self.ledger, self.batch = whole.ledger, whole.batch
        self._whole, self._layer = whole, layer
        self.state = {name: whole.state[name][layer - 1 : layer] for name in _SHARED if name in whole.state}
        prefix = _named("", layer)
        self.state |= {name[len(prefix) :]: arrays for name, arrays in whole.state.items() if name.startswith(prefix)}

    def rng(self, *names: str | int) -> np.random.Generator:
        return self._whole.rng("layer", self._layer, *names)

    def fresh(self, *names: str | int) -> np.random.Generator:
        return self._whole.fresh("layer", self._layer, *names)

    def share(self) -> None:
        """Add what an algorithm added here to the state of the whole circuit."""
        self._whole.state.update({_named(name, self._layer): a for name, a in self.state.items() if name not in _SHARED})


@dataclass(frozen=True)
class Greedy(Algorithm):
    """Each layer learns while the layers below stay as they are; it sees the features of the layer below as its images.

    Parameters
    ----------
    stages : sequence of Stage
        One for each layer, from the first above the input; the last one goes on in all further epochs.
    now : int
        Number of the stage that learns, counted from 0; the epoch selects it.
    """

    paper: ClassVar[str] = "Hinton, Osindero, Teh 2006, Learning of deep belief nets, doi:10.1162/neco.2006.18.7.1527"
    supervised: ClassVar[bool] = False
    descends: ClassVar[bool] = False
    phases: ClassVar[tuple[Phase, ...]] = (Phase("layer", "one layer learns with the phases of its own algorithm"),)

    stages: tuple[Stage, ...]
    now: CountFromZero = 0

    @property
    def rules(self) -> Mapping[str, RateRule]:
        """The rules of all stages; those of weights and biases are of the stage that learns now."""
        order = [k for k in range(len(self.stages)) if k != self.now] + [self.now]
        return {_named(name, k + 1): rule for k in order for name, rule in self.stages[k].algorithm.rules.items()}

    def check(self, network: RateNetwork) -> None:
        layers = len(network.layers)
        if layers != len(self.stages):
            raise NetworkError(f"Greedy: found {len(self.stages)} stages for {layers} layers; expected one stage per layer.")
        for layer, stage in enumerate(self.stages, 1):
            stage.algorithm.check(part_of(network, layer))

    def start(self, circuit: Circuit) -> None:
        for layer, stage in enumerate(self.stages, 1):
            part = Part(circuit, layer)
            stage.algorithm.start(part)
            part.share()

    def at(self, epoch: int) -> Greedy:
        begins = [sum(stage.epochs for stage in self.stages[:k]) for k in range(len(self.stages))]
        now = max(k for k, begin in enumerate(begins) if epoch >= begin)
        algorithm = self.stages[now].algorithm.at(epoch - begins[now])
        stages = (*self.stages[:now], replace(self.stages[now], algorithm=algorithm), *self.stages[now + 1 :])
        return replace(self, stages=stages, now=now)

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        found = self.stages[self.now].algorithm.teach(Part(circuit, self.now + 1), self._up(circuit, x, self.now), t)
        return Taught({_named(name, self.now + 1): self._placed(name, of) for name, of in found.quantities.items()})

    def settle(self, circuit: Circuit) -> None:
        self.stages[self.now].algorithm.settle(Part(circuit, self.now + 1))

    def features(self, circuit: Circuit, x: Array) -> Array:
        return self._up(circuit, x, len(self.stages))

    def spiking(self) -> PlasticityRule:
        return self.stages[self.now].algorithm.spiking()

    def _up(self, circuit: Circuit, x: Array, layers: int) -> Array:
        """Features of the layer `layers`, counted from 1; the images themselves for 0."""
        for layer, stage in enumerate(self.stages[:layers], 1):
            x = stage.algorithm.features(Part(circuit, layer), x)
        return x

    def _placed(self, name: str, found: Sequence[Quantities | None]) -> Sequence[Quantities | None]:
        """Quantities of the layer that learns, at its place in the lists of the whole circuit."""
        return [*[None] * self.now, *found] if name in _SHARED else found


def _named(name: str, layer: int) -> str:
    """Name in the state of the whole circuit of what a layer, counted from 1, calls `name`."""
    return name if name in _SHARED else f"layer {layer}, {name}"


def part_of(network: RateNetwork, layer: int) -> RateNetwork:
    """Network with only one layer of another one, counted from 1."""
    below = network.inputs if layer == 1 else network.sent(layer - 2)
    loss = network.loss if layer == len(network.layers) else SQUARED
    return replace(network, inputs=below, layers=(network.layers[layer - 1],), loss=loss)
