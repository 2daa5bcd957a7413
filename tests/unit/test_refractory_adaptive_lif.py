"""RefractoryAdaptiveLIF against a loop over its equations."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import AdaptiveLIF, Network, Population, Probe, RefractoryAdaptiveLIF, emulate_network, per_step
from neurosim.errors import NetworkError
from neurosim.units import ms, mV

GIVEN = {"tau_m": 20 * ms, "tau_theta": 80 * ms, "v_th": 10 * mV, "theta_jump": 3 * mV}


def network(neuron, **more):
    return Network("one", [Population("cells", 1, neuron, **more)], probes=[Probe("cells", "v"), Probe("cells", "theta")])


def loop(bias, refractory, v_reset, steps):
    """Spikes, v and theta in mV, of steps of 1 ms."""
    v = theta = held = 0.0
    spikes, voltages, thresholds = [], [], []
    for k in range(steps):
        theta *= np.exp(-1 / 80)
        if held > 0:
            held -= 1
        else:
            v = np.exp(-1 / 20) * v + bias
        if held == 0 and v > 10 + theta:
            spikes.append(k)
            v, theta, held = v_reset, theta + 3, refractory
        voltages.append(v)
        thresholds.append(theta)
    return spikes, np.array(voltages), np.array(thresholds)


@pytest.mark.parametrize("refractory", [0, 4])
@pytest.mark.parametrize("v_reset", [0.0, -5.0])
def test_it_is_the_loop(refractory, v_reset):
    neuron = RefractoryAdaptiveLIF(**GIVEN, refractory=refractory * ms, v_reset=v_reset * mV, bias=2 * mV)
    found = emulate_network(network(neuron), 300 * ms)
    spikes, v, theta = loop(2.0, refractory, v_reset, 300)
    assert len(spikes) > 10 and list(found.spikes["cells"].step) == spikes
    assert np.allclose(found.states["cells", "v"].ravel(), v * 1e-3, atol=1e-12)
    assert np.allclose(found.states["cells", "theta"].ravel(), theta * 1e-3, atol=1e-12)


def test_without_refractory_time_it_is_the_adaptive_neuron():
    other = {**GIVEN, "tau_m": per_step(0.9)}
    adaptive = emulate_network(network(AdaptiveLIF(**other, bias=3 * mV)), 300 * ms)
    found = emulate_network(network(RefractoryAdaptiveLIF(**other, refractory=0 * ms), current=3 * mV), 300 * ms)
    assert len(found.spikes["cells"]) > 10 and np.array_equal(found.spikes["cells"].step, adaptive.spikes["cells"].step)
    assert np.array_equal(found.states["cells", "theta"], adaptive.states["cells", "theta"])


def test_intervals_are_longer_than_the_refractory_time():
    neuron = RefractoryAdaptiveLIF(**GIVEN, refractory=7 * ms, bias=100 * mV)
    spikes = list(emulate_network(network(neuron), 300 * ms).spikes["cells"].step)
    assert min(np.diff(spikes)) == 8


def test_a_threshold_at_reset_is_refused():
    with pytest.raises(NetworkError, match=r"v_th = 10. mV must be above v_reset = 10. mV"):
        RefractoryAdaptiveLIF(**GIVEN, refractory=0 * ms, v_reset=10 * mV)
