"""What other programs compute from a NIR graph, in plain NumPy: all layers in one step, and what leads back in the next."""

from __future__ import annotations

import numpy as np


class Cell:
    """A node with a state, computed from its fields; `choices` as in `neurosim.nir.from_nir`."""

    def __init__(self, node, choices):
        self.f, self.c = node, choices
        n = np.size(node["r"])
        self.v, self.i, self.fired = np.zeros(n), np.zeros(n), np.zeros(n)

    def kept(self, tau):
        return 1 - self.c["dt"] / tau if self.c["decay"] == "euler" else np.exp(-self.c["dt"] / tau)

    def counted(self, tau, how):
        return {"per_spike": 1.0, "held": 1 - self.kept(tau), "times_dt": self.c["dt"] / tau}[how]

    def step(self, x):
        f, c = self.f, self.c
        current = x
        if "tau_syn" in f:
            self.i = self.kept(f["tau_syn"]) * self.i + f["w_in"] * self.counted(f["tau_syn"], c["synapse_input"]) * x
            current = self.i
        tau = f.get("tau_mem", f.get("tau"))
        if tau is None:
            self.v = self.v + f["r"] * current * (1 if c["integrator_input"] == "per_spike" else c["dt"])
        else:
            leak = (1 - self.kept(tau)) * f["v_leak"]
            self.v = self.kept(tau) * self.v + leak + self.counted(tau, c["membrane_input"]) * f["r"] * current
        if "v_threshold" not in f:
            return self.v.copy()
        if c["reset"] == "late":
            self.v = self.v - self.fired * f["v_threshold"]
        spikes = self.v > f["v_threshold"] if c["threshold"] == ">" else self.v >= f["v_threshold"]
        if c["reset"] == "value":
            self.v = np.where(spikes, f["v_reset"], self.v)
        elif c["reset"] == "subtract":
            self.v = self.v - spikes * f["v_threshold"]
        self.fired = spikes.astype(float)
        return self.fired


def run(graph, order, raster, choices):
    """What each node sends, (steps, n); `order` is the order of nodes in a step."""
    nodes, sent = graph["nodes"], {}
    cells = {name: Cell(node, choices) for name, node in nodes.items() if "r" in node}
    held = {name: [] for name, node in nodes.items() if node["type"] == "Delay"}
    now = {}
    for row in raster:
        for name in order:
            node = nodes[name]
            x = sum(now.get(a, 0.0) for a, b in graph["edges"] if b == name)
            if node["type"] == "Input":
                now[name] = row.astype(float)
            elif name in cells:
                now[name] = cells[name].step(x)
            elif name in held:
                held[name].append(x)
                past = len(held[name]) - 1 - round(float(node["delay"][0]) / choices["dt"])
                now[name] = held[name][past] if past >= 0 else 0 * x
            else:
                now[name] = node["weight"] @ (x if np.ndim(x) else np.zeros(node["weight"].shape[1])) + node.get("bias", 0.0)
            sent.setdefault(name, []).append(now[name])
    return {name: np.array(values) for name, values in sent.items()}
