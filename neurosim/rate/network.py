"""Layered network of rates as frozen data: layers, kinds of connections, loss, and start of the weights; no algorithm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from neurosim.checks.described import Described, plain
from neurosim.errors import NetworkError, shown
from neurosim.rate.activations import Activation, Array, activation
from neurosim.rate.connections import Connection, ConvOn, DenseOn, LocalOn, Shape
from neurosim.rate.losses import CROSS_ENTROPY, Loss
from neurosim.rate.pools import Pool
from neurosim.rate.starts import HeNormal, Start
from neurosim.rng import checked_seed


@dataclass(frozen=True)
class Layer(Described):
    """Base of the kinds of layers; subclasses say how a layer is connected to the layer below.

    Parameters
    ----------
    size : int
        Number of neurons, or of channels.
    activation : str
        Name of the activation function, such as "relu"; all names are in `neurosim.rate.activations.ACTIVATIONS`.
    """

    size: int
    activation: str = "relu"

    def __post_init__(self) -> None:
        activation(self.activation, type(self).__name__)
        self._check_whole(size=self.size)

    def _check_whole(self, lowest: int = 1, **values: int) -> None:
        for name, value in values.items():
            if value < lowest:
                raise NetworkError(f"{type(self).__name__}.{name} = {value}; expected a whole number from {lowest} up.")

    @property
    def pool(self) -> Pool | None:
        """How neighbouring activities become one; None if they stay."""
        return None

    def on(self, below: Shape) -> Connection:
        """The connection from a layer of shape `below`."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is connected.")


@dataclass(frozen=True)
class Dense(Layer):
    """Layer in which each neuron receives from all neurons of the layer below."""

    def on(self, below: Shape) -> Connection:
        return DenseOn(below, (self.size,))


@dataclass(frozen=True)
class _Windows(Layer):
    kernel: int = 5
    stride: int = 1
    padding: int = 0
    pooled: Pool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_whole(kernel=self.kernel, stride=self.stride)
        self._check_whole(0, padding=self.padding)

    @property
    def pool(self) -> Pool | None:
        return self.pooled

    def _checked(self, below: Shape) -> Shape:
        who = type(self).__name__
        if len(below) != 3:
            raise NetworkError(f"{who}: the layer below has the shape {below}; expected (channels, rows, columns).")
        if min(below[1:]) + 2 * self.padding < self.kernel:
            raise NetworkError(
                f"{who}: a window of {self.kernel} is larger than the layer below, {below}; use a smaller kernel, or padding."
            )
        return below


@dataclass(frozen=True)
class Conv(_Windows):
    """Convolution: neurons of a channel share the weights of their windows.

    Parameters
    ----------
    size : int
        Number of channels.
    activation : str
        Name of the activation function.
    kernel, stride, padding : int
        Side of the square windows, their distance, and the zeros around the layer below.
    pooled : MaxPool or MeanPool, optional
        How neighbouring activities become one.
    """

    def on(self, below: Shape) -> Connection:
        return ConvOn(self._checked(below), self.size, self.kernel, self.stride, self.padding)


@dataclass(frozen=True)
class Local(_Windows):
    """Locally connected: windows as in a convolution, but each neuron has weights of its own; parameters as in `Conv`.

    Parameters
    ----------
    kernel : int
        Side of a window.
    stride : int
        Distance between neighbouring windows.
    padding : int
        Width of the border of zeros.
    pooled : MaxPool or MeanPool, optional
        Pooling of what the layer sends.
    """

    def on(self, below: Shape) -> Connection:
        return LocalOn(self._checked(below), self.size, self.kernel, self.stride, self.padding)


