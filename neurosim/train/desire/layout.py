"""Where the neurons and weights of a chain lie in the memory of the kernels.

Rows of weights are padded with zeros to whole stretches of columns. The neurons of a layer with shared weights lie place by
place, while a network numbers them channel by channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.train.desire.chain import Chain
from neurosim.train.desire.links import Link
from neurosim.train.desire.vectors import COLUMNS, PART
from neurosim.units import FloatArray

_ALIGNMENT = 64
"""Size of a cache line and of a vector register, in bytes."""


@dataclass(frozen=True)
class Layout:
    """Order of the neurons of each layer, and padded widths.

    Attributes
    ----------
    parts : int
        Length of the stretch with which kernels of convolutions are computed, in parts of `vectors.PART` columns.
    widths : tuple of int
        Width of each layer, padded.
    order : tuple of int64 (n_l,)
        Where each neuron of layer l lies.
    """

    parts: int
    widths: tuple[int, ...]
    order: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, chain: Chain) -> Layout:
        """The layout of a chain."""
        channels = [n // link.places for n, link in zip(chain.sizes[1:], chain.links, strict=True)]
        parts = min([_parts(c) for c, link in zip(channels, chain.links, strict=True) if link.shared], default=1)
        widths, order = [chain.sizes[0]], [np.arange(chain.sizes[0])]
        for link, n in zip(chain.links, channels, strict=True):
            width = _up(n, PART * parts if link.shared else COLUMNS)
            widths.append(link.places * width)
            order.append((np.arange(n)[:, None] + np.arange(link.places) * width).ravel())
        return cls(parts, tuple(widths), tuple(order))

    def shape(self, layer: int, link: Link, weights: FloatArray) -> tuple[int, int]:
        """Shape of the padded weights from `layer` to the next."""
        rows = self.widths[layer] if not link.shared else len(weights)
        return rows, self.widths[layer + 1] // link.places

    def padded(self, layer: int, link: Link, weights: FloatArray) -> FloatArray:
        """Copy of the weights from `layer` to the next, padded."""
        out = aligned(self.shape(layer, link, weights), weights.dtype)
        out[self._rows(layer, link, weights), : weights.shape[1]] = weights
        return out

    def unpadded(self, layer: int, link: Link, padded: FloatArray, into: FloatArray) -> None:
        """Copy padded weights back."""
        into[:] = padded[self._rows(layer, link, into), : into.shape[1]]

    def windows(self, layer: int, link: Link) -> NDArray[np.int64]:
        """Where the neurons under the kernel lie, at each place; without places for a dense layer."""
        return self.order[layer][link.windows] if link.shared else np.zeros((0, 0), np.int64)

    def _rows(self, layer: int, link: Link, weights: FloatArray) -> Any:
        return self.order[layer] if not link.shared else slice(len(weights))


def _parts(channels: int) -> int:
    """Parts of a stretch for so many channels: a power of two, and at most those of a dense layer."""
    return int(min(COLUMNS // PART, 1 << max(0, (channels - 1).bit_length() - PART.bit_length() + 1)))


def _up(n: int, step: int) -> int:
    return -(-n // step) * step


def aligned(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Zeros that begin at a cache line, because loading a vector across two lines takes twice the time."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return np.asarray(memory[start : start + size].view(dtype).reshape(shape))
