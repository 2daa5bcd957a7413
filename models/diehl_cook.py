"""One competitive layer that learns digits without labels, by STDP, adaptive thresholds and lateral inhibition.

Paper: Diehl, Cook (2015), "Unsupervised learning of digit recognition using spike-timing-dependent plasticity",
doi:10.3389/fncom.2015.00099.

Expected: receptive fields that look like digits. If each neuron is assigned to the digit to which it responds most, the paper
reports an accuracy of 82.9 % on MNIST's test images with 100 neurons and 87.0 % with 400. `experiments/diehl_cook.py` trains
the network by the paper's protocol: each image is shown as Poisson spikes of up to 63.75 Hz for 350 ms; it is shown again and
brighter if it evokes fewer than five spikes; and the input weights of each neuron are normalised to a sum of 78.4 before each
image.

Deviations: the paper's synapses are conductances; here a spike makes the voltage jump (weights in mV), because a chip has no
conductances. Voltages start at rest with each image, while the paper waits 150 ms for this. The paper has an inhibitory neuron
for each excitatory one, which transmits its spikes to all others; here an excitatory neuron inhibits all others directly, one
step later. There is no refractory time, because the membrane (100 ms) needs longer from its reset to the threshold. Voltages
are reset to rest, 5 mV below the paper's reset, as on a chip.

`parts` splits the inhibition into this number of equal synapses. It changes nothing in float. On a chip the largest weight
determines the unit of the voltages; without the split, the threshold could not change by as little as `theta_jump`.

With `total` (78.4 in the paper), the rule itself normalises the weights at the start of each sample, so that `start`,
`simulate` and `emulate_network` run all of it. Without it, the training loop normalises, also for a chip, where a rule cannot.
"""

from __future__ import annotations

import numpy as np

from neurosim import AdaptiveLIF, AllToAll, ImageInput, Network, PoissonCoding, Population, Projection, Uniform
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
    total: float | None = None,
    seed: int = 0,
) -> Network:
    """Build a layer of `n` neurons with `pixels` inputs; weights are up to 1 mV, and the arguments that are voltages in mV."""
    neuron = AdaptiveLIF(tau_m=100 * ms, v_th=13 * mV, tau_theta=1e7 * ms, theta_jump=theta_jump * mV)
    # The parameters of the rule have no unit, because (w_max - w) contributes it.
    # 350 ms of Poisson spikes, of 63.75 Hz where a pixel is white.
    shown = PoissonCoding(350, max_probability=0.06375)
    scaled = None if total is None else total * mV
    rule = diehl_cook(eta=eta, x_tar=x_tar, mu=1, tau=20 * ms, w_max=1 * mV, total=scaled)
    others = -(1 - np.eye(n)) * inhibition / parts * mV
    return Network(
        name="diehl_cook",
        populations=[Population("image", pixels, ImageInput(shown)), Population("layer", n, neuron)],
        projections=[
            Projection("image", "layer", AllToAll(Uniform(0 * mV, 0.3 * mV)), plasticity=rule),
            *(Projection("layer", "layer", others, name=f"others{k + 1}") for k in range(parts)),
        ],
        dt=1 * ms,
        seed=seed,
    )
