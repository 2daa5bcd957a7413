"""Functions that turn the input of a neuron into its activity, with their slopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import NetworkError, unknown_name

Array = NDArray[Any]
"""Array of floats, (neurons, images); float32 for speed."""


@dataclass(frozen=True)
class Activation:
    """An activation function f of a layer.

    Attributes
    ----------
    name : str
        Name under which a layer asks for it.
    apply : function
        Function ``apply(z)`` that turns the inputs (neurons, images) into activities in place, and returns them.
    slope : function
        Function ``slope(h)`` that returns f'(z) for the activities ``h = f(z)``.
    group : str
        What the activation computes from several neurons at once; "" for a function of one neuron.
    relative : function, optional
        Function ``relative(h)`` that returns f'(z) / f(z), and 0 where both are 0, if f is never negative; None for others.
    """

    name: str
    apply: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    group: str = ""
    relative: Callable[[Array], Array] | None = None


def sigmoid(z: Array) -> Array:
    """Logistic function in place; it is computed from tanh, which cannot overflow."""
    np.multiply(z, 0.5, out=z)
    np.tanh(z, out=z)
    np.multiply(z, 0.5, out=z)
    np.add(z, 0.5, out=z)
    return z


def softmax(z: Array) -> Array:
    """Shares ``exp(z) / sum(exp(z))`` of the neurons of a layer, in place."""
    z -= z.max(axis=0)
    np.exp(z, out=z)
    z /= z.sum(axis=0)
    return z


def _steep(z: Array) -> Array:
    """The logistic function of 4 (z - 1/2) in place, in as few passes as that of z."""
    np.multiply(z, 2, out=z)
    np.subtract(z, 1, out=z)
    np.tanh(z, out=z)
    np.multiply(z, 0.5, out=z)
    np.add(z, 0.5, out=z)
    return z


def _inverse(h: Array) -> Array:
    return np.divide(1, h, out=np.zeros_like(h), where=h > 0)


def _softmax_slope(h: Array) -> Array:
    raise NetworkError("softmax: its slope is a matrix for each image; use it at the output with the loss 'cross_entropy'.")


ACTIVATIONS: Mapping[str, Activation] = {
    a.name: a
    for a in (
        Activation("linear", lambda z: z, np.ones_like),
        Activation("relu", lambda z: np.maximum(z, 0, out=z), lambda h: (h > 0).astype(h.dtype), relative=_inverse),
        Activation("tanh", lambda z: np.tanh(z, out=z), lambda h: 1 - h * h),
        Activation("logistic", sigmoid, lambda h: h * (1 - h), relative=lambda h: np.subtract(1.0, h)),
        # The logistic function of slope 1 at 1/2, as in equilibrium propagation.
        Activation("steep_logistic", _steep, lambda h: 4 * h * (1 - h)),
        Activation("hard_sigmoid", lambda z: np.clip(z, 0, 1, out=z), lambda h: ((h > 0) & (h < 1)).astype(h.dtype)),
        Activation("softmax", softmax, _softmax_slope, group="softmax over a layer"),
    )
}
"""Activation functions by name."""


def activation(name: Any, who: str) -> Activation:
    """The activation function called `name`; raises NetworkError, which names `who`, if there is none."""
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise NetworkError(f"{who}: " + unknown_name("activation", str(name), ACTIVATIONS))
    return ACTIVATIONS[name]
