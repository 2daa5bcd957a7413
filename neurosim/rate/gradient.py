"""The exact gradient of the squared error, and how far from it the weights go."""

from __future__ import annotations

import numpy as np

from neurosim.rate.activity import Activity
from neurosim.rate.parameters import Array, Parameters
from neurosim.units import FloatArray

Matrices = tuple[FloatArray, ...]


def burst_changes(now: Activity) -> Matrices:
    """What the mini-batch does to the weights of each layer at a learning rate of 1, (n_l, n_{l-1})."""
    return tuple(_mean_product(x, e) for x, e in zip(now.excess, now.events, strict=False))


def descent(parameters: Parameters, events: tuple[Array, ...], targets: Array) -> Matrices:
    """Minus the gradient of ``sum((t - e)^2) / 2``, mean over the images, by the weights of each layer, in float64.

    Parameters
    ----------
    events : tuple of array (n_l, images)
        Of all layers, as `neurosim.rate.step.events_up` leaves them.
    targets : array (n_last, images)
    """
    e = events[-1].astype(np.float64)
    errors = [(targets - e) * e * (1 - e)]
    for w, here in zip(parameters.weights[:0:-1], events[-2:0:-1], strict=True):
        e = here.astype(np.float64)
        errors.append((w.T.astype(np.float64) @ errors[-1]) * e * (1 - e))
    return tuple(_mean_product(d, e) for d, e in zip(reversed(errors), events, strict=False))


def angles(one: tuple[Array, ...], other: tuple[Array, ...]) -> tuple[float, ...]:
    """Degrees between two matrices of each layer, all their entries as one vector; NaN where one of them is zero."""
    return tuple(_angle(a, b) for a, b in zip(one, other, strict=True))


def _angle(a: Array, b: Array) -> float:
    x, y = (m.astype(np.float64).ravel() for m in (a, b))
    lengths = np.linalg.norm(x), np.linalg.norm(y)
    if min(lengths) == 0:
        return float("nan")
    x, y = x / lengths[0], y / lengths[1]
    # By both the sum and the difference: arccos of the cosine knows no angle below 1e-6 degrees.
    return float(np.degrees(2 * np.arctan2(np.linalg.norm(x - y), np.linalg.norm(x + y))))


def _mean_product(rows: Array, columns: Array) -> FloatArray:
    return np.asarray(rows.astype(np.float64) @ columns.T.astype(np.float64) / rows.shape[1])
