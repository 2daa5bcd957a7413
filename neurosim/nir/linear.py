"""Nodes without a state: what they do to a signal, as weights, a bias or a delay."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.checks.matrices import Matrix
from neurosim.errors import NetworkError
from neurosim.network.connectivity import Connectivity, Convolution, OneToOne, Pooling, convolved
from neurosim.network.windows import Window
from neurosim.nir.nodes import LARGEST_LAYER, Node
from neurosim.rng import stream
from neurosim.units import FloatArray

Shape = tuple[int, ...]
_MOST_WEIGHTS = 1 << 27


@dataclass(frozen=True)
class Operator:
    """What a node does to a signal of `inputs` numbers; what it leaves as it is, is None.

    Attributes
    ----------
    shape : tuple of int
        Shape of what comes out.
    weights : matrix (inputs, outputs), optional
    pattern : Connectivity, optional
        The weights as a pattern of connections, if there is one.
    bias : array (outputs,), optional
    delay : array (outputs,) in seconds, optional
    """

    shape: Shape
    weights: Matrix | None = None
    pattern: Connectivity | None = None
    bias: FloatArray | None = None
    delay: FloatArray | None = None


def operator(node: Node, shape: Shape, who: str) -> Operator:
    """What `node` does to a signal of a shape.

    Raises
    ------
    NetworkError
        If the signal does not fit the node; names the node, what was found and what was expected.
    """
    return _OPERATORS[node.kind](node, shape, who)


def is_linear(node: Node) -> bool:
    """Whether a node has no state."""
    return node.kind in _OPERATORS


def known_shape(node: Node) -> Shape | None:
    """Shape of what comes out, where the node alone says it."""
    if node.kind in ("Linear", "Affine"):
        return node.numbers("weight").shape[:1]
    return None


def size(shape: Shape) -> int:
    """Number of values of a shape."""
    return math.prod(shape)


def _wire(node: Node, shape: Shape, who: str) -> Operator:
    return Operator(shape)


def _flatten(node: Node, shape: Shape, who: str) -> Operator:
    n = len(shape)
    start, end = (d + n if d < 0 else d for d in (node.whole("start_dim")[0], node.whole("end_dim")[0]))
    if not 0 <= start <= n or not -1 <= end < n:
        raise NetworkError(
            f"{who}: start_dim = {node.whole('start_dim')[0]}, end_dim = {node.whole('end_dim')[0]}, and its input has the "
            f"shape {shape}; expected dimensions from {-n} to {n - 1}. Leave the batch dimension out when you export."
        )
    end = max(end, start)
    return Operator((*shape[:start], size(shape[start : end + 1]), *shape[end + 1 :]))


def _matrix(node: Node, shape: Shape, who: str) -> Operator:
    weight = node.numbers("weight")
    if weight.ndim != 2:
        raise NetworkError(f"{who}: weight has the shape {weight.shape}; expected (outputs, inputs). Flatten its input.")
    if weight.shape[1] != size(shape):
        raise NetworkError(
            f"{who}: weight has the shape {weight.shape}, so it takes {weight.shape[1]} inputs, and {size(shape)} reach it. "
            "Check the shapes in the program that wrote the graph."
        )
    bias = node.values.get("bias")
    return Operator(weight.shape[:1], weights=weight.T, bias=None if bias is None else _per(bias, weight.shape[0], "bias", who))


def _per(values: FloatArray, n: int, name: str, who: str) -> FloatArray:
    """One number, or one per output, as (n,)."""
    if values.size not in (1, n):
        raise NetworkError(f"{who}: {name} has {values.size} values; expected 1 or {n}.")
    return np.broadcast_to(values.reshape(-1), (n,))


def _scale(node: Node, shape: Shape, who: str) -> Operator:
    factors = _per(node.numbers("scale"), size(shape), "scale", who)
    return Operator(shape, sparse.csr_array(sparse.diags_array(factors)), OneToOne(factors))


def _delay(node: Node, shape: Shape, who: str) -> Operator:
    delay = _per(node.numbers("delay"), size(shape), "delay", who)
    if np.any(delay < 0):
        raise NetworkError(f"{who}: delay goes down to {delay.min():g} s; expected delays of 0 or more.")
    return Operator(shape, delay=delay)


def _pair(node: Node, name: str, who: str, low: int) -> tuple[int, int]:
    found = node.whole(name)
    if len(found) > 2 or min(found) < low:
        raise NetworkError(f"{who}: {name} is {list(found)}; expected one or two whole numbers of at least {low}.")
    return found[0], found[-1]


def _conv(node: Node, shape: Shape, who: str) -> Operator:
    kernel = node.numbers("weight")
    if kernel.ndim != 4:
        raise NetworkError(f"{who}: weight has the shape {kernel.shape}; expected (outputs, inputs / groups, rows, columns).")
    groups, channels = node.whole("groups")[0], shape[0]
    if groups < 1 or kernel.shape[0] % groups or channels != kernel.shape[1] * groups:
        raise NetworkError(
            f"{who}: {channels} channels reach it; its weight of shape {kernel.shape} in {groups} groups takes "
            f"{kernel.shape[1] * groups}. Check the shapes in the program that wrote the graph."
        )
    window = _conv_window(node, shape, kernel, who)
    out = (kernel.shape[0], *_checked_places(window, kernel.shape[0], who))
    _check_weights(out[0] * kernel.shape[1] * kernel.shape[2] * kernel.shape[3] * size(out[1:]), who)
    bias = np.repeat(_per(node.numbers("bias"), out[0], "bias", who), size(out[1:]))
    pattern = Convolution(kernel, window.shape, window.stride, window.before, window.dilation, groups)
    even = window.before == window.after
    return Operator(out, convolved(kernel, window, groups), pattern if even else None, bias)


def _conv_window(node: Node, shape: Shape, kernel: FloatArray, who: str) -> Window:
    size_of = (kernel.shape[2], kernel.shape[3])
    stride, dilation = _pair(node, "stride", who, 1), _pair(node, "dilation", who, 1)
    padding = node.values["padding"]
    if not isinstance(padding, str):
        around = _pair(node, "padding", who, 0)
        return _window(who, (shape[1], shape[2]), size_of, stride, dilation, around, around)
    if padding == "valid":
        return _window(who, (shape[1], shape[2]), size_of, stride, dilation)
    if stride != (1, 1):
        raise NetworkError(f"{who}: padding 'same' with stride {stride}; expected stride 1. Give the padding in numbers.")
    first, second = (d * (k - 1) for d, k in zip(dilation, size_of, strict=True))
    before = (first // 2, second // 2)
    return _window(
        who, (shape[1], shape[2]), size_of, stride, dilation, before, (first - before[0], second - before[1])
    )  # fmt: skip


def _window(who: str, *parts: Any) -> Window:
    try:
        return Window(*parts)
    except NetworkError as error:
        raise NetworkError(f"{who}: {error}") from None


def _checked_places(window: Window, channels: int, who: str) -> tuple[int, int]:
    if channels * size(window.places) > LARGEST_LAYER:
        raise NetworkError(f"{who}: {channels} x {window.places} outputs; expected at most {LARGEST_LAYER}.")
    return window.places


def _check_weights(count: int, who: str) -> None:
    if count > _MOST_WEIGHTS:
        raise NetworkError(f"{who}: {count} weights; expected at most {_MOST_WEIGHTS}. Use a smaller image.")


def _image(node: Node, shape: Shape, who: str) -> Shape:
    """(channels, rows, columns) of the input of a convolution or a pool in two dimensions."""
    if len(shape) == 3:
        return shape
    given = node.values.get("input_shape")
    if given is not None and len(given) == 2 and min(given) > 0 and size(shape) % (int(given[0]) * int(given[1])) == 0:
        return (size(shape) // (int(given[0]) * int(given[1])), int(given[0]), int(given[1]))
    raise NetworkError(f"{who}: its input has the shape {shape}; expected (channels, rows, columns).")


def _conv2d(node: Node, shape: Shape, who: str) -> Operator:
    return _conv(node, _image(node, shape, who), who)


def _conv1d(node: Node, shape: Shape, who: str) -> Operator:
    """As a convolution of images with one row."""
    kernel = node.numbers("weight")
    if len(shape) != 2 or kernel.ndim != 3:
        expected = "(channels, length) and (outputs, inputs / groups, length)"
        raise NetworkError(f"{who}: its input has the shape {shape}, its weight {kernel.shape}; expected {expected}.")
    rows = {name: np.array([at, node.whole(name)[0]]) for name, at in (("stride", 1), ("dilation", 1))}
    padding = node.values["padding"]
    around = padding if isinstance(padding, str) else np.array([0, node.whole("padding")[0]])
    own = Node("Conv2d", {**node.values, **rows, "padding": around, "weight": kernel[:, :, None, :]})
    made = _conv(own, (shape[0], 1, shape[1]), who)
    return Operator((made.shape[0], made.shape[2]), made.weights, made.pattern, made.bias)


def _pool(node: Node, shape: Shape, who: str, mean: bool) -> Operator:
    channels, rows, columns = _image(node, shape, who)
    kernel, stride, around = (_pair(node, n, who, low) for n, low in (("kernel_size", 1), ("stride", 1), ("padding", 0)))
    window = _window(who, (rows, columns), kernel, stride, (1, 1), around, around)
    out = (channels, *_checked_places(window, channels, who))
    _check_weights(size(out) * size(kernel), who)
    pattern = Pooling(1 / size(kernel) if mean else 1.0, (rows, columns), kernel, stride, around, channels)
    pre, post = pattern.indices(size(shape), size(out), stream(0, "nir"))
    weights = sparse.csr_array((np.full(len(pre), pattern.weight), (pre, post)), shape=(size(shape), size(out)))
    return Operator(out, weights, pattern)


_OPERATORS: Mapping[str, Callable[[Node, Shape, str], Operator]] = {
    "Wire": _wire,
    "Flatten": _flatten,
    "Linear": _matrix,
    "Affine": _matrix,
    "Scale": _scale,
    "Delay": _delay,
    "Conv1d": _conv1d,
    "Conv2d": _conv2d,
    "SumPool2d": lambda node, shape, who: _pool(node, shape, who, mean=False),
    "AvgPool2d": lambda node, shape, who: _pool(node, shape, who, mean=True),
}
