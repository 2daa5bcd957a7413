"""Brian2 learns as a rule says: weights, tags and traces against the dense interpreter of rules."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from neurosim import LIF, ImageInput, Network, OneToOne, Population, Probe, Projection, RateCoding, Sparse, SpikeRaster
from neurosim.backends.brian2 import simulate
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.plasticity import PlasticityRule, broadcast, desire, post, pre, synaptic
from neurosim.plasticity.measured import measured_in
from neurosim.units import ms, mV
from tests.unit.rule_reference import run_rule

N_PRE, N_POST, STEPS = 6, 5, 150
PAIR = {"x": pre(tau=20 * ms), "y": post(tau=15 * ms)}
RULES = {
    "pair": PlasticityRule(traces=PAIR, on_pre={"w": "-0.012 * y"}, on_post={"w": "0.01 * x"}),
    "bounded": PlasticityRule(traces=PAIR, on_pre={"w": "-0.3 * y"}, on_post={"w": "0.3 * x"}, bounds=(0, 1)),
    "one sided": PlasticityRule(traces=PAIR, on_pre={"w": "-0.3 * y"}, bounds=(0.1, None)),
    "multiplicative": PlasticityRule(
        traces=PAIR, on_pre={"w": "-0.2 * w * y"}, on_post={"w": "0.2 * (1 - w) * x"}, bounds=(0, 1)
    ),
    "power law": PlasticityRule(
        traces=PAIR,
        parameters={"mu": 0.4},
        on_pre={"w": "-0.05 * w**mu * y"},
        on_post={"w": "0.05 * (1 - w)**mu * x"},
        bounds=(0, 1),
    ),
    "nearest": PlasticityRule(
        traces={"x": pre(tau=20 * ms, mode="overwrite", impulse=0.7), "y": post(decay=0.8, mode="overwrite")},
        on_pre={"w": "-0.01 * y"},
        on_post={"w": "0.01 * x"},
    ),
    "saturating": PlasticityRule(
        traces={"x": pre(tau=20 * ms, mode="saturate", impulse=0.6), "y": post(decay=0.9, mode="saturate", impulse=0.3)},
        on_pre={"w": "-0.01 * y**2"},
        on_post={"w": "0.01 * x * y"},
    ),
    "one step": PlasticityRule(
        traces={"x": pre(decay=0), "y": post(decay=0), "z": pre(decay=0, channel="arrival")},
        on_pre={"w": "-0.01 * y"},
        on_post={"w": "0.01 * x + 0.02 * z"},
    ),
    "arrival": PlasticityRule(
        traces={"x": pre(decay=0.75, channel="arrival"), "y": post(tau=9 * ms)}, on_pre={"w": "-y/100"}, on_post={"w": "x/100"}
    ),
    "rewarded": PlasticityRule(
        traces={**PAIR, "tag": synaptic(tau=40 * ms)},
        modulators={"R": broadcast(peak=3)},
        on_pre={"tag": "-0.1 * y"},
        on_post={"tag": "0.1 * x"},
        every={1: {"w": "0.05 * R * tag"}},
        bounds=(0, 1),
    ),
    "gated": PlasticityRule(
        traces=PAIR,
        modulators={"R": broadcast(peak=3), "S": broadcast()},
        on_post={"w": "0.01 * x * R"},
        every={3: {"w": "S * x / 9"}},
    ),
    "decaying weights": PlasticityRule(
        traces=PAIR, on_post={"w": "x / 50"}, every={1: {"w": "-0.01 * w"}, 4: {"w": "exp(-x) / 100 - 1/200"}}
    ),
    "all variables": PlasticityRule(
        traces={**PAIR, "aux": synaptic(decay=0.95)},
        on_pre={"tag": "0.1 - 0.2 * aux", "aux": "0.1 * tag * y"},
        on_post={"aux": "0.02 * x - 0.1 * w", "w": "0.01 * aux * tag"},
        at={"sample_end": {"w": "tag * x + aux", "tag": "-tag", "aux": "2 * w * y"}},
    ),
    "at the end": PlasticityRule(
        traces={"x": pre(decay=0.75, channel="arrival")},
        modulators={"D": broadcast()},
        on_post={"tag": "x"},
        at={"sample_end": {"w": "eta * D * tag", "tag": "-tag"}},
        parameters={"eta": -1e-2},
        bounds=(0, 1),
    ),
    "odd names": PlasticityRule(
        traces={"i": pre(tau=20 * ms), "v_post": post(decay=0.5), "η": pre(decay=0.9)},
        parameters={"N": -2.0, "t": 0.01},
        on_pre={"w": "-t * v_post * N**2"},
        on_post={"w": "t * i + η * t**2 * 1/3 - t * clip(i, 0.5, 2) + t*sqrt(abs(N))*sign(N)"},
    ),
}  # fmt: skip


def network(rule, *, delay=None, mask=None, every=None, seed=0, n=(N_PRE, N_POST), steps=STEPS, neuron=None, unit=mV):
    """Pre and teacher emit at random, a third of their spikes together; a teacher's spike makes its neuron spike."""
    rng = np.random.default_rng(seed)
    w = rng.uniform(0.2, 0.8, n)
    strong = w * 1000 if mask is None else sparse.csr_array(np.where(mask, w, 0) * 1000)
    weights = strong * unit if mask is None else Sparse(strong, unit)
    both = rng.random((steps, 1)) < 0.06
    spikes = {name: (rng.random((steps, size)) < 0.12) | both for name, size in zip(("pre", "teacher"), n, strict=True)}
    probes = [Probe("pre_out", name, every=every) for name in watched(rule)] if every is not None else []
    # Weights are in volt, and the rules are for plain numbers of about one.
    out = LIF(tau_m=10 * ms, v_th=20 * 1000 * mV) if neuron is None else neuron
    learns = measured_in(rule, out.weight_units["default"])
    return Network(
        "net",
        [
            Population("pre", n[0], SpikeRaster(spikes["pre"])),
            Population("teacher", n[1], SpikeRaster(np.roll(spikes["teacher"], -1, axis=0))),
            Population("out", n[1], out),
        ],
        [
            Projection("pre", "out", weights, plasticity=learns, delay=delay),
            Projection("teacher", "out", OneToOne(1e6 * unit)),
        ],
        probes,
    )


