"""Kinds of connections from one layer to the next: dense, locally connected, and convolution.

A connection is frozen data that knows the shapes of its two sides. It offers four operations on arrays (neurons, images), and
whatever needs no more than these works on every kind: `up` is the product with the weights, `back` the product with their
transpose, `add_outer` the sum of products of post and pre that a rule adds to weights, and `spread` gives values of neurons to
the weights of each neuron.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from neurosim.rate.activations import Array
from neurosim.rate.products import add_product

Shape = tuple[int, ...]


class Connection(Protocol):
    """What a kind of connection computes; the neurons of an array are in row-major order of their shape."""

    @property
    def pre(self) -> Shape:
        """Shape of the layer below: (neurons,) or (channels, rows, columns)."""

    @property
    def post(self) -> Shape:
        """Shape of the layer above."""

    @property
    def weights(self) -> Shape:
        """Shape of the weights; the last axis belongs to the pre side, the others to the post side."""

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations of one product for one image."""

    def up(self, w: Array, h: Array) -> Array:
        """Input of the layer above, (post, images), from activities (pre, images)."""

    def back(self, w: Array, d: Array) -> Array:
        """Product with the transposed weights: (pre, images) from (post, images)."""

    def add_outer(self, into: Array, factor: float, post: Array, pre: Array) -> None:
        """Add `factor` times the sum over images (and positions) of post times pre to `into`, in place."""

    def spread(self, post: Array) -> Array:
        """Sum over images (and positions) of post, in a shape that multiplies the weights."""

    def columns(self, pre: Array) -> Array:
        """Sum over images (and positions) of pre, in a shape that multiplies the weights."""


@dataclass(frozen=True)
class DenseOn:
    """Each neuron receives from all neurons below; weights (post, pre)."""

    pre: Shape
    post: Shape

    @property
    def weights(self) -> Shape:
        return math.prod(self.post), math.prod(self.pre)

    @property
    def macs(self) -> int:
        return math.prod(self.weights)

    def up(self, w: Array, h: Array) -> Array:
        return w @ h

    def back(self, w: Array, d: Array) -> Array:
        return w.T @ d

    def add_outer(self, into: Array, factor: float, post: Array, pre: Array) -> None:
        add_product(into, factor, post, pre)

    def spread(self, post: Array) -> Array:
        return np.asarray(post.sum(axis=1, keepdims=True))

    def columns(self, pre: Array) -> Array:
        return np.asarray(pre.sum(axis=1)[None])


