"""One small network per neuron model; every execution that can run it must agree. The docs' support matrix comes from here."""

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
    ErrorPair,
    FixedProbability,
    Izhikevich,
    Network,
    Normal,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RefractoryAdaptiveLIF,
    RefractoryLIF,
    ResonateAndFire,
    SoftResetLIF,
    StepIzhikevich,
    StochasticUnit,
    TwoSynapseLIF,
    TwoWindowLIF,
    per_step,
)
from neurosim.neurons import Neuron
from neurosim.units import Hz, ms, mV, nA
from tests.own_neurons import Quadratic

LEVELS = {"tau_m": 10 * ms, "v_th": -50 * mV, "v_rest": -60 * mV}
OWN = EquationNeuron(
    model="dv/dt = (-60*mV - v)/(10*ms) : volt",
    threshold="v > -50*mV",
    reset="v = -60*mV",
    receptors={"default": "v"},
    initial={"v": -60 * mV},
)
TWO = TwoSynapseLIF(tau_e=5 * ms, tau_i=10 * ms, tau_m=20 * ms, v_th=15 * mV, refractory=2 * ms)
ADAPTIVE = RefractoryAdaptiveLIF(
    tau_m=10 * ms, tau_theta=50 * ms, v_th=10 * mV, theta_jump=1 * mV, refractory=2 * ms, tau_syn=3 * ms
)
RESONATOR = ResonateAndFire.tuned(frequency=40 * Hz, tau=20 * ms, v_th=1.0, dt=1 * ms)
WINDOWS = TwoWindowLIF(tau_m=20 * ms, v_th=1.0, period=40 * ms, first=20 * ms)
QUADRATIC = Quadratic(h=0.25, k=0.6, base=0.1, rate=0.03, b=0.2, v_peak=3.0, v_reset=-0.4, w_jump=0.3)


@dataclass(frozen=True)
class Scenario:
    """A neuron model in a network with all-to-all input, sparse delayed recurrence and constant current.

    `continuous` and `steps` state whether the neuron has a form in continuous time, and a form per time step.
    """

    name: str
    neuron: Neuron
    weight: object
    current: object = None
    receptor: str = "default"
    continuous: bool = True
    steps: bool = True
    probe: str = "v"

    def network(self) -> Network:
        """Sources of 100 Hz onto 12 neurons that excite each other sparsely, 2 ms late."""
        return Network(
            name="scenario",
            populations=[
                Population("noise", 15, PoissonInput(100 * Hz)),
                Population("cells", 12, self.neuron, current=self.current),
            ],
            projections=[
                Projection("noise", "cells", AllToAll(Normal(self.weight, 0.3 * self.weight)), receptor=self.receptor),
                Projection("cells", "cells", FixedProbability(self.weight * 0.5, p=0.3), receptor=self.receptor, delay=2 * ms),
            ],
            probes=[Probe("cells", self.probe)],
            seed=5,
        )


SCENARIOS = (
    Scenario("LIF", LIF(**LEVELS), 0.6 * mV, np.linspace(0, 3, 12) * mV),
    Scenario("LIF, synaptic current", LIF(**LEVELS, tau_syn=5 * ms), 4 * mV),
    Scenario("LIF, decays per step", LIF(tau_m=per_step(0.9), v_th=1.0), 0.08),
    Scenario("SoftResetLIF", SoftResetLIF(**LEVELS), 0.9 * mV),
    Scenario("RefractoryLIF", RefractoryLIF(**LEVELS, refractory=4 * ms), 0.9 * mV),
    Scenario("AdaptiveLIF", AdaptiveLIF(**LEVELS, tau_theta=50 * ms, theta_jump=2 * mV), 1.2 * mV),
    Scenario("BurstLIF", BurstLIF(bias=14 * mV), 3 * mV, continuous=False),
    Scenario("TwoSynapseLIF", TWO, 2 * mV, receptor="excitatory", continuous=False),
    Scenario("RefractoryAdaptiveLIF", ADAPTIVE, 1 * mV, continuous=False),
    Scenario("StepIzhikevich", StepIzhikevich.sampled(dt=1 * ms), 3 * mV, 5 * mV, continuous=False),
    Scenario("ResonateAndFire", RESONATOR, 0.25, continuous=False, probe="y"),
    Scenario("StochasticUnit", StochasticUnit(slope=2.0, bias=-1.0), 0.2, continuous=False),
    Scenario("TwoWindowLIF", WINDOWS, 0.15, continuous=False),
    Scenario("ErrorPair", ErrorPair(tau_m=50 * ms, v_th=1.0), 0.2, receptor="input", continuous=False),
    Scenario("a neuron of your own (StepNeuron)", QUADRATIC, 0.1, continuous=False),
    Scenario("Izhikevich", Izhikevich(), 3 * mV, steps=False),
    Scenario("AdEx", AdEx(), 0.2 * nA, steps=False),
    Scenario("EquationNeuron", OWN, 2 * mV, steps=False),
)

