"""Arrays that a network of rates learns, and constants that its feedback uses."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

Array = NDArray[Any]
"""Array of floats; float32 for speed."""


class Parameters(NamedTuple):
    """All parameters that learn. Each row of a matrix belongs to the receiving neuron; the arrays change in place.

    Attributes
    ----------
    weights : tuple of array (n_l, n_{l-1})
        Feedforward weights W, through which layer l receives events of the layer below; the first are those of layer 1.
    biases : tuple of array (n_l, 1)
        Biases of the same layers.
    y : tuple of array (n_l, n_{l+1})
        Feedback weights Y, through which hidden layer l receives bursts of the layer above. Empty if Y is tied to W.
    imbalance : tuple of array (n_l, n_{l+1})
        Imbalance ``D = p_b Y - Q``, where Q are the weights through which hidden layer l receives events of the layer above.
        The equations contain ``Y b - Q e``, a small difference of large sums that float32 cannot represent precisely;
        ``Y (p - p_b) e + D e`` is equal and avoids this. Empty if Q is tied to Y.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    y: tuple[Array, ...]
    imbalance: tuple[Array, ...]


class FeedbackConstants(Protocol):
    """Constants of a `neurosim.rate.burst.burstccn.BurstCCN` that its feedback uses."""

    @property
    def seed(self) -> int:
        """Seed of the initial parameters."""

    @property
    def p_baseline(self) -> float:
        """Burst probability at which weights do not change."""

    @property
    def y_scale(self) -> float:
        """Scale of the initial Y."""

    @property
    def eta_q(self) -> float:
        """Learning rate of Q."""

    @property
    def eta_y(self) -> float:
        """Learning rate of Y."""
