"""Burst neurons and the rule that learns by their bursts, on the emulator in float against a plain loop."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

from neurosim import AllToAll, BurstLIF, EventBaseline, Network, Population, Projection, SpikeRaster, SteadyBaseline, deploy
from neurosim.backends.brian2.functions import random_bits
from neurosim.backends.emulator import emulate
from neurosim.backends.emulator.session import Session
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.plasticity import PlasticityRule, post_modulator, pre
from neurosim.plasticity.products import Gate, GateKind
from neurosim.program.lower import lower
from neurosim.units import ms, mV
from tests.unit.burst_networks import burst_network, cell, draws, given, looped, noisy, rule


@pytest.mark.parametrize("baseline", [EventBaseline(k=3, p=0.3), SteadyBaseline(0.4)])
def test_equations(baseline):
    """Every spike of every channel, dendrites, baselines and weights of two layers that learn."""
    steps, network = 600, burst_network(rule(), baseline=baseline)
    inputs = given(steps)
    probes = [(name, what) for name in ("low", "high") for what in ("v_d", "drift")]
    found = emulate(lower(network), steps, inputs=inputs, probes=probes)
    wanted, weights = looped(network, steps, inputs)
    for name in ("low", "high"):
        payload = wanted[name, "payload"]
        assert np.array_equal(found.raster(name)[0], payload) and {1, 2} <= set(np.unique(payload))
        np.testing.assert_allclose(found.states[name, "v_d"][0], wanted[name, "v_d"], rtol=0, atol=1e-12)
        np.testing.assert_allclose(baseline.p + found.states[name, "drift"][0], wanted[name, "P"], rtol=0, atol=1e-12)
    for name in ("drive_low", "low_high"):
        final = found.weights[name].values[-1]
        np.testing.assert_allclose(final, weights[name], rtol=0, atol=1e-12)
        start = network.weights(network.projection(name)) * lower(network).population("low").neuron.gain_at("default")
        assert np.abs(final - start).max() > 1e-5, "it learns"


def test_random_numbers():
    """Those of the definition; a fair share of ones in every bit, and none like its neighbours."""
    seed = 2576023652
    wanted = np.array([draws(seed, k, 64) for k in range(200)], np.uint64)
    assert np.array_equal([random_bits(float(seed), k, np.arange(64)) for k in range(200)], wanted)
    bits = (wanted[..., None] >> np.arange(32, dtype=np.uint64)) & np.uint64(1)
    assert np.abs(bits.mean(axis=(0, 1)) - 0.5).max() < 4 * 0.5 / np.sqrt(wanted.size)
    level = wanted / 2.0**32 - 0.5
    pairs = (level[1:] * level[:-1], level[:, 1:] * level[:, :-1])
    assert all(abs(12 * p.mean()) < 4 / np.sqrt(p.size) for p in pairs), "steps and neurons are not correlated"


def rates(steps=2000, n=60, **fields):
    """Event rate in Hz, share of bursts, mean P at the end."""
    network = noisy(n, **fields)
    noise = (np.random.default_rng(3).random((1, steps, 40)) < 0.2).astype(np.uint8)
    found = emulate(lower(network), steps, inputs={"noise": noise}, probes=[("cell", "drift")])
    payload = found.spikes["cell"].payload
    events, again = (payload == 1).sum(), (payload == 2).sum()
    return (
        events / n / (steps * 1e-3),
        again / max(events, 1),
        network.population("cell").model.baseline.p + (found.states["cell", "drift"][0, -1].mean()),
    )


def test_multiplexing():
    """Events follow the soma and bursts the dendrite, as in the tables of burst.md 5.1."""
    soma, dendrite = (2, 8, 14, 20), (-12.8, -6, 0, 8)
    table = [[rates(bias=s * mV, bias_d=d * mV)[:2] for d in dendrite] for s in soma]
    events, shares = np.moveaxis(np.array(table), 2, 0)
    assert np.all(np.diff(events, axis=0) > 0) and events[-1].min() > 3 * events[0].max()
    assert (np.ptp(events, axis=1) < 0.12 * events.mean(axis=1)).all(), events
    shares = shares[1:]
    wanted = np.array([0.5 + d / 32 for d in dendrite])
    assert np.abs(shares - wanted).max() < 0.06, shares
    assert shares[:, 0].max() < 0.15 and shares[:, -1].min() > 0.7


def test_baseline_follows_the_share_of_bursts():
    for d in (-8, 6):
        _, share, baseline = rates(bias=16 * mV, bias_d=d * mV, baseline=EventBaseline(k=3, p=0.5))
        assert abs(share - baseline) < 0.07, (share, baseline)


def phases(network, program, weights_of, arithmetic=None):
    """Mean weight before and after each of four phases of a second: base, dendrite up, base, dendrite down."""
    session = Session(program, arithmetic=arithmetic)
    rng, seen = np.random.default_rng(5), [weights_of(session).mean()]
    for up, down in ((0.0, 0.0), (0.0125, 0.0), (0.0, 0.0), (0.0, 0.01)):
        drive = (rng.random((1000, 20)) < 0.02).astype(np.uint8)
        steer = np.concatenate([rng.random((1000, 10)) < up, rng.random((1000, 10)) < down], axis=1).astype(np.uint8)
        session.run(1000, inputs={"drive": drive, "steer": steer})
        seen.append(weights_of(session).mean())
    return np.diff(seen) / seen[0]


def steered(n=64):
    """Somata driven by themselves, dendrites by ten spikes up and ten down."""
    steer = np.concatenate([np.full((10, n), 13.0), np.full((10, n), -13.0)]) * mV
    learns = rule(0.12)
    return Network(
        "steered",
        [
            Population("drive", 20, SpikeRaster(np.zeros((1, 20)))),
            Population("steer", 20, SpikeRaster(np.zeros((1, 20)))),
            Population("cell", n, cell(bias=30 * mV, bias_d=-8 * mV, baseline=EventBaseline(k=4, p=0.25))),
        ],
        [
            Projection("drive", "cell", AllToAll(8 * mV), plasticity=learns),
            Projection("steer", "cell", steer, receptor="dendrite"),
        ],
    )


def test_dendrites_steer_weights():
    """The signs of the table in burst.md 5.1, in float and in integers."""
    network = steered()
    base, up, again, down = phases(network, lower(network), lambda s: s.weights("drive_cell"))
    assert abs(base) < 0.3 * up and up > 0.03 and again < 0 and down < -0.03, (base, up, again, down)
    program = deploy(network).program
    base, up, again, down = phases(network, program, lambda s: s.weights("drive_cell"))
    assert abs(base) < 0.4 * up and up > 0.03 and again < 0 and down < -0.03, (base, up, again, down)


def test_the_rule_becomes_spikes_times_factors():
    own = lower(burst_network(rule())).projections[0].rule
    assert {(p.gate, p.factors) for p in own.products} == {
        (Gate(GateKind.POST), ("P", "x")),
        (Gate(GateKind.POST), ("x", "burst")),
    }, "P is 0 but for events anyway"
    assert own.supplied == {"P": "burst_probability", "burst": "burst"} and own.positive == {"P", "burst"}
    own = {"parameters": {"a": 1 * mV}, "on_burst": {"w": "a * burst"}, "on_post": {"w": "-a * burst"}}
    named = PlasticityRule(traces={"burst": pre(20 * ms)}, **own)
    other = lower(burst_network(named)).projections[0].rule
    assert other.supplied == {"burst_": "burst"}
    assert [p.factors for p in other.products] == [("burst", "burst_"), ("burst",)]


@pytest.mark.parametrize("where", ["on_burst", "on_post", "on_pre"])
def test_a_baseline_is_known_at_events(where):
    wrong = PlasticityRule(
        "odd",
        traces={"x": pre(20 * ms)},
        modulators={"P": post_modulator("burst_probability")},
        parameters={"a": 1 * mV},
        **{where: {"w": "a * P * x"}},
    )
    with pytest.raises(UnsupportedError, match="'drive_low'.*'odd'.*'P' only at its channel 'event'.*on_event"):
        lower(burst_network(wrong))


def test_traces_follow_the_channel_of_the_projection():
    """The pre trace of a projection of events takes events, and not the second spikes."""
    program = lower(burst_network(rule()))
    steps, session = 400, Session(program)
    found = session.run(steps, inputs={name: raster[0] for name, raster in given(steps).items()})
    payload = found.raster("low")[0]
    kept = np.exp(-1 / 50) ** np.arange(steps - 1, -1, -1)
    assert (payload == 2).any()
    np.testing.assert_allclose(session.variable("low_high", "x"), kept @ (payload == 1), rtol=1e-9)


def test_samples_draw_their_own_numbers():
    """Samples in parallel are those that a session shows one after the other; a later one is not the first again."""
    program, steps = lower(burst_network()), 300
    inputs = given(steps, samples=3)
    inputs = {name: np.repeat(raster[:1], 3, axis=0) for name, raster in inputs.items()}
    found, session = emulate(program, steps, inputs=inputs), Session(program)
    for sample in range(3):
        session.rest()
        one = session.run(steps, inputs={name: raster[sample] for name, raster in inputs.items()})
        assert np.array_equal(one.raster("low")[0], found.raster("low")[sample])
    assert not np.array_equal(found.raster("low")[0], found.raster("low")[1])
    other = lower(replace(burst_network(), seed=1, projections=[]))
    assert other.population("low").neuron.seed != program.population("low").neuron.seed
    assert program.population("low").neuron.seed != program.population("high").neuron.seed


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"v_th": 20 * ms}, "v_th.*volt"),
        ({"v_th": -1 * mV}, "v_th.*above 0"),
        ({"p_span": 0 * mV}, "p_span.*above 0"),
        ({"jump": -1 * mV}, "jump.*0 or more"),
        ({"p_mid": 1.5}, "p_mid = 1.5"),
        ({"refractory": 12 * ms}, "refractory.*0.012 s"),
        ({"refractory": [20, 30] * ms}, "refractory.*one value for all"),
        ({"baseline": 0.5}, "baseline = 0.5"),
        ({"tau_d": 0 * ms}, "tau_d"),
    ],
)
def test_wrong_neurons(fields, match):
    with pytest.raises(Exception, match=match) as caught:
        BurstLIF(**fields)
    assert isinstance(caught.value, NetworkError) or "expected a value in volt" in str(caught.value)


@pytest.mark.parametrize("wrong", [lambda: EventBaseline(k=0), lambda: EventBaseline(k=13), lambda: SteadyBaseline(1.2)])
def test_wrong_baselines(wrong):
    with pytest.raises(NetworkError, match="expected a"):
        wrong()


def test_neurons_travel():
    for again in (pickle.loads(pickle.dumps(BurstLIF())), copy.deepcopy(BurstLIF())):
        assert again == BurstLIF() and repr(again.tau_s) == "16 ms"
