"""Which populations are written as images, so that convolutions stay convolutions in NIR."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.network import Network, Projection
from neurosim.network.connectivity import Convolution
from neurosim.network.ends import has_parts
from neurosim.network.windows import as_pair
from neurosim.nir.step_nodes import StepNode
from neurosim.units import FloatArray

Image = tuple[int, int, int]


def images_of(network: Network, steps: Mapping[str, StepNode]) -> dict[str, Image]:
    """Shape (channels, rows, columns) of the populations that only convolutions reach, and that agree on it."""
    ends = {p.name: found for p in network.projections if (found := _ends(network, p, steps)) is not None}
    shapes: dict[str, Image] = {}
    for projection in network.projections:
        if projection.name in ends:
            before, after = ends[projection.name]
            shapes.setdefault(projection.pre, before)
            shapes.setdefault(projection.post, after)
    while wrong := {name for name in shapes if not _agrees(network, name, ends, shapes)}:
        shapes = {name: shape for name, shape in shapes.items() if name not in wrong}
        ends = {p.name: ends[p.name] for p in network.projections if p.name in ends and not wrong & {p.pre, p.post}}
    return {name: shape for name, shape in shapes.items() if any(name in (p.pre, p.post) for p in _convolutions(network, ends))}


def _convolutions(network: Network, ends: Mapping[str, Any]) -> list[Projection]:
    return [p for p in network.projections if p.name in ends]


def _agrees(network: Network, name: str, ends: Mapping[str, tuple[Image, Image]], shapes: Mapping[str, Image]) -> bool:
    """Whether all that reaches a population are convolutions of its shape, and those that leave it have that shape, too."""
    arriving = [ends.get(p.name, (None, None))[1] for p in network.projections if p.post == name]
    leaving = [ends[p.name][0] for p in network.projections if p.pre == name and p.name in ends]
    return all(shape == shapes[name] for shape in (*arriving, *leaving))


def _ends(network: Network, projection: Projection, steps: Mapping[str, StepNode]) -> tuple[Image, Image] | None:
    """Shapes on both sides of a convolution that NIR has a node for, else None."""
    pattern = projection.weights
    if not isinstance(pattern, Convolution) or has_parts(projection.pre, projection.post):
        return None
    out, below, rows, columns = np.shape(pattern.weight)
    step = steps[projection.post]
    after = (out, *pattern.places)
    # The package nir takes kernels for square, and counts the channels of one group.
    plain = rows == columns and pattern.groups == 1 and step.scale.ndim == 0 and network.delays(projection).ndim == 0
    if not plain or channel_bias(step.inflow, after) is None:
        return None
    return (below, pattern.shape[0], pattern.shape[1]), after


def channel_bias(inflow: FloatArray, image: Image) -> FloatArray | None:
    """A constant current as one number for each channel; None if it differs within a channel."""
    each = np.broadcast_to(inflow, (image[0] * image[1] * image[2],)).reshape(image[0], -1)
    return each[:, 0].copy() if np.all(each == each[:, :1]) else None


def convolution_node(pattern: Convolution, unit: str, scale: FloatArray, bias: FloatArray) -> dict[str, Any]:
    """The node Conv2d of a convolution."""
    around, apart = as_pair(pattern.padding, "padding", 0), as_pair(pattern.dilation, "dilation", 1)
    window = {"stride": as_pair(pattern.stride, "stride", 1), "padding": around, "dilation": apart}
    arrays = {name: np.array(value, np.int64) for name, value in (window | {"input_shape": pattern.shape}).items()}
    return {"type": "Conv2d", "weight": pattern.kernel(unit) * scale, "bias": bias, "groups": np.array(1), **arrays}


def as_image(node: dict[str, Any], image: Image) -> dict[str, Any]:
    """The node of a population with its fields in the shape of an image."""
    if node["type"] == "Input":
        return {**node, "shape": np.array(image)}
    return {name: value.reshape(image) if isinstance(value, np.ndarray) else value for name, value in node.items()}


def flatten_node(image: Image) -> dict[str, Any]:
    """The node that makes a row of an image."""
    return {"type": "Flatten", "start_dim": np.array(0), "end_dim": np.array(-1), "input_type": np.array(image)}
