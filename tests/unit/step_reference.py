"""The difference equations of `neurosim.program.step`, written once more in plain numpy: slow, one step after the other."""

import numpy as np
from scipy import sparse

from tests.steps import is_a


class Neurons:
    """State of one population."""

    def __init__(self, population):
        self.p, n = population.neuron, population.n
        # Of parameters that its step does not have: nothing decays, jumps or is held.
        self.values = {"tau_theta": 1.0, "theta_jump": 0.0, "refractory": 0, **self.p.values}
        self.u, self.v, self.theta = np.zeros((3, n))
        self.held = np.zeros(n, int)

    def step(self, k, a):
        values = self.values
        if is_a(self.p, "LIFReset") and (k + 1) % values["interval"] == values["offset"]:
            self.u, self.v = np.zeros_like(self.u), np.zeros_like(self.v)
        self.u = self.u * values["tau_syn"] + a
        self.v = np.where(self.held > 0, self.v, self.v * values["tau_m"] + self.u + values["bias"])
        self.held = np.maximum(self.held - 1, 0)
        self.theta = self.theta * values["tau_theta"]
        return self.reset()

    def reset(self):
        values = self.values
        if is_a(self.p, "SoftResetLIF"):
            spike = self.v >= values["v_th"]
            self.v = self.v - spike * values["v_th"]
            return spike
        spike = self.v > values["v_th"] + self.theta
        self.v = np.where(spike, values["v_reset"], self.v)
        self.theta = self.theta + spike * values["theta_jump"]
        self.held = np.where(spike, values["refractory"], self.held)
        return spike


def run(program, inputs, steps):
    """One sample: rasters by population, and u, v, theta by (population, variable), each (steps, n)."""
    neurons = {p.name: Neurons(p) for p in program.populations if not p.neuron.is_source}
    late = 1 + max((int(np.max(p.delays)) for p in program.projections), default=0)
    waiting = {p.name: np.zeros((steps + late, p.n)) for p in program.populations}
    spikes = {p.name: np.zeros((steps, p.n), int) for p in program.populations}
    states = {(name, s): np.zeros((steps, len(x.u))) for name, x in neurons.items() for s in ("u", "v", "theta")}
    for k in range(steps):
        for name in spikes:
            spikes[name][k] = neurons[name].step(k, waiting[name][k]) if name in neurons else inputs[name][k]
        for projection in program.projections:
            deliver(projection, spikes[projection.pre][k], waiting[projection.post][k + 1 :])
        for name, s in states:
            states[name, s][k] = getattr(neurons[name], s)
    return spikes, states


def deliver(projection, spikes, ahead):
    """Add the weights of this step's spikes to what arrives in the steps `ahead`."""
    weights = projection.weights
    weights = weights.toarray() if sparse.issparse(weights) else weights
    delays = np.broadcast_to(projection.delays, weights.shape)
    for d in np.unique(delays):
        ahead[d] += (spikes != 0).astype(float) @ np.where(delays == d, weights, 0)
