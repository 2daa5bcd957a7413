"""Exact probabilities of small models of binary units, by summing over all states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neurosim.errors import UsageError
from neurosim.rate.activations import sigmoid
from neurosim.units import FloatArray

MOST = 20
"""Largest number of units over whose states is summed."""


def states(n: int) -> FloatArray:
    """All states of `n` binary units, (n, 2**n); the first unit is the most significant digit of the column's number."""
    if n > MOST:
        raise UsageError(f"Sum over all states: found {n} units; expected at most {MOST}. Use a smaller model.")
    return np.asarray(np.arange(2**n) >> np.arange(n - 1, -1, -1)[:, None] & 1, np.float64)


def divergence(q: FloatArray, p: FloatArray) -> float:
    """Kullback-Leibler divergence of q from p in nats: the sum of ``q log(q / p)``."""
    found = q > 0
    return float((q[found] * np.log(q[found] / p[found])).sum())


def softplus(z: FloatArray) -> FloatArray:
    """``log(1 + exp(z))``, which cannot overflow."""
    return np.asarray(np.logaddexp(0, z))


@dataclass(frozen=True)
class RestrictedMachine:
    """Restricted Boltzmann machine with the energy ``-b v - c h - h W v``, in float64.

    Attributes
    ----------
    weights : array (hidden, visible)
        W.
    visible : array (visible, 1)
        b.
    hidden : array (hidden, 1)
        c.
    """

    weights: FloatArray
    visible: FloatArray
    hidden: FloatArray

    def free_energy(self, v: FloatArray) -> FloatArray:
        """Free energy of visible states (visible, n), one number per state; their probability is ``exp(-F) / Z``."""
        return -self.visible[:, 0] @ v - softplus(self.weights @ v + self.hidden).sum(axis=0)

    def log_weight(self, v: FloatArray) -> FloatArray:
        """Logarithm of the probability of visible states up to a constant, for samplers."""
        return -self.free_energy(v)

    def rise(self, v: FloatArray) -> FloatArray:
        """Derivative of `log_weight` with respect to each visible unit, (visible, n)."""
        return self.visible + self.weights.T @ sigmoid(self.weights @ v + self.hidden)

    @property
    def log_partition(self) -> float:
        """Logarithm of Z, summed over the states of the smaller side."""
        h = states(len(self.hidden)) if len(self.hidden) <= len(self.visible) else None
        if h is None:
            return float(np.logaddexp.reduce(-self.free_energy(states(len(self.visible)))))
        return float(np.logaddexp.reduce(self.hidden[:, 0] @ h + softplus(self.weights.T @ h + self.visible).sum(axis=0)))

    def log_likelihood(self, v: FloatArray) -> FloatArray:
        """Logarithm of the probability of visible states (visible, n)."""
        return -self.free_energy(v) - self.log_partition


def log_bernoulli(s: FloatArray, z: FloatArray) -> FloatArray:
    """Logarithm of the probability of states s (units, n) of independent units with the inputs z, summed over the units."""
    return np.asarray((s * z - softplus(z)).sum(axis=0))


def belief_log_likelihood(
    weights: Sequence[FloatArray], biases: Sequence[FloatArray], v: FloatArray
) -> FloatArray:
    """Logarithm of the probability of visible states under a layered network that generates from the top down.

    Parameters
    ----------
    weights : sequence of array (lower, upper)
        Weights from each layer to the layer below, beginning with the visible layer.
    biases : sequence of array (neurons, 1)
        Biases of all layers, beginning with the visible one.
    v : array (visible, n)
        Visible states.
    """
    top = states(len(biases[-1]))
    upper, log_p = top, log_bernoulli(top, biases[-1])
    for k in range(len(weights) - 1, -1, -1):
        lower = v if k == 0 else states(len(biases[k]))
        z = weights[k] @ upper + biases[k]
        # For all pairs of a lower and an upper state: sum of s z over the units, without the array of all three.
        log_joint = lower.T @ z - softplus(z).sum(axis=0) + log_p
        upper, log_p = lower, np.logaddexp.reduce(log_joint, axis=1)
    return np.asarray(log_p)
