"""Neurons that a user wrote: what the table of conformance (test_executions.py) does not compare."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import compare, deploy, emulate_network, simulate
from neurosim.units import ms
from tests.conformance.scenario_networks import own_neurons

DURATION = 150 * ms


def assert_equal(a, b, tolerance=0.0):
    found = compare(a, b)
    assert found.identical, str(found.table())
    for key, values in a.states.items():
        np.testing.assert_allclose(b.states[key], values, rtol=0, atol=tolerance, err_msg=str(key))
    for name, trace in a.weights.items():
        np.testing.assert_allclose(b.weights[name].values[-1], trace.values[-1], rtol=0, atol=tolerance, err_msg=name)


@pytest.fixture(scope="module")
def chip():
    return deploy(own_neurons())


@pytest.fixture(scope="module")
def floats():
    return emulate_network(own_neurons(), DURATION)


def test_every_neuron_is_busy(floats):
    for name, spikes in floats.spikes.items():
        assert 15 < len(spikes) < 0.6 * floats.steps * floats.sizes[name], name
    assert all(np.ptp(values) > 0 for values in floats.states.values())


def test_brian2_in_cython():
    described = own_neurons(graded=False)
    found = simulate(described, DURATION, integration="step", target="cython")
    assert_equal(emulate_network(described, DURATION), found, 1e-9)


def test_eight_bits_change_little(floats, chip):
    integers = chip.emulate(DURATION)
    for name in floats.sizes:
        assert len(integers.spikes[name]) == pytest.approx(len(floats.spikes[name]), rel=0.35)
    noted = {(loss.where, loss.field) for loss in chip.report.losses}
    assert {("quadratic", "k"), ("resonant", "along"), ("balanced", "tau_m"), ("noisy", "registers")} <= noted
