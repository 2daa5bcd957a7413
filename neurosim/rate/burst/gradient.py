"""Exact gradient of the squared error, and the angle between it and the weight changes."""

from __future__ import annotations

import numpy as np

from neurosim.rate.burst.activity import Activity
from neurosim.rate.burst.parameters import Array, Parameters
from neurosim.units import FloatArray

Matrices = tuple[FloatArray, ...]


def burst_changes(now: Activity) -> Matrices:
    """Weight change (n_l, n_{l-1}) of each layer that the mini-batch causes at a learning rate of 1."""
    return tuple(_mean_product(x, e) for x, e in zip(now.excess, now.events, strict=False))


def descent(parameters: Parameters, events: tuple[Array, ...], targets: Array) -> Matrices:
    """Negative gradient of ``sum((t - e)^2) / 2`` with respect to the weights of each layer, mean over the images, in float64.

    Parameters
    ----------
    parameters : Parameters
        Weights of the network.
    events : tuple of array (n_l, images)
        Event rates of all layers, computed by `neurosim.rate.burst.step.events_up`.
    targets : array (n_last, images)
        Target rates of the output.
    """
    e = events[-1].astype(np.float64)
    errors = [(targets - e) * e * (1 - e)]
    for w, here in zip(parameters.weights[:0:-1], events[-2:0:-1], strict=True):
        e = here.astype(np.float64)
        errors.append((w.T.astype(np.float64) @ errors[-1]) * e * (1 - e))
    return tuple(_mean_product(d, e) for d, e in zip(reversed(errors), events, strict=False))


def angles(one: tuple[Array, ...], other: tuple[Array, ...]) -> tuple[float, ...]:
    """Angle in degrees between two matrices of each layer, taken as vectors; NaN if one of them is zero."""
    return tuple(_angle(a, b) for a, b in zip(one, other, strict=True))


def _angle(a: Array, b: Array) -> float:
    x, y = (m.astype(np.float64).ravel() for m in (a, b))
    lengths = np.linalg.norm(x), np.linalg.norm(y)
    if min(lengths) == 0:
        return float("nan")
    x, y = x / lengths[0], y / lengths[1]
    # Computed from the sum and the difference, because arccos of the cosine cannot resolve angles below 1e-6 degrees.
    return float(np.degrees(2 * np.arctan2(np.linalg.norm(x - y), np.linalg.norm(x + y))))


def _mean_product(rows: Array, columns: Array) -> FloatArray:
    return np.asarray(rows.astype(np.float64) @ columns.T.astype(np.float64) / rows.shape[1])
