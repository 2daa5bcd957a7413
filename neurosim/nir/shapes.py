"""Shapes of what each node sends, found from the nodes that say their own."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from neurosim.errors import NetworkError
from neurosim.nir.flat import Flat
from neurosim.nir.linear import Operator, Shape, is_linear, known_shape, operator, size
from neurosim.nir.nodes import LARGEST_LAYER, Node, named

_MOST_NEURONS = 1 << 26


def who(name: str, node: Node) -> str:
    """A node in messages."""
    return f"node {named(name)} ({node.kind})"


def shapes_of(graph: Flat) -> tuple[dict[str, Shape], dict[str, Operator]]:
    """Shape that each node sends, and the operators of the nodes without a state.

    Raises
    ------
    NetworkError
        If a shape cannot be known, does not fit, or is too large.
    """
    shapes: dict[str, Shape] = {}
    operators: dict[str, Operator] = {}
    for name, node in graph.nodes.items():
        found = _own(node)
        if found is not None:
            shapes[name] = _bounded(found, who(name, node))
    _spread(graph, shapes, operators)
    for name, node in graph.nodes.items():
        if name not in shapes and not is_linear(node) and node.kind != "Output":
            # Nothing tells more than its own single numbers.
            shapes[name] = (1,)
    _spread(graph, shapes, operators)
    _check(graph, shapes, operators)
    return shapes, operators


def _own(node: Node) -> Shape | None:
    if node.kind == "Input":
        return node.whole("shape")
    if is_linear(node) or node.kind == "Output":
        return known_shape(node)
    widest = max((values for values in node.values.values()), key=lambda v: v.size)
    return widest.shape if widest.size > 1 else None


def _bounded(shape: Shape, place: str) -> Shape:
    if not shape or min(shape) < 1 or size(shape) > LARGEST_LAYER:
        raise NetworkError(f"{place} has the shape {shape}; expected numbers above 0, and at most {LARGEST_LAYER} neurons.")
    return shape


def _spread(graph: Flat, shapes: dict[str, Shape], operators: dict[str, Operator]) -> None:
    """Pass shapes on until nothing new is known."""
    waiting = deque(name for name in shapes)
    while waiting:
        for name in graph.after[waiting.popleft()]:
            node = graph.nodes[name]
            if name in operators or (name in shapes and not is_linear(node)) or node.kind == "Output":
                continue
            arriving = next(shapes[b] for b in graph.before[name] if b in shapes)
            if is_linear(node):
                operators[name] = operator(node, arriving, who(name, node))
                arriving = operators[name].shape
            if name not in shapes:
                waiting.append(name)
            shapes[name] = _bounded(arriving, who(name, node))


def _check(graph: Flat, shapes: Mapping[str, Shape], operators: Mapping[str, Operator]) -> None:
    for name, node in graph.nodes.items():
        place = who(name, node)
        if is_linear(node) and name not in operators:
            raise NetworkError(f"{place}: nothing that has a known size reaches it; connect it, or remove it.")
        arriving = {size(shapes[b]) for b in graph.before[name]}
        if len(arriving) > 1:
            raise NetworkError(f"{place} receives signals of {sorted(arriving)} values; expected one size.")
        if node.kind == "Output" or is_linear(node) or not arriving:
            continue
        if arriving != {size(shapes[name])}:
            here = size(shapes[name])
            raise NetworkError(f"{place} has {here} neurons and receives {arriving.pop()} values; expected as many.")
    total = sum(size(shapes[name]) for name, node in graph.nodes.items() if name in shapes and not is_linear(node))
    if total > _MOST_NEURONS:
        raise NetworkError(f"the graph has {total} neurons; expected at most {_MOST_NEURONS}.")
