"""The arrays that a network of rates learns, and the constants that its feedback reads."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

Array = NDArray[Any]
"""Of floats; float32 where it has to be fast."""


class Parameters(NamedTuple):
    """All that learns; a row of each matrix belongs to the neuron that receives. The arrays change in place.

    Attributes
    ----------
    weights : tuple of array (n_l, n_{l-1})
        W, upwards: layer l receives events of the layer below. The first is that of layer 1.
    biases : tuple of array (n_l, 1)
        Of the same layers.
    y : tuple of array (n_l, n_{l+1})
        Downwards: hidden layer l receives bursts of the layer above through Y. Empty where Y is tied to W.
    imbalance : tuple of array (n_l, n_{l+1})
        ``D = p_b Y - Q``, where Q is what it receives events through. The equations need ``Y b - Q e``, a small difference of
        large sums, of which float32 loses the digits; ``Y (p - p_b) e + D e`` is the same. Empty where Q is tied to Y.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    y: tuple[Array, ...]
    imbalance: tuple[Array, ...]


class FeedbackConstants(Protocol):
    """What a feedback reads of a `neurosim.rate.burstccn.BurstCCN`."""

    @property
    def seed(self) -> int:
        """Seed of the random numbers at the start."""

    @property
    def p_baseline(self) -> float:
        """Burst probability that changes nothing."""

    @property
    def y_scale(self) -> float:
        """Scale of Y at the start."""

    @property
    def eta_q(self) -> float:
        """Learning rate of Q."""

    @property
    def eta_y(self) -> float:
        """Learning rate of Y."""
