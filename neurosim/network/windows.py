"""A window that slides over an image: which pixels it covers at which place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.arrays import whole_number
from neurosim.errors import NetworkError

Pair = tuple[int, int]


def as_pair(value: Any, who: str, low: int) -> Pair:
    """A whole number for both directions, or a pair of them (rows, columns)."""
    if not isinstance(value, tuple | list):
        found = whole_number(value, who, low)
        return found, found
    if len(value) != 2:
        raise NetworkError(f"{who} has {len(value)} values; expected one number, or two: rows and columns.")
    return whole_number(value[0], f"{who}[0]", low), whole_number(value[1], f"{who}[1]", low)


@dataclass(frozen=True)
class Window:
    """A window of `kernel` pixels on an image of `shape`, with zeros around it.

    Attributes
    ----------
    shape, kernel, stride, dilation : pair of int
        Rows and columns of the image and of the window; pixels from one place to the next, and between pixels of the window.
    before, after : pair of int
        Rows above and columns left of the image that count as empty; rows below and columns right of it.
    """

    shape: Pair
    kernel: Pair
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    before: Pair = (0, 0)
    after: Pair = (0, 0)

    def __post_init__(self) -> None:
        if min(self._lengths()) < 1:
            k, stride = self.kernel, self.stride
            padded = f" with padding {self.before}" if any(self.before + self.after) else ""
            step = stride[0] if stride[0] == stride[1] else stride
            raise NetworkError(
                f"a {k[0]} x {k[1]} window with stride {step} does not fit into an image of shape {self.shape}{padded}."
            )

    def _lengths(self) -> Pair:
        first, second = (
            (n + b + a - d * (k - 1) - 1) // s + 1
            for n, k, s, d, b, a in zip(
                self.shape, self.kernel, self.stride, self.dilation, self.before, self.after, strict=True
            )
        )
        return first, second

    @property
    def places(self) -> Pair:
        """Rows and columns of places."""
        return self._lengths()

    @property
    def pixels(self) -> int:
        """Number of pixels of the image."""
        return self.shape[0] * self.shape[1]

    def covered(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Pixel, place and number within the window of all pairs of a place and a pixel that its window covers."""
        rows, columns = (self._positions(axis) for axis in (0, 1))
        y, x = rows[:, None, :, None], columns[None, :, None, :]
        inside = (y >= 0) & (y < self.shape[0]) & (x >= 0) & (x < self.shape[1])
        pixel = np.broadcast_to(y * self.shape[1] + x, inside.shape)[inside]
        place, offset = np.divmod(np.flatnonzero(inside), self.kernel[0] * self.kernel[1])
        return pixel.astype(np.int64), place, offset

    def _positions(self, axis: int) -> NDArray[np.int64]:
        """Coordinate on one axis of each pixel of the window, at each place: (places, kernel)."""
        # A stride or a dilation that is used once can be any whole number.
        start = [k * self.stride[axis] - self.before[axis] for k in range(self.places[axis])]
        within = [k * self.dilation[axis] for k in range(self.kernel[axis])]
        return np.add.outer(np.array(start, np.int64), np.array(within, np.int64))
