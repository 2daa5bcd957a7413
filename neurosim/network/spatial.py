"""Patterns in which probability, weight and delay depend on the distance between two neurons on a ring or a grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim.arrays import whole_number
from neurosim.checks.described import Described
from neurosim.checks.matrices import Matrix, from_pairs
from neurosim.errors import NetworkError, shown
from neurosim.network.connectivity import Connectivity, check_count, strengths_of
from neurosim.network.ends import Ends
from neurosim.units import FloatArray, si, unit_of


@dataclass(frozen=True)
class Profile(Described):
    """Base of functions of the distance, with the value `peak` at distance 0.

    Parameters
    ----------
    width : float
        Width, in the unit of the distance.
    peak : number or quantity
        Value at distance 0: a probability, or a weight.
    """

    width: float
    peak: Any = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        width = si(self.width, "1", f"{type(self).__name__}.width")
        if width.ndim or not (np.isfinite(width) and width > 0):
            raise NetworkError(f"{type(self).__name__}.width = {shown(self.width)}; expected a positive number.")
        peak = si(self.peak, unit_of(self.peak), f"{type(self).__name__}.peak")
        if peak.ndim or not np.isfinite(peak):
            raise NetworkError(f"{type(self).__name__}.peak = {shown(self.peak)}; expected one finite number or quantity.")

    def shape(self, distance: FloatArray) -> FloatArray:
        """Value relative to the peak."""
        raise NotImplementedError

    def at(self, distance: FloatArray, unit: str, who: str) -> FloatArray:
        """Values at the distances, in SI."""
        return si(self.peak, unit, who) * self.shape(distance)


@dataclass(frozen=True)
class Gaussian(Profile):
    """``peak * exp(-distance**2 / (2 width**2))``."""

    def shape(self, distance: FloatArray) -> FloatArray:
        return np.asarray(np.exp(-0.5 * (distance / self.width) ** 2))


@dataclass(frozen=True)
class Exponential(Profile):
    """``peak * exp(-distance / width)``."""

    def shape(self, distance: FloatArray) -> FloatArray:
        return np.asarray(np.exp(-distance / self.width))


@dataclass(frozen=True)
class Within(Profile):
    """`peak` up to the distance `width`, and 0 beyond it."""

    def shape(self, distance: FloatArray) -> FloatArray:
        return np.asarray(distance <= self.width, np.float64)


@dataclass(frozen=True)
class ByDistance(Connectivity):
    """Base of the patterns by distance: a pair is connected with the probability that `profile` has at its distance.

    `weight` may be a `Profile`, too, with a peak in the unit of the weights: it is then the weight by distance.
    """

    profile: Profile

    def distances(self, pre: Any, ends: Ends) -> FloatArray:
        """Distances (pre, n_post) of some pre neurons to all post neurons."""
        raise NotImplementedError

    def check(self, ends: Ends) -> None:
        """Raise NetworkError if the layout does not fit the populations."""

    def matrix(self, ends: Ends, unit: str, rng: np.random.Generator) -> Matrix:
        self.check(ends)
        rows = max(1, _BLOCK // ends.n_post)
        parts = [
            self._connected(np.arange(first, min(first + rows, ends.n_pre)), ends, rng) for first in range(0, ends.n_pre, rows)
        ]
        pre, post, apart = (np.concatenate(found) for found in zip(*parts, strict=True))
        check_count(type(self).__name__, len(pre))
        weights = self._weights(apart, unit, rng)
        return from_pairs(pre, post, weights, (ends.n_pre, ends.n_post), type(self).__name__)

    def _connected(self, pre: Any, ends: Ends, rng: np.random.Generator) -> tuple[Any, Any, FloatArray]:
        """Pre index, post index and distance of the connections of some pre neurons."""
        who = type(self).__name__
        apart = self.distances(pre, ends)
        chance = self.profile.at(apart, "1", f"{who}.profile.peak")
        if not np.all((chance >= 0) & (chance <= 1)):
            raise NetworkError(f"{who}.profile.peak = {shown(self.profile.peak)}; expected a probability from 0 to 1.")
        joined = rng.random(chance.shape) < chance
        if not self.autapses:
            joined &= pre[:, None] != ends.self_of(who)
        row, post = np.nonzero(joined)
        return pre[row], post, apart[row, post]

    def _weights(self, apart: FloatArray, unit: str, rng: np.random.Generator) -> FloatArray:
        if isinstance(self.weight, Profile):
            return self.weight.at(apart, unit, f"{type(self).__name__}.weight.peak")
        return strengths_of(self.weight, len(apart), unit, rng)


@dataclass(frozen=True)
class OnRing(ByDistance):
    """Connections by distance between neurons that are evenly spaced on a ring.

    Distances are fractions of the ring, by the shorter way: from 0 to 0.5. Neuron 0 of both populations is at the same place.

    Parameters
    ----------
    profile : Gaussian, Exponential or Within
        Probability of a connection at a distance.
    """

    def distances(self, pre: Any, ends: Ends) -> FloatArray:
        apart = np.abs(pre[:, None] / ends.n_pre - np.arange(ends.n_post) / ends.n_post)
        return np.asarray(np.minimum(apart, 1 - apart))


@dataclass(frozen=True)
class OnGrid(ByDistance):
    """Connections by distance between the neurons of two grids that cover the same rectangle.

    Neurons are numbered row by row. Distances are in steps of the grid of the pre population.

    Parameters
    ----------
    profile : Gaussian, Exponential or Within
        Probability of a connection at a distance.
    shape : (rows, columns)
        Grid of the pre population.
    post_shape : (rows, columns), optional
        Grid of the post population, which is stretched to the same rectangle; that of the pre population by default.
    periodic : bool
        Whether opposite edges are joined (a torus).
    """

    shape: tuple[int, int]
    post_shape: tuple[int, int] | None = None
    periodic: bool = False

    def __post_init__(self) -> None:
        for name, shape in (("shape", self.shape), ("post_shape", self.post_shape or self.shape)):
            for k, size in enumerate(shape):
                whole_number(size, f"OnGrid.{name}[{k}]", 1)

    def check(self, ends: Ends) -> None:
        for side, shape, n in (("pre", self.shape, ends.n_pre), ("post", self.post_shape or self.shape, ends.n_post)):
            if shape[0] * shape[1] != n:
                raise NetworkError(f"OnGrid: a grid of {shape[0]} x {shape[1]} does not have the {n} {side} neurons.")

    def distances(self, pre: Any, ends: Ends) -> FloatArray:
        sides = np.array(self.shape, np.float64)
        apart = np.abs(_places(self.shape, sides)[pre][:, None] - _places(self.post_shape or self.shape, sides))
        if self.periodic:
            apart = np.minimum(apart, sides - apart)
        return np.asarray(np.hypot(apart[..., 0], apart[..., 1]))


def _places(shape: tuple[int, int], sides: FloatArray) -> FloatArray:
    """Centres (n, 2) of the cells of a grid that covers a rectangle."""
    row, column = np.divmod(np.arange(shape[0] * shape[1]), shape[1])
    return np.stack([(row + 0.5) / shape[0], (column + 0.5) / shape[1]], axis=1) * sides


_BLOCK = 1 << 20
"""Number of pairs that are looked at at a time."""
