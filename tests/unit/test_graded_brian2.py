"""Graded spikes of inputs in Brian2: payloads multiply weights when the spike arrives, as on the emulator."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from neurosim import (
    LIF,
    Network,
    PoissonCounts,
    Population,
    Probe,
    Projection,
    SpikeRaster,
    emulate_network,
    resume,
    simulate,
    start,
)
from neurosim.plasticity import pair_stdp
from neurosim.units import kHz, ms, mV

RNG = np.random.default_rng(5)
PAYLOADS = RNG.integers(-2, 6, (60, 4)) * (RNG.random((60, 4)) < 0.3)
EACH = RNG.integers(0, 7, (4, 3)) * ms
DELAYS = {"none": None, "one": 3 * ms, "each": EACH}


def network(delay=None, rule=None, source=None, n=4, weights=None):
    parts = [Population("in", n, source or SpikeRaster(PAYLOADS)), Population("out", 3, LIF(tau_m=20 * ms, v_th=6 * mV))]
    given = np.arange(1, 13).reshape(4, 3) * 0.2 * mV if weights is None else weights
    wires = Projection("in", "out", given, delay=delay, plasticity=rule, graded=True)
    return Network("graded", parts, [wires], [Probe("out", "v")])


def test_a_payload_multiplies_the_weight():
    alone = network(source=SpikeRaster([[0, 0, 0, 0], [3, 0, 0, -2]]))
    for integration in ("exact", "step"):
        v = simulate(alone, 4 * ms, integration=integration).states["out", "v"][0]
        jump = 3 * np.array([0.2, 0.4, 0.6]) - 2 * np.array([2.0, 2.2, 2.4])
        assert_allclose(v[2], jump * 1e-3 * np.exp(-1 / 20), rtol=1e-9)


@pytest.mark.parametrize("weights", [None, np.full((4, 3), 1.0) * mV], ids=["differing", "alike"])
@pytest.mark.parametrize("delay", DELAYS.values(), ids=DELAYS)
def test_brian2_step_equals_the_emulator(delay, weights):
    described = network(delay, weights=weights)
    own, brian = emulate_network(described, 60 * ms), simulate(described, 60 * ms, integration="step")
    assert_allclose(brian.states["out", "v"], own.states["out", "v"], rtol=1e-11, atol=1e-15)
    assert_array_equal(brian.spikes["out"].step, own.spikes["out"].step)
    assert_array_equal(brian.raster("in"), PAYLOADS[None])
    assert len(own.spikes["out"]) > 5


def test_weights_learn_from_graded_spikes_as_on_the_emulator():
    described = network(rule=pair_stdp(a_plus=0.1 * mV, a_minus=0.1 * mV, bounds=(0 * mV, 4 * mV)))
    found = [emulate_network(described, 60 * ms), simulate(described, 60 * ms, integration="step")]
    assert_allclose(*(each.final_weights()["in_out"] for each in found), rtol=1e-9)
    assert np.any(np.abs(found[0].final_weights()["in_out"] - described.weights("in_out")) > 1e-5)


@pytest.mark.parametrize("integration", ["exact", "step"])
@pytest.mark.parametrize("delay", DELAYS.values(), ids=DELAYS)
def test_stretches_and_resumed_runs_equal_one_run(delay, integration, tmp_path):
    described = network(delay)
    run = start(described, on="brian2", integration=integration)
    expected = simulate(described, 60 * ms, integration=integration).states["out", "v"]
    parts = [run.advance(t * ms).states["out", "v"] for t in (7, 1, 15)]
    run.save(tmp_path / "run.h5")
    for each in (run, resume(tmp_path / "run.h5", described)):
        assert_array_equal(np.concatenate([*parts, each.advance(37 * ms).states["out", "v"]], axis=1), expected)


def test_many_sources_are_one_with_counts():
    described = network(source=PoissonCounts(3 * kHz), n=4, weights=np.eye(4)[:, :3] * 0.1 * mV)
    found = [emulate_network(described, 200 * ms), simulate(described, 200 * ms, integration="step")]
    assert_allclose(*(each.states["out", "v"] for each in found), rtol=1e-10, atol=1e-15)
    mean = simulate(described, 200 * ms, integration="exact").states["out", "v"][0, 100:].mean()
    assert mean == pytest.approx(found[0].states["out", "v"][0, 100:].mean(), rel=0.08)


def test_compiled_targets_read_the_same_payloads():
    described = network(EACH)
    expected = {how: simulate(described, 60 * ms, integration=how).states["out", "v"] for how in ("exact", "step")}
    for how, target in (("exact", "cython"), ("step", "cython"), ("exact", "cpp_standalone")):
        found = simulate(described, 60 * ms, integration=how, target=target).states["out", "v"]
        assert_allclose(found, expected[how], rtol=1e-9, atol=1e-14)
