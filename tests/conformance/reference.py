"""A second oracle: the integer step program written down once more, slowly, straight from Lava's formulas."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from tests.steps import is_a

HALF = 2**23


def short(x):
    """In Lava's 32 bits."""
    return (x + 2**31) % 2**32 - 2**31


def trunc(x):
    return np.sign(x) * (np.abs(x) >> 12)


def whole(x):
    """Values of a neuron in integers, which a program holds as whole floats."""
    assert np.all(np.asarray(x) == np.rint(x))
    return np.asarray(x, np.int64)


def wrap(u):
    over = np.where(u > HALF, u - 2 * HALF, u)
    return np.where(over <= -HALF, u + 2 * HALF, over)


class Neurons:
    """State of one population."""

    def __init__(self, population):
        self.n, self.p = population.n, population.neuron
        self.keeps = {name: whole(4096 * self.value(name, 1)) for name in ("tau_syn", "tau_m", "tau_theta")}
        self.v_th, self.bias, self.jump, self.refractory, self.interval, self.offset = (
            whole(self.value(name, 0)) for name in ("v_th", "bias", "theta_jump", "refractory", "interval", "offset")
        )
        self.u, self.v, self.theta, self.held = np.zeros((4, population.n), np.int64)
        self.wraps = self.saturations = 0

    def value(self, name, otherwise):
        """Numbers of a parameter of the step, or `otherwise` where the step has none of that name."""
        return self.p.values.get(name, otherwise)

    def step(self, k, a):
        soft = is_a(self.p, "SoftResetLIF")
        if is_a(self.p, "LIFReset") and (k + 1) % self.interval == self.offset:
            self.u[:] = self.v[:] = 0
        kept, arrived = trunc(self.u * self.keeps["tau_syn"]), short(a)
        self.wraps += int(np.sum((kept + (arrived << 6) > HALF) | (kept + (arrived << 6) <= -HALF)))
        self.u = wrap(short(kept + (arrived << 6)))
        v = np.clip(short(trunc(self.v * self.keeps["tau_m"]) + self.u + self.bias), 1 - HALF, HALF - 1)
        self.saturations += int(np.sum(np.abs(v) == HALF - 1))
        self.theta = trunc(self.theta * self.keeps["tau_theta"])
        threshold = self.v_th + self.theta
        spike = v >= threshold if soft else (v > threshold) & (self.held == 0)
        after = v - threshold if soft else 0
        self.v = np.where(self.held > 0, self.v, np.where(spike, after, v))
        self.held = np.where(spike, self.refractory, np.maximum(self.held - 1, 0))
        self.theta = self.theta + spike * self.jump
        return spike.astype(np.int64)


def arrivals(projection, spikes):
    """(delay, current) of every delay bucket; the exponent floors each bucket's sum.

    Lava sums payloads times weights in 32 bits, but for its dense delays: there each product has 32 bits, and the sum has 64.
    """
    weights = projection.stored_weights
    weights = np.asarray(weights.todense() if sparse.issparse(weights) else weights, np.int64)
    payload = spikes if projection.message_bits else (spikes != 0).astype(np.int64)
    delays = np.broadcast_to(projection.delays, weights.shape)
    apart = np.any(projection.delays) and not sparse.issparse(projection.weights)
    for d in np.unique(delays):
        products = payload[:, None] * np.where(delays == d, weights, 0)
        total = short(products).sum(axis=0) if apart else short(products.sum(axis=0))
        e = projection.weight_exp
        yield int(d), total << e if e > 0 else total >> -e


def run(program, inputs, steps):
    """One sample: spikes by population, (u, v, theta) by population, each (steps, n)."""
    return counted(program, inputs, steps)[:2]


def counted(program, inputs, steps):
    """The same, and of every population how often u wrapped and v stood at its limit."""
    neurons = {p.name: Neurons(p) for p in program.populations if not p.neuron.is_source}
    waiting = {(name, k): np.zeros(x.n, np.int64) for name, x in neurons.items() for k in range(steps + 80)}
    spikes = {p.name: np.zeros((steps, p.n), np.int64) for p in program.populations}
    states = {(name, s): np.zeros((steps, x.n), np.int64) for name, x in neurons.items() for s in ("u", "v", "theta")}
    for k in range(steps):
        for name in spikes:
            spikes[name][k] = neurons[name].step(k, waiting[name, k]) if name in neurons else inputs[name][k]
        for projection in program.projections:
            for d, current in arrivals(projection, spikes[projection.pre][k]):
                waiting[projection.post, k + 1 + d] += current
        for name, s in states:
            states[name, s][k] = getattr(neurons[name], s)
    return spikes, states, {name: (x.wraps, x.saturations) for name, x in neurons.items()}
