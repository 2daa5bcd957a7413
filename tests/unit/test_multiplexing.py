"""Driven cells under noise send two signals: the soma moves their event rate, the dendrite their burst probability."""

from dataclasses import replace

import numpy as np

from neurosim import Network, Population, Timed, simulate
from neurosim.analysis.bursts import burst_probability, event_rate
from neurosim.models import load_model
from neurosim.units import ms, pA, second

CELLS, PAIRS = 50, [(-200, 0), (400, 0), (0, -200), (0, 400)]
"""Cells of a pair, and pairs of currents into soma and dendrite, in pA."""


def test_events_follow_the_soma_and_bursts_the_dendrite():
    somatic, dendritic = np.repeat(PAIRS, CELLS, axis=0).T * pA
    cell = replace(load_model("burst_multiplexing", n=4, seconds=0.01).population("lower").neuron, I_s=somatic, I_d=dendritic)
    network = Network("pairs", [Population("cell", len(PAIRS) * CELLS, cell)], dt=0.2 * ms)
    recording = simulate(network, 1 * second, progress=False)
    of_pair = [range(k * CELLS, (k + 1) * CELLS) for k in range(len(PAIRS))]
    weak, strong = (event_rate(recording, "cell", 1.0, of_pair[k])[0, 0] for k in (0, 1))
    rare, often = (burst_probability(recording, "cell", 1.0, of_pair[k])[0, 0] for k in (2, 3))
    assert strong > 2.3 * weak > 2.3 * 2
    assert rare < 0.22 and often > 0.65


def test_sines_begin_after_the_burn_in():
    network = load_model("burst_multiplexing", n=8, seconds=1.0, burn_in=0.25, somatic=200, dendritic=80)
    lower, upper = (network.population(name).neuron for name in ("lower", "upper"))
    assert isinstance(lower.I_s, Timed) and isinstance(upper.I_d, Timed)
    somatic, dendritic = (np.asarray(current.values) / 1e-12 for current in (lower.I_s, upper.I_d))
    assert len(somatic) == 2500 and not somatic[:500].any() and np.allclose(dendritic[:500], 100)
    assert np.isclose(somatic[750], 200) and np.isclose(somatic[1250], -200) and np.isclose(dendritic.max(), 180, atol=0.1)
    assert network.weights(network.projection("lower_upper")).nnz == 64, "a small network keeps its inputs as far as it can"