def watched(rule):
    return ("w", "tag", "aux", *(name for name, trace in rule.traces.items() if trace.side != "synapse"))


def third_factors(rule, steps=STEPS):
    rng = np.random.default_rng(3)
    rare = (rng.random((steps, 1)) < 0.1) * rng.choice([-1.0, 0.5, 1.0], (steps, 1))
    rare[-1] = -0.5  # for what happens at the end of a sample
    each = rng.uniform(-1, 1, (steps, N_POST)) * (rng.random((steps, 1)) < 0.2)
    return {name: each[None] if name == "S" else rare[None, :, 0] for name in rule.signals}


def expected(found, net, rule, *, delay=0, mask=None, signals=None):
    rasters = found.raster("pre")[0], found.raster("out")[0]
    w = net.weights(net.projection("pre_out"))
    w = w.toarray() if mask is not None else w
    given = {name: values[0] for name, values in (signals or {}).items()}
    return run_rule(rule, *rasters, w, found.dt, signals=given, mask=mask, delay=delay)


def seen(values, name, rule, mask):
    """A trace has one value per neuron that has synapses."""
    trace = rule.traces.get(name)
    if trace is None or trace.side == "synapse":
        return values
    own = values if mask is None else np.where(mask, values, 0)
    return np.abs(own).max(axis=1 if trace.side == "pre" else 0)


def assert_follows(found, history, rule, *, every=1, mask=None):
    """All that was watched, before each `every`-th step and at the end."""
    for name in watched(rule):
        trace = found.weights["pre_out"] if name == "w" else found.synapses["pre_out", name]
        assert_array_equal(trace.steps, [*range(0, found.steps, every), found.steps])
        for step, values in zip(trace.steps[1:], trace.values[1:], strict=True):
            wanted = seen(history[step - 1][name], name, rule, mask)
            assert_allclose(values, wanted, rtol=1e-11, atol=1e-12, err_msg=f"{name} before step {step}")


@pytest.mark.parametrize("integration", ["exact", "step"])
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_followed_step_by_step(rule, integration):
    net, signals = network(rule, every=1 * ms), third_factors(rule)
    found = simulate(net, STEPS * ms, signals=signals, integration=integration)
    together = found.raster("pre")[0][:, :, None] * found.raster("out")[0][:, None, :]
    assert together.any(axis=0).all() and found.raster("out").mean() < 0.5
    history = expected(found, net, rule, signals=signals)
    assert np.abs(history[-1]["w"] - net.weights(net.projection("pre_out"))).max() > 1e-3
    assert_follows(found, history, rule)


