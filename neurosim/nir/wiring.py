"""What reaches each neuron: nodes without a state between two populations become one matrix of weights, a bias and delays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.checks.matrices import Matrix
from neurosim.errors import NetworkError
from neurosim.network.connectivity import Connectivity
from neurosim.nir.flat import Flat
from neurosim.nir.linear import Operator, Shape, is_linear, size
from neurosim.nir.nodes import named
from neurosim.nir.shapes import who
from neurosim.units import FloatArray


@dataclass(frozen=True)
class Path:
    """The way from a population to where it is read: weights, if they differ from one to one, and delays in seconds.

    Attributes
    ----------
    source : str
        Node that sends.
    weights, pattern
        As in `Operator`.
    delay : float
        Delay of all synapses; `early` adds one for each neuron that sends, `late` one for each that receives.
    through : tuple of str
        Nodes with weights on the way.
    """

    source: str
    weights: Matrix | None = None
    pattern: Connectivity | None = None
    delay: float = 0.0
    early: FloatArray | None = None
    late: FloatArray | None = None
    through: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signal:
    """Sum of what several paths bring, and a constant."""

    paths: tuple[Path, ...] = ()
    bias: FloatArray | None = None

    @property
    def is_plain(self) -> bool:
        """Whether no weights and no constant are in it."""
        return self.bias is None and all(path.weights is None for path in self.paths)


@dataclass
class Wiring:
    """Signals of a graph; `arriving` is what reaches a node."""

    graph: Flat
    shapes: Mapping[str, Shape]
    operators: Mapping[str, Operator]
    sent: dict[str, Signal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self._in_order():
            node = self.graph.nodes[name]
            self.sent[name] = _through(self.arriving(name), self.operators[name], name, who(name, node))

    def _in_order(self) -> Iterator[str]:
        """Nodes without a state, each after those that it receives from."""
        linear = {name for name, node in self.graph.nodes.items() if is_linear(node)}
        open_ends = {name: sum(b in linear for b in self.graph.before[name]) for name in linear}
        ready = [name for name in self.graph.nodes if open_ends.get(name) == 0]
        done = 0
        while ready:
            name = ready.pop()
            done += 1
            yield name
            for after in self.graph.after[name]:
                if after in linear:
                    open_ends[after] -= 1
                    if not open_ends[after]:
                        ready.append(after)
        if done < len(linear):
            stuck = sorted(name for name, count in open_ends.items() if count)
            raise NetworkError(
                f"nodes {', '.join(map(named, stuck[:5]))} form a loop without a neuron, whose result has no order in time; "
                "put a neuron into the loop."
            )

    def arriving(self, name: str) -> Signal:
        """Sum of what the nodes before a node send."""
        total = Signal()
        for before in self.graph.before[name]:
            total = _sum(total, self.sent.get(before, Signal((Path(before),))), size(self.shapes[before]))
        return total


def _sum(one: Signal, other: Signal, n: int) -> Signal:
    paths = {_key(path): path for path in one.paths}
    for path in other.paths:
        key = _key(path)
        paths[key] = _added(paths[key], path, n) if key in paths else path
    biases = [bias for bias in (one.bias, other.bias) if bias is not None]
    return Signal(tuple(paths.values()), sum(biases[1:], biases[0]) if biases else None)


def _key(path: Path) -> tuple[object, ...]:
    delays = (None if d is None else d.tobytes() for d in (path.early, path.late))
    return (path.source, path.delay, *delays)


def _added(one: Path, other: Path, n: int) -> Path:
    # Sums and products of sparse and dense matrices have no types that fit.
    a, b = (_matrix(path, n) for path in (one, other))
    both = sparse.issparse(a) and sparse.issparse(b)
    added = sparse.csr_array(a + b) if both else np.asarray(_dense(a) + _dense(b))
    return replace(one, weights=added, pattern=None, through=(*one.through, *other.through))


def _matrix(path: Path, n: int) -> Any:
    return sparse.csr_array(sparse.eye_array(n)) if path.weights is None else path.weights


def _dense(matrix: Any) -> Any:
    return matrix.toarray() if sparse.issparse(matrix) else matrix


def _through(signal: Signal, does: Operator, name: str, place: str) -> Signal:
    paths = tuple(_path(path, does, name, place) for path in signal.paths)
    bias: Any = signal.bias
    if bias is not None and does.weights is not None:
        bias = np.asarray(bias @ does.weights)
    if does.bias is not None:
        bias = does.bias if bias is None else bias + does.bias
    return Signal(paths, bias)


def _path(path: Path, does: Operator, name: str, place: str) -> Path:
    if does.delay is not None:
        return _delayed(path, does.delay)
    if does.weights is None:
        return path
    if path.late is not None:
        raise NetworkError(
            f"{place}: a Delay with different delays stands between two nodes with weights, which no synapse has; put neurons "
            "between them, or give all its delays one value."
        )
    through = (*path.through, name)
    if path.weights is None:
        return replace(path, weights=does.weights, pattern=does.pattern, through=through)
    left: Any = path.weights
    product = left @ does.weights
    made = sparse.csr_array(product) if sparse.issparse(product) else np.asarray(product)
    return replace(path, weights=made, pattern=None, through=through)


def _delayed(path: Path, delay: FloatArray) -> Path:
    if np.all(delay == delay[0]):
        return replace(path, delay=path.delay + float(delay[0]))
    if path.weights is None:
        return replace(path, early=delay if path.early is None else path.early + delay)
    return replace(path, late=delay if path.late is None else path.late + delay)
