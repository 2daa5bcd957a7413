"""A layer that learns digits from reward alone: STDP sets tags, which a reward at the end of an image turns into weights.

Paper: Izhikevich (2007), "Solving the distal reward problem through linkage of STDP and dopamine signaling",
doi:10.1093/cercor/bhl152, for the rule; the task is that of arXiv:2603.00710.

Expected: an accuracy above 87 % on the test images of scikit-learn's digits. `experiments/reward_digits.py` trains the
network; it defines the reward and reports the results.

There are a few neurons per class, and a spike inhibits all other neurons. Weights can have either sign. A spike adds the trace
of each input to the tag of its synapse (this is the causal half of STDP only); weights do not change until a reward arrives.
"""

from __future__ import annotations

import numpy as np

from neurosim import LIF, AllToAll, Network, Population, Projection, SpikeRaster, Uniform
from neurosim.plasticity import reward_stdp
from neurosim.units import ms


def build(
    pixels: int = 64, classes: int = 10, each: int = 4, eta: float = 0.02, inhibition: float = 10.0, seed: int = 0
) -> Network:
    """Build a layer with `each` consecutive neurons for each of `classes`; the spikes of the `pixels` are passed to the run."""
    rule = reward_stdp(
        eta=eta, a_plus=1 / 15, a_minus=0.0, tau_plus=30 * ms, tau_e=1000 * ms, bounds=(-1.0, 1.0), tag_peak=8.0, m_peak=8.0
    )
    n = classes * each
    others = -(1 - np.eye(n)) * inhibition
    return Network(
        name="reward_digits",
        populations=[
            Population("image", pixels, SpikeRaster(np.zeros((1, pixels), np.uint8))),
            Population("classes", n, LIF(tau_m=30 * ms, v_th=10.0)),
        ],
        projections=[
            Projection("image", "classes", AllToAll(Uniform(0.0, 0.3)), plasticity=rule),
            Projection("classes", "classes", others, name="others"),
        ],
        dt=1 * ms,
        seed=seed,
    )
