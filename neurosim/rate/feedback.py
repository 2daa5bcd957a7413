"""Where Y and Q, the ways down, come from, and how they keep up with the weights.

Without a teacher p is p_b everywhere, and a dendrite should get nothing: ``Y b - Q e = 0``, so all start with ``Q = p_b Y``.
What is kept is the imbalance ``D = p_b Y - Q``, see `neurosim.rate.burstccn.Parameters`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.rate.products import add_product
from neurosim.rng import stream

if TYPE_CHECKING:
    from neurosim.rate.burstccn import Array, BurstCCN, Parameters
    from neurosim.rate.step import Activity



@dataclass(frozen=True)
class RateFeedback:
    """Y and Q at the start, and after each mini-batch; subclasses say how."""

    def start(self, network: BurstCCN, weights: tuple[Array, ...]) -> tuple[Array, ...]:
        """Y of the hidden layers, each (n_l, n_{l+1})."""
        # Contiguous, so that products are added in place.
        return tuple(np.ascontiguousarray(self._first(network, w, layer), w.dtype) for layer, w in enumerate(weights[1:], 1))

    def _first(self, network: BurstCCN, above: Array, layer: int) -> Array:
        raise NotImplementedError(f"{type(self).__name__} does not say how Y starts.")

    def down(self, parameters: Parameters, k: int, above: Array, excess: Array, part: Array, out: Array) -> None:
        """Write ``Y b - Q e = Y (p - p_b) e + D e`` of hidden layer k + 1 to `out`; `part` is for what lies between."""
        np.matmul(parameters.y[k], excess, out=out)
        np.matmul(parameters.imbalance[k], above, out=part)
        out += part

    def follow(self, network: BurstCCN, parameters: Parameters, activity: Activity) -> None:
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

    def _first(self, network: BurstCCN, above: Array, layer: int) -> Array:
        return network.y_scale * stream(network.seed, "Y", layer).standard_normal(above.T.shape)


@dataclass(frozen=True)
class SymmetricStart(RateFeedback):
    """Y starts as `y_scale` times the weights of the layer above, Q as p_b Y; Q learns at `eta_q`, and Y at `eta_y`."""

    def _first(self, network: BurstCCN, above: Array, layer: int) -> Array:
        return np.asarray(network.y_scale * above.T)


@dataclass(frozen=True)
class TiedFeedback(SymmetricStart):
    """After each mini-batch Y is `y_scale` times the weights, and Q is p_b Y: weights are transported, nothing is learned."""

    def down(self, parameters: Parameters, k: int, above: Array, excess: Array, part: Array, out: Array) -> None:
        """The imbalance is 0 and stays so."""
        np.matmul(parameters.y[k], excess, out=out)

    def follow(self, network: BurstCCN, parameters: Parameters, activity: Activity) -> None:
        for w, y in zip(parameters.weights[1:], parameters.y, strict=True):
            np.multiply(w.T, network.y_scale, out=y)
