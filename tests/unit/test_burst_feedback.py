"""Synapses at a dendrite learn, too: feedback that takes away what bursts at the baseline bring."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import (
    AllToAll,
    BurstLIF,
    Network,
    PoissonInput,
    Population,
    Projection,
    SteadyBaseline,
    deploy,
    simulate,
)
from neurosim.emulate import emulate_network
from neurosim.errors import UnsupportedError
from neurosim.neurons import BurstPoisson, PoissonNoise
from neurosim.plasticity import burst_dependent, burstccn_q, burstccn_y
from neurosim.rng import stream
from neurosim.units import Hz, ms, mV, second

P_B = 0.5


def two_layers(n, rule, share=P_B):
    """Layers of `n`; bursts of the upper excite dendrites of the lower one, and over Q its events learn to inhibit them."""
    above, below = (BurstLIF(bias=4 * mV, tau_d=20 * ms, baseline=SteadyBaseline(P_B), p_mid=p) for p in (share, P_B))
    noise = [5 * stream(0, name).standard_normal((60, n)) * mV for name in ("above", "below")]
    return Network(
        "feedback",
        [
            Population("drive", 100, PoissonInput(40 * Hz)),
            Population("noise", 60, PoissonInput(50 * Hz)),
            Population("above", n, above),
            Population("below", n, below),
        ],
        [
            Projection("drive", "above", AllToAll(0.6 * mV)),
            Projection("drive", "below", AllToAll(0.6 * mV)),
            Projection("noise", "above", noise[0]),
            Projection("noise", "below", noise[1]),
            Projection("above", "below", AllToAll(400 / n * mV), channel="burst", receptor="dendrite", name="Y"),
            Projection("above", "below", AllToAll(-0.01 * mV), None, rule, "dendrite", "event", "Q"),
        ],

        seed=1,
    )  # fmt: skip


@pytest.mark.parametrize(
    "rule",
    [
        burstccn_y(0.3 * mV, P_B, 50 * ms, bounds=(-40 * mV, 0 * mV)),
        burst_dependent(-0.3 * mV, 50 * ms, bounds=(-40 * mV, 0 * mV)),
    ],
    ids=lambda rule: rule.name,
)
def test_the_emulator_learns_at_a_dendrite_as_brian2_does(rule):
    network = two_layers(8, rule)
    brian, emulated = simulate(network, 1 * second, integration="step", progress=False), emulate_network(network, 1 * second)
    q = brian.final_weights()["Q"]
    assert q.min() < -1e-3
    np.testing.assert_allclose(emulated.final_weights()["Q"], q, rtol=1e-9, atol=1e-15)
    assert np.array_equal(emulated.raster("below"), brian.raster("below"))


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_q_learns_to_take_away_what_bursts_bring(share):
    """Whatever share of its events the upper layer bursts with."""
    network = two_layers(40, burstccn_y(0.5 * mV, P_B, 50 * ms, bounds=(-40 * mV, 0 * mV)), share)
    kinds = emulate_network(network, 40 * second).raster("below").reshape(-1, 40)
    first, last = ((part == 2).sum() / (part == 1).sum() for part in (kinds[:1000], kinds[-10_000:]))
    assert first > P_B + 0.09 and abs(last - P_B) < 0.03


def test_conductances_at_a_dendrite_learn_in_brian2():
    noise = [PoissonNoise("soma_exc", 500 * Hz, 0.35), PoissonNoise("soma_inh", 500 * Hz, 0.35)]
    rule = burstccn_q(0.1)
    network = Network(
        "conductances",
        [Population("above", 20, BurstPoisson(noise=noise)), Population("below", 20, BurstPoisson(noise=noise))],
        [Projection("above", "below", AllToAll(0.5), plasticity=rule, receptor="dend_inh", channel="event", name="Q")],
        dt=0.5 * ms,
    )
    assert np.ptp(simulate(network, 500 * ms, progress=False).final_weights()["Q"]) > 0


def test_on_a_chip_it_is_refused_by_name():
    with pytest.raises(UnsupportedError, match="'Q'.*dendrite"):
        deploy(two_layers(8, burstccn_y(0.3 * mV, P_B, 50 * ms, bounds=(-40 * mV, 0 * mV))))
