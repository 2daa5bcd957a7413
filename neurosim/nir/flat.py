"""A graph without graphs inside: nodes of inner graphs get the names of their graphs in front."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from neurosim.errors import DataError
from neurosim.nir.nodes import MOST_NODES, Graph, Node, named

WIRE = "Wire"
"""Kind of the nodes Input and Output of an inner graph, which pass on what they receive."""


@dataclass(frozen=True)
class Flat:
    """Nodes that are no graphs, by name, and edges between them.

    Attributes
    ----------
    before, after : mapping
        Nodes from which a node receives, and to which it sends.
    """

    nodes: Mapping[str, Node]
    before: Mapping[str, tuple[str, ...]]
    after: Mapping[str, tuple[str, ...]]
    metadata: Mapping[str, object] = field(default_factory=dict)


def flat(graph: Graph, where: str) -> Flat:
    """The graph without inner graphs.

    Raises
    ------
    DataError
        If an inner graph has not exactly one input and one output where an edge needs it, or two nodes get one name.
    """
    nodes: dict[str, Node] = {}
    edges: list[tuple[str, str]] = []
    _add(graph, "", nodes, edges, where)
    if len(nodes) > MOST_NODES:
        raise DataError(f"{where}: {len(nodes)} nodes with those of inner graphs; expected at most {MOST_NODES}.")
    before: dict[str, list[str]] = {name: [] for name in nodes}
    after: dict[str, list[str]] = {name: [] for name in nodes}
    for a, b in edges:
        after[a].append(b)
        before[b].append(a)
    return Flat(nodes, _tuples(before), _tuples(after), graph.metadata)


def _tuples(lists: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(items) for name, items in lists.items()}


def _add(graph: Graph, prefix: str, nodes: dict[str, Node], edges: list[tuple[str, str]], where: str) -> None:
    for name, item in graph.nodes.items():
        if isinstance(item, Graph):
            _add(item, f"{prefix}{name}.", nodes, edges, where)
            continue
        inner = prefix and item.kind in ("Input", "Output")
        if f"{prefix}{name}" in nodes:
            raise DataError(f"{where}: two nodes are called {named(prefix + name)} once inner graphs are opened; rename one.")
        nodes[f"{prefix}{name}"] = replace(item, kind=WIRE) if inner else item
    for a, b in graph.edges:
        edges.append((_end(graph, prefix, a, "Output", where), _end(graph, prefix, b, "Input", where)))


def _end(graph: Graph, prefix: str, name: str, kind: str, where: str) -> str:
    """Node at which an edge ends; for an inner graph, its input or output."""
    item = graph.nodes[name]
    if not isinstance(item, Graph):
        return f"{prefix}{name}"
    ends = [key for key, node in item.nodes.items() if isinstance(node, Node) and node.kind == kind]
    if len(ends) != 1:
        raise DataError(
            f"{where}: an edge leads to the inner graph {named(prefix + name)}, which has {len(ends)} nodes of the kind "
            f"{kind}; expected one. Write the graph without inner graphs."
        )
    return f"{prefix}{name}.{ends[0]}"
