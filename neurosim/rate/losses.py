"""What the output of a network of rates is taught with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neurosim.errors import NetworkError
from neurosim.rate.activations import Activation, Array


@dataclass(frozen=True)
class Loss:
    """A loss of the output h for the targets t.

    Attributes
    ----------
    name : str
        Name of the loss.
    outputs : frozenset of str
        Names of the activation functions of the output for which `error` holds; empty for all of one neuron.
    error : function
        Function ``error(activation, h, t)`` that returns dLoss/dz of the output, (neurons, images).
    value : function
        Function ``value(h, t)`` that returns the loss, summed over the images.
    """

    name: str
    outputs: frozenset[str]
    error: Callable[[Activation, Array, Array], Array]
    value: Callable[[Array, Array], float]

    def check(self, output: Activation) -> None:
        """Raise NetworkError if the loss has no local error at an output with this activation."""
        if (self.outputs and output.name not in self.outputs) or (not self.outputs and output.group):
            fitting = ", ".join(sorted(self.outputs)) or "an activation of single neurons, such as linear or logistic"
            raise NetworkError(f"The loss {self.name!r} does not fit a {output.name} output; expected {fitting}.")


def _cross_entropy(h: Array, t: Array) -> float:
    tiny = np.finfo(h.dtype).tiny
    return float(-(t * np.log(np.maximum(h, tiny))).sum())


CROSS_ENTROPY = Loss("cross_entropy", frozenset({"softmax", "logistic"}), lambda f, h, t: h - t, _cross_entropy)
"""Cross-entropy; for both outputs, dLoss/dz is h - t."""
SQUARED = Loss(
    "squared", frozenset(), lambda f, h, t: (h - t) * f.slope(h), lambda h, t: float(np.square(h - t).sum()) / 2
)
"""Half the squared error."""
LOSSES = {loss.name: loss for loss in (CROSS_ENTROPY, SQUARED)}
"""Losses by name."""
