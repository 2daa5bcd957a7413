"""Event rate and burst probability in windows, on trains written down by hand, and from two executions."""

import numpy as np
import pytest

from neurosim import Network, Population, simulate
from neurosim.analysis import bursts
from neurosim.backends.emulator import emulate
from neurosim.errors import NetworkError, UsageError
from neurosim.neurons import TwoCompartment
from neurosim.program.lower import lower
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes
from neurosim.units import ms, mV, pA
from tests.unit.burst_networks import noisy


@pytest.fixture
def recording():
    """Two neurons, 25 steps of 1 ms: a burst of three spikes, two events, a burst across windows, and one in the rest."""
    raster = np.zeros((2, 25, 2), int)
    raster[0, [1, 3, 4], 0] = 1, 2, 3
    raster[0, [2, 6], 1] = 1, 1
    raster[0, [9, 11], 0] = 1, 2
    raster[0, [21, 23], 0] = 1, 2
    return Recording(dt=1e-3, steps=25, samples=2, sizes={"p": 2}, spikes={"p": Spikes.from_raster(raster)})


def test_rates_and_probability_by_hand(recording):
    assert bursts.event_rate(recording, "p", 0.01) == pytest.approx(np.array([[200, 0], [0, 0]]))
    assert bursts.burst_rate(recording, "p", 0.01) == pytest.approx(np.array([[50, 50], [0, 0]]))
    found = bursts.burst_probability(recording, "p", 0.01)
    assert found[0, 0] == pytest.approx(0.25) and np.isnan(found[0, 1]) and np.isnan(found[1]).all()
    assert bursts.burst_probability(recording, "p", 0.025)[0] == pytest.approx(3 / 5)


def test_of_some_neurons(recording):
    assert bursts.event_rate(recording, "p", 0.01, neurons=[1])[0] == pytest.approx([200, 0])
    assert bursts.burst_probability(recording, "p", 0.02, neurons=[0])[0] == pytest.approx(1)
    assert bursts.burst_probability(recording, "p", 0.02, neurons=[1])[0] == 0


def test_refusals(recording):
    with pytest.raises(NetworkError, match="Unknown population 'q'"):
        bursts.event_rate(recording, "q", 0.01)
    with pytest.raises(UsageError, match="window = 0.03"):
        bursts.burst_rate(recording, "p", 0.03)


def test_a_driven_dendrite_bursts_in_brian2():
    cell = TwoCompartment(I_s=600 * pA, I_d=[-200, 600] * pA)
    recording = simulate(Network("two", [Population("cell", 2, cell)], dt=0.1 * ms), 400 * ms, progress=False)
    weak, strong = (bursts.burst_probability(recording, "cell", 0.4, [i])[0, 0] for i in (0, 1))
    assert weak < 0.5 < strong <= 1
    places = recording.spikes["cell"]
    for i in (0, 1):
        mine = places.payload[places.neuron == i]
        assert mine[0] == 1 and np.all((np.diff(mine) == 1) | (mine[1:] == 1))


def test_the_emulator_says_the_same_words():
    inputs = {"noise": (np.random.default_rng(0).random((1, 1000, 40)) < 0.1).astype(np.uint8)}
    recording = emulate(lower(noisy(20, bias=22 * mV, bias_d=10 * mV)), 1000, inputs=inputs)
    events, bursting = (f(recording, "cell", 1.0)[0, 0] for f in (bursts.event_rate, bursts.burst_rate))
    payloads = recording.raster("cell")
    assert events == np.sum(payloads == 1) / 20 > 1 and bursting == np.sum(payloads == 2) / 20 > 0.5
