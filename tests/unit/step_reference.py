"""The difference equations of `neurosim.program.step`, written once more in plain numpy: slow, one step after the other."""

import numpy as np
from scipy import sparse

from neurosim.neurons.step_form import Dynamics


class Neurons:
    """State of one population."""

    def __init__(self, population):
        self.p, n = population.neuron, population.n
        self.u, self.v, self.theta = np.zeros((3, n))
        self.held = np.zeros(n, int)

    def step(self, k, a):
        p = self.p
        if p.dynamics is Dynamics.LIF_RESET and (k + 1) % p.reset_interval == p.reset_offset:
            self.u, self.v = np.zeros_like(self.u), np.zeros_like(self.v)
        self.u = self.u * (1 - p.du) + a
        self.v = np.where(self.held > 0, self.v, self.v * (1 - p.dv) + self.u + p.bias)
        self.held = np.maximum(self.held - 1, 0)
        self.theta = self.theta * (1 - p.dtheta)
        return self.reset()

    def reset(self):
        p = self.p
        if p.dynamics is Dynamics.SOFT_RESET_LIF:
            spike = self.v >= p.v_th
            self.v = self.v - spike * p.v_th
            return spike
        adaptive = p.dynamics is Dynamics.ADAPTIVE_LIF
        spike = self.v > p.v_th + (self.theta if adaptive else 0)
        self.v = np.where(spike, p.v_reset, self.v)
        self.theta = self.theta + spike * p.theta_jump
        self.held = np.where(spike, p.refractory * (p.dynamics is Dynamics.REFRACTORY_LIF), self.held)
        return spike


def run(program, inputs, steps):
    """One sample: rasters by population, and u, v, theta by (population, variable), each (steps, n)."""
    neurons = {p.name: Neurons(p) for p in program.populations if p.neuron.dynamics is not Dynamics.SOURCE}
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
