"""Two layers of pyramidal cells in which the input to the upper dendrites steers plasticity through bursts.

Paper: Payeur, Guerguiev, Zenke, Richards, Naud (2021), "Burst-dependent synaptic plasticity can coordinate learning in
hierarchical circuits", doi:10.1038/s41593-021-00857-x, figure 2e-g.

Expected: a stronger drive of the postsynaptic dendrites lifts the burst probability of these cells above its moving average,
and weights grow until the average has caught up; a weaker drive lowers it, and weights shrink. A current into the presynaptic
dendrites makes the presynaptic cells burst more, but weights do not change. `experiments/burst_steering.py` demonstrates this.

Noise keeps the presynaptic cells active. The events of about 200 presynaptic cells keep each postsynaptic cell active; only
events are transmitted, by synapses that learn with `adaptive_ebcp`. Postsynaptic dendrites receive a constant current and 100
shared Poisson sources of 1 Hz, whose weight is 0.25 times the drive of the segment. There is one channel for each source and
each drive, so the weights of these synapses are constant.

There is one deviation from the paper. In the paper, the noise of the presynaptic cells comes from 25 000 excitatory and 25 000
inhibitory sources of 5 Hz, which all cells share: each cell has a random 100 and 30 of them at the soma, and as many others at
the dendrite. Two cells then have 0.4 % of their sources in common. Here each cell draws its own noise, at a rate that
corresponds to its own number of sources, which varies from cell to cell as in the paper. A smaller network keeps the number of
inputs of a postsynaptic cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from neurosim import FixedProbability, Network, Population, Probe, Projection, SpikeArray, Timed
from neurosim.neurons import BurstAverage, PoissonNoise, TwoCompartment
from neurosim.plasticity import adaptive_ebcp, gated
from neurosim.rng import stream
from neurosim.units import Hz, ms, mV, pA, second

INPUTS, WEIGHT = 200, 0.08
"""Mean number of synapses per postsynaptic cell, and their initial weight."""
SOURCES, SOURCE_RATE, SOURCE_WEIGHT, SHARE = 100, 1.0, 0.25, 0.2
"""Sources of the dendritic drive: number, rate (Hz), weight at a drive of 1, and the fraction of them that reach a cell."""
POOL, POOL_RATE = 25_000, 5.0
"""Number of noise sources of each sign, and their rate (Hz)."""
NOISE = {"soma_exc": (100, 0.17), "soma_inh": (30, 0.26), "dend_exc": (100, 0.0425), "dend_inh": (30, 0.065)}
"""Mean number of noise sources of a cell, and their weight, for each receptor."""


def build(
    n: int = 1000,
    drives: Sequence[float] = (1.0, 1.5, 1.0, 0.55, 1.0, 1.0),
    pre_current: float = 40.0,
    off: float = 20.0,
    segment: float = 25.0,
    alpha: float = 5.0,
    eta: float = 3.5e-3,
    look: float = 2.5,
    dt: float = 0.1,
    seed: int = 0,
) -> Network:
    """Build a network of `n` presynaptic and `n` postsynaptic cells.

    The drive is 1 for `off` seconds; then each of `drives` lasts for a `segment`. `pre_current` (pA) flows into the
    presynaptic dendrites in the last segment. `alpha` (s) is the time constant of the averages, `look` (s) the interval at
    which weights are recorded, and `dt` is in ms. The rule is gated: pass ``signals={"M": ...}`` to the run, with 0 while
    learning is off.
    """
    whole = off + segment * len(drives)
    rows = round(whole / look)
    current = np.where(np.arange(rows) * look >= whole - segment - look / 2, pre_current, 0.0)
    average = BurstAverage(alpha=alpha * second)
    pre = TwoCompartment(
        I_d=Timed(current * pA, every=look * second),
        v_start=stream(seed, "v_start").normal(-70, 5, n) * mV,
        noise=_noise(n, seed),
        average=average,
    )
    weights, trains = _drive(n, drives, off, segment, dt, seed)
    return Network(
        name="burst_steering",
        populations=[
            Population("drive", weights.shape[0], trains),
            Population("pre", n, pre),
            Population("post", n, TwoCompartment(I_d=50 * pA, average=average)),
        ],
        projections=[
            Projection("drive", "post", weights, receptor="dend_exc"),
            Projection(
                "pre",
                "post",
                FixedProbability(WEIGHT, p=min(1.0, INPUTS / n)),
                receptor="soma_exc",
                channel="event",
                # Without growth, like the authors' program (see `adaptive_ebcp`).
                plasticity=gated(adaptive_ebcp(eta, growth=0)),
            ),
        ],
        probes=[Probe("pre_post", "w", every=look * second)],
        dt=dt * ms,
        seed=seed,
    )


def _noise(n: int, seed: int) -> list[PoissonNoise]:
    """Four noise sources per cell, each of which represents all sources that the cell drew from one pool."""
    rng = stream(seed, "noise")
    return [
        PoissonNoise(receptor, rng.binomial(POOL, mean / POOL, n) * POOL_RATE * Hz, weight)
        for receptor, (mean, weight) in NOISE.items()
    ]


def _drive(n: int, drives: Sequence[float], off: float, segment: float, dt: float, seed: int) -> tuple[Any, SpikeArray]:
    """Weights (channels, n) and spikes of the dendritic drive, with one channel for each source and strength."""
    rng, strengths = stream(seed, "drive"), sorted({1.0, *drives})
    reached = (rng.random((SOURCES, n)) < SHARE) * SOURCE_WEIGHT
    whole = off + segment * len(drives)
    counts = rng.poisson(SOURCE_RATE * whole, SOURCES)
    times = rng.uniform(0, whole, counts.sum())
    place = np.searchsorted(off + segment * np.arange(len(drives)), times, side="right")
    strength = np.searchsorted(strengths, np.array([1.0, *drives]))[place]
    channels = np.repeat(np.arange(SOURCES), counts) + SOURCES * strength
    # Several spikes of a source in one step count as one.
    kept = np.unique(np.stack([channels, np.round(times / (dt * 1e-3))]), axis=1, return_index=True)[1]
    weights = sparse.csr_array(np.concatenate([d * reached for d in strengths]))
    return weights, SpikeArray(channels[kept], times[kept] * second)
