"""Short-term plasticity in Lava: the relay in floating and fixed point does what the emulator does, spike by spike."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from neurosim import LIF, Network, Population, Probe, Projection, ShortTermPlasticity, SpikeRaster, deploy
from neurosim.errors import UnsupportedError
from neurosim.plasticity import load_rule
from neurosim.units import ms
from tests.conformance.lava_children import TIMEOUT, needs_lava

STEPS, N = 150, 8
DEPRESSING = ShortTermPlasticity(U=0.45, tau_d=200 * ms, tau_f=50 * ms)
FACILITATING = ShortTermPlasticity(U=0.05, tau_d=20 * ms, tau_f=300 * ms, f=0.2)


def network(rule=None):
    """Dense and depressing, sparse and facilitating with a delay, and a recurrent one."""
    rng = np.random.default_rng(5)
    raster = (rng.random((STEPS, N)) < 0.15).astype(np.uint8)
    neuron = LIF(tau_m=20 * ms, v_th=1.0, tau_syn=5 * ms)
    mixed, positive = rng.normal(0.2, 0.5, (N, N)), rng.uniform(0, 1, (N, N)) * (rng.random((N, N)) < 0.5)
    return Network(
        name="release",
        populations=[Population("pre", N, SpikeRaster(raster)), Population("a", N, neuron), Population("b", N, neuron)],
        projections=[
            Projection("pre", "a", 15 * positive, short_term=DEPRESSING, plasticity=rule),
            Projection("pre", "b", sparse.csr_array(15 * positive), short_term=FACILITATING, delay=2 * ms),
            Projection("a", "b", 5 * mixed, short_term=DEPRESSING),
        ],
        probes=[Probe("a", "v"), Probe("b", "v")],
    )


@pytest.mark.slow
@needs_lava
@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_the_relay(arithmetic):
    deployment = deploy(network())
    ours = deployment.emulate(STEPS * ms, arithmetic=arithmetic)
    theirs = deployment.run_lava(STEPS * ms, arithmetic=arithmetic, timeout=TIMEOUT)
    for population in ("a", "b"):
        assert np.array_equal(ours.raster(population), theirs.raster(population))
        assert ours.counts(population).sum() > 20
        assert np.allclose(ours.states[population, "v"], theirs.states[population, "v"], rtol=0, atol=1e-9)


def test_in_integers_the_closed_form_is_met():
    """8 bits of payload and 16 of state: within a step of the payload."""
    raster = np.zeros((2000, 3), np.uint8)
    for i, rate in enumerate((5, 20, 50)):
        raster[:: 1000 // rate, i] = 1
    described = Network(
        name="one",
        populations=[Population("pre", 3, SpikeRaster(raster)), Population("post", 3, LIF(tau_m=1 * ms, v_th=1e3))],
        projections=[Projection("pre", "post", 100 * np.eye(3), short_term=DEPRESSING)],
        probes=[Probe("post", "v")],
    )
    v = deploy(described).emulate(2000 * ms).states["post", "v"][0]
    jumps = np.array([column[1::1000 // rate][-1] for column, rate in zip(v.T, (5, 20, 50), strict=True)])
    wanted = DEPRESSING.steady_state(np.array([5, 20, 50]) * (1 / ms) / 1000)
    assert np.allclose(jumps / jumps[0], wanted / wanted[0], atol=0.02)


def test_with_a_rule_it_is_refused_by_name():
    with pytest.raises(UnsupportedError, match="'pre_a'.*short-term and long-term"):
        deploy(network(load_rule("pair_stdp")))
