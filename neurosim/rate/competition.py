"""Competition between the neurons of a layer, or between the channels of a convolution at each position.

Arrays of a layer are (neurons, images); `grouped` shows them as (channels, positions and images), so that one column holds the
neurons that compete.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosim.checks.described import Described
from neurosim.checks.ranges import Count
from neurosim.errors import NetworkError
from neurosim.rate.activations import Array, softmax
from neurosim.rate.connections import Connection
from neurosim.rate.network import RateNetwork


def grouped(connection: Connection, u: Array) -> Array:
    """Values (neurons, images) of a layer as (channels, positions and images); a view."""
    return u.reshape(connection.weights[-2], -1)


def soft_winners(u: Array, tau: float) -> Array:
    """Shares ``exp(tau u) / sum(exp(tau u))`` of each column; `u` stays as it is."""
    return softmax(tau * u)


def largest(u: Array) -> Array:
    """Row of the largest value of each column."""
    return np.asarray(u.argmax(axis=0))


def above_mean(u: Array, power: float = 1.0) -> Array:
    """How far each value is above the mean of its column, 0 below it, to a power (Coates, Lee, Ng 2011, "triangle")."""
    found = u - u.mean(axis=0)
    np.maximum(found, 0, out=found)
    return found if power == 1 else np.power(found, power, out=found)


def mean_cosine(w: Array) -> float:
    """Mean cosine between different rows of weights; 1 if all neurons have learned the same."""
    rows = w.astype(np.float64)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    n = len(rows)
    return float((np.square(rows.sum(axis=0)).sum() - n) / (n * (n - 1)))


def effective_units(y: Array) -> float:
    """Number of neurons that take part: the exponential of the entropy of the mean shares (neurons, images)."""
    p = y.mean(axis=1, dtype=np.float64)
    p = p[p > 0] / p.sum()
    return float(np.exp(-(p * np.log(p)).sum()))


def check_no_biases(network: RateNetwork, who: str) -> None:
    """Raise NetworkError if neurons have biases, for an algorithm that has no rule for them."""
    if network.bias:
        raise NetworkError(f"{who}: the network has biases, for which there is no rule; make it with bias=False.")


@dataclass(frozen=True)
class Winners(Described):
    """The `k` rows with the largest values above their thresholds are active in each column, with 1; the others have 0.

    Parameters
    ----------
    k : int
        Number of winners. Fewer are active where fewer exceed their threshold.
    """

    group: ClassVar[str] = "the largest inputs of the channels at each position"

    k: Count = 1

    def activity(self, u: Array, thresholds: Array) -> Array:
        """Activities from inputs (channels, columns) and thresholds (channels, 1)."""
        v = u - thresholds
        least = v.max(axis=0) if self.k == 1 else np.partition(v, -self.k, axis=0)[-self.k]
        return ((v >= least) & (v > 0)).astype(u.dtype)

    def share(self, y: Array) -> Array:
        """Mean activity for which thresholds aim, in the shape of the activities."""
        return np.broadcast_to(np.asarray(self.k / len(y), y.dtype), y.shape)


@dataclass(frozen=True)
class Everyone(Described):
    """All rows are active, with their values; thresholds stay as they are."""

    group: ClassVar[str] = ""

    def activity(self, u: Array, thresholds: Array) -> Array:
        """The values themselves."""
        return u

    def share(self, y: Array) -> Array:
        """The activities, so that nothing changes the thresholds."""
        return y


Competition = Winners | Everyone
