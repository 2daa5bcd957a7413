"""Pooling: neighbouring activities of a channel become one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.checks.described import Described
from neurosim.rate.activations import Array
from neurosim.rate.connections import Shape


@dataclass(frozen=True)
class Pool(Described):
    """Base of pooling over squares of ``side`` neurons that do not overlap; rows and columns left over are dropped."""

    side: int = 2

    def shape(self, below: Shape) -> Shape:
        """Shape after pooling."""
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
    """The mean of each square."""

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
    """The largest of each square; signals go back to it, and are shared by equals."""

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
