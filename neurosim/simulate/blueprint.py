"""A network in Brian2's words before any Brian2 object exists: what an integration hands to the builder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim.neurons.base import Equations
from neurosim.step import Matrix
from neurosim.units import FloatArray


@dataclass(frozen=True)
class Readout:
    """How a probed value follows from a Brian2 variable: ``value = variable * scale + offset``."""

    variable: str
    scale: Any = 1.0
    offset: Any = 0.0

    def __call__(self, values: FloatArray, neurons: Any) -> FloatArray:
        """SI values `(steps, neurons)` of the probed `neurons`."""
        if np.all(np.equal(self.scale, 1)) and not np.any(self.offset):
            return values
        return values * _for(self.scale, neurons) + _for(self.offset, neurons)


def _for(value: Any, neurons: Any) -> FloatArray:
    array = np.asarray(value, np.float64)
    return array if array.ndim == 0 else np.asarray(array[neurons])


@dataclass(frozen=True)
class Cells:
    """A population of neurons.

    Attributes
    ----------
    equations : Equations
        Model, threshold, reset, parameters.
    update : str
        Statements that take the place of an integrator, run once a step.
    readouts : mapping
        Probe variable -> how to read it; others are read under their own name.
    """

    name: str
    n: int
    equations: Equations
    update: str = ""
    readouts: Mapping[str, Readout] = field(default_factory=dict)

    def readout(self, variable: str) -> Readout:
        """How to read the probe variable."""
        return self.readouts.get(variable, Readout(variable))


@dataclass(frozen=True)
class Wires:
    """A projection: SI weights `(n_pre, n_post)` in `unit`, added to `variable`; delays in seconds."""

    name: str
    pre: str
    post: str
    weights: Matrix
    unit: str
    variable: str
    delays: FloatArray


@dataclass(frozen=True)
class Blueprint:
    """All neurons and wires; sources are left out, they carry no equations."""

    dt: float
    cells: tuple[Cells, ...]
    wires: tuple[Wires, ...]

    def cell(self, name: str) -> Cells:
        """The population of that name."""
        return next(c for c in self.cells if c.name == name)
