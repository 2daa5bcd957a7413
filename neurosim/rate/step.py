"""One mini-batch: events up, bursts down, changes. Arrays are (neurons, images) and preallocated."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from neurosim.rate.activity import Activity
from neurosim.rate.burstccn import BurstCCN
from neurosim.rate.parameters import Array, Parameters
from neurosim.rate.products import add_product


def activity(sizes: tuple[int, ...], images: int, dtype: DTypeLike = np.float32) -> Activity:
    """Arrays for mini-batches of so many images."""

    def layers(which: tuple[int, ...]) -> tuple[Array, ...]:
        return tuple(np.zeros((n, images), dtype) for n in which)

    hidden = sizes[1:-1]
    return Activity(layers(sizes), layers(sizes[1:]), layers(hidden), layers(hidden), layers(sizes[-1:])[0])


def sigmoid(x: Array) -> None:
    """In place; through tanh, which cannot overflow."""
    np.multiply(x, 0.5, out=x)
    np.tanh(x, out=x)
    np.multiply(x, 0.5, out=x)
    np.add(x, 0.5, out=x)


def events_up(parameters: Parameters, events: tuple[Array, ...]) -> None:
    """Fill the layers behind the first with ``sigma(W e + bias)``."""
    for w, bias, below, here in zip(parameters.weights, parameters.biases, events, events[1:], strict=False):
        np.matmul(w, below, out=here)
        here += bias
        sigmoid(here)


def bursts_down(network: BurstCCN, parameters: Parameters, now: Activity) -> None:
    """Fill all but the events, from the output to layer 1."""
    output_excess(network, now.events[-1], now.targets, out=now.excess[-1])
    for k in range(len(now.dendrites) - 1, -1, -1):
        network.feedback.down(network, parameters, k, now)
        hidden_excess(network.p_baseline, now.events[k + 1], now.dendrites[k], now.parts[k], out=now.excess[k])


def output_excess(network: BurstCCN, e: Array, targets: Array, out: Array) -> None:
    """``p_b teaching (t - e) (1 - e) e``."""
    np.subtract(1.0, e, out=out)
    out *= e
    out *= network.p_baseline * network.teaching
    out *= targets - e


def hidden_excess(p_b: float, e: Array, u: Array, part: Array, out: Array) -> None:
    """``(p - p_b) e`` with ``p = sigma(logit(p_b) + z)`` and ``z = u (1 - e) / (p_b (1 - p_b))``.

    With ``h = tanh(z / 2)`` that is ``2 p_b (1 - p_b) h e / (1 + (2 p_b - 1) h)``, in which nothing small is the difference of
    two large numbers, and nothing overflows.
    """
    np.subtract(1.0, e, out=out)
    out *= u
    out *= 0.5 / (p_b * (1 - p_b))
    np.tanh(out, out=out)
    # At 1/2 the denominator is 1.
    if p_b != 0.5:
        np.multiply(out, 2 * p_b - 1, out=part)
        part += 1.0
        out /= part
    out *= 2 * p_b * (1 - p_b)
    out *= e


def learn(network: BurstCCN, parameters: Parameters, now: Activity) -> None:
    """Change the parameters, in place, by the means over the mini-batch."""
    rate = network.eta / now.images
    for w, bias, excess, below in zip(parameters.weights, parameters.biases, now.excess, now.events, strict=False):
        # A decay of 0 loses nothing, and costs a pass over the weights.
        if network.weight_decay:
            w *= 1 - network.weight_decay
        add_product(w, rate, excess, below)
        bias += rate * excess.sum(axis=1, keepdims=True)
    network.feedback.follow(network, parameters, now)


def step(network: BurstCCN, parameters: Parameters, now: Activity) -> None:
    """Show and learn the mini-batch that is in ``now.events[0]`` and ``now.targets``."""
    events_up(parameters, now.events)
    bursts_down(network, parameters, now)
    learn(network, parameters, now)
