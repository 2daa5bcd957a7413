"""One description, every execution: the same spikes and voltages, or a refusal by name."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import emulate_network
from neurosim.analysis.comparison import compare
from neurosim.backends.brian2 import simulate
from neurosim.backends.deployment import deploy
from neurosim.errors import UnsupportedError
from neurosim.units import ms
from tests.conformance.scenarios import SCENARIOS, Scenario

DURATION = 150 * ms
STEPPED = [s for s in SCENARIOS if s.steps]
by_name = pytest.mark.parametrize("scenario", STEPPED, ids=lambda s: s.name)


def _same(a, b, tolerance):
    comparison = compare(a, b)
    assert comparison.identical, comparison.first
    assert a.counts("cells").sum() > 20
    (found,) = a.states
    np.testing.assert_allclose(a.states[found], b.states[found], rtol=0, atol=tolerance)


@by_name
def test_emulator_float_equals_brian2_step(scenario: Scenario):
    network = scenario.network()
    _same(emulate_network(network, DURATION), simulate(network, DURATION, integration="step"), 1e-9)


@by_name
def test_lava_float_equals_emulator_float(scenario: Scenario):
    deployed = deploy(scenario.network())
    _same(deployed.emulate(DURATION, arithmetic="float"), deployed.run_lava(DURATION, arithmetic="float", timeout=120), 1e-9)


@by_name
def test_lava_fixed_equals_emulator_fixed(scenario: Scenario):
    deployed = deploy(scenario.network())
    _same(deployed.emulate(DURATION), deployed.run_lava(DURATION, timeout=120), 0)


@pytest.mark.parametrize("scenario", [s for s in STEPPED if s.continuous], ids=lambda s: s.name)
def test_continuous_time_is_near_the_difference_form(scenario: Scenario):
    network = scenario.network()
    exact, stepped = simulate(network, 4 * DURATION).counts("cells"), emulate_network(network, 4 * DURATION).counts("cells")
    assert abs(exact.sum() - stepped.sum()) <= 0.1 * exact.sum() + 3


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if not s.steps], ids=lambda s: s.name)
def test_simulation_only_neurons_run_and_are_refused_by_name(scenario: Scenario):
    network = scenario.network()
    assert simulate(network, DURATION).counts("cells").sum() > 0
    with pytest.raises(UnsupportedError, match="'cells'.*difference form"):
        deploy(network)
    with pytest.raises(UnsupportedError, match="'cells'.*difference form"):
        simulate(network, DURATION, integration="step")
