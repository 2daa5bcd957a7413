"""A network of rates with its present weights: activity goes up, signals go down, and every product is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from neurosim.rate.activations import Array
from neurosim.rate.network import RateNetwork
from neurosim.rng import stream

State = dict[str, list[Array]]
"""Everything that changes during learning, by name and layer."""


@dataclass
class Ledger:
    """What computing has used so far; the card of an algorithm is read from it.

    Attributes
    ----------
    macs : int
        Multiply-accumulate operations of products with weights and of weight changes, over all images.
    ups : int
        Number of products from a layer to the next one.
    transported : set of str
        What was carried from weights to another place, such as "weights" for a product with their transpose.
    groups : set of str
        What was computed from several neurons of a layer at once.
    """

    macs: int = 0
    ups: int = 0
    transported: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)


class Pass:
    """Activities of one pass up through the network.

    Attributes
    ----------
    h : list of array (neurons, images)
        What each layer sends, beginning with the input.
    """

    def __init__(self, network: RateNetwork, x: Array) -> None:
        self._network = network
        self._before: list[Array] = []
        self._kept: list[Any] = []
        self.h = [x]

    def add(self, a: Array) -> None:
        """Append the activities of the next layer, which are pooled if its layer pools."""
        k = len(self._before)
        pool = self._network.layers[k].pool
        self._before.append(a)
        pooled, kept = (a, None) if pool is None else pool.pooled(a, self._network.connections[k].post)
        self._kept.append(kept)
        self.h.append(pooled)

    def in_float64(self) -> Pass:
        """The same activities as numbers of 64 bits."""
        out = Pass(self._network, self.h[0].astype(np.float64))
        for a in self._before:
            out.add(a.astype(np.float64))
        return out

    def neurons(self, layer: int) -> Array:
        """Activities of the neurons of a layer (counted from 1, the first above the input), before they are pooled."""
        return self._before[layer - 1]

    def spread(self, layer: int, d: Array) -> Array:
        """Signals at what a layer sends, turned into signals at its neurons: they go back through the pool, if there is one."""
        k = layer - 1
        pool = self._network.layers[k].pool
        return d if pool is None else pool.spread(d, self._network.connections[k].post, self._kept[k])

    def gate(self, layer: int, d: Array) -> Array:
        """Signals at what a layer sends, turned into signals at its input, by the pool and the slope of the activation."""
        slope = self._network.activations[layer - 1].slope(self.neurons(layer))
        return np.multiply(self.spread(layer, d), slope, out=slope)

    def through(self, layer: int, z: Array) -> Array:
        """A small change `z` of the input of a layer (counted from 1), as a change of what the layer sends."""
        k = layer - 1
        pool, slope = self._network.layers[k].pool, self._network.activations[k].slope(self._before[k])
        change = np.multiply(z, slope, out=slope)
        return change if pool is None else pool.through(change, self._network.connections[k].post, self._kept[k])


class Circuit:
    """A network with its state.

    Layers are counted from 1, the first above the input, as their weights are in papers; lists begin with layer 1.

    Attributes
    ----------
    network : RateNetwork
        The described network.
    state : dict
        "weights" and "biases" by layer, and what the algorithm and the optimiser add.
    ledger : Ledger
        What was computed so far.
    batch : int
        Number of mini-batches that were learned; it selects the random numbers.
    """

    def __init__(self, network: RateNetwork, dtype: DTypeLike = np.float32) -> None:
        self.network, self.dtype = network, np.dtype(dtype)
        self.ledger, self.batch = Ledger(), 0
        layers = range(len(network.layers))
        weights = [network.drawn(k, stream(network.seed, "weights", k + 1)).astype(dtype) for k in layers]
        self.state: State = {"weights": weights}
        if network.bias:
            self.state["biases"] = [np.zeros(_bias_shape(w.shape), dtype) for w in weights]

    @property
    def depth(self) -> int:
        """Number of layers above the input."""
        return len(self.network.layers)

    @property
    def weights(self) -> list[Array]:
        """Weights of all layers."""
        return self.state["weights"]

    def rng(self, *names: str | int) -> np.random.Generator:
        """Random numbers for the part called `names` and the present mini-batch."""
        return stream(self.network.seed, *names, self.batch)

    def fresh(self, *names: str | int) -> np.random.Generator:
        """Random numbers for the start of the part called `names`."""
        return stream(self.network.seed, *names)

    def up(self, layer: int, h: Array, weights: Array | None = None) -> Array:
        """Input z of a layer from the activities `h` of the layer below, through its weights or others of that shape."""
        z = self.change(layer, h, weights)
        if "biases" in self.state:
            self._bias(layer - 1, z)
        return z

    def change(self, layer: int, h: Array, weights: Array | None = None) -> Array:
        """Change of the input z of a layer for a change `h` of what the layer below sends: the product without biases."""
        k = layer - 1
        connection = self.network.connections[k]
        self.ledger.ups += 1
        self.ledger.macs += connection.macs * h.shape[1]
        return connection.up(self.weights[k] if weights is None else weights, h)

    def back(self, layer: int, d: Array, way_down: Array | None = None) -> Array:
        """Signals of a layer sent down to what the layer below sends, through W^T, or through a way down of W's shape."""
        k = layer - 1
        connection = self.network.connections[k]
        self.ledger.macs += connection.macs * d.shape[1]
        if way_down is None:
            self.ledger.transported.add("weights")
        return connection.back(self.weights[k] if way_down is None else way_down, d)

    def times(self, matrix: Array, x: Array) -> Array:
        """Counted product of a matrix that belongs to no layer, such as direct feedback, with activities."""
        self.ledger.macs += matrix.size * x.shape[1]
        return matrix @ x

    def active(self, layer: int, z: Array) -> Array:
        """Activities of a layer from its input, which is overwritten."""
        function = self.network.activations[layer - 1]
        if function.group:
            self.ledger.groups.add(function.group)
        return function.apply(z)

    def forward(self, x: Array, masks: Sequence[Array] = ()) -> Pass:
        """One pass up from the input (inputs, images); `masks` multiply what the first layers send, beginning with layer 1."""
        now = Pass(self.network, x)
        for layer in range(1, self.depth + 1):
            now.add(self.active(layer, self.up(layer, now.h[-1])))
            if layer <= len(masks):
                now.h[-1] *= masks[layer - 1]
        return now

    def error(self, h: Array, t: Array) -> Array:
        """dLoss/dz of the output for its activities and the targets, both (outputs, images)."""
        return self.network.loss.error(self.network.activations[-1], h, t)

    def _bias(self, k: int, z: Array) -> None:
        bias = self.state["biases"][k]
        if bias.ndim == 3:
            z.reshape(bias.shape[1], bias.shape[0], -1)[...] += bias.transpose(1, 0, 2)
        else:
            z.reshape(len(bias), -1)[...] += bias


def _bias_shape(weights: tuple[int, ...]) -> tuple[int, ...]:
    """One bias beside each row of weights."""
    return (*weights[:-1], 1)
