"""Connectivity patterns, which become a weight matrix `(n_pre, n_post)` when the sizes of the populations are known.

Each pattern is a frozen object. Random patterns draw from the random stream of their projection, so adding a projection does
not change the others. Weights are a number with unit, an array, or a distribution (`Normal`, `Uniform`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosim.arrays import whole_number, whole_numbers
from neurosim.checks.described import Described
from neurosim.checks.distributions import Distribution
from neurosim.checks.matrices import Matrix, Sparse, canonical, from_pairs, sparse_weights
from neurosim.errors import NetworkError, shown
from neurosim.network.ends import Ends
from neurosim.network.windows import Window, as_pair
from neurosim.units import FloatArray, as_quantity, si

MOST_SYNAPSES = 2**31 - 1
"""Largest number of synapses of a projection; as a dense matrix, they would take 16 GiB."""


def _each(value: Any, size: tuple[int, ...], unit: str, who: str) -> FloatArray:
    numbers = si(value, unit, who)
    if numbers.shape not in ((), size):
        raise NetworkError(f"{who}: expected one strength or {size[0]} (one for each connection), found shape {numbers.shape}.")
    return numbers


def strengths_of(weight: Any, n: int, unit: str, rng: np.random.Generator) -> FloatArray:
    """Weights of `n` connections in SI."""
    if isinstance(weight, Distribution):
        return weight.draw((n,), unit, rng)
    return np.broadcast_to(_each(weight, (n,), unit, "weight"), (n,)).copy()


@dataclass(frozen=True)
class Transposed(Described):
    """Transposed weights of another projection, which follow its changes at all times (weight transport).

    Parameters
    ----------
    of : str
        Name of the other projection; this one leads from its post population to its pre population.
    """

    of: str


@dataclass(frozen=True)
class Connectivity(Described):
    """Base of the patterns: `indices` returns the connected pairs, each at most once; `weight` sets their weights.

    Parameters
    ----------
    weight : quantity, array or distribution
        One weight, one per connection, or a distribution (`Normal`, `Uniform`, `Clipped`) from which each draws.
    autapses : bool
        Whether a neuron may connect to itself, where both ends are one population.
    """

    weight: Any
    autapses: bool = field(default=True, kw_only=True)

    def indices(self, n_pre: int, n_post: int, rng: np.random.Generator) -> tuple[Any, Any]:
        """Arrays of the pre indices and the post indices of the connections."""
        raise NotImplementedError

    def pairs(self, ends: Ends, rng: np.random.Generator) -> tuple[Any, Any]:
        """The connections of `indices`, without autapses if there should be none."""
        pre, post = self.indices(ends.n_pre, ends.n_post, rng)
        if self.autapses:
            return pre, post
        others = pre != ends.self_of(type(self).__name__)[post]
        return pre[others], post[others]

    def in_order(self, values: Any) -> Any:
        """Values of the connections, in the order of the rows of the matrix."""
        return values

    def matrix(self, ends: Ends, unit: str, rng: np.random.Generator) -> Matrix:
        """Weight matrix in SI; sparse by default, but a pattern may return a dense one."""
        pre, post = self.pairs(ends, rng)
        strengths = strengths_of(self.weight, len(pre), unit, rng)
        return from_pairs(pre, post, strengths, (ends.n_pre, ends.n_post), type(self).__name__)


@dataclass(frozen=True)
class AllToAll(Connectivity):
    """Connections between all pairs of neurons."""

    def indices(self, n_pre: int, n_post: int, rng: np.random.Generator) -> tuple[Any, Any]:
        return np.repeat(np.arange(n_pre), n_post), np.tile(np.arange(n_post), n_pre)

    def matrix(self, ends: Ends, unit: str, rng: np.random.Generator) -> Matrix:
        check_count("AllToAll", ends.n_pre * ends.n_post)
        if not self.autapses:
            return super().matrix(ends, unit, rng)
        return strengths_of(self.weight, ends.n_pre * ends.n_post, unit, rng).reshape(ends.n_pre, ends.n_post)


@dataclass(frozen=True)
class OneToOne(Connectivity):
    """Connections from neuron i to neuron i; the populations must have equal sizes."""

    def indices(self, n_pre: int, n_post: int, rng: np.random.Generator) -> tuple[Any, Any]:
        if n_pre != n_post:
            raise NetworkError(f"OneToOne: expected populations of equal size, found {n_pre} and {n_post} neurons.")
        return np.arange(n_pre), np.arange(n_post)


@dataclass(frozen=True)
class FixedProbability(Connectivity):
    """Random connections: each pair is connected independently with probability `p`.

    Parameters
    ----------
    p : float
        Probability of a connection, from 0 to 1.
    """

    p: float = 0.1

    def __post_init__(self) -> None:
        p = si(self.p, "1", "FixedProbability.p")
        if p.ndim or not 0 <= p <= 1:
            raise NetworkError(f"FixedProbability.p: expected a probability from 0 to 1, found {shown(self.p)}.")
        object.__setattr__(self, "p", float(p))

    def indices(self, n_pre: int, n_post: int, rng: np.random.Generator) -> tuple[Any, Any]:
        check_count("FixedProbability", round(self.p * n_pre * n_post))
        counts = rng.binomial(n_post, self.p, n_pre)
        rows = [np.sort(rng.choice(n_post, count, replace=False)) for count in counts]
        return np.repeat(np.arange(n_pre), counts), np.concatenate(rows) if rows else np.zeros(0, int)


@dataclass(frozen=True)
class FromList(Connectivity):
    """Connections from neuron `pre[k]` to neuron `post[k]`, each pair at most once.

    `projections_from_list` accepts several synapses for one pair.

    Parameters
    ----------
    weight : quantity, array (synapses,) or distribution
        Weights, in the order of the list.
    pre, post : whole numbers (synapses,)
        Indices of the neurons.
    """

    pre: Any
    post: Any

    def __post_init__(self) -> None:
        pre, post = self._lists()
        if pre.shape != post.shape or pre.ndim != 1:
            raise NetworkError(f"FromList: pre has shape {pre.shape}, post {post.shape}; expected two lists of equal length.")

    def _lists(self) -> tuple[Any, Any]:
        return whole_numbers(self.pre, "FromList.pre"), whole_numbers(self.post, "FromList.post")

    def pairs(self, ends: Ends, rng: np.random.Generator) -> tuple[Any, Any]:
        pre = whole_numbers(self.pre, "FromList.pre", high=ends.n_pre - 1)
        post = whole_numbers(self.post, "FromList.post", high=ends.n_post - 1)
        if not self.autapses and np.any(own := pre == ends.self_of("FromList")[post]):
            raise NetworkError(f"FromList: autapses=False, and the list has {np.count_nonzero(own)}; remove them.")
        return pre, post

    def in_order(self, values: Any) -> Any:
        pre, post = self._lists()
        return np.asarray(values)[np.lexsort((post, pre))]


@dataclass(frozen=True)
class LocallyConnected(Connectivity):
    """Local connections: each post neuron has its own weights for a square patch of the pre image.

    The pre population is a flattened image `(height, width)`, the post population a flattened `(channels, rows, columns)`.

    Parameters
    ----------
    shape : (height, width)
        Size of the pre image in pixels.
    kernel : int
        Side of a patch in pixels.
    stride : int
        Distance between neighbouring patches in pixels.
    channels : int
        Number of post neurons that see the same patch.
    """

    shape: tuple[int, int] = (1, 1)
    kernel: int = 3
    stride: int = 1
    channels: int = 1

    def __post_init__(self) -> None:
        _check_window("LocallyConnected", self.shape, self.stride, self.kernel)
        whole_number(self.channels, "LocallyConnected.channels", 1)

    def indices(self, n_pre: int, n_post: int, rng: np.random.Generator) -> tuple[Any, Any]:
        pre, post = _patches(self.shape, self.kernel, self.stride)
        places = int(post.max()) + 1
        _check_image("LocallyConnected", self.shape, 1, n_pre, self.channels * places, n_post)
        channel = np.arange(self.channels)[:, None] * places
        return np.broadcast_to(pre, (self.channels, pre.size)).ravel(), (channel + post).ravel()


@dataclass(frozen=True)
class Convolution(Connectivity):
    """Convolution (cross-correlation) as single synapses with shared initial weights.

    `weight` is the kernel `(channels_out, channels_in / groups, rows, columns)`; populations are flattened with the channel
    first.

    Parameters
    ----------
    shape : (rows, columns)
        Image of each channel of the pre population.
    stride, padding, dilation : int, or (rows, columns)
        Pixels from one place of the window to the next; empty rows and columns on each side of the image; distance between
        pixels of the window.
    groups : int
        Groups of channels; each group of outputs sees its own group of inputs.
    """

    shape: tuple[int, int] = (1, 1)
    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] = 0
    dilation: int | tuple[int, int] = 1
    groups: int = 1

    def __post_init__(self) -> None:
        _check_window("Convolution", self.shape, self.stride)
        as_pair(self.padding, "Convolution.padding", 0)
        as_pair(self.dilation, "Convolution.dilation", 1)
        whole_number(self.groups, "Convolution.groups", 1)

    def kernel(self, unit: str) -> FloatArray:
        """The kernel in SI, for weights of a unit."""
        return si(self.weight, unit, "Convolution.weight")

    def with_kernel(self, kernel: Any, unit: str, who: str) -> Convolution:
        """The same convolution with another kernel of the same shape, given in SI."""
        found, shape = si(kernel, "1", who), np.shape(self.weight)
        if found.shape != shape:
            raise NetworkError(f"{who} has a kernel of shape {shape}; found {found.shape}.")
        return replace(self, weight=as_quantity(found, unit))

    @property
    def is_plain(self) -> bool:
        """Whether the window is square and lies on the image at every place, and sees all channels."""
        rows, columns = np.shape(self.weight)[2:]
        around, apart = as_pair(self.padding, "padding", 0), as_pair(self.dilation, "dilation", 1)
        return bool(rows == columns and around == (0, 0) and apart == (1, 1) and self.groups == 1)

    def windows(self) -> NDArray[np.int64]:
        """Pre neuron under each entry of the kernel, at each place of the window: (places, channels_in * k * k).

        Only for a convolution that `is_plain`.
        """
        _, channels_in, k, _ = np.shape(self.weight)
        pixels, _, _ = self._window((k, k)).covered()
        channel = np.arange(channels_in)[None, :, None] * (self.shape[0] * self.shape[1])
        return np.asarray((channel + pixels.reshape(-1, 1, k * k)).reshape(-1, channels_in * k * k), np.int64)

    @property
    def places(self) -> tuple[int, int]:
        """Rows and columns of places of the window, which is the shape of a channel of the post population."""
        rows, columns = np.shape(self.weight)[2:]
        return self._window((rows, columns)).places

    def _window(self, kernel: tuple[int, int]) -> Window:
        stride, apart = as_pair(self.stride, "stride", 1), as_pair(self.dilation, "dilation", 1)
        around = as_pair(self.padding, "padding", 0)
        return Window((self.shape[0], self.shape[1]), kernel, stride, apart, around, around)

    def matrix(self, ends: Ends, unit: str, rng: np.random.Generator) -> Matrix:
        kernel = self.kernel(unit)
        if kernel.ndim != 4 or not kernel.size:
            raise NetworkError(
                "Convolution.weight: expected a kernel (channels_out, channels_in / groups, rows, columns), found shape "
                f"{kernel.shape}."
            )
        window, (out, below) = self._window((kernel.shape[2], kernel.shape[3])), kernel.shape[:2]
        if out % self.groups:
            raise NetworkError(f"Convolution: {out} channels_out do not divide into groups = {self.groups}.")
        places = window.places[0] * window.places[1]
        _check_image("Convolution", self.shape, below * self.groups, ends.n_pre, out * places, ends.n_post)
        return convolved(kernel, window, self.groups)


@dataclass(frozen=True)
class Pooling(Connectivity):
    """Pooling: each post neuron adds up a window of its channel, with `weight` for each pixel.

    A weight of 1 makes sums, and ``1 / (rows * columns)`` of the window makes means, in which padding counts as 0.

    Parameters
    ----------
    shape : (rows, columns)
        Image of each channel of the pre population; populations are flattened with the channel first.
    kernel, stride, padding : int, or (rows, columns)
        Size of the window; pixels from one place to the next, as many as the window has by default; empty rows and columns on
        each side of the image.
    channels : int
        Number of channels.
    """

    shape: tuple[int, int] = (1, 1)
    kernel: int | tuple[int, int] = 2
    stride: int | tuple[int, int] | None = None
    padding: int | tuple[int, int] = 0
    channels: int = 1

    def __post_init__(self) -> None:
        _check_window("Pooling", self.shape, 1)
        as_pair(self.kernel, "Pooling.kernel", 1)
        as_pair(self.padding, "Pooling.padding", 0)
        whole_number(self.channels, "Pooling.channels", 1)
        if self.stride is not None:
            as_pair(self.stride, "Pooling.stride", 1)

    def indices(self, n_pre: int, n_post: int, rng: np.random.Generator) -> tuple[Any, Any]:
        kernel, around = as_pair(self.kernel, "kernel", 1), as_pair(self.padding, "padding", 0)
        stride = kernel if self.stride is None else as_pair(self.stride, "stride", 1)
        window = Window((self.shape[0], self.shape[1]), kernel, stride, before=around, after=around)
        places = window.places[0] * window.places[1]
        _check_image("Pooling", self.shape, self.channels, n_pre, self.channels * places, n_post)
        pixel, place, _ = window.covered()
        channel = np.arange(self.channels)[:, None]
        return (channel * window.pixels + pixel).ravel(), (channel * places + place).ravel()


def convolved(kernel: FloatArray, window: Window, groups: int = 1) -> sparse.csr_array:
    """Weights (n_pre, n_post) of a convolution with a kernel (channels_out, channels_in / groups, rows, columns)."""
    out, below = kernel.shape[:2]
    places, (pixel, place, offset) = window.places[0] * window.places[1], window.covered()
    check_count("Convolution", out * below * len(pixel))
    o, c = np.meshgrid(np.arange(out), np.arange(below), indexing="ij")
    seen = c + o // (out // groups) * below
    rows = (seen[..., None] * window.pixels + pixel).ravel()
    columns = (o[..., None] * places + place).ravel()
    values = kernel.reshape(out, below, -1)[..., offset].ravel()
    return from_pairs(rows, columns, values, (below * groups * window.pixels, out * places), "Convolution")


def check_count(who: str, count: int) -> None:
    """Raise NetworkError if a projection would have more synapses than can be numbered."""
    if count > MOST_SYNAPSES:
        raise NetworkError(f"{who}: found {count} synapses; expected at most {MOST_SYNAPSES} in a projection. Split it up.")


def _check_window(who: str, shape: tuple[int, int], stride: Any, kernel: int = 1) -> None:
    for k, size in enumerate(shape):
        whole_number(size, f"{who}.shape[{k}]", 1)
    as_pair(stride, f"{who}.stride", 1)
    whole_number(kernel, f"{who}.kernel", 1)


def _patches(shape: tuple[int, int], k: int, stride: int) -> tuple[Any, Any]:
    """Pixel index and window index of all (window, offset) pairs of a sliding k x k window."""
    pixel, place, _ = Window((shape[0], shape[1]), (k, k), (stride, stride)).covered()
    return pixel, place


def _check_image(who: str, shape: tuple[int, int], channels: int, n_pre: int, expected: int, n_post: int) -> None:
    pixels = channels * shape[0] * shape[1]
    if n_pre != pixels:
        raise NetworkError(f"{who}: {channels} image(s) of shape {shape} need {pixels} pre neurons, found {n_pre}.")
    if n_post != expected:
        raise NetworkError(f"{who}: these windows need {expected} post neurons, found {n_post}.")


def weight_matrix(weights: Any, ends: Ends, unit: str, rng: Callable[[], np.random.Generator]) -> Matrix:
    """Convert `weights` (array, sparse matrix or pattern) to a read-only SI matrix `(n_pre, n_post)`.

    Raises
    ------
    NetworkError, UnitError
        If shape or unit are wrong, or a value is not finite.
    """
    n_pre, n_post = ends.n_pre, ends.n_post
    matrix = _as_matrix(weights, ends, unit, rng)
    if isinstance(matrix, np.ndarray):
        matrix.flags.writeable = False
    if matrix.shape != (n_pre, n_post):
        raise NetworkError(f"weights have shape {matrix.shape}; expected (n_pre, n_post) = ({n_pre}, {n_post}).")
    values = matrix.data if isinstance(matrix, sparse.csr_array) else matrix
    bad = int(np.size(values) - np.isfinite(values).sum())
    if bad:
        raise NetworkError(f"{bad} of {np.size(values)} weights are NaN or infinite; expected finite values.")
    return matrix


def _as_matrix(weights: Any, ends: Ends, unit: str, rng: Callable[[], np.random.Generator]) -> Matrix:
    n_pre, n_post = ends.n_pre, ends.n_post
    if isinstance(weights, Connectivity):
        made = weights.matrix(ends, unit, rng())
        # What the base makes is checked already; a pattern of the user may return any matrix.
        checked = type(weights).matrix is Connectivity.matrix
        return canonical(made, type(weights).__name__) if sparse.issparse(made) and not checked else made
    if isinstance(weights, Sparse) or sparse.issparse(weights):
        return sparse_weights(weights, (n_pre, n_post), unit)
    value = si(weights, unit, "weights")
    if value.ndim == 0:
        raise NetworkError(
            f"weights are the single value {shown(weights)}; expected a matrix ({n_pre}, {n_post}) or a pattern such as "
            "AllToAll(weight) or FixedProbability(weight, p=0.1)."
        )
    return value
