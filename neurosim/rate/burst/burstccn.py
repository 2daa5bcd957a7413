"""Description of a rate-based BurstCCN and its initial parameters."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from neurosim.errors import NetworkError
from neurosim.rate.burst.feedback import RandomFeedback, RateFeedback
from neurosim.rate.burst.parameters import Array, Parameters
from neurosim.rng import checked_seed, stream


@dataclass(frozen=True)
class BurstCCN:
    """Bursting cortico-cortical network with rates in discrete time, trained in mini-batches.

    Event rates e propagate upwards: ``e_l = sigma(W_l e_{l-1} + bias_l)``. At the output the teacher sets the burst probability
    ``p_L = p_b (1 + teaching (t - e_L)(1 - e_L))``. Bursts ``b = p e`` and events propagate downwards to the dendrites,
    ``u_l = Y_l b_{l+1} - Q_l e_{l+1}``, which set ``p_l = sigma(logit(p_b) + u_l (1 - e_l) / (p_b (1 - p_b)))``. Changes are
    means over the mini-batch: ``dW_l = eta ((p_l - p_b) e_l) e_{l-1}^T``, the same for the bias with 1 in place of e_{l-1},
    ``dQ_l = eta_q u_l e_{l+1}^T`` and ``dY_l = -eta_y u_l e_{l+1}^T``.

    Parameters
    ----------
    sizes : sequence of int
        Number of neurons of each layer, beginning with the input; at least one hidden layer.
    eta : float
        Learning rate of weights and biases, for one image.
    eta_q : float
        Learning rate of Q, if the feedback learns it.
    p_baseline : float
        Burst probability p_b at which weights do not change, above 0 and at most 0.5.
    y_scale : float
        Scale of Y: its standard deviation if it is random, or its ratio to the weights if it is derived from them.
    w_gain : float
        Initial weights are normally distributed with standard deviation ``w_gain sqrt(2 / (n_pre + n_post))``.
    feedback : RateFeedback
        Initial values of Y and Q, and how they learn.
    eta_y : float
        Learning rate of Y, if the feedback learns it.
    teaching : float
        Amplitude of the teacher, above 0 and at most 1. For small amplitudes, learning approaches backpropagation.
    weight_decay : float
        Fraction by which the weights shrink with each mini-batch; biases do not shrink.
    eta_decay : float
        Fraction by which eta, eta_q, eta_y and weight_decay shrink with each epoch.
    seed : int
        Seed of the initial parameters and of the order of the images.

    Raises
    ------
    NetworkError
        If a parameter is out of its range.

    Notes
    -----
    Greedy, Zhu, Pemberton, Mellor, Costa (2022), Single-phase deep learning in cortico-cortical networks, NeurIPS 35,
    arXiv:2206.11769. In the paper, p_b is 0.5 in hidden layers. The offset and the slope for other values are additions of
    neurosim; they keep ``p_l = p_b + u_l (1 - e_l)`` for small u. `teaching` and `eta_decay` are additions as well.
    """

    sizes: tuple[int, ...]
    eta: float = 0.3
    eta_q: float = 7.31e-4
    p_baseline: float = 0.5
    y_scale: float = 0.5
    w_gain: float = 3.6
    feedback: RateFeedback = RandomFeedback()  # noqa: RUF009
    eta_y: float = 0.0
    teaching: float = 1.0
    weight_decay: float = 0.0
    eta_decay: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", _checked_sizes(self.sizes))
        checked_seed(self.seed, "BurstCCN")
        if not isinstance(self.feedback, RateFeedback):
            raise NetworkError(
                f"BurstCCN.feedback = {self.feedback!r}: expected an object such as RandomFeedback(), TiedFeedback() or "
                "SymmetricStart() of neurosim.rate.burst."
            )
        for name, (low, high, included) in _RANGES.items():
            value = getattr(self, name)
            if not (_is_number(value) and (low <= value if included else low < value) and value <= high):
                raise NetworkError(f"BurstCCN.{name} = {value!r}: expected a finite number {_range(low, high, included)}.")

    def start(self, dtype: DTypeLike = np.float32) -> Parameters:
        """Initial parameters of the network; biases are 0."""
        weights = tuple(self._weights(layer).astype(dtype) for layer in range(1, len(self.sizes)))
        biases = tuple(np.zeros((post, 1), dtype) for post in self.sizes[1:])
        y = self.feedback.start(self, weights)
        return Parameters(weights, biases, y, tuple(np.zeros_like(m) for m in y))

    def at(self, epoch: int) -> BurstCCN:
        """The same network with the learning rates and the weight decay of an epoch; the first epoch is 0."""
        # All rates shrink together: a weight decay, or a Q, at the old rate would undo the small changes of the weights.
        left = (1 - self.eta_decay) ** epoch
        return replace(self, **{name: left * getattr(self, name) for name in ("eta", "eta_q", "eta_y", "weight_decay")})

    def ways_down(self, parameters: Parameters) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """Y and Q of the hidden layers, each (n_l, n_{l+1})."""
        return self.feedback.ways_down(self, parameters)

    def _weights(self, layer: int) -> Array:
        pre, post = self.sizes[layer - 1 : layer + 1]
        drawn = stream(self.seed, "weights", layer).standard_normal((post, pre))
        return np.asarray(self.w_gain * math.sqrt(2 / (pre + post)) * drawn)

    def described(self) -> dict[str, Any]:
        """All parameters as plain values, for the settings of a training."""
        return asdict(self) | {"sizes": list(self.sizes), "feedback": self.feedback.described()}


_RANGES = {
    "eta": (0.0, math.inf, False),
    "eta_q": (0.0, math.inf, True),
    "p_baseline": (0.0, 0.5, False),
    "y_scale": (0.0, math.inf, False),
    "w_gain": (0.0, math.inf, False),
    "eta_y": (0.0, math.inf, True),
    "teaching": (0.0, 1.0, False),
    "weight_decay": (0.0, 1.0, True),
    "eta_decay": (0.0, 0.5, True),
}
"""Lowest and highest value of each parameter, and whether the lowest value is allowed."""


def _range(low: float, high: float, included: bool) -> str:
    start = f"from {low:g}" if included else f"above {low:g}"
    return start + (" up" if math.isinf(high) else f" to {high:g}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool) and math.isfinite(value)


def _checked_sizes(sizes: Any) -> tuple[int, ...]:
    whole = isinstance(sizes, tuple | list) and all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in sizes)
    if not (whole and len(sizes) >= 3 and min(sizes) >= 1):
        raise NetworkError(
            f"BurstCCN.sizes = {sizes!r}: expected at least three whole numbers from 1 up, input, hidden layers and output, "
            "such as (784, 500, 10)."
        )
    return tuple(int(n) for n in sizes)
