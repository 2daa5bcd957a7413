"""One small network a neuron model; every execution that can run it must agree. The docs' support matrix comes from here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim import (
    LIF,
    AdaptiveLIF,
    AdEx,
    AllToAll,
    BurstLIF,
    EquationNeuron,
    FixedProbability,
    Izhikevich,
    Network,
    Normal,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RefractoryLIF,
    SoftResetLIF,
    per_step,
)
from neurosim.neurons import Neuron
from neurosim.units import Hz, ms, mV, nA

LEVELS = {"tau_m": 10 * ms, "v_th": -50 * mV, "v_rest": -60 * mV}
OWN = EquationNeuron(
    model="dv/dt = (-60*mV - v)/(10*ms) : volt",
    threshold="v > -50*mV",
    reset="v = -60*mV",
    receptors={"default": "v"},
    initial={"v": -60 * mV},
)


@dataclass(frozen=True)
class Scenario:
    """A neuron model in a network with all-to-all input, sparse delayed recurrence and constant current."""

    name: str
    neuron: Neuron
    weight: object
    current: object = None

    def network(self) -> Network:
        """Sources of 100 Hz onto 12 neurons that excite each other sparsely, 2 ms late."""
        return Network(
            name="scenario",
            populations=[
                Population("noise", 15, PoissonInput(100 * Hz)),
                Population("cells", 12, self.neuron, current=self.current),
            ],
            projections=[
                Projection("noise", "cells", AllToAll(Normal(self.weight, 0.3 * self.weight))),
                Projection("cells", "cells", FixedProbability(self.weight * 0.5, p=0.3), delay=2 * ms),
            ],
            probes=[Probe("cells", "v")],
            seed=5,
        )


SCENARIOS = (
    Scenario("LIF", LIF(**LEVELS), 0.6 * mV, np.linspace(0, 3, 12) * mV),
    Scenario("LIF, synaptic current", LIF(**LEVELS, tau_syn=5 * ms), 4 * mV),
    Scenario("LIF, decays per step", LIF(tau_m=per_step(0.9), v_th=1.0), 0.08),
    Scenario("SoftResetLIF", SoftResetLIF(**LEVELS), 0.9 * mV),
    Scenario("RefractoryLIF", RefractoryLIF(**LEVELS, refractory=4 * ms), 0.9 * mV),
    Scenario("AdaptiveLIF", AdaptiveLIF(**LEVELS, tau_theta=50 * ms, theta_jump=2 * mV), 1.2 * mV),
    Scenario("BurstLIF", BurstLIF(bias=14 * mV), 3 * mV),
    Scenario("Izhikevich", Izhikevich(), 3 * mV),
    Scenario("AdEx", AdEx(), 0.2 * nA),
    Scenario("EquationNeuron", OWN, 2 * mV),
)