@dataclass(frozen=True)
class RateNetwork(Described):
    """Layered network of rates.

    Parameters
    ----------
    inputs : int or tuple of int
        Number of inputs, or their shape (channels, rows, columns).
    layers : sequence of Layer
        `Dense`, `Conv` and `Local` layers, from the first above the input to the output.
    loss : Loss
        What the output is taught with: `CROSS_ENTROPY` or `SQUARED`.
    start : Start
        Distribution of the weights at the start; biases start at 0.
    bias : bool
        Whether neurons have biases, which learn like a weight from a neuron that is always 1.
    seed : int
        Seed of the weights, of all other random numbers, and of the order of images in a training.

    Raises
    ------
    NetworkError
        If layers do not fit each other, or the loss does not fit the activation of the output.
    """

    inputs: Any
    layers: tuple[Layer, ...]
    loss: Loss = CROSS_ENTROPY
    start: Start = HeNormal()
    bias: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", _shape(self.inputs))
        checked_seed(self.seed, "RateNetwork")
        if not self.layers:
            raise NetworkError("RateNetwork: found no layers; expected at least one, such as Dense(10, 'softmax').")
        self.loss.check(self.activations[-1])
        for k, of_layer in enumerate(self.activations[:-1], 1):
            if of_layer.group:
                raise NetworkError(f"RateNetwork: layer {k} is {of_layer.name}; it is only allowed at the output.")
        assert len(self.sizes) == len(self.layers) + 1  # computed at once, so that a network that exists is valid

    @cached_property
    def connections(self) -> tuple[Connection, ...]:
        """Connection to each layer from the layer below."""
        found: list[Connection] = []
        below = self.inputs
        for layer in self.layers:
            found.append(layer.on(below))
            below = found[-1].post if layer.pool is None else layer.pool.shape(found[-1].post)
        return tuple(found)

    @cached_property
    def activations(self) -> tuple[Activation, ...]:
        """Activation function of each layer."""
        return tuple(activation(layer.activation, "RateNetwork") for layer in self.layers)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values that each layer sends, beginning with the input."""
        sent = [self.sent(k) for k in range(len(self.layers))]
        return tuple(math.prod(shape) for shape in (self.inputs, *sent))

    def sent(self, k: int) -> Shape:
        """Shape of what layer k, counted from 0, sends: its neurons, or those that remain after pooling.

        Parameters
        ----------
        k : int
            Number of the layer; the input has no number.
        """
        pool, post = self.layers[k].pool, self.connections[k].post
        return post if pool is None else pool.shape(post)

    def drawn(self, k: int, rng: np.random.Generator) -> Array:
        """Weights of the connection to layer k, counted from 0, at the start; (n_post, n_pre) for a dense layer.

        Parameters
        ----------
        k : int
            Number of the layer.
        rng : Generator
            Random numbers.

        Raises
        ------
        NetworkError
            If the weights do not fit into memory.
        """
        connection = self.connections[k]
        fan_in = connection.weights[-1]
        fan_out = connection.macs // math.prod(connection.pre)
        try:
            return np.ascontiguousarray(self.start.draw(rng, connection.weights, fan_in, max(1, fan_out)))
        except (MemoryError, OverflowError, ValueError):
            raise NetworkError(
                f"RateNetwork: the weights of layer {k + 1}, {' x '.join(map(str, connection.weights))}, do not fit into "
                "memory; use fewer neurons."
            ) from None

    def described(self) -> dict[str, Any]:
        """All parameters as plain values, for the settings of a training."""
        return {
            "inputs": list(self.inputs), "layers": [plain(layer) for layer in self.layers], "loss": self.loss.name,
            "start": plain(self.start), "bias": self.bias, "seed": self.seed,
        }  # fmt: skip


def layered(*sizes: int, hidden: str = "relu", output: str = "softmax", **settings: Any) -> RateNetwork:
    """Network of dense layers.

    Parameters
    ----------
    *sizes : int
        Number of neurons of each layer, beginning with the input.
    hidden, output : str
        Activation functions of the hidden layers and of the output.
    **settings
        Further arguments of `RateNetwork`.

    Raises
    ------
    NetworkError
        If there are less than two sizes, or a size is not a number of neurons.

    Examples
    --------
    >>> layered(784, 200, 10).sizes
    (784, 200, 10)
    """
    if len(sizes) < 2:
        raise NetworkError(f"layered: sizes = {shown(sizes)}; expected at least two, inputs and outputs, such as 784, 200, 10.")
    layers = [Dense(n, hidden) for n in sizes[1:-1]] + [Dense(sizes[-1], output)]
    return RateNetwork(sizes[0], tuple(layers), **settings)


def _shape(inputs: Any) -> Shape:
    shape = inputs if isinstance(inputs, tuple | list) else (inputs,)
    whole = all(isinstance(n, int | np.integer) and not isinstance(n, bool) and n >= 1 for n in shape)
    if not whole or len(shape) not in (1, 3):
        raise NetworkError(
            f"RateNetwork.inputs = {shown(inputs)}; expected a number of inputs, or a shape (channels, rows, columns)."
        )
    return tuple(int(n) for n in shape)
