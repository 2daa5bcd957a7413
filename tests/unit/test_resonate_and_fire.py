"""ResonateAndFire spikes at input of its own frequency and not at others."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import AllToAll, Network, Population, Probe, Projection, ResonateAndFire, SpikeArray, deploy, emulate_network
from neurosim.errors import NetworkError
from neurosim.units import Hz, ms, mV

OWN, WEIGHT = 40, 0.55
"""Frequency of the neuron: a period of 25 steps of 1 ms."""


def network(interval, number=3, weight=WEIGHT):
    """A neuron that receives spikes so many steps apart."""
    cell = ResonateAndFire.tuned(frequency=OWN * Hz, tau=60 * ms, v_th=1.0, dt=1 * ms)
    times = 5 + interval * np.arange(number)
    source = Population("in", 1, SpikeArray(np.zeros(number, int), times * ms))
    probes = [Probe("cell", "x"), Probe("cell", "y")]
    return Network("one", [source, Population("cell", 1, cell)], [Projection("in", "cell", AllToAll(weight))], probes)


def spikes(interval, number=4, chip=False):
    described = network(interval, number)
    found = deploy(described).emulate(250 * ms) if chip else emulate_network(described, 250 * ms)
    return len(found.spikes["cell"])


@pytest.mark.parametrize("chip", [False, True])
def test_it_spikes_at_its_own_frequency_only(chip):
    answers = {interval: spikes(interval, chip=chip) for interval in (6, 12, 18, 25, 32, 38, 50)}
    assert answers[25] > 0
    assert {interval for interval, n in answers.items() if n} == {25}


def test_a_doublet_half_a_period_apart_cancels():
    found = {interval: emulate_network(network(interval, 2), 120 * ms).states["cell", "y"].max() for interval in (12, 25)}
    alone = emulate_network(network(12, 1), 120 * ms).states["cell", "y"].max()
    assert found[25] > 1.4 * alone
    assert found[12] == pytest.approx(alone, rel=0.01), "the second spike ends the oscillation"


def test_it_turns_as_the_published_equation():
    found = emulate_network(network(12, 1, weight=0.9), 120 * ms)
    z = found.states["cell", "x"].ravel() + 1j * found.states["cell", "y"].ravel()
    begin = int(np.flatnonzero(z)[0])
    steps = np.arange(len(z) - begin)
    assert np.allclose(z[begin:], 0.9 * np.exp((-1 / 60 + 2j * np.pi * OWN / 1000) * steps), atol=1e-12)


def test_errors():
    with pytest.raises(NetworkError, match=r"frequency = .*0.6 kHz.*whose period is longer than two steps"):
        ResonateAndFire.tuned(frequency=600 * Hz, tau=50 * ms, v_th=10 * mV, dt=1 * ms)
