"""Private Poisson noise: its rate, its moments, whose it is, and its seed."""

import numpy as np
import pytest

from neurosim import Network, Population, Probe, simulate
from neurosim.errors import NetworkError, UnitError, UnsupportedError
from neurosim.neurons import PV, PoissonNoise, TwoCompartment
from neurosim.units import Hz, ms, mV

SOURCES = {"soma_exc": (500, 0.35), "soma_inh": (300, 0.2), "dend_exc": (100, 0.5), "dend_inh": (50, 0.1)}
VARIABLES = {"soma_exc": "g_se", "soma_inh": "g_si", "dend_exc": "g_de", "dend_inh": "g_di"}
TAU = {"exc": 5e-3, "inh": 10e-3}


def run(n=200, duration=300, seed=1, sources=SOURCES, **more):
    noise = [PoissonNoise(r, rate * Hz, weight) for r, (rate, weight) in sources.items()]
    cell = TwoCompartment(noise=noise, **more)
    probes = [Probe("cell", name) for name in VARIABLES.values()]
    network = Network("noise", [Population("cell", n, cell)], probes=probes, dt=0.1 * ms, seed=seed)
    return simulate(network, duration * ms, progress=False)


def jumps(recording, receptor):
    """How much arrives in each step, (steps, n)."""
    g = recording.states["cell", VARIABLES[receptor]][0]
    kept = np.exp(-1e-4 / TAU[receptor[-3:]])
    return g[1:] - g[:-1] * kept


def test_each_source_has_its_rate_and_weight_and_all_are_independent():
    recording = run()
    found = {r: jumps(recording, r) for r in SOURCES}
    for receptor, (rate, weight) in SOURCES.items():
        worth = found[receptor] / weight
        assert np.all((np.abs(worth) < 1e-6) | (np.abs(worth - 1) < 1e-6))
        arrivals = worth.round().sum()
        expected = rate * 0.3 * 200
        assert abs(arrivals - expected) < 4 * np.sqrt(expected)
        counts = worth.round().sum(axis=0)
        # Counts of such trains have about their mean for a variance; 200 of them know it to a tenth.
        assert 0.65 < counts.var() / counts.mean() < 1.4
    totals = np.array([found[r].sum(axis=0) for r in SOURCES])
    assert np.abs(np.corrcoef(totals) - np.eye(4)).max() < 0.28


def test_neurons_differ_and_so_do_seeds():
    one, same, other = (run(n=4, duration=30, seed=seed) for seed in (1, 1, 2))
    first, again, else_ = (jumps(r, "soma_exc") for r in (one, same, other))
    assert np.array_equal(first, again) and not np.array_equal(first, else_)
    assert len({column.tobytes() for column in (first.T > 0.1)}) == 4


def test_one_rate_and_weight_a_neuron():
    recording = run(n=3, duration=400, sources={"dend_exc": (np.array([0, 200, 800]), np.array([1, 2, 3]))})
    arrived = jumps(recording, "dend_exc")
    assert not arrived[:, 0].any()
    assert np.allclose(arrived[:, 1].max(), 2) and np.allclose(arrived[:, 2].max(), 3)
    counts = (arrived > 0.5).sum(axis=0)
    assert 50 < counts[1] < 110 and 250 < counts[2] < 390


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: PoissonNoise("exc", -1 * Hz, 0.1), NetworkError, "PoissonNoise.rate = -1. Hz; expected finite rates"),
        (lambda: PV(noise=[PoissonNoise("soma_exc", 1 * Hz, 0.1)]), NetworkError, "PV.noise: Unknown receptor 'soma_exc'.*exc"),
        (lambda: PV(noise=[PoissonNoise("exc", 1 * Hz, 0.1 * mV)]), UnitError, "PV.noise, weight on 'exc': expected a plain"),
        (lambda: PV(noise=PoissonNoise("exc", 1 * Hz, 0.1)), NetworkError, "PV.noise = .*expected a list of PoissonNoise"),
        (
            lambda: Population("cell", 3, PV(noise=[PoissonNoise("exc", [1, 2] * Hz, 0.1)])),
            NetworkError,
            r"'cell': PoissonNoise.rate has shape \(2,\); expected a single value or \(3,\)",
        ),
    ],
)
def test_refusals(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_more_than_one_arrival_a_step_is_refused():
    network = Network("coarse", [Population("cell", 1, PV(noise=[PoissonNoise("exc", 1200 * Hz, 0.1)]))], dt=1 * ms)
    with pytest.raises(UnsupportedError, match="'cell': PV.noise: 1200 Hz .* 1.2 spikes per step.*Shorten dt"):
        simulate(network, 10 * ms, progress=False)
