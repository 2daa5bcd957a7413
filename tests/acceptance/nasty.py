"""Values that no parameter waits for, and places in small networks where a description that took one has to work."""

from __future__ import annotations

import decimal
import fractions
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from scipy import sparse

from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Projection
from neurosim.errors import UnsupportedError
from neurosim.network.inputs import ImageInput, Input, PoissonCounts
from neurosim.neurons import Neuron
from neurosim.program.inputs import input_rasters
from neurosim.program.lower import lower
from neurosim.units import Hz, as_quantity, metre, mV

CELL = LIF(tau_m=as_quantity(0.02, "second"), v_th=1.0)
_ITSELF: list[Any] = [1.0]
_ITSELF.append(_ITSELF)

NEVER: Mapping[str, Any] = {
    "bytes": b"x",
    "complex": 1j,
    "nan": float("nan"),
    "infinity": float("inf"),
    "minus infinity": -np.inf,
    "object": object(),
    "lambda": lambda *_: 1,
    "class": int,
    "network": Network("small", [Population("cells", 1, CELL)]),
    "date": np.datetime64("2026-01-01"),
    "numpy time span": np.timedelta64(5, "ms"),
    "NaN in an array": np.array([1.0, np.nan]),
    "infinity in a list": [1.0, np.inf],
    "NaN with unit": np.nan * mV,
    "masked": np.ma.masked_array([1.0, 2.0], [False, True]),
    "records": np.zeros(2, [("a", float), ("b", int)]),
    "strings": np.array(["1", "2"]),
    "objects": np.array([object(), object()]),
    "complex array": np.array([1j, 2j]),
    "list of itself": _ITSELF,
    "ragged": [[1.0], [1.0, 2.0]],
    "cube": np.zeros((2, 3, 4)),
    "ellipsis": ...,
    "slice": slice(1, 2),
    "generator": (k for k in range(2)),
    "wrong unit": 3.0 * metre,
}
"""Refused by every parameter."""

SOMETIMES: Mapping[str, Any] = {
    "None": None,
    "True": True,
    "text": "x",
    "no text": "",
    "zero": 0,
    "minus zero": -0.0,
    "minus one": -1,
    "one and a half": 1.5,
    "huge integer": 10**30,
    "larger than floats": 10**400,
    "huge": 1e300,
    "tiny": 5e-324,
    "empty list": [],
    "two": [1, 2],
    "three": (0.1, 0.2, 0.3),
    "mapping": {},
    "set": {1},
    "empty array": np.array([]),
    "single in an array": np.array(3.0),
    "truth values": np.array([True, False]),
    "long": list(range(10_000)),
    "decimal": decimal.Decimal("1.5"),
    "fraction": fractions.Fraction(1, 3),
    "half precision": np.float16(1.5),
    "8 bits": np.int8(1),
    "sparse": sparse.csr_array(np.eye(2)),
}
"""Refused, or of a meaning that works."""


@dataclass(frozen=True)
class Base:
    """A call that is valid, and what is then done with what it makes; `takes` are values of NEVER that it may take."""

    make: Callable[..., Any]
    given: Mapping[str, Any]
    use: Callable[[Any], object] = lambda made: made
    takes: frozenset[tuple[str, str]] = frozenset()


def use_neuron(neuron: Neuron) -> None:
    """Two cells that hear two inputs: in continuous time, and in steps where there are steps."""
    receptor, unit = next(iter(neuron.weight_units.items()), ("default", "1"))
    projections = (
        [Projection("in", "cells", AllToAll(as_quantity(0.5, unit)), receptor=receptor)] if neuron.weight_units else []
    )
    network = Network("n", [Population("in", 2, PoissonInput(10 * Hz)), Population("cells", 2, neuron)], projections)
    forms = [lambda: lower(network), lambda: network.population("cells").model.equations(1e-3)]
    for form in forms:
        try:
            check_finite(form())
        except UnsupportedError:
            continue


def use_input(source: Input) -> None:
    """Two inputs, for five steps; the projection is graded if the input sends numbers of spikes."""
    wires = Projection("in", "cells", AllToAll(0.5), graded=isinstance(source, PoissonCounts))
    network = Network("n", [Population("in", 2, source), Population("cells", 2, CELL)], [wires])
    images = np.full((3, 2), 0.5) if isinstance(source, ImageInput) else None
    for raster in input_rasters(network, 5, images).values():
        assert raster.shape == (1 if images is None else 3, 5, 2)
    check_finite(lower(network))


def use_weights(pre: int, post: int, **how: Any) -> Callable[[Any], None]:
    """A projection with these weights."""

    def use(weights: Any) -> None:
        use_projection(Projection("in", "cells", weights, **how), pre, post)

    return use


def use_projection(projection: Projection, pre: int = 2, post: int = 2) -> None:
    """A network that has it."""
    use_network(Network("n", [Population("in", pre, PoissonInput(10 * Hz)), Population("cells", post, CELL)], [projection]))


def use_network(network: Network) -> None:
    """Its difference equations."""
    check_finite(lower(network))


def check_finite(thing: Any) -> None:
    """No number in what a description becomes is NaN."""
    for number in _numbers(thing):
        assert not np.any(np.isnan(number)), f"NaN in {thing}"


def _numbers(thing: Any) -> Iterator[Any]:
    if is_dataclass(thing) and not isinstance(thing, type):
        for f in fields(thing):
            yield from _numbers(getattr(thing, f.name))
    elif isinstance(thing, Mapping):
        yield from (n for value in thing.values() for n in _numbers(value))
    elif isinstance(thing, tuple | list):
        yield from (n for value in thing for n in _numbers(value))
    elif sparse.issparse(thing):
        yield thing.data
    elif isinstance(thing, np.ndarray | float) and np.asarray(thing).dtype.kind == "f":
        yield np.asarray(thing)
