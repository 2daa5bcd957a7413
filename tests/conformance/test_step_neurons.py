"""neurosim's neurons that are written as a step, on every execution: the same spikes and states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim import (
    AllToAll,
    ErrorPair,
    FixedProbability,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RefractoryAdaptiveLIF,
    ResonateAndFire,
    StepIzhikevich,
    StochasticUnit,
    TwoSynapseLIF,
    TwoWindowLIF,
    Uniform,
    deploy,
    emulate_network,
    per_step,
    simulate,
)
from neurosim.plasticity import pair_stdp
from neurosim.units import Hz, ms, mV
from tests.conformance.lava_children import TIMEOUT, needs_lava
from tests.conformance.test_own_neurons import assert_equal

DURATION, SIZE = 80 * ms, 7
CELLS = {
    "balanced": TwoSynapseLIF(tau_e=5 * ms, tau_i=10 * ms, tau_m=20 * ms, v_th=1.0, refractory=2 * ms, bias=0.03),
    "adaptive": RefractoryAdaptiveLIF(
        tau_m=per_step(0.9), tau_theta=50 * ms, v_th=np.linspace(0.5, 1.0, SIZE), theta_jump=0.1, refractory=3 * ms,
        v_reset=-0.1, tau_syn=4 * ms,
    ),
    "izhikevich": StepIzhikevich.sampled(dt=0.5 * ms, c=-55 * mV, d=np.linspace(2, 8, SIZE), current=6),
    "resonant": ResonateAndFire.tuned(frequency=np.linspace(20, 60, SIZE) * Hz, tau=30 * ms, v_th=1.0, dt=0.5 * ms),
    "unit": StochasticUnit(slope=2.0, bias=-0.2, period=20 * ms, clamp_from=5 * ms, clamp_to=15 * ms),
    "windows": TwoWindowLIF(tau_m=30 * ms, v_th=1.0, period=40 * ms, first=18 * ms, settle=3 * ms, bias=0.02),
    "errors": ErrorPair(tau_m=50 * ms, v_th=np.linspace(0.5, 1.5, SIZE)),
}  # fmt: skip
GRADED = {"graded": True}


def network(graded=True):
    """All of them, driven by noise and by each other, with delays, and numbers on channels unless left out."""
    first = {"balanced": "excitatory", "errors": "input"}
    wires = [
        Projection(
            "in", name, FixedProbability(Uniform(-0.2 * mV, 0.6 * mV) if name == "izhikevich" else Uniform(-0.2, 0.6), 0.5),
            receptor=first.get(name, "default"),
        )
        for name in CELLS
    ]  # fmt: skip
    wires += [
        Projection("adaptive", "balanced", FixedProbability(Uniform(-0.1, 0.0), 0.5), receptor="inhibitory", delay=2 * ms),
        Projection("unit", "errors", FixedProbability(Uniform(0.0, 0.6), 0.5), receptor="prediction"),
        Projection("unit", "adaptive", FixedProbability(Uniform(0.0, 0.2), 0.5), channel="silence", delay=1 * ms),
        Projection("errors", "unit", FixedProbability(0.5, 0.3), channel="positive", receptor="clamp"),
        Projection("errors", "unit", FixedProbability(-0.5, 0.3), channel="negative", receptor="clamp", name="below"),
        Projection("resonant", "windows", FixedProbability(0.5, 0.5), receptor="target"),
    ]
    if graded:
        wires += [
            Projection("windows", "errors", AllToAll(Uniform(-0.02, 0.02)), channel="error", receptor="input", **GRADED),
            Projection("windows", "unit", AllToAll(Uniform(-0.05, 0.05)), channel="difference", **GRADED),
            Projection("unit", "windows", AllToAll(Uniform(-0.002, 0.002)), channel="error", **GRADED),
        ]
    populations = [Population("in", 13, PoissonInput(120 * Hz)), *(Population(n, SIZE, cell) for n, cell in CELLS.items())]
    probes = [Probe(name, variable) for name, cell in CELLS.items() for variable in cell.variables]
    return Network("steps", populations, wires, probes, dt=0.5 * ms, seed=4)


def learning_network():
    """Synapses onto each of them that learn, at one neuron at its second receptor."""
    described = network(graded=False)
    rule = pair_stdp(a_plus=0.02, a_minus=0.025, bounds=(-1.0, 1.0))
    learn = {"weights": AllToAll(Uniform(-0.2, 0.5)), "plasticity": rule}
    taught = [
        replace(p, **learn) if p.receptor == "prediction" or (p.pre == "in" and p.post != "izhikevich") else p
        for p in described.projections
    ]
    return replace(described, projections=taught)


@pytest.fixture(scope="module")
def chip():
    return deploy(network())


@pytest.fixture(scope="module")
def floats():
    return emulate_network(network(), DURATION)


def test_every_neuron_is_busy(floats):
    for name, spikes in floats.spikes.items():
        assert 15 < len(spikes) < 0.8 * floats.steps * floats.sizes[name], name
    assert all(np.ptp(values) > 0 for values in floats.states.values())


@pytest.mark.parametrize("target", ["numpy", "cython"])
def test_brian2(target):
    found = simulate(network(graded=False), DURATION, integration="step", target=target)
    assert_equal(emulate_network(network(graded=False), DURATION), found, 1e-9)


def test_brian2_learns_the_same():
    found = emulate_network(learning_network(), DURATION)
    assert_equal(simulate(learning_network(), DURATION, integration="step", target="numpy"), found, 1e-9)
    assert len(found.weights) == 7


@pytest.mark.slow
@needs_lava
def test_lava_in_integers(chip):
    assert_equal(chip.emulate(DURATION), chip.run_lava(DURATION, timeout=TIMEOUT))


@pytest.mark.slow
@needs_lava
def test_lava_in_float(floats, chip):
    assert_equal(floats, chip.run_lava(DURATION, arithmetic="float", timeout=TIMEOUT), 1e-9)


@pytest.mark.slow
@needs_lava
def test_lava_learns_the_same():
    chip = deploy(learning_network())
    assert_equal(chip.emulate(DURATION), chip.run_lava(DURATION, timeout=TIMEOUT))


def test_eight_bits_change_little(floats, chip):
    integers = chip.emulate(DURATION)
    for name in floats.sizes:
        assert len(integers.spikes[name]) == pytest.approx(len(floats.spikes[name]), rel=0.2)
