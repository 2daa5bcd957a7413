"""The target task of the spiking BurstCCN, shortened; teacher and gate are in the network, so that every execution has them."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import deploy, emulate_network, simulate
from neurosim.analysis.comparison import compare
from neurosim.models import load_model
from neurosim.units import ms, second
from tests.conformance.lava_children import TIMEOUT, needs_lava

pytestmark = pytest.mark.slow


def learned(recording):
    """Mean change of the weights in the first and in the second half, each with its teacher; in mV."""
    weights = 1e3 * recording.weights["drive_input"].values.mean(axis=(1, 2))
    middle = len(weights) // 2
    return weights[middle] - weights[0], weights[-1] - weights[middle]


@needs_lava
def test_lava_equals_the_emulator_in_integers():
    """Two blocks of a second, 100 + 100 cells: every spike, payload and weight."""
    deployed = deploy(load_model("burstccn_target", block=1.0))
    wanted, found = deployed.emulate(2 * second), deployed.run_lava(2 * second, timeout=TIMEOUT)
    comparison = compare(wanted, found)
    assert comparison.identical, comparison.first
    for name in wanted.spikes:
        assert np.array_equal(found.raster(name), wanted.raster(name)), name
    assert np.array_equal(found.weights["drive_input"].values, wanted.weights["drive_input"].values)
    assert wanted.raster("relay").any() and (wanted.raster("output") == 2).any() and learned(wanted)[0] > 0


def test_brian2_equals_the_emulator_in_float():
    network = load_model("burstccn_target", n=20, block=0.5)
    wanted, found = emulate_network(network, 1000 * ms), simulate(network, 1000 * ms, integration="step")
    for name in wanted.spikes:
        assert np.array_equal(found.raster(name), wanted.raster(name)), name
    np.testing.assert_allclose(found.weights["drive_input"].values, wanted.weights["drive_input"].values, rtol=0, atol=1e-12)
    assert wanted.raster("relay").any() and learned(wanted)[0] > 0
