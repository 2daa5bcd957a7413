"""Nodes and graphs of NIR as checked data, whatever they were read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import DataError, NetworkError, unknown_name
from neurosim.units import FloatArray

MOST_NODES, _LONGEST_NAME, _DEEPEST = 20_000, 200, 10
LARGEST_LAYER = 1 << 24
"""Largest number of neurons in a node."""


@dataclass(frozen=True)
class Kind:
    """Fields of one kind of node: numbers that it needs, numbers that it may have, and whole numbers or text."""

    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    whole_may: tuple[str, ...] = ()


_WINDOW = ("stride", "padding", "dilation", "groups")
KINDS: Mapping[str, Kind] = {
    "Input": Kind(whole=("shape",)),
    "Output": Kind(whole=("shape",)),
    "LIF": Kind(("tau", "r", "v_leak", "v_threshold"), ("v_reset",)),
    "CubaLIF": Kind(("tau_syn", "tau_mem", "r", "v_leak", "v_threshold"), ("v_reset", "w_in")),
    "IF": Kind(("r", "v_threshold"), ("v_reset",)),
    "LI": Kind(("tau", "r", "v_leak")),
    "CubaLI": Kind(("tau_syn", "tau_mem", "r", "v_leak"), ("w_in",)),
    "I": Kind(("r",)),
    "Threshold": Kind(("threshold",)),
    "Linear": Kind(("weight",)),
    "Affine": Kind(("weight", "bias")),
    "Scale": Kind(("scale",)),
    "Delay": Kind(("delay",)),
    "Flatten": Kind(whole=("start_dim", "end_dim")),
    "Conv1d": Kind(("weight", "bias"), whole=_WINDOW, whole_may=("input_shape",)),
    "Conv2d": Kind(("weight", "bias"), whole=_WINDOW, whole_may=("input_shape",)),
    "SumPool2d": Kind(whole=("kernel_size", "stride", "padding")),
    "AvgPool2d": Kind(whole=("kernel_size", "stride", "padding")),
}
"""Kinds of nodes that can be read."""
_READ_AGAIN = ("input_type", "output_type")
"""Fields that repeat what other fields say."""


@dataclass(frozen=True)
class Node:
    """A node that is no graph: its fields as float64 or int64 arrays, or as text."""

    kind: str
    values: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def numbers(self, name: str) -> FloatArray:
        """A field of numbers."""
        return np.asarray(self.values[name], np.float64)

    def whole(self, name: str) -> tuple[int, ...]:
        """A field of whole numbers, as a tuple."""
        return tuple(int(n) for n in np.atleast_1d(self.values[name]))


@dataclass(frozen=True)
class Graph:
    """Nodes by name, and the edges between them."""

    nodes: Mapping[str, Node | Graph]
    edges: tuple[tuple[str, str], ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)


def named(name: str) -> str:
    """The name of a node, short enough for a message."""
    return repr(name) if len(name) <= 60 else f"{name[:60]!r}... ({len(name)} characters)"


def graph_of(given: Mapping[str, Any], where: str, depth: int = 0) -> Graph:
    """Check a graph that is nested mappings, as NIR stores it.

    Raises
    ------
    DataError
        If a part is missing or of the wrong kind, or an edge names no node; names the place, what was found and the remedy.
    NetworkError
        If a node is of a kind that neurosim does not read.
    """
    if depth > _DEEPEST:
        raise DataError(f"{where}: graphs are nested more than {_DEEPEST} deep; flatten the graph before you write it.")
    if given.get("type") != "NIRGraph":
        raise DataError(f"{where}: its type is {_short(given.get('type'))}; expected a NIRGraph at the top. Is it a NIR file?")
    nodes = given.get("nodes")
    if not (isinstance(nodes, Mapping) and 0 < len(nodes) <= MOST_NODES):
        found = f"{len(nodes)} nodes" if isinstance(nodes, Mapping) else _short(nodes)
        raise DataError(f"{where}: 'nodes' is {found}; expected a group of 1 to {MOST_NODES} nodes. Write the graph again.")
    made = {_checked_name(name, where): _node(node, f"{where}: node {named(name)}", depth) for name, node in nodes.items()}
    return Graph(made, _edges(given.get("edges"), made, where), _metadata(given, where))


def _checked_name(name: Any, where: str) -> str:
    if not (isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable() and "/" not in name):
        raise DataError(
            f"{where}: a node has the name {named(str(name))}; expected 1 to {_LONGEST_NAME} printable characters without "
            "slashes. Rename the node, and write the graph again."
        )
    return name


def _node(given: Any, where: str, depth: int) -> Node | Graph:
    if not isinstance(given, Mapping):
        raise DataError(f"{where} is {_short(given)}; expected a group with its type and fields. Write the graph again.")
    kind = given.get("type")
    if kind == "NIRGraph":
        return graph_of(given, where, depth + 1)
    if kind is None:
        raise DataError(
            f"{where} has no type; found {_listed(given)}. In a NIR file, a slash in the name of a node makes a folder: "
            "rename the node, and write the graph again."
        )
    if not isinstance(kind, str) or kind not in KINDS:
        raise NetworkError(
            f"{where}: " + unknown_name("kind of node", str(kind)[:60], KINDS) + " Replace it, or build that part in Python."
        )
    return _plain_node(given, kind, where)


def _plain_node(given: Mapping[str, Any], kind: str, where: str) -> Node:
    fields, who = KINDS[kind], f"{where} ({kind})"
    missing = [name for name in (*fields.needs, *fields.whole) if given.get(name) is None]
    if missing:
        raise DataError(f"{who} has no {', '.join(missing)}; found {_listed(given)}. Write the graph again with all fields.")
    values: dict[str, Any] = {n: _numbers(given[n], n, who) for n in (*fields.needs, *fields.may) if given.get(n) is not None}
    values |= {n: _whole(given[n], n, who) for n in (*fields.whole, *fields.whole_may) if given.get(n) is not None}
    known = {"type", "metadata", *_READ_AGAIN, *values}
    ignored = tuple(sorted(n for n in given if n not in known and given[n] is not None))
    return Node(kind, values, _metadata(given, where), ignored)


def _numbers(given: Any, name: str, who: str) -> FloatArray:
    try:
        array = np.asarray(given)
        found = array.astype(np.float64) if array.dtype.kind in "iufb" else None
    except (TypeError, ValueError, MemoryError):
        found = None
    if found is None:
        raise DataError(f"{who}: {name} is {_short(given)}; expected an array of numbers. Write the graph again.")
    bad = int(found.size - np.count_nonzero(np.isfinite(found)))
    if bad or not found.size:
        what = f"{bad} of {found.size} values that are NaN or infinite" if bad else "no value"
        raise DataError(f"{who}: {name} has {what}; expected finite numbers. Check the network before it is exported.")
    return found


def _whole(given: Any, name: str, who: str) -> NDArray[np.int64] | str:
    if name == "padding" and isinstance(given, str):
        if given not in ("same", "valid"):
            raise DataError(f"{who}: padding is {given[:60]!r}; expected whole numbers, 'same' or 'valid'.")
        return given
    array = np.asarray(given)
    good = array.dtype.kind in "iuf" and array.ndim <= 1 and 0 < array.size <= 8 and np.all(np.isfinite(array))
    if not good or np.any(array != np.round(array)) or np.any(np.abs(array) > LARGEST_LAYER):
        raise DataError(
            f"{who}: {name} is {_short(given)}; expected up to 8 whole numbers of at most {LARGEST_LAYER}. Write it again."
        )
    return array.astype(np.int64)


def _edges(given: Any, nodes: Mapping[str, Any], where: str) -> tuple[tuple[str, str], ...]:
    if given is None:
        raise DataError(f"{where} has no edges; expected pairs of names of nodes. Write the graph again.")
    found = [tuple(edge) if isinstance(edge, list | tuple | np.ndarray) else (edge,) for edge in given]
    for edge in found:
        if len(edge) != 2 or not all(isinstance(name, str) for name in edge):
            raise DataError(f"{where}: an edge is {_short(edge)}; expected a pair of names of nodes. Write the graph again.")
        for name in edge:
            if name not in nodes:
                there = unknown_name("node", name[:60], list(nodes)[:20])
                raise DataError(
                    f"{where}: the edge {_short(edge)} names no node of this graph. {there} Correct the edge in the program "
                    "that wrote the file."
                )
    # An edge that stands there twice is one edge.
    return tuple(dict.fromkeys((a, b) for a, b in found))


def _metadata(given: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    found = given.get("metadata")
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise DataError(f"{where}: metadata is {_short(found)}; expected a group of names and values.")
    return dict(found)


def _listed(given: Mapping[str, Any]) -> str:
    return ", ".join(sorted(str(name)[:40] for name in given)[:12]) or "nothing"


def _short(value: Any) -> str:
    text = f"an array of shape {value.shape}" if getattr(value, "size", 1) > 6 else repr(value)
    return text if len(text) <= 100 else f"{text[:100]}..."
