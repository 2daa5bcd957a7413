"""Small networks of burst neurons, for tests of every execution, and their equations as a plain loop."""

from __future__ import annotations

import numpy as np

from neurosim import BurstLIF, EventBaseline, Network, Population, Projection, SpikeRaster
from neurosim.plasticity import burst_dependent
from neurosim.program.lower import lower
from neurosim.units import ms, mV, volt
from tests.steps import is_a

SOURCE = {"drive": 12, "top": 10}
BOUNDS = (0.0, 20e-3)


def cell(**fields):
    """One that fires at about 10 Hz by itself."""
    return BurstLIF(**{"bias": 24 * mV, "baseline": EventBaseline(k=3, p=0.3), **fields})


def burst_network(rule=None, seed=0, n=(9, 6), **fields):
    """Two layers: spikes up with a rule, events up too, bursts down to the dendrites; sources drive somata and dendrites."""
    rng = np.random.default_rng(seed)
    lower_n, upper_n = n

    def weights(shape, low, high):
        return rng.uniform(low, high, shape) * mV

    return Network(
        "bursts",
        [
            Population("drive", SOURCE["drive"], SpikeRaster(np.zeros((1, SOURCE["drive"])))),
            Population("top", SOURCE["top"], SpikeRaster(np.zeros((1, SOURCE["top"])))),
            Population("low", lower_n, cell(**fields)),
            Population("high", upper_n, cell(**fields)),
        ],
        [
            Projection("drive", "low", weights((SOURCE["drive"], lower_n), 0, 20), plasticity=rule),
            Projection("low", "high", weights((lower_n, upper_n), 0, 20), plasticity=rule, channel="event"),
            Projection("top", "high", weights((SOURCE["top"], upper_n), -40, 60), receptor="dendrite"),
            Projection("high", "low", weights((upper_n, lower_n), -60, 90), receptor="dendrite", channel="burst", name="down"),
        ],
        seed=seed,
    )


def given(steps, samples=1, rate=0.08, seed=1):
    """Input spikes."""
    rng = np.random.default_rng(seed)
    return {name: (rng.random((samples, steps, n)) < rate).astype(np.uint8) for name, n in SOURCE.items()}


def rule(eta=1.0, bounds=BOUNDS):
    """In mV a burst; bounds in volts."""
    limits = tuple(None if bound is None else bound * volt for bound in bounds)
    return burst_dependent(eta=eta * mV, tau=50 * ms, bounds=limits)


def noisy(n, **fields):
    """Cells under a drive of spikes of both signs at the soma, as in a network."""
    weights = np.random.default_rng(0).normal(0, 7, (40, n))
    return Network(
        "noisy",
        [Population("noise", 40, SpikeRaster(np.zeros((1, 40)))), Population("cell", n, BurstLIF(**fields))],
        [Projection("noise", "cell", (weights - weights.mean(axis=0)) * mV)],
    )


def draws(seed, step, n):
    """The random bits of a step, written down once more in Python's own integers."""

    def mix(x):
        x = (x ^ x >> 16) * 0x85EBCA6B % 2**32
        x = (x ^ x >> 13) * 0xC2B2AE35 % 2**32
        return x ^ x >> 16

    return [mix((mix(seed ^ mix(step)) + (i + 1) * 0x9E3779B9) % 2**32) for i in range(n)]


class Loop:
    """The equations of one burst population, neuron by neuron."""

    def __init__(self, population):
        self.p, self.n, self.step = population.neuron, population.n, 0
        assert is_a(self.p, "BurstLIF")
        self.u, self.v, self.u_d, self.v_d, self.a = np.zeros((5, self.n))
        self.P = np.full(self.n, self.p.values["start"])
        self.last, self.due = np.full(self.n, -(10**6)), np.full(self.n, -1)

    def advance(self, soma, dendrite):
        """One step with what arrives; (events, bursts, P of before)."""
        values, before = self.p.values, self.P.copy()
        delay, spread = int(values["delay"]), int(values["spread"])
        self.u = self.u * values["tau_syn"] + soma
        self.v = self.v * values["tau_m"] + self.u + values["bias"]
        self.u_d = self.u_d * values["tau_syn_d"] + dendrite
        self.v_d = self.v_d * values["tau_d"] + self.u_d + values["bias_d"]
        self.a = self.a * values["tau_theta"]
        self.v = self.v - self.a
        burst = self.due == self.step
        event = (self.v > values["v_th"]) & (self.step - self.last > values["refractory"])
        for i, bits in enumerate(draws(self.p.seed, self.step, self.n)):
            if event[i] and bits // 2**16 / 2**16 < values["middle"] + values["slope"] * self.v_d[i]:
                self.due[i] = self.step + delay + (bits % 256) * (spread + 1) // 256
        self.v[event] = 0
        self.a[event] += values["theta_jump"]
        self.last[event | burst] = self.step
        self.P = self.P - event * self.P * values["share"] + burst * values["share"]
        self.step += 1
        return event, burst, before


def looped(network, steps, inputs):
    """Both layers as a loop, with the rule; (payloads, v_d and P by population, weights by projection)."""
    program = lower(network)
    cells = {name: Loop(program.population(name)) for name in ("low", "high")}
    weights = {p.name: np.array(p.weights) for p in program.projections}
    plastic = {p.name: p for p in program.projections if p.rule is not None}
    trace = {name: np.zeros(p.weights.shape[0]) for name, p in plastic.items()}
    arrived = dict.fromkeys(weights, 0.0)
    out = {(name, what): [] for name in cells for what in ("payload", "v_d", "P")}
    for k in range(steps):
        now = {
            "low": cells["low"].advance(arrived["drive_low"], arrived["down"]),
            "high": cells["high"].advance(arrived["low_high"], arrived["top_high"]),
        }
        sent = {(name, "spike"): inputs[name][0, k].astype(float) for name in SOURCE}
        sent |= {("low", "event"): now["low"][0] * 1.0, ("high", "burst"): now["high"][1] * 1.0}
        arrived = {p.name: sent[p.pre, p.channel] @ weights[p.name] for p in program.projections}
        for name, p in plastic.items():
            described = network.projection(name).plasticity
            event, burst, before = now[p.post]
            trace[name] = trace[name] * described.traces["x"].kept(program.dt) + sent[p.pre, p.channel]
            eta = described.parameters["eta"] * program.population(p.post).neuron.gain_at("default")
            changed = weights[name] + eta * np.outer(trace[name], burst - event * before)
            weights[name] = np.clip(changed, *p.rule.bounds)
        for name, (event, burst, _) in now.items():
            out[name, "payload"].append(event + 2 * burst)
            out[name, "v_d"].append(cells[name].v_d.copy())
            out[name, "P"].append(cells[name].P.copy())
    return {key: np.array(values) for key, values in out.items()}, weights
