"""Where Y and Q, the ways down, come from, and how they keep up with the weights.

Without a teacher p is p_b everywhere, and a dendrite should get nothing: ``Y b - Q e = 0``, so all start with ``Q = p_b Y``.
What is kept is the imbalance ``D = p_b Y - Q``, see `neurosim.rate.parameters.Parameters`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from neurosim.rate.activity import Activity
from neurosim.rate.parameters import Array, FeedbackConstants, Parameters
from neurosim.rate.products import add_product
from neurosim.rng import stream


@dataclass(frozen=True)
class RateFeedback:
    """Y and Q at the start, and after each mini-batch; subclasses say how."""

    def start(self, network: FeedbackConstants, weights: tuple[Array, ...]) -> tuple[Array, ...]:
        """Y of the hidden layers, each (n_l, n_{l+1})."""
        # Contiguous, so that products are added in place.
        return tuple(np.ascontiguousarray(self._first(network, w, layer), w.dtype) for layer, w in enumerate(weights[1:], 1))

    def _first(self, network: FeedbackConstants, above: Array, layer: int) -> Array:
        raise NotImplementedError(f"{type(self).__name__} does not say how Y starts.")

    def ways_down(self, network: FeedbackConstants, parameters: Parameters) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """Y and Q."""
        q = (network.p_baseline * y - d for y, d in zip(parameters.y, parameters.imbalance, strict=True))
        return parameters.y, tuple(q)

    def down(self, network: FeedbackConstants, parameters: Parameters, k: int, activity: Activity) -> None:
        """Fill the k-th dendrites with ``Y b - Q e = Y (p - p_b) e + D e``."""
        u, part = activity.dendrites[k], activity.parts[k]
        np.matmul(parameters.y[k], activity.excess[k + 1], out=u)
        np.matmul(parameters.imbalance[k], activity.events[k + 2], out=part)
        u += part

    def follow(self, network: FeedbackConstants, parameters: Parameters, activity: Activity) -> None:
        """Bring Y and Q up to date, in place, after the weights have learned from `activity`."""
        # Q learns at eta_q and Y at -eta_y.
        rates = (-network.eta_y, parameters.y), (-network.eta_q - network.p_baseline * network.eta_y, parameters.imbalance)
        for rate, ways in rates:
            # A rate of 0 changes nothing, and costs a product.
            if rate:
                for matrix, u, above in zip(ways, activity.dendrites, activity.events[2:], strict=True):
                    add_product(matrix, rate / activity.images, u, above)

    def described(self) -> dict[str, Any]:
        """Kind and parameters, for settings."""
        return {"kind": type(self).__name__, **asdict(self)}


@dataclass(frozen=True)
class RandomFeedback(RateFeedback):
    """Y is normal with standard deviation `y_scale`, Q starts as p_b Y; Q learns at `eta_q`, and Y at `eta_y`."""

    def _first(self, network: FeedbackConstants, above: Array, layer: int) -> Array:
        return network.y_scale * stream(network.seed, "Y", layer).standard_normal(above.T.shape)


@dataclass(frozen=True)
class SymmetricStart(RateFeedback):
    """Y starts as `y_scale` times the weights of the layer above, Q as p_b Y; Q learns at `eta_q`, and Y at `eta_y`."""

    def _first(self, network: FeedbackConstants, above: Array, layer: int) -> Array:
        return np.asarray(network.y_scale * above.T)


@dataclass(frozen=True)
class TiedFeedback(RateFeedback):
    """Y is `y_scale` times the weights and Q is p_b Y at all times: weights are transported, and nothing else is learned."""

    def start(self, network: FeedbackConstants, weights: tuple[Array, ...]) -> tuple[Array, ...]:
        """None of its own."""
        return ()

    def ways_down(self, network: FeedbackConstants, parameters: Parameters) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        y = tuple(network.y_scale * w.T for w in parameters.weights[1:])
        return y, tuple(network.p_baseline * m for m in y)

    def down(self, network: FeedbackConstants, parameters: Parameters, k: int, activity: Activity) -> None:
        """The same, where D is 0."""
        u = activity.dendrites[k]
        np.matmul(parameters.weights[k + 1].T, activity.excess[k + 1], out=u)
        u *= network.y_scale

    def follow(self, network: FeedbackConstants, parameters: Parameters, activity: Activity) -> None:
        """They do so by themselves."""
