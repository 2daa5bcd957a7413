"""Pooling: neighbouring activities of a channel become one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.checks.described import Described
from neurosim.checks.ranges import Count
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array
from neurosim.rate.connections import Shape


@dataclass(frozen=True)
class Pool(Described):
    """Base of pooling over squares of ``side`` neurons that do not overlap; rows and columns left over are dropped."""

    side: Count = 2

    def shape(self, below: Shape) -> Shape:
        """Shape after pooling; raises NetworkError if a square is larger than the layer."""
        if self.side > min(below[1:]):
            raise NetworkError(
                f"{type(self).__name__}.side = {self.side}: a square is larger than the layer below, {below}; use a smaller "
                "side."
            )
        return (below[0], *(n // self.side for n in below[1:]))

    def pooled(self, h: Array, below: Shape) -> tuple[Array, Any]:
        """Pooled activities, and what `spread` needs to send signals back."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it pools.")

    def spread(self, d: Array, below: Shape, kept: Any) -> Array:
        """Signals at the pooled activities, sent back to the activities below: the transpose of pooling."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it sends signals back.")

    def through(self, h: Array, below: Shape, kept: Any) -> Array:
        """A small change of the activities below, as a change of the pooled activities."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it passes small changes on.")

    def _squares(self, h: Array, below: Shape) -> Array:
        c, rows, columns = self.shape(below)
        grid = h.reshape(*below, -1)[:, : rows * self.side, : columns * self.side]
        return grid.reshape(c, rows, self.side, columns, self.side, -1)

    def _unsquared(self, squares: Array, below: Shape) -> Array:
        c, rows, columns = self.shape(below)
        out = np.zeros((*below, squares.shape[-1]), squares.dtype)
        out[:, : rows * self.side, : columns * self.side] = squares.reshape(c, rows * self.side, columns * self.side, -1)
        return out.reshape(int(np.prod(below)), -1)


@dataclass(frozen=True)
class MeanPool(Pool):
    """The mean of each square.

    Parameters
    ----------
    side : int
        Side of a square.
    """

    def pooled(self, h: Array, below: Shape) -> tuple[Array, Any]:
        mean = self._squares(h, below).mean(axis=(2, 4), dtype=h.dtype)
        return mean.reshape(-1, mean.shape[-1]), None

    def spread(self, d: Array, below: Shape, kept: Any) -> Array:
        c, rows, columns = self.shape(below)
        each = d.reshape(c, rows, 1, columns, 1, -1) / self.side**2
        return self._unsquared(np.broadcast_to(each, (c, rows, self.side, columns, self.side, each.shape[-1])), below)

    def through(self, h: Array, below: Shape, kept: Any) -> Array:
        return self.pooled(h, below)[0]


@dataclass(frozen=True)
class MaxPool(Pool):
    """The largest of each square; signals go back to it, and are shared by equals.

    Parameters
    ----------
    side : int
        Side of a square.
    """

    def pooled(self, h: Array, below: Shape) -> tuple[Array, Any]:
        squares = self._squares(h, below)
        largest = squares.max(axis=(2, 4), keepdims=True)
        first = squares == largest
        share = first / first.sum(axis=(2, 4), keepdims=True, dtype=h.dtype)
        return np.ascontiguousarray(largest[:, :, 0, :, 0]).reshape(-1, h.shape[-1]), share.astype(h.dtype)

    def spread(self, d: Array, below: Shape, kept: Any) -> Array:
        c, rows, columns = self.shape(below)
        return self._unsquared(kept * d.reshape(c, rows, 1, columns, 1, -1), below)

    def through(self, h: Array, below: Shape, kept: Any) -> Array:
        return np.asarray((kept * self._squares(h, below)).sum(axis=(2, 4)).reshape(-1, h.shape[-1]))


@dataclass(frozen=True)
class OverlappingMaxPool(Pool):
    """The largest of each square of ``side``, whose distance is ``stride``; ``padding`` rows and columns around stay empty."""

    side: Count = 4
    stride: int = 2
    padding: int = 1

    def shape(self, below: Shape) -> Shape:
        return (below[0], *((n + 2 * self.padding - self.side) // self.stride + 1 for n in below[1:]))

    def pooled(self, h: Array, below: Shape) -> tuple[Array, Any]:
        grid, (_, rows, columns) = self._padded(h, below), self.shape(below)
        # First over rows and then over columns, which is 2 side instead of side**2 comparisons.
        tall = np.maximum.reduce([grid[:, k : k + self.stride * rows : self.stride] for k in range(self.side)])
        wide = [tall[:, :, k : k + self.stride * columns : self.stride] for k in range(self.side)]
        return np.maximum.reduce(wide).reshape(-1, h.shape[-1]), h

    def spread(self, d: Array, below: Shape, kept: Any) -> Array:
        grid, shape = self._padded(kept, below), (*self.shape(below), -1)
        largest = self.pooled(kept, below)[0].reshape(shape)
        windows = [self._window(grid, i, j, shape) for i in range(self.side) for j in range(self.side)]
        share = d.reshape(shape) / np.sum([window == largest for window in windows], axis=0, dtype=d.dtype)
        out = np.zeros(grid.shape, d.dtype)
        for k, window in enumerate(windows):
            self._window(out, k // self.side, k % self.side, shape)[...] += share * (window == largest)
        p = self.padding
        return np.ascontiguousarray(out[:, p : p + below[1], p : p + below[2]]).reshape(int(np.prod(below)), -1)

    def through(self, h: Array, below: Shape, kept: Any) -> Array:
        held, moved, shape = self._padded(kept, below), self._padded(h, below, 0), (*self.shape(below), -1)
        largest = self.pooled(kept, below)[0].reshape(shape)
        windows = [(i, j) for i in range(self.side) for j in range(self.side)]
        at_largest = [self._window(held, i, j, shape) == largest for i, j in windows]
        total = sum(self._window(moved, i, j, shape) * at for (i, j), at in zip(windows, at_largest, strict=True))
        return np.asarray(total / np.sum(at_largest, axis=0, dtype=h.dtype)).reshape(-1, h.shape[-1])

    def _padded(self, h: Array, below: Shape, around: float = -np.inf) -> Array:
        p = self.padding
        return np.pad(h.reshape(*below, -1), ((0, 0), (p, p), (p, p), (0, 0)), constant_values=around)

    def _window(self, grid: Array, i: int, j: int, shape: Shape) -> Array:
        s = self.stride
        return grid[:, i : i + s * shape[1] : s, j : j + s * shape[2] : s]
