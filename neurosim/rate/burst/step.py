"""Computation of one mini-batch: events up, bursts down, changes. The arrays (neurons, images) are preallocated."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from neurosim.rate.burst.activity import Activity
from neurosim.rate.burst.burstccn import BurstCCN
from neurosim.rate.burst.parameters import Array, Parameters
from neurosim.rate.products import add_product


def activity(sizes: tuple[int, ...], images: int, dtype: DTypeLike = np.float32) -> Activity:
    """Arrays for mini-batches of `images` images."""

    def layers(which: tuple[int, ...]) -> tuple[Array, ...]:
        return tuple(np.zeros((n, images), dtype) for n in which)

    hidden = sizes[1:-1]
    return Activity(layers(sizes), layers(sizes[1:]), layers(hidden), layers(hidden), layers(sizes[-1:])[0])


def sigmoid(x: Array) -> None:
    """Apply the logistic function in place; it is computed from tanh, which cannot overflow."""
    np.multiply(x, 0.5, out=x)
    np.tanh(x, out=x)
    np.multiply(x, 0.5, out=x)
    np.add(x, 0.5, out=x)


def events_up(parameters: Parameters, events: tuple[Array, ...]) -> None:
    """Compute the event rates ``sigma(W e + bias)`` of all layers after the input."""
    for w, bias, below, here in zip(parameters.weights, parameters.biases, events, events[1:], strict=False):
        np.matmul(w, below, out=here)
        here += bias
        sigmoid(here)


def bursts_down(network: BurstCCN, parameters: Parameters, now: Activity) -> None:
    """Compute the burst rates and the dendritic potentials, from the output down to layer 1."""
    output_excess(network, now.events[-1], now.targets, out=now.excess[-1])
    for k in range(len(now.dendrites) - 1, -1, -1):
        network.feedback.down(network, parameters, k, now)
        hidden_excess(network.p_baseline, now.events[k + 1], now.dendrites[k], now.parts[k], out=now.excess[k])


def output_excess(network: BurstCCN, e: Array, targets: Array, out: Array) -> None:
    """Compute the burst rates of the output beyond the baseline, ``p_b teaching (t - e) (1 - e) e``."""
    np.subtract(1.0, e, out=out)
    out *= e
    out *= network.p_baseline * network.teaching
    out *= targets - e


def hidden_excess(p_b: float, e: Array, u: Array, part: Array, out: Array) -> None:
    """Compute the burst rates of a hidden layer beyond the baseline, ``(p - p_b) e``.

    Here ``p = sigma(logit(p_b) + z)`` and ``z = u (1 - e) / (p_b (1 - p_b))``. With ``h = tanh(z / 2)`` the result equals
    ``2 p_b (1 - p_b) h e / (1 + (2 p_b - 1) h)``, which needs no small difference of large numbers and cannot overflow.
    """
    np.subtract(1.0, e, out=out)
    out *= u
    out *= 0.5 / (p_b * (1 - p_b))
    np.tanh(out, out=out)
    # For p_b = 1/2 the denominator is 1.
    if p_b != 0.5:
        np.multiply(out, 2 * p_b - 1, out=part)
        part += 1.0
        out /= part
    out *= 2 * p_b * (1 - p_b)
    out *= e


def learn(network: BurstCCN, parameters: Parameters, now: Activity) -> None:
    """Change the parameters in place by the means over the mini-batch."""
    rate = network.eta / now.images
    for w, bias, excess, below in zip(parameters.weights, parameters.biases, now.excess, now.events, strict=False):
        # With a decay of 0 the pass over the weights would be for nothing.
        if network.weight_decay:
            w *= 1 - network.weight_decay
        add_product(w, rate, excess, below)
        bias += rate * excess.sum(axis=1, keepdims=True)
    network.feedback.follow(network, parameters, now)


def step(network: BurstCCN, parameters: Parameters, now: Activity) -> None:
    """Compute and learn the mini-batch in ``now.events[0]`` and ``now.targets``."""
    events_up(parameters, now.events)
    bursts_down(network, parameters, now)
    learn(network, parameters, now)
