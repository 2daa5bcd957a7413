"""PV and SOM cells against a loop in NumPy, step by step, and what tells them apart; synapses that read events or bursts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import (
    Network,
    OneToOne,
    Population,
    Probe,
    Projection,
    ShortTermPlasticity,
    SpikeArray,
    SpikeRaster,
    Timed,
    simulate,
)
from neurosim.errors import NetworkError, UnitError, UnsupportedError
from neurosim.neurons import PV, SOM, ConductanceAdEx, TwoCompartment
from neurosim.units import ms, mV, nS, pA, pF, second

DT, STEPS = 1e-4, 3000
CELLS = {"PV": (PV, 250e-12), "SOM": (SOM, 60e-12)}
"""Cell and a current."""
PARAMETERS = {
    "PV": {"g": 10e-9, "V_T": -48e-3, "D": 2e-3, "reset": -70e-3, "hold": 10, "a": 0, "b": 0, "tau": 0.1},
    "SOM": {"g": 5e-9, "V_T": -61.84e-3, "D": 4e-3, "reset": -70e-3, "hold": 20, "a": 0.5e-9, "b": 1e-11, "tau": 0.5},
}
"""As published, in SI; v is held for so many steps after a spike."""
WEIGHTS = 0.8, 0.5


def euler(p, current, arriving):
    """Spikes (steps,), v and w."""
    v, w, e, i, last = -70e-3, 0.0, 0.0, 0.0, -(10**6)
    spikes, history = [], []
    for k in range(STEPS):
        drive = -70e-3 - v + p["D"] * np.exp((v - p["V_T"]) / p["D"]) + e * (0 - v) + i * (-80e-3 - v)
        dv, dw = (p["g"] * drive - w + current) / 100e-12, (p["a"] * (v + 70e-3) - w) / p["tau"]
        v, w = v + DT * dv * (k - last >= p["hold"]), w + DT * dw
        e, i = e * np.exp(-DT / 5e-3), i * np.exp(-DT / 10e-3)
        spikes.append(v > 0)
        e, i = e + WEIGHTS[0] * arriving[k, 0], i + WEIGHTS[1] * arriving[k, 1]
        if v > 0:
            v, w, last = p["reset"], w + p["b"], k
        history.append((v, w, e, i))
    return np.array(spikes), np.array(history).T


@pytest.mark.parametrize("name", CELLS)
def test_the_cell_is_the_loop(name):
    cell, current = CELLS[name]
    arriving = (np.random.default_rng(2).random((STEPS, 2)) < (0.02, 0.01)).astype(np.uint8)
    network = Network(
        "cell",
        [
            Population("e", 1, SpikeRaster(arriving[:, :1])),
            Population("i", 1, SpikeRaster(arriving[:, 1:])),
            Population("cell", 1, cell(), current=current * 1e12 * pA),
        ],
        [
            Projection("e", "cell", OneToOne(WEIGHTS[0]), receptor="exc"),
            Projection("i", "cell", OneToOne(WEIGHTS[1]), receptor="inh"),
        ],
        [Probe("cell", variable) for variable in ("v", "w", "g_e", "g_i")],
        dt=DT * second,
    )
    recording = simulate(network, STEPS * DT * second, progress=False)
    spikes, history = euler(PARAMETERS[name], current, arriving)
    assert np.array_equal(recording.raster("cell")[0, :, 0] > 0, spikes) and spikes.sum() > 3
    for k, variable in enumerate(("v", "w", "g_e", "g_i")):
        assert_allclose(recording.states["cell", variable][0, :, 0], history[k], rtol=1e-7, atol=1e-15)


def test_som_adapts_and_pv_does_not():
    populations = [Population("pv", 1, PV(), current=400 * pA), Population("som", 1, SOM(), current=100 * pA)]
    recording = simulate(Network("both", populations, dt=0.1 * ms), 500 * ms, progress=False)
    pv, som = (np.diff(recording.spikes[name].step) for name in ("pv", "som"))
    assert len(pv) > 8 and np.ptp(pv) <= 1
    assert len(som) > 4 and som[-1] > 1.3 * som[0]


def test_a_timed_current_takes_the_constant_one_on_top():
    probes = [Probe("cell", "v")]

    def voltage(**fields):
        population = Population("cell", 1, PV(V_T=1000 * mV, **fields), current=50 * pA)
        network = Network("timed", [population], probes=probes, dt=0.1 * ms)
        return simulate(network, 20 * ms, progress=False).states["cell", "v"][0, :, 0]

    assert_allclose(voltage(current=Timed([30, 30] * pA, 10 * ms)), voltage(current=30 * pA), rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: PV(C=0 * pF), NetworkError, "PV.C = 0. F; expected positive, finite values"),
        (lambda: SOM(refractory=-1 * ms), NetworkError, "SOM.refractory = .*expected finite values of zero or more"),
        (lambda: ConductanceAdEx(b=1 * nS), UnitError, "ConductanceAdEx.b: expected a value in ampere"),
    ],
)
def test_refusals(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_no_difference_form():
    with pytest.raises(UnsupportedError, match="'pv': PV has no difference form"):
        simulate(Network("chip", [Population("pv", 1, PV())]), 10 * ms, integration="step", progress=False)


STD = ShortTermPlasticity(U=0.9, f=0.1, tau_d=20 * ms, tau_f=1 * second)
STF = ShortTermPlasticity(U=0.02, f=0.1, tau_d=100 * ms, tau_f=100 * ms)


def worth(plasticity, spikes):
    """Of each spike: u x, of the extended Tsodyks-Markram model, with times in seconds."""
    tau_x, tau_u = float(plasticity.tau_d), float(plasticity.tau_f)
    x, u, before, found = 1.0, plasticity.U, spikes[0], []
    for now in spikes:
        x = 1 + (x - 1) * np.exp(-(now - before) / tau_x)
        u = plasticity.U + (u - plasticity.U) * np.exp(-(now - before) / tau_u)
        found.append(u * x)
        x, u, before = x - u * x, u + plasticity.f * (1 - u), now
    return np.array(found)


@pytest.mark.parametrize("plasticity", [STD, STF], ids=["depressing", "facilitating"])
@pytest.mark.parametrize(
    ("receptor", "variable", "tau"), [("soma_exc", "g_se", 5e-3), ("dend_exc", "g_de", 5e-3), ("dend_inh", "g_di", 10e-3)]
)
def test_what_spikes_are_worth_on_a_pyramidal_cell(plasticity, receptor, variable, tau):
    """Synapses of a burst neuron's channel "spike": a burst's second spike is worth half of the first, or five times it."""
    at = np.array([5, 15, 60, 68, 140]) * 1e-3
    network = Network(
        "worth",
        [Population("given", 1, SpikeArray(np.zeros(5, int), at * second)), Population("cell", 1, TwoCompartment())],
        [Projection("given", "cell", OneToOne(0.4), receptor=receptor, short_term=plasticity, delay=0.8 * ms)],
        [Probe("cell", variable)],
        dt=DT * second,
    )
    g = simulate(network, 160 * ms, progress=False).states["cell", variable][0, :, 0]
    jumps = g[1:] - g[:-1] * np.exp(-DT / tau)
    arrived = np.flatnonzero(jumps > 1e-9)
    assert np.array_equal(arrived + 1, np.round((at + 0.8e-3) / DT))
    assert_allclose(jumps[arrived], 0.4 * worth(plasticity, at), rtol=1e-9)
    assert worth(plasticity, at)[1] / worth(plasticity, at)[0] == pytest.approx(0.46 if plasticity is STD else 5.3, rel=0.02)