@dataclass(frozen=True)
class _Windowed:
    """Neurons that each receive from a square window of the layer below."""

    pre: Shape
    channels: int
    kernel: int
    stride: int
    padding: int

    @property
    def post(self) -> Shape:
        return (self.channels, *((n + 2 * self.padding - self.kernel) // self.stride + 1 for n in self.pre[1:]))

    @property
    def window(self) -> int:
        """Number of inputs in a window."""
        return self.pre[0] * self.kernel**2

    @property
    def positions(self) -> int:
        """Number of windows."""
        return math.prod(self.post[1:])

    @property
    def macs(self) -> int:
        return self.channels * self.window * self.positions

    def patches(self, h: Array) -> Array:
        """Inputs of all windows, (channels, kernel, kernel, rows, columns, images); a copy."""
        grid, p, k = h.reshape(*self.pre, -1), self.padding, self.kernel
        if p:
            grid = np.pad(grid, ((0, 0), (p, p), (p, p), (0, 0)))
        seen = np.lib.stride_tricks.sliding_window_view(grid, (k, k), axis=(1, 2))[:, :: self.stride, :: self.stride]
        return np.ascontiguousarray(seen.transpose(0, 4, 5, 1, 2, 3))

    def gathered(self, patches: Array) -> Array:
        """Sum of the values of all windows at each input: the transpose of `patches`."""
        p, k, s = self.padding, self.kernel, self.stride
        _, rows, columns = self.post
        _, height, width = self.pre
        out = np.zeros((self.pre[0], height + 2 * p, width + 2 * p, patches.shape[-1]), patches.dtype)
        for i in range(k):
            for j in range(k):
                out[:, i : i + s * rows : s, j : j + s * columns : s] += patches[:, i, j]
        return np.ascontiguousarray(out[:, p : p + height, p : p + width]).reshape(math.prod(self.pre), -1)


@dataclass(frozen=True)
class ConvOn(_Windowed):
    """Convolution: the neurons of a channel share their weights, (channels, window)."""

    @property
    def weights(self) -> Shape:
        return self.channels, self.window

    def up(self, w: Array, h: Array) -> Array:
        return (w @ self._columns(h)).reshape(math.prod(self.post), -1)

    def back(self, w: Array, d: Array) -> Array:
        inner = w.T @ d.reshape(self.channels, -1)
        return self.gathered(inner.reshape(self.pre[0], self.kernel, self.kernel, *self.post[1:], -1))

    def add_outer(self, into: Array, factor: float, post: Array, pre: Array) -> None:
        add_product(into, factor, post.reshape(self.channels, -1), self._columns(pre))

    def spread(self, post: Array) -> Array:
        return np.asarray(post.reshape(self.channels, -1).sum(axis=1, keepdims=True))

    def columns(self, pre: Array) -> Array:
        return np.asarray(self._columns(pre).sum(axis=1)[None])

    def _columns(self, h: Array) -> Array:
        return self.patches(h).reshape(self.window, -1)


@dataclass(frozen=True)
class LocalOn(_Windowed):
    """Locally connected: every neuron has weights of its own for its window, (positions, channels, window)."""

    @property
    def weights(self) -> Shape:
        return self.positions, self.channels, self.window

    def up(self, w: Array, h: Array) -> Array:
        return self._as_layer(w @ self._windows(h))

    def back(self, w: Array, d: Array) -> Array:
        inner = w.transpose(0, 2, 1) @ self._by_position(d)
        shape = (*self.post[1:], self.pre[0], self.kernel, self.kernel, -1)
        return self.gathered(inner.reshape(shape).transpose(2, 3, 4, 0, 1, 5))

    def add_outer(self, into: Array, factor: float, post: Array, pre: Array) -> None:
        into += factor * (self._by_position(post) @ self._windows(pre).transpose(0, 2, 1))

    def spread(self, post: Array) -> Array:
        return np.asarray(self._by_position(post).sum(axis=2, keepdims=True))

    def columns(self, pre: Array) -> Array:
        return np.asarray(self._windows(pre).sum(axis=2)[:, None])

    def _windows(self, h: Array) -> Array:
        """Inputs of the windows, (positions, window, images)."""
        return np.ascontiguousarray(self.patches(h).reshape(self.window, self.positions, -1).transpose(1, 0, 2))

    def _by_position(self, d: Array) -> Array:
        return np.ascontiguousarray(d.reshape(self.channels, self.positions, -1).transpose(1, 0, 2))

    def _as_layer(self, z: Array) -> Array:
        return np.ascontiguousarray(z.transpose(1, 0, 2)).reshape(math.prod(self.post), -1)


@dataclass(frozen=True)
class BiasOn:
    """Biases of a layer: weights from a neuron that is always 1, (..., 1); `layer` is the connection whose rows they join."""

    layer: Connection

    @property
    def pre(self) -> Shape:
        return (1,)

    @property
    def post(self) -> Shape:
        return self.layer.post

    @property
    def weights(self) -> Shape:
        return (*self.layer.weights[:-1], 1)

    @property
    def macs(self) -> int:
        return 0

    def up(self, w: Array, h: Array) -> Array:
        raise NotImplementedError("Biases are added by Circuit.up.")

    def back(self, w: Array, d: Array) -> Array:
        raise NotImplementedError("Nothing is sent down to biases.")

    def add_outer(self, into: Array, factor: float, post: Array, pre: Array) -> None:
        into += factor * self.layer.spread(post)

    def spread(self, post: Array) -> Array:
        return self.layer.spread(post)

    def columns(self, pre: Array) -> Array:
        positions = self.layer.macs // math.prod(self.layer.weights)
        return np.asarray(pre.sum(axis=1) * positions)


def add_over_images(into: Array, connection: Any, factor: float, post: Array | None, pre: Array | None) -> None:
    """Add `factor` times the sum over images of post times pre to `into`, where one of both, but not both, may be missing."""
    if post is not None and pre is not None:
        connection.add_outer(into, factor, post, pre)
    elif post is not None:
        into += factor * connection.spread(post)
    elif pre is not None:
        into += factor * connection.columns(pre)
