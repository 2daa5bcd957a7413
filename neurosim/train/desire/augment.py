"""Training images that differ a little each time they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from neurosim.arrays import whole_number
from neurosim.checks.described import Described

_Grey = TypeVar("_Grey", bound=np.generic)


@dataclass(frozen=True)
class Shift(Described):
    """Random shift of each image by up to `pixels` rows and columns, drawn again at each presentation.

    Pixels that move in are black. With 0 the images stay as they are.
    """

    pixels: int = 0

    def __post_init__(self) -> None:
        whole_number(self.pixels, "Shift.pixels")

    def __call__(self, images: NDArray[_Grey], shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[_Grey]:
        """Shifted copies of `images` (samples, pixels) of a `shape` (rows, columns) or (colours, rows, columns)."""
        if not self.pixels:
            return images
        p, window = self.pixels, shape[-2:]
        padded = np.pad(images.reshape(len(images), -1, *window), ((0, 0), (0, 0), (p, p), (p, p)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, window, axis=(2, 3))  # type: ignore[call-overload,unused-ignore]
        down, right = rng.integers(0, 2 * p + 1, (2, len(images)))
        return np.asarray(windows[np.arange(len(images)), :, down, right].reshape(len(images), -1))
