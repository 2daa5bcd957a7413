"""How a layer of a chain is connected to the layer below: to all of its neurons, or by kernels that all places share.

A link knows the shape in which a chain keeps its weights, and gives the weights of single synapses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from neurosim.network.connectivity import Convolution
from neurosim.units import FloatArray


class Link(Protocol):
    """A link; `weights` are those that a chain keeps."""

    @property
    def shared(self) -> bool:
        """Whether places share the weights."""

    @property
    def places(self) -> int:
        """Number of places at which the layer uses the weights."""

    @property
    def windows(self) -> NDArray[np.int64]:
        """Neuron of the layer below that each row of the weights belongs to, at each place: (places, rows)."""

    def kept(self, described: Any) -> FloatArray:
        """The weights of a description as a chain keeps them; a copy."""

    def described(self, weights: FloatArray) -> FloatArray:
        """The weights as `Network.with_weights` takes them; a copy."""

    def synapses(self, weights: FloatArray) -> FloatArray:
        """The weights of single synapses: (n_pre, n_post), 0 where there is none."""

    def in_words(self) -> str:
        """Description that is compared when a training is resumed."""


@dataclass(frozen=True)
class DenseLink:
    """Every neuron receives from all `n_pre` neurons below; weights (n_pre, n_post)."""

    n_pre: int
    shared: ClassVar[bool] = False
    places: ClassVar[int] = 1

    @property
    def windows(self) -> NDArray[np.int64]:
        return np.arange(self.n_pre)[None]

    def kept(self, described: Any) -> FloatArray:
        return np.array(described, order="C")

    def described(self, weights: FloatArray) -> FloatArray:
        return weights.copy()

    def synapses(self, weights: FloatArray) -> FloatArray:
        return weights

    def in_words(self) -> str:
        return "dense"


@dataclass(frozen=True)
class SharedLink:
    """The neurons of a channel share a kernel; weights (channels_in * k * k, channels).

    Neurons are numbered channel by channel: neuron ``channel * places + place``.

    Attributes
    ----------
    pattern : Convolution
        The convolution, with the kernel before training.
    windows : int64 (places, channels_in * k * k)
        Neuron below under each entry of the kernel, at each place.
    """

    pattern: Convolution
    windows: NDArray[np.int64]
    shared: ClassVar[bool] = True

    @classmethod
    def of(cls, pattern: Convolution) -> SharedLink:
        """The link that `pattern` describes."""
        return cls(pattern, pattern.windows())

    @property
    def places(self) -> int:
        return len(self.windows)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of the kernel: (channels, channels_in, k, k)."""
        out, below, k, _ = np.shape(self.pattern.weight)
        return out, below, k, k

    def kept(self, described: Any) -> FloatArray:
        return np.ascontiguousarray(np.reshape(described, (self.shape[0], -1)).T)

    def described(self, weights: FloatArray) -> FloatArray:
        return weights.T.reshape(self.shape).copy()

    def synapses(self, weights: FloatArray) -> FloatArray:
        height, width = self.pattern.shape
        out = np.zeros((self.shape[1] * height * width, self.shape[0], self.places), weights.dtype)
        for place, window in enumerate(self.windows):
            out[window, :, place] = weights
        return out.reshape(len(out), -1)

    def in_words(self) -> str:
        out, below, k, _ = self.shape
        return f"{out} x {below} kernels {k} x {k}, stride {self.pattern.stride}"