MASK = np.random.default_rng(8).random((N_PRE, N_POST)) < 0.5
MASK[0], MASK[:, 1] = False, False


@pytest.mark.parametrize("name", ["multiplicative", "arrival", "rewarded", "decaying weights"])
@pytest.mark.parametrize("mask", [None, MASK], ids=["dense", "sparse"])
@pytest.mark.parametrize("delay", [3, np.random.default_rng(9).integers(0, 5, (N_PRE, N_POST))], ids=["one delay", "many"])
def test_delays_and_sparse_projections(name, mask, delay):
    rule, signals = RULES[name], third_factors(RULES[name])
    net = network(rule, delay=delay * ms, mask=mask)
    found = simulate(net, STEPS * ms, signals=signals)
    history = expected(found, net, rule, delay=delay, mask=mask, signals=signals)
    assert_array_equal(found.weights["pre_out"].steps, [STEPS])
    assert_allclose(found.final_weights()["pre_out"], history[-1]["w"], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("mask", [None, MASK], ids=["dense", "sparse"])
def test_probes_look_every_so_often_and_at_the_end(mask):
    rule = RULES["rewarded"]
    net, signals = network(rule, every=7 * ms, mask=mask), third_factors(rule)
    found = simulate(net, STEPS * ms, signals=signals)
    history = expected(found, net, rule, mask=mask, signals=signals)
    assert_follows(found, history, rule, every=7, mask=mask)


def test_a_spike_is_sent_with_the_weight_from_before_the_learning_of_its_step():
    hebb = PlasticityRule(traces={"x": pre(decay=0)}, on_pre={"w": "1.0"})
    net = Network(
        "net",
        [Population("i", 1, SpikeRaster([[0], [1], [1], [0], [1], [0]])), Population("o", 1, LIF(tau_m=5 * ms, v_th=1e3))],
        [Projection("i", "o", [[1.0]], plasticity=hebb)],
        [Probe("o", "v")],
    )
    kept = np.exp(-1 / 5)
    arrived = [0, 0, 1, 2, 0, 3]
    wanted = [sum(a * kept ** (k - n) for n, a in enumerate(arrived[: k + 1])) for k in range(6)]
    found = simulate(net, 6 * ms, integration="step").states["o", "v"][0, :, 0]
    assert found[1] == 0 and found[2] > 0
    assert_allclose(found / found[2], wanted)


def test_samples_start_from_rest_with_the_weights_of_the_one_before():
    rule = PlasticityRule(
        traces={**PAIR, "tag": synaptic(decay=0.9)},
        modulators={"R": broadcast()},
        on_post={"tag": "0.1 * x"},
        every={1: {"w": "-R * w * y / 100"}, 4: {"w": "0.01 * tag"}},
        at={"sample_end": {"w": "tag * R / 10"}},
        bounds=(0, 2),
    )
    samples, steps = 3, 30
    rng = np.random.default_rng(4)
    net = Network(
        "net",
        [Population("pre", 4, ImageInput(RateCoding(steps))), Population("out", 3, LIF(tau_m=10 * ms, v_th=1.0))],
        [Projection("pre", "out", rng.uniform(0.3, 0.6, (4, 3)), plasticity=rule)],
        [Probe("pre_out", name, every=7 * ms) for name in watched(rule)],
    )
    reward = rng.uniform(-1, 1, (samples, steps))
    found = simulate(net, steps * ms, images=rng.random((samples, 4)), signals={"R": reward})
    assert found.counts("out").min() > 0
    w, histories = net.weights(net.projection("pre_out")), []
    for k in range(samples):
        # An update every 4 steps goes on counting: pad the sample to where its first step stands.
        ahead = (k * steps) % 4
        rasters = [np.pad(found.raster(name)[k], ((ahead, 0), (0, 0))) for name in ("pre", "out")]
        signals = {"R": np.pad(reward[k], (ahead, 0))}
        histories.append(run_rule(rule, *rasters, w, found.dt, signals=signals)[ahead:])
        w = histories[-1][-1]["w"]
    for name in watched(rule):
        trace = found.weights["pre_out"] if name == "w" else found.synapses["pre_out", name]
        assert_array_equal(trace.steps, [*range(0, samples * steps, 7), samples * steps])
        for step, values in zip(trace.steps[1:], trace.values[1:], strict=True):
            sample, inside = divmod(step - 1, steps)
            if step < samples * steps and step % steps == 0:
                continue
            assert_allclose(values, seen(histories[sample][inside][name], name, rule, None), rtol=1e-11, atol=1e-12)


def test_a_program_in_cpp_learns_the_same(tmp_path):
    rule = RULES["rewarded"]
    net, signals = network(rule, mask=MASK, delay=2 * ms), third_factors(rule)
    probed = Network("net", net.populations, net.projections, [Probe("pre_out", "tag", every=10 * ms)])
    found = simulate(probed, STEPS * ms, signals=signals, target="cpp_standalone", build_dir=tmp_path)
    assert 0.9 < float((tmp_path / "fraction_done.txt").read_text()) < 1
    history = expected(found, net, rule, delay=2, mask=MASK, signals=signals)
    assert_allclose(found.final_weights()["pre_out"], history[-1]["w"], rtol=1e-11, atol=1e-12)
    tags = found.synapses["pre_out", "tag"]
    assert_array_equal(tags.steps, [*range(0, STEPS, 10), STEPS])
    assert_allclose(tags.values[1:], [history[k - 1]["tag"] for k in tags.steps[1:]], rtol=1e-11, atol=1e-12)


def test_synapses_rest_while_there_is_no_reward():
    """Work of a rule with rare rewards: the pathway that visits all synapses is not called at other steps."""
    from neurosim.backends.brian2.blueprint import Plasticity
    from neurosim.backends.brian2.rule_text import conditions
    from neurosim.neurons.base import Equations

    for name, waits in (("rewarded", True), ("gated", True), ("decaying weights", False)):
        rule = RULES[name]
        signals = {m: np.zeros((1, 1)) for m in rule.signals}
        found = conditions("pre_out", Plasticity(rule, signals, STEPS), Equations("", "v > 1", ""))
        assert found and all(("!= 0" in text) == waits for text in found.values())


def test_signals_are_checked():
    net = network(RULES["rewarded"])
    with pytest.raises(NetworkError, match="Projection 'pre_out', third factor 'R': no signal"):
        simulate(net, STEPS * ms)
    with pytest.raises(NetworkError, match=r"signals: .*'Q'"):
        simulate(net, STEPS * ms, signals={"Q": np.zeros(STEPS)})
    with pytest.raises(NetworkError, match="signals: .*'R'"):
        simulate(network(RULES["pair"]), STEPS * ms, signals={"R": np.zeros(STEPS)})


def test_a_rule_that_rests_keeps_its_weights_and_has_no_tag():
    net = network(desire())
    assert not simulate(net, 20 * ms).weights
    with pytest.raises(UnsupportedError, match="Probe of 'pre_out'.* there is no 'tag' to record"):
        simulate(network(desire(), every=1 * ms), 20 * ms)


def test_a_projection_without_synapses_has_nothing_to_learn():
    rule = RULES["rewarded"]
    net = network(rule, mask=np.zeros((N_PRE, N_POST), bool), every=50 * ms)
    found = simulate(net, STEPS * ms, signals=third_factors(rule))
    assert found.final_weights()["pre_out"].shape == (N_PRE, N_POST)
    assert not any(trace.values.any() for trace in (*found.weights.values(), *found.synapses.values()))


def test_two_rules_at_one_neuron():
    """Events and signals of several projections do not get mixed up."""
    rule, other = RULES["rewarded"], RULES["gated"]
    base, second = network(rule), np.full((N_PRE, N_POST), 1000) * mV
    both = Network(
        "net",
        base.populations,
        [*base.projections, Projection("pre", "out", second, plasticity=measured_in(other, "volt"), name="b")],
    )
    signals = {
        **{f"pre_out.{k}": v for k, v in third_factors(rule).items()},
        "S": third_factors(other)["S"],
        "b.R": np.ones(STEPS),
    }
    found = simulate(both, STEPS * ms, signals=signals)
    first = expected(found, base, rule, signals=third_factors(rule))
    rasters = found.raster("pre")[0], found.raster("out")[0]
    given = {"R": np.ones(STEPS), "S": signals["S"][0]}
    second = run_rule(other, *rasters, np.ones((N_PRE, N_POST)), found.dt, signals=given)
    assert_allclose(found.final_weights()["pre_out"], first[-1]["w"], rtol=1e-11)
    assert_allclose(found.final_weights()["b"], second[-1]["w"], rtol=1e-11)
