"""Synapses at a dendrite learn, too: feedback that takes away what bursts at the baseline bring."""

from __future__ import annotations

from dataclasses import replace

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
    emulate_network,
    simulate,
)
from neurosim.errors import UnsupportedError
from neurosim.neurons import BurstPoisson, PoissonNoise
from neurosim.plasticity import burst_dependent, burstccn_q, burstccn_y, pair_stdp
from neurosim.rng import stream
from neurosim.units import Hz, ms, mV, second, volt
from tests.unit.desire_networks import desire_network

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


Q_RULE = burstccn_y(0.5 * mV, P_B, 50 * ms, bounds=(-40 * mV, 0 * mV))


def test_on_a_chip_q_learns_as_in_float():
    network = two_layers(40, Q_RULE, 0.3)
    runs = emulate_network(network, 20 * second), deploy(network).emulate(20 * second)
    wanted, found = (run.final_weights()["Q"].mean() for run in runs)
    assert found == pytest.approx(wanted, rel=0.1) and found < -1e-3


def test_a_chip_says_where_it_clips():
    """The scale of a dendrite follows p_span; a bound that the chip has exactly is not reported."""
    found = [loss for loss in deploy(two_layers(8, Q_RULE)).report.losses if (loss.where, loss.field) == ("Q", "bounds")]
    assert [loss.kind for loss in found] == ["clip"] and 0.04 < found[0].got < 0.1
    exact = burstccn_y(0.5 * mV, P_B, 50 * ms, bounds=(-found[0].got * volt, 0 * mV))
    losses = deploy(two_layers(8, exact)).report.losses
    assert not [loss for loss in losses if (loss.where, loss.field) == ("Q", "bounds")]


@pytest.mark.parametrize("learns", [True, False])
def test_sums_are_checked_with_the_weights_that_synapses_can_get(learns):
    """A thousand synapses of almost nothing onto somata and dendrites: together too many only once they have grown."""
    cells = Population("cell", 2, BurstLIF())
    sources = [Population("many", 1100, PoissonInput(1 * Hz)), Population("few", 2, PoissonInput(1 * Hz))]
    up = burst_dependent(0.3 * mV, 50 * ms, bounds=(0 * mV, 20 * mV))
    ends = {"default": (up, 20), "dendrite": (Q_RULE, -40)}
    projections = [
        part
        for at, (rule, largest) in ends.items()
        for part in (
            Projection("many", "cell", AllToAll(largest / 2000 * mV), None, rule if learns else None, at, name=f"many_{at}"),
            Projection("few", "cell", AllToAll(largest * mV), receptor=at, name=f"few_{at}"),
        )
    ]
    # Synapses that learn take two input axons each, so that these do not fit on a core.
    losses = deploy(Network("grown", [*sources, cells], projections), allow={"does_not_fit"}).report.losses
    said = {loss.field for loss in losses if loss.kind == "overflow" and loss.where == "cell"}
    assert ("current of the dendrite" in said, "current" in said) == (learns, learns)


def test_weights_that_start_at_nothing_have_room():
    network = two_layers(8, Q_RULE)
    alone = [replace(p, weights=AllToAll(0 * mV)) if p.receptor == "dendrite" else p for p in network.projections]
    q = deploy(replace(network, projections=alone)).emulate(1 * second).final_weights()["Q"]
    assert q.shape == (8, 8) and q.min() >= -0.08


def test_other_receptors_of_a_chip_do_not_learn():
    network = desire_network(feedback=lambda w: w.T)
    plastic = [replace(p, plasticity=pair_stdp()) if p.receptor == "label" else p for p in network.projections]
    with pytest.raises(UnsupportedError, match="plastic and ends at receptor 'label'.*dendrite of BurstLIF"):
        deploy(replace(network, projections=plastic))
