"""Feedback weights Y and Q: their initial values, and how they learn.

Without a teacher, p is p_b everywhere and the input of a dendrite should be zero, ``Y b - Q e = 0``. Therefore Q is initially
``p_b Y``. The stored array is the imbalance ``D = p_b Y - Q``, see `neurosim.rate.burst.parameters.Parameters`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from neurosim.rate.burst.activity import Activity
from neurosim.rate.burst.parameters import Array, FeedbackConstants, Parameters
from neurosim.rate.products import add_product
from neurosim.rng import stream


@dataclass(frozen=True)
class RateFeedback:
    """Initial values of Y and Q, and their change after each mini-batch; subclasses define both."""

    def start(self, network: FeedbackConstants, weights: tuple[Array, ...]) -> tuple[Array, ...]:
        """Initial Y of the hidden layers, each (n_l, n_{l+1})."""
        # BLAS can add products in place only to contiguous arrays.
        return tuple(np.ascontiguousarray(self._first(network, w, layer), w.dtype) for layer, w in enumerate(weights[1:], 1))

    def _first(self, network: FeedbackConstants, above: Array, layer: int) -> Array:
        raise NotImplementedError(f"{type(self).__name__} does not define the initial Y; implement _first.")

    def ways_down(self, network: FeedbackConstants, parameters: Parameters) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """Y and Q of the hidden layers."""
        q = (network.p_baseline * y - d for y, d in zip(parameters.y, parameters.imbalance, strict=True))
        return parameters.y, tuple(q)

    def down(self, network: FeedbackConstants, parameters: Parameters, k: int, activity: Activity) -> None:
        """Compute the potentials of the k-th dendrites, ``Y b - Q e = Y (p - p_b) e + D e``."""
        u, part = activity.dendrites[k], activity.parts[k]
        np.matmul(parameters.y[k], activity.excess[k + 1], out=u)
        np.matmul(parameters.imbalance[k], activity.events[k + 2], out=part)
        u += part

    def follow(self, network: FeedbackConstants, parameters: Parameters, activity: Activity) -> None:
        """Update Y and Q in place, after the weights have learned from `activity`."""
        # Q changes at rate eta_q and Y at -eta_y, so that D = p_b Y - Q changes at rate -eta_q - p_b eta_y.
        rates = (-network.eta_y, parameters.y), (-network.eta_q - network.p_baseline * network.eta_y, parameters.imbalance)
        for rate, ways in rates:
            # With a rate of 0 the product would be computed for nothing.
            if rate:
                for matrix, u, above in zip(ways, activity.dendrites, activity.events[2:], strict=True):
                    add_product(matrix, rate / activity.images, u, above)

    def described(self) -> dict[str, Any]:
        """Kind and parameters of the feedback, for the settings of a training."""
        return {"kind": type(self).__name__, **asdict(self)}


@dataclass(frozen=True)
class RandomFeedback(RateFeedback):
    """Random feedback: Y is initially normal with standard deviation `y_scale`, and Q is initially p_b Y.

    Q learns at the rate `eta_q`, and Y at the rate `eta_y`.
    """

    def _first(self, network: FeedbackConstants, above: Array, layer: int) -> Array:
        return network.y_scale * stream(network.seed, "Y", layer).standard_normal(above.T.shape)


@dataclass(frozen=True)
class SymmetricStart(RateFeedback):
    """Initially symmetric feedback: Y is `y_scale` times the weights of the layer above at the start, and Q is p_b Y.

    Q learns at the rate `eta_q`, and Y at the rate `eta_y`.
    """

    def _first(self, network: FeedbackConstants, above: Array, layer: int) -> Array:
        return np.asarray(network.y_scale * above.T)


@dataclass(frozen=True)
class TiedFeedback(RateFeedback):
    """Tied feedback: at all times, Y is `y_scale` times the weights of the layer above, and Q is p_b Y.

    This is weight transport; the feedback has no parameters of its own.
    """

    def start(self, network: FeedbackConstants, weights: tuple[Array, ...]) -> tuple[Array, ...]:
        """Empty, because Y is computed from the weights."""
        return ()

    def ways_down(self, network: FeedbackConstants, parameters: Parameters) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        y = tuple(network.y_scale * w.T for w in parameters.weights[1:])
        return y, tuple(network.p_baseline * m for m in y)

    def down(self, network: FeedbackConstants, parameters: Parameters, k: int, activity: Activity) -> None:
        """Compute the potentials of the k-th dendrites; D is 0."""
        u = activity.dendrites[k]
        np.matmul(parameters.weights[k + 1].T, activity.excess[k + 1], out=u)
        u *= network.y_scale

    def follow(self, network: FeedbackConstants, parameters: Parameters, activity: Activity) -> None:
        """Do nothing, because Y and Q always follow the weights."""
