"""One competitive layer that learns digits without labels, by STDP, adaptive thresholds and lateral inhibition.

Paper: Diehl, Cook (2015), "Unsupervised learning of digit recognition using spike-timing-dependent plasticity",
doi:10.3389/fncom.2015.00099.

Expected: receptive fields that look like digits. With each neuron named after the digit it answers to most, the paper has
82.9 % of MNIST's test images right with 100 neurons and 87.0 % with 400. `experiments/diehl_cook.py` trains it by the paper's
protocol: 350 ms of Poisson spikes an image, up to 63.75 Hz; again and brighter if fewer than five spikes come of it; weights
onto each neuron normalised to a sum of 78.4 before each image.

Deviations: the paper's synapses are conductances; these are jumps of the voltage, in mV, since a chip has no conductances.
Voltages start at rest with each image, where the paper waits 150 ms for that. The paper has an inhibitory neuron for each
excitatory one, which hands its spikes to all others; here a spike inhibits all others itself, one step later. There is no
refractory time: the membrane, with 100 ms, needs longer from its reset to the threshold. Voltages reset to rest, 5 mV below
the paper's reset, as on a chip.

`parts` splits the inhibition into that many equal synapses. It changes nothing in float; on a chip the largest weight sets the
unit of the voltages, and without it the threshold could not move by as little as `theta_jump`.
"""

from __future__ import annotations

import numpy as np

from neurosim import AdaptiveLIF, AllToAll, Network, Population, Projection, SpikeRaster, Uniform
from neurosim.plasticity import diehl_cook
from neurosim.units import ms, mV


def build(
    n: int = 100,
    pixels: int = 784,
    eta: float = 0.01,
    x_tar: float = 0.2,
    theta_jump: float = 0.1,
    inhibition: float = 120.0,
    parts: int = 8,
    seed: int = 0,
) -> Network:
    """`n` neurons that see `pixels`; weights up to 1 mV, `theta_jump` and `inhibition` in mV."""
    neuron = AdaptiveLIF(tau_m=100 * ms, v_th=13 * mV, tau_theta=1e7 * ms, theta_jump=theta_jump * mV)
    # The rule's numbers are those of volts: (w_max - w) brings the unit.
    rule = diehl_cook(eta=eta, x_tar=x_tar, mu=1, tau=20 * ms, w_max=1 * mV)
    others = -(1 - np.eye(n)) * inhibition / parts * mV
    return Network(
        name="diehl_cook",
        populations=[Population("image", pixels, SpikeRaster(np.zeros((1, pixels), np.uint8))), Population("layer", n, neuron)],
        projections=[
            Projection("image", "layer", AllToAll(Uniform(0 * mV, 0.3 * mV)), plasticity=rule),
            *(Projection("layer", "layer", others, name=f"others{k + 1}") for k in range(parts)),
        ],
        dt=1 * ms,
        seed=seed,
    )
