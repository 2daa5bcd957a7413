"""Networks of the table in `scenarios.py` that have more than one kind of neuron, or that learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurosim import (
    LIF,
    AllToAll,
    FixedProbability,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    ShortTermPlasticity,
    SpikeRaster,
    Uniform,
    per_step,
)
from neurosim.neurons import ResonateAndFire
from neurosim.plasticity import desire, pair_stdp
from neurosim.units import Hz, ms
from tests.own_neurons import Noisy, Quadratic, TwoSynapses
from tests.unit.burst_networks import burst_network, given, rule
from tests.unit.desire_networks import desire_network


def own_neurons(seed: int = 1, graded: bool = True) -> Network:
    """Neurons of a user, driven by noise and by each other, with delays, and a graded channel unless left out."""
    cells = {
        "resonant": ResonateAndFire(along=0.93, across=0.3, v_th=1.0),
        "quadratic": Quadratic(
            h=0.25, k=0.6, base=np.linspace(0.02, 0.3, 11), rate=0.03, b=0.2, v_peak=3.0, v_reset=-0.4, w_jump=0.3
        ),
        "balanced": TwoSynapses(
            tau_e=5 * ms, tau_i=per_step(0.9), tau_m=20 * ms, v_th=np.linspace(0.5, 1.2, 11), refractory=3 * ms
        ),
        "noisy": Noisy(tau=10 * ms, slope=0.25, every=7, most=2),
    }
    wires = [Projection("in", name, FixedProbability(Uniform(-0.3, 0.8), 0.5)) for name in ("resonant", "quadratic", "noisy")]
    wires += [
        Projection("in", "balanced", FixedProbability(Uniform(0.0, 0.3), 0.5), receptor="excitatory"),
        Projection("resonant", "balanced", FixedProbability(Uniform(0.0, 0.4), 0.5), receptor="inhibitory", delay=2 * ms),
        Projection("balanced", "quadratic", FixedProbability(Uniform(-0.5, 0.5), 0.5), delay=3 * ms),
    ]
    if graded:
        wires.append(Projection("noisy", "resonant", FixedProbability(Uniform(-0.1, 0.1), 0.5), channel="report", graded=True))
    probes = [Probe(name, variable) for name, cell in cells.items() for variable in cell.variables]
    populations = [Population("in", 13, PoissonInput(120 * Hz)), *(Population(n, 11, cell) for n, cell in cells.items())]
    return Network("own", populations, wires, probes, seed=seed)


def own_neurons_that_learn(seed: int = 2) -> Network:
    """Synapses onto each of them that learn, from noise and from each other."""
    described, stdp = own_neurons(seed, graded=False), pair_stdp(a_plus=0.05, a_minus=0.06, bounds=(-1.0, 1.0))
    learn = {"weights": AllToAll(Uniform(-0.2, 0.5)), "plasticity": stdp}
    return replace(described, projections=[p if p.delay else replace(p, **learn) for p in described.projections])


def stdp() -> Network:
    """LIF neurons whose synapses learn from pairs of spikes."""
    learning = pair_stdp(a_plus=0.002, a_minus=0.003, bounds=(0.0, None))
    return Network(
        "stdp",
        [Population("noise", 15, PoissonInput(100 * Hz)), Population("cells", 12, LIF(tau_m=10 * ms, v_th=1.0))],
        [Projection("noise", "cells", AllToAll(Uniform(0.0, 0.3)), plasticity=learning)],
        [Probe("cells", "v"), Probe("noise_cells", "w", every=20 * ms), Probe("noise_cells", "x", every=7 * ms)],
        seed=4,
    )


def short_term() -> Network:
    """Synapses that depress, and some that facilitate after a delay."""
    depressing = ShortTermPlasticity(U=0.45, tau_d=200 * ms, tau_f=50 * ms)
    facilitating = ShortTermPlasticity(U=0.05, tau_d=20 * ms, tau_f=300 * ms, f=0.2)
    cells, sparse = LIF(tau_m=20 * ms, v_th=1.0, tau_syn=5 * ms), FixedProbability(Uniform(0, 8), 0.5)
    return Network(
        "short_term",
        [Population("noise", 8, PoissonInput(100 * Hz)), Population("cells", 12, cells)],
        [
            Projection("noise", "cells", AllToAll(Uniform(0, 8)), short_term=depressing),
            Projection("noise", "cells", sparse, short_term=facilitating, delay=2 * ms, name="late"),
        ],
        [Probe("cells", "v")],
        seed=6,
    )


def bursts() -> Network:
    """Two layers of burst neurons: events up, bursts down to the dendrites, and synapses that learn from both."""
    described, spikes = burst_network(rule(bounds=(0.0, None))), given(400)
    driven = [replace(p, neuron=SpikeRaster(spikes[p.name][0])) if p.name in spikes else p for p in described.populations]
    probes = [Probe(name, variable) for name in ("low", "high") for variable in ("v", "v_d", "baseline")]
    probes += [Probe(name, variable, every=7 * ms) for name in ("drive_low", "low_high") for variable in ("w", "x")]
    return replace(described, populations=driven, probes=probes)


def desires() -> Network:
    """Three layers that learn from labels by desire backpropagation; the feedback has weights of its own."""
    learning = desire(eta=6 / 128**2, bounds=None, x_peak=7.9, tag_peak=42.5)
    described = desire_network((12, 9, 4), learning, feedback=lambda weights: weights.T)
    probes = [Probe(name, variable) for name in ("hidden1", "output") for variable in ("v", "count", "desire")]
    return replace(described, probes=[*probes, Probe("image_hidden1", "tag", every=1 * ms)])
