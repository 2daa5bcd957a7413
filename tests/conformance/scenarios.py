"""The table of conformance: a network per row, and which executions refuse it. The docs' support matrix comes from here, too.

To add a row, describe a network in which something spikes, and name the executions that refuse it, each with a part of the
reason. All executions that are not named have to run it, and those that reproduce another execution have to agree with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim import (
    LIF,
    AdaptiveLIF,
    AdEx,
    AllToAll,
    BurstLIF,
    ClopathAdEx,
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
    StepLIF,
    StochasticUnit,
    TwoSynapseLIF,
    TwoWindowLIF,
    per_step,
)
from neurosim.backends.executions import OWN, Workload
from neurosim.neurons import Neuron
from neurosim.units import Hz, ms, mV, nA
from tests.conformance import scenario_networks as networks
from tests.own_neurons import Quadratic
from tests.unit.desire_networks import PERIOD, samples

IN_NEST = ("LIF", "LIF, decays per step", "RefractoryLIF")
"""Rows that NEST runs as they are; all others have neurons, delays or rules that it refuses."""
NOT_IN_NEST = "NEST"


@dataclass(frozen=True)
class Scenario:
    """A row of the table.

    Attributes
    ----------
    name : str
        What is compared.
    network : Network
        The network, with probes of what is to be compared besides spikes and final weights.
    unsupported : mapping
        Name of each execution that refuses the network -> a part of the reason.
    milliseconds : float
        Duration of a run.
    arguments : mapping
        Further arguments of a run: images, labels, signals.
    allow : set of str
        What the deployment to a chip has to accept.
    busy : str
        Population that has to spike.
    """

    name: str
    network: Network
    unsupported: Mapping[str, str] = field(default_factory=dict)
    milliseconds: float = 150
    arguments: Mapping[str, Any] = field(default_factory=dict)
    allow: Set[str] = frozenset()
    busy: str = "cells"

    def __post_init__(self) -> None:
        if self.name not in IN_NEST:
            object.__setattr__(self, "unsupported", {"NEST": NOT_IN_NEST, **self.unsupported})

    @property
    def duration(self) -> Any:
        """Duration of a run, with its unit."""
        return self.milliseconds * ms

    @property
    def workload(self) -> Workload:
        """The network for an execution."""
        return Workload(self.network, allow=self.allow)


def of_neuron(
    name: str, neuron: Neuron, weight: Any, unsupported: Mapping[str, str], *, current: Any = None, receptor: str = "default",
    probe: str = "v",
) -> Scenario:  # fmt: skip
    """A neuron model: sources of 100 Hz onto 12 neurons that excite each other sparsely, 2 ms late, and a constant current."""
    network = Network(
        name="scenario",
        populations=[
            Population("noise", 15, PoissonInput(100 * Hz)),
            Population("cells", 12, neuron, current=current),
        ],
        projections=[
            Projection("noise", "cells", AllToAll(Normal(weight, 0.3 * weight)), receptor=receptor),
            Projection("cells", "cells", FixedProbability(weight * 0.5, p=0.3), receptor=receptor, delay=2 * ms),
        ],
        probes=[Probe("cells", probe)],
        seed=5,
    )
    return Scenario(name, network, unsupported)


NOT_ON_LOIHI_1 = {"emulator loihi1": "Intel Loihi does not support"}
BOUNDED = {"Lava floating_pt": "supports no bound except 0"}
ONLY_STEPS = {"Brian2 exact": "does not define a differential equation"}
NO_EXPONENTIAL = {
    **dict.fromkeys(OWN, "'cells'.*no exponential function"),
    "Brian2 exact": "written as one time step",
}
for name in ("Brian2 step", "emulator float", "NEST"):
    NO_EXPONENTIAL.pop(name, None)
ONLY_CONTINUOUS = {name: "'cells'.*difference form" for name in OWN if name != "Brian2 exact"}

LEVELS = {"tau_m": 10 * ms, "v_th": -50 * mV, "v_rest": -60 * mV}
OWN_EQUATIONS = EquationNeuron(
    model="dv/dt = (-60*mV - v)/(10*ms) : volt",
    threshold="v > -50*mV",
    reset="v = -60*mV",
    receptors={"default": "v"},
    initial={"v": -60 * mV},
)
TWO = TwoSynapseLIF(tau_e=5 * ms, tau_i=10 * ms, tau_m=20 * ms, v_th=15 * mV, refractory=2 * ms)
REFRACTORY_ADAPTIVE = RefractoryAdaptiveLIF(
    tau_m=10 * ms, tau_theta=50 * ms, v_th=10 * mV, theta_jump=1 * mV, refractory=2 * ms, tau_syn=3 * ms
)
RESONATOR = ResonateAndFire.tuned(frequency=40 * Hz, tau=20 * ms, v_th=1.0, dt=1 * ms)
WINDOWS = TwoWindowLIF(tau_m=20 * ms, v_th=1.0, period=40 * ms, first=20 * ms)
STEP_LIF = StepLIF(tau_m=per_step(0.9), tau_syn=4 * ms, v_th=1.0, v_reset=-0.1, inflow=0.01, starts=5)
QUADRATIC = Quadratic(h=0.25, k=0.6, base=0.1, rate=0.03, b=0.2, v_peak=3.0, v_reset=-0.4, w_jump=0.3)
REFRACTORY, ADAPTIVE = RefractoryLIF(**LEVELS, refractory=4 * ms), AdaptiveLIF(**LEVELS, tau_theta=50 * ms, theta_jump=2 * mV)
IMAGES, LABELS = samples(networks.desires(), 4)

SCENARIOS = (
    of_neuron("LIF", LIF(**LEVELS), 0.6 * mV, {}, current=np.linspace(0, 3, 12) * mV),
    of_neuron("LIF, synaptic current", LIF(**LEVELS, tau_syn=5 * ms), 4 * mV, {}),
    of_neuron("LIF, decays per step", LIF(tau_m=per_step(0.9), v_th=1.0), 0.08, {}),
    of_neuron("SoftResetLIF", SoftResetLIF(**LEVELS), 0.9 * mV, NOT_ON_LOIHI_1),
    of_neuron("RefractoryLIF", REFRACTORY, 0.9 * mV, {}),
    of_neuron("AdaptiveLIF", ADAPTIVE, 1.2 * mV, NOT_ON_LOIHI_1),
    of_neuron("BurstLIF", BurstLIF(bias=14 * mV), 3 * mV, {"Brian2 exact": "no form in continuous time"} | NOT_ON_LOIHI_1),
    of_neuron("TwoSynapseLIF", TWO, 2 * mV, ONLY_STEPS | NOT_ON_LOIHI_1, receptor="excitatory"),
    of_neuron("RefractoryAdaptiveLIF", REFRACTORY_ADAPTIVE, 1 * mV, ONLY_STEPS | NOT_ON_LOIHI_1),
    of_neuron("StepIzhikevich", StepIzhikevich.sampled(dt=1 * ms), 3 * mV, ONLY_STEPS | NOT_ON_LOIHI_1, current=5 * mV),
    of_neuron("ResonateAndFire", RESONATOR, 0.25, ONLY_STEPS | NOT_ON_LOIHI_1, probe="y"),
    of_neuron("StochasticUnit", StochasticUnit(slope=2.0, bias=-1.0), 0.2, ONLY_STEPS | NOT_ON_LOIHI_1),
    of_neuron("TwoWindowLIF", WINDOWS, 0.15, ONLY_STEPS | NOT_ON_LOIHI_1),
    of_neuron("ErrorPair", ErrorPair(tau_m=50 * ms, v_th=1.0), 0.2, ONLY_STEPS | NOT_ON_LOIHI_1, receptor="input"),
    of_neuron("StepLIF", STEP_LIF, 0.08, ONLY_STEPS | NOT_ON_LOIHI_1, current=np.linspace(0, 0.02, 12)),
    of_neuron("a neuron of your own (StepNeuron)", QUADRATIC, 0.1, ONLY_STEPS | NOT_ON_LOIHI_1),
    of_neuron("Izhikevich", Izhikevich(), 3 * mV, ONLY_CONTINUOUS),
    of_neuron("AdEx", AdEx(), 0.2 * nA, ONLY_CONTINUOUS),
    of_neuron("ClopathAdEx", ClopathAdEx(), 8 * mV, NO_EXPONENTIAL | NOT_ON_LOIHI_1),
    of_neuron("EquationNeuron", OWN_EQUATIONS, 2 * mV, ONLY_CONTINUOUS),
    Scenario("short-term plasticity", networks.short_term(), {"emulator loihi1": "bits of the payload of a spike"}),
    Scenario("synapses that learn (pair_stdp)", networks.stdp(), {"emulator loihi1": "cannot learn"}),
    Scenario(
        "neurons of your own, with a graded channel",
        networks.own_neurons(),
        ONLY_STEPS | {"Brian2 step": "in Brian2 have no payload"} | NOT_ON_LOIHI_1,
        busy="noisy",
    ),
    Scenario(
        "neurons of your own that learn",
        networks.own_neurons_that_learn(),
        ONLY_STEPS | BOUNDED | NOT_ON_LOIHI_1,
        busy="balanced",
    ),
    Scenario(
        "bursts that learn (burst_dependent)",
        networks.bursts(),
        {"Brian2 exact": "no form in continuous time"} | NOT_ON_LOIHI_1,
        milliseconds=400,
        busy="low",
    ),
    Scenario(
        "desire backpropagation (DesireLIF)",
        networks.desires(),
        {"Brian2 exact": "no form in continuous time", "Brian2 step": "in Brian2 have no payload"} | NOT_ON_LOIHI_1,
        milliseconds=PERIOD,
        arguments={"images": IMAGES, "labels": LABELS},
        busy="output",
    ),
)
"""All rows."""
