"""The exact gradient of a network's loss, and how far the change of an algorithm is from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from neurosim.rate.activations import Array
from neurosim.rate.circuit import Circuit, Ledger
from neurosim.rate.learner import Learner
from neurosim.rate.ways_down import Tied
from neurosim.units import FloatArray

T = TypeVar("T")


@dataclass(frozen=True)
class Difference:
    """How the changes of weights differ from exact gradient descent, by layer.

    Attributes
    ----------
    angles : tuple of float
        Angle in degrees between the two, taken as vectors; NaN if one of them is zero.
    lengths : tuple of float
        Length of the change over the length of gradient descent at the same learning rate of 1; NaN if this rate is 0.
    """

    angles: tuple[float, ...]
    lengths: tuple[float, ...]


def compared(learner: Learner, x: Array, t: Array) -> Difference:
    """Compare what a learner would change for a mini-batch with the exact gradient at the same weights; nothing changes.

    A decay of weights does not count, since the loss does not ask for it.
    """
    found = _changes(learner, x, t)
    exact = descent(learner.circuit, x, t)
    eta = getattr(learner.algorithm, "eta", 1.0)
    pairs = list(zip(found, exact, strict=True))
    lengths = tuple(_ratio(a, b) / eta if eta else float("nan") for a, b in pairs)
    return Difference(tuple(angle(a, b) for a, b in pairs), lengths)


def descent(circuit: Circuit, x: Array, t: Array) -> list[FloatArray]:
    """Negative gradient of the loss with respect to the weights of each layer, mean over the images, in float64.

    Activities are those of the circuit, in its number format, so that an angle to the gradient tells of the way down alone.
    """
    exact = Circuit(circuit.network, np.float64)
    exact.state["weights"] = [w.astype(np.float64) for w in circuit.weights]
    now = _uncounted(circuit, lambda: circuit.forward(x)).in_float64()
    errors = Tied().errors(exact, now, exact.error(now.h[-1], t.astype(np.float64)))
    found: list[FloatArray] = [np.zeros(connection.weights) for connection in circuit.network.connections]
    for change, connection, d, h in zip(found, circuit.network.connections, errors, now.h, strict=False):
        connection.add_outer(change, -1 / x.shape[1], d, h)
    return found


def _changes(learner: Learner, x: Array, t: Array) -> list[FloatArray]:
    """Changes of the weights without decay, zero for layers that do not learn; products of quantities are added in float64."""
    circuit = learner.circuit
    taught = _uncounted(circuit, lambda: learner.algorithm.teach(circuit, x, t))
    asked = _uncounted(circuit, lambda: list(learner.changes(taught)))
    found: list[FloatArray] = [np.zeros(connection.weights) for connection in circuit.network.connections]
    for change in (c for c in asked if c.name == "weights"):
        found[change.layer] = np.asarray(change.learned(circuit, np.float64)["w"])
    return found


def _uncounted(circuit: Circuit, compute: Callable[[], T]) -> T:
    """What a function returns, whose operations do not count."""
    kept, circuit.ledger = circuit.ledger, Ledger()
    try:
        return compute()
    finally:
        circuit.ledger = kept


def angle(a: Array, b: Array) -> float:
    """Angle in degrees between two arrays of one shape, taken as vectors; NaN if one of them is zero."""
    x, y = (np.asarray(m, np.float64).ravel() for m in (a, b))
    lengths = np.linalg.norm(x), np.linalg.norm(y)
    if min(lengths) == 0:
        return float("nan")
    x, y = x / lengths[0], y / lengths[1]
    # Computed from the sum and the difference, because arccos of the cosine cannot resolve angles below 1e-6 degrees.
    return float(np.degrees(2 * np.arctan2(np.linalg.norm(x - y), np.linalg.norm(x + y))))


def _ratio(a: Array, b: Array) -> float:
    length = float(np.linalg.norm(b))
    return float(np.linalg.norm(a)) / length if length else float("nan")


def mean_difference(found: Sequence[Difference]) -> Difference:
    """Mean over several mini-batches."""
    angles, lengths = (np.mean([getattr(d, name) for d in found], axis=0) for name in ("angles", "lengths"))
    return Difference(tuple(map(float, angles)), tuple(map(float, lengths)))
