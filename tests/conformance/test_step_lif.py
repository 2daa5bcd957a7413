"""Neurons that are their time step, with every reset, and a readout, on every execution: the same spikes and states."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import (
    AllToAll,
    FixedProbability,
    LeakyIntegrator,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    Uniform,
    deploy,
    emulate_network,
    per_step,
    simulate,
)
from neurosim.neurons.step_lif import STEP_LIFS, ManySpikeLIF
from neurosim.units import Hz, ms
from tests.conformance.lava_children import TIMEOUT, needs_lava
from tests.conformance.test_own_neurons import assert_equal

DURATION, SIZE = 80 * ms, 5
DRIVES = {"inflow": np.linspace(-0.02, 0.04, SIZE), "bias": -0.01, "starts": 7}
CELLS = {
    f"{reset}_{'over' if sign == '>' else 'reached'}": kind(tau_m=per_step(0.9), tau_syn=4 * ms, v_th=0.75, **DRIVES)
    for (reset, sign), kind in STEP_LIFS.items()
}
MANY = ManySpikeLIF(tau_m=per_step(1), v_th=np.linspace(0.2, 0.6, SIZE), **DRIVES)
READOUT = LeakyIntegrator(tau_m=20 * ms, tau_syn=3 * ms, range=100.0, inflow=0.01, starts=2)


def network(graded=True):
    """Each kind, driven by noise; the readout receives from all, and numbers of spikes unless left out."""
    cells = CELLS | ({"many": MANY} if graded else {})
    wires = [Projection("in", name, FixedProbability(Uniform(-0.1, 0.5), 0.5)) for name in cells]
    wires += [Projection(name, "readout", AllToAll(Uniform(-0.5, 0.5)), delay=1 * ms) for name in CELLS]
    if graded:
        wires.append(Projection("many", "readout", AllToAll(Uniform(-0.2, 0.2)), channel="count", graded=True))
    made = [Population(name, SIZE, cell) for name, cell in (cells | {"readout": READOUT}).items()]
    probes = [Probe(name, "v") for name in [*cells, "readout"]]
    return Network("steps", [Population("in", 13, PoissonInput(120 * Hz)), *made], wires, probes, dt=1 * ms, seed=4)


@pytest.fixture(scope="module")
def floats():
    return emulate_network(network(), DURATION)


@pytest.fixture(scope="module")
def chip():
    return deploy(network())


def test_all_spike_but_the_readout(floats):
    for name in [*CELLS, "many"]:
        assert 20 < len(floats.spikes[name]) < 0.9 * floats.steps * SIZE, name
    assert len(floats.spikes["readout"]) == 0
    assert np.ptp(floats.states["readout", "v"]) > 1
    assert floats.spikes["many"].step.min() >= 1


def test_nothing_drives_a_neuron_before_it_starts():
    silent = Network("silent", [Population("cells", SIZE, CELLS["value_over"])], (), [Probe("cells", "v")], dt=1 * ms)
    v = emulate_network(silent, 20 * ms).states["cells", "v"][0]
    assert not v[:7].any()
    assert np.array_equal(v[7], DRIVES["inflow"] + DRIVES["bias"])


def test_brian2():
    described = network(graded=False)
    assert_equal(emulate_network(described, DURATION), simulate(described, DURATION, integration="step", target="numpy"), 1e-9)


def test_integers_change_little(floats, chip):
    found = chip.emulate(DURATION)
    for name in [*CELLS, "many"]:
        assert len(found.spikes[name]) == pytest.approx(len(floats.spikes[name]), rel=0.05), name
    v, wanted = (run.states["readout", "v"] for run in (found, floats))
    assert np.abs(v - wanted).mean() < 0.05 * np.ptp(wanted)


@pytest.mark.slow
@needs_lava
def test_lava_in_integers(chip):
    assert_equal(chip.emulate(DURATION), chip.run_lava(DURATION, timeout=TIMEOUT))


@pytest.mark.slow
@needs_lava
def test_lava_in_float(floats, chip):
    assert_equal(floats, chip.run_lava(DURATION, arithmetic="float", timeout=TIMEOUT), 1e-9)
