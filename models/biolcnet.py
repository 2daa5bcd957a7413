"""Features of places of an image learnt by STDP without labels, and a decision layer that learns from reward alone.

Paper: Ghaemi, Mirzaei, Nouri, Kheradpisheh (2021), "BioLCNet: Reward-modulated locally connected spiking neural networks",
doi:10.48550/arXiv.2109.05539.

Expected: the paper reports 76.4 +- 2.4 % on MNIST after 10 000 images. `experiments/biolcnet.py` trains the network on
scikit-learn's digits and on MNIST, and `experiments/biolcnet_reversal.py` turns around what is rewarded.

Each place of the image (a square of `kernel` x `kernel` pixels) has `channels` neurons with weights of their own, which inhibit
each other, so that they learn different patterns. They learn by STDP of nearest neighbours, with adaptive thresholds and with
weights whose mean per neuron the host keeps constant. Then these weights are fixed, and the projection to groups of `each`
neurons, one group per class, learns by reward-modulated STDP: the group with most spikes is the answer.

Deviations: voltages are without a unit and begin at rest with each image. Spikes of both layers are counted over the whole
image, while the paper has windows for observing, deciding and learning; a tag keeps what the third window would show again,
so that one step of reward suffices. Weights to the groups can have either sign (0 to 1 in the paper). Groups do not inhibit
each other, since with inhibition (100 in the paper) the first spike would decide; instead, the reward is meant for the group
that chose. Presynaptic spikes do not weaken synapses by default: the paper's 1e-4 per pair (`a_minus`) changes little, and is
too small for the integers of a chip, which refuses it by name.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from neurosim import LIF, AdaptiveLIF, AllToAll, LocallyConnected, Network, Population, Projection, SpikeRaster, Uniform
from neurosim.plasticity import nearest_neighbour_stdp, reward_stdp
from neurosim.units import ms


def build(
    side: int = 8,
    kernel: int = 5,
    stride: int = 1,
    channels: int = 20,
    classes: int = 10,
    each: int = 4,
    a_plus: float = 0.01,
    a_minus: float = 0.0,
    threshold: float = 13.0,
    theta_jump: float = 0.05,
    rivalry: float = 100.0,
    eta: float = 0.5,
    seed: int = 0,
) -> Network:
    """Build the network for images of `side` x `side` pixels; `rivalry` is the inhibition between the neurons of one place."""
    places = ((side - kernel) // stride + 1) ** 2
    local = LocallyConnected(Uniform(0.2, 0.3), shape=(side, side), kernel=kernel, stride=stride, channels=channels)
    rivals = sparse.csr_array(np.kron(1 - np.eye(channels), -rivalry * np.eye(places)))
    stdp = nearest_neighbour_stdp(a_plus=a_plus, a_minus=a_minus, bounds=(0.0, 1.0))
    rewarded = reward_stdp(
        eta=eta, a_plus=1 / 15, a_minus=0.0, tau_plus=30 * ms, tau_e=1000 * ms, bounds=(-1.0, 1.0), tag_peak=8.0, m_peak=2.0
    )
    feature = AdaptiveLIF(tau_m=100 * ms, v_th=threshold, tau_theta=1e7 * ms, theta_jump=theta_jump)
    return Network(
        name="biolcnet",
        populations=[
            Population("image", side * side, SpikeRaster(np.zeros((1, side * side), np.uint8))),
            Population("features", channels * places, feature),
            Population("classes", classes * each, LIF(tau_m=30 * ms, v_th=1.0)),
        ],
        projections=[
            Projection("image", "features", local, plasticity=stdp),
            Projection("features", "features", rivals, name="rivals"),
            Projection("features", "classes", AllToAll(Uniform(0.0, 0.3)), plasticity=rewarded),
        ],
        dt=1 * ms,
        seed=seed,
    )
