"""Brunel 2000: sparse random connections of excitatory and inhibitory neurons fire irregularly.

Brunel (2000), doi:10.1023/A:1008925309027, model A with g = 5 and eta = 2: spikes make the voltage jump after 1.5 ms. The
network has 40 % of the published neurons, the same connection probability, and therefore jumps of 0.25 mV instead of 0.1 mV.
The external spikes of a neuron come from Poisson sources that others share. A refractory neuron takes up what arrives in its
last refractory step on the emulator, and not in Brian2.
"""

import numpy as np
from brian2 import NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, defaultclock, run

from neurosim import FixedInDegree, Network, PoissonInput, Population, Projection, RefractoryLIF, emulate_network, simulate
from neurosim.analysis.measures import cv, mean_rate, synchrony
from neurosim.units import Hz, ms, mV

DT, G = 0.1, 5


def described(small):
    n = 500 if small else 4000
    jump = 20 / (0.1 * n * 10 * 0.02)
    neuron = RefractoryLIF(tau_m=20 * ms, v_th=20 * mV, v_reset=10 * mV, refractory=2 * ms)
    populations = [
        Population("external", n, PoissonInput(20 * Hz)),
        Population("excitatory", n, neuron),
        Population("inhibitory", n // 4, neuron),
    ]
    synapses = [
        Projection(pre, post, FixedInDegree(weight * mV, n=inputs), delay=1.5 * ms)
        for post in ("excitatory", "inhibitory")
        for pre, weight, inputs in (
            ("external", jump, n // 10), ("excitatory", jump, n // 10), ("inhibitory", -G * jump, n // 40)
        )
    ]  # fmt: skip
    return Network("brunel", populations, synapses, dt=DT * ms), (100 if small else 300) * ms


def by_hand(network, duration, inputs):
    defaultclock.dt = DT * ms
    n = network.population("excitatory").n
    constants = {"jump": 20 * mV / (0.1 * n * 10 * 0.02), "G": G}
    cells = NeuronGroup(
        n + n // 4, "dv/dt = -v/(20*ms) : volt (unless refractory)",
        threshold="v > 20*mV", reset="v = 10*mV", refractory=2 * ms, method="exact",
    )  # fmt: skip
    populations = {"excitatory": cells[:n], "inhibitory": cells[n:]}
    external = SpikeGeneratorGroup(n, *inputs["external"])
    feeding = Synapses(external, cells, on_pre="v += jump", namespace=constants, delay=1.5 * ms)
    exciting = Synapses(cells, cells, on_pre="v += jump", namespace=constants, delay=1.5 * ms)
    inhibiting = Synapses(cells, cells, on_pre="v -= G*jump", namespace=constants, delay=1.5 * ms)
    for pre, synapses, shift in (("external", feeding, 0), ("excitatory", exciting, 0), ("inhibitory", inhibiting, n)):
        one, other = (network.weights(f"{pre}_{post}").nonzero() for post in populations)
        synapses.connect(i=np.concatenate([one[0], other[0]]) + shift, j=np.concatenate([one[1], other[1] + n]))
    excitatory, inhibitory = (SpikeMonitor(group) for group in populations.values())
    run(duration)
    return {"excitatory": excitatory, "inhibitory": inhibitory}


def numbers(recording):
    return {
        "rate (Hz)": mean_rate(recording, "excitatory"),
        "CV of the intervals": cv(recording, "excitatory"),
        "synchrony in 2 ms": synchrony(recording, "excitatory", 2e-3),
    }


EXECUTIONS = {"Brian2": simulate, "emulator": emulate_network}
