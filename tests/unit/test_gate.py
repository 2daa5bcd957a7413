"""A gated rule changes w where its gate is open, and everything else as if it were not gated."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import LIF, Network, OneToOne, Population, Probe, Projection, SpikeRaster, Timed, emulate_network, simulate
from neurosim.errors import NetworkError
from neurosim.neurons import BurstAverage, BurstParrot, IntervalDetector
from neurosim.plasticity import PlasticityRule, adaptive_ebcp, broadcast, gated, pair_stdp, post_modulator, pre, synaptic
from neurosim.units import Hz, ms, second

STEPS = 300
OPEN = np.zeros(STEPS)
OPEN[120:200] = 1


def trains(seed=0, rate=0.08):
    return np.random.default_rng(seed).random((STEPS, 2)) < rate


def learn(rule, gate=1.0, **arguments):
    """Weight after each step of a synapse between two bursting cells."""
    rates = {"E_min": 20 * Hz, "E_max": 30 * Hz, "start_events": 5 * Hz, "start_bursts": 1 * Hz}
    average = BurstAverage(alpha=2 * second, gate=gate, **rates)
    cell = BurstParrot(detector=IntervalDetector(), average=average)
    network = Network(
        "gated",
        [Population("given", 2, SpikeRaster(trains())), Population("pre", 1, cell), Population("post", 1, cell)],
        [
            Projection("given", "pre", np.array([[1.0], [0.0]]), receptor="repeated"),
            Projection("given", "post", np.array([[0.0], [1.0]]), receptor="repeated"),
            Projection("pre", "post", OneToOne(0.5), channel="event", plasticity=rule),
        ],
        [Probe("pre_post", "w", every=1 * ms)],
    )
    return simulate(network, STEPS * ms, progress=False, **arguments).weights["pre_post"].values[:, 0, 0]


def test_changes_of_w_where_the_gate_is_open():
    rule = adaptive_ebcp(0.01, 50 * ms, bounds=None)
    free = np.diff(learn(rule))
    changes = np.diff(learn(gated(rule), signals={"M": OPEN}))
    assert np.count_nonzero(free[OPEN == 0]) > 5 and np.count_nonzero(free[OPEN == 1]) > 5
    assert_allclose(changes, free * OPEN, atol=1e-12)


def test_a_gate_of_the_neuron_does_the_same_and_synapses_rest_while_it_is_shut():
    from neurosim.backends.brian2.blueprint import Plasticity
    from neurosim.backends.brian2.rule_text import synapse_code

    rule = adaptive_ebcp(0.01, 50 * ms, bounds=None)
    own = gated(rule, post_modulator("gate"))
    told = learn(gated(rule), signals={"M": OPEN})
    assert_allclose(learn(own, gate=Timed(OPEN, 1 * ms)), told, rtol=0, atol=1e-12)
    supplied = {"P": "burst_probability", "h": "homeostasis", "g": "growth", "M": "gate"}
    pathways = synapse_code("a_b", Plasticity(own, {}, 1, supplied), 1e-3, "").pathways
    assert {place.event for place, _ in pathways if place.side == "post"} == {"event_while_gate", "burst_while_gate"}


def test_tags_go_on_while_the_gate_is_closed():
    rule = PlasticityRule(
        "tagged", traces={"x": pre(20 * ms), "tag": synaptic(200 * ms)}, on_post={"tag": "x"}, every={10: {"w": "0.01 * tag"}}
    )
    late = np.zeros(STEPS)
    late[-1] = 1
    network = Network(
        "tagged",
        [Population("given", 2, SpikeRaster(trains())), Population("cell", 2, LIF(tau_m=10 * ms, v_th=0.5))],
        [Projection("given", "cell", OneToOne(1.0), plasticity=gated(rule, broadcast(), "learns"))],
        [Probe("given_cell", "tag", every=1 * ms)],
    )
    recording = emulate_network(network, STEPS * ms, signals={"learns": late})
    tags = recording.synapses["given_cell", "tag"].values[-1]
    change = recording.final_weights()["given_cell"] - np.eye(2)
    assert tags[0, 0] > 0
    assert_allclose(change, 0.01 * tags, rtol=1e-6)


def test_emulator_and_brian2_agree():
    rule = gated(pair_stdp(0.05, 0.04), broadcast())
    network = Network(
        "pairs",
        [Population("given", 2, SpikeRaster(trains())), Population("cell", 2, LIF(tau_m=10 * ms, v_th=0.5))],
        [Projection("given", "cell", OneToOne(0.6), plasticity=rule)],
    )
    ways = (emulate_network(network, STEPS * ms, signals={"M": OPEN}), simulate(network, STEPS * ms, signals={"M": OPEN},
            integration="step", progress=False))  # fmt: skip
    one, other = (way.final_weights()["given_cell"] for way in ways)
    assert not np.allclose(one, 0.6 * np.eye(2))
    assert_allclose(one, other, atol=1e-6)


def test_what_is_gated_keeps_its_form():
    rule = gated(adaptive_ebcp(), post_modulator("event_rate"), "slow")
    assert rule.name == "gated_adaptive_ebcp" and rule.bounds == (0.0, 1.0) and rule.signals == ()
    assert {str(update.gate) for update in rule.updates} == {"on_pre", "on_event", "on_burst"}
    assert gated(adaptive_ebcp()).signals == ("M",)


def test_what_cannot_be_gated():
    with pytest.raises(NetworkError, match="already has 'P'"):
        gated(adaptive_ebcp(), name="P")
    with pytest.raises(NetworkError, match="never changes w"):
        gated(PlasticityRule("tags", traces={"x": pre(20 * ms)}, on_post={"tag": "x"}))
