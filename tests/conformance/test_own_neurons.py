"""Neurons that a user wrote, on every execution: the same spikes and states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim import (
    AllToAll,
    FixedProbability,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    Uniform,
    compare,
    deploy,
    emulate_network,
    per_step,
    simulate,
)
from neurosim.errors import UnsupportedError
from neurosim.plasticity import pair_stdp
from neurosim.units import Hz, ms
from tests.conformance.lava_children import TIMEOUT, needs_lava
from tests.own_neurons import Noisy, Quadratic, ResonateAndFire, TwoSynapses

DURATION = 150 * ms


def network(seed, graded=True):
    """All of them, driven by noise and by each other, with delays, and a graded channel unless left out."""
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


def learning_network(seed=2):
    """Synapses onto each of them that learn, from noise and from each other."""
    described, rule = network(seed, graded=False), pair_stdp(a_plus=0.05, a_minus=0.06, bounds=(-1.0, 1.0))
    learn = {"weights": AllToAll(Uniform(-0.2, 0.5)), "plasticity": rule}
    return replace(described, projections=[p if p.delay else replace(p, **learn) for p in described.projections])


def assert_equal(a, b, tolerance=0.0):
    found = compare(a, b)
    assert found.identical, str(found.table())
    for key, values in a.states.items():
        np.testing.assert_allclose(b.states[key], values, rtol=0, atol=tolerance, err_msg=str(key))
    for name, trace in a.weights.items():
        np.testing.assert_allclose(b.weights[name].values[-1], trace.values[-1], rtol=0, atol=tolerance, err_msg=name)


@pytest.fixture(scope="module")
def chip():
    return deploy(network(1))


@pytest.fixture(scope="module")
def floats():
    return emulate_network(network(1), DURATION)


def test_every_neuron_is_busy(floats):
    for name, spikes in floats.spikes.items():
        assert 15 < len(spikes) < 0.6 * floats.steps * floats.sizes[name], name
    assert all(np.ptp(values) > 0 for values in floats.states.values())


@pytest.mark.parametrize("target", ["numpy", "cython"])
def test_brian2(target):
    described = network(1, graded=False)
    found = simulate(described, DURATION, integration="step", target=target)
    assert_equal(emulate_network(described, DURATION), found, 1e-9)


def test_brian2_learns_the_same():
    found = emulate_network(learning_network(), DURATION)
    assert_equal(simulate(learning_network(), DURATION, integration="step", target="numpy"), found, 1e-9)
    assert len(found.weights) == 4
    assert all(np.abs(t.values[-1] - t.values[0]).max() > 0.01 for t in found.weights.values() if len(t.values) > 1)


@pytest.mark.slow
@needs_lava
def test_lava_learns_the_same():
    chip = deploy(learning_network())
    assert_equal(chip.emulate(DURATION), chip.run_lava(DURATION, timeout=TIMEOUT))


def test_brian2_refuses_numbers_on_a_channel():
    with pytest.raises(UnsupportedError, match="spikes in Brian2 have no payload, but 'noisy' sends graded spikes"):
        simulate(network(1), DURATION, integration="step")


@pytest.mark.slow
@needs_lava
def test_lava_in_integers(chip):
    assert_equal(chip.emulate(DURATION), chip.run_lava(DURATION, timeout=TIMEOUT))


@pytest.mark.slow
@needs_lava
def test_lava_in_float(floats, chip):
    assert_equal(floats, chip.run_lava(DURATION, arithmetic="float", timeout=TIMEOUT), 1e-9)


def test_eight_bits_change_little(floats, chip):
    integers = chip.emulate(DURATION)
    for name in floats.sizes:
        assert len(integers.spikes[name]) == pytest.approx(len(floats.spikes[name]), rel=0.35)
    noted = {(loss.where, loss.field) for loss in chip.report.losses}
    assert {("quadratic", "k"), ("resonant", "along"), ("balanced", "tau_m"), ("noisy", "registers")} <= noted
