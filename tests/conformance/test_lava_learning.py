"""Plastic projections in Lava: fixed_pt against Lava's models alone, floating_pt against the interpreter of rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim.backends.lava.runner import run_lava
from neurosim.errors import UnsupportedError
from neurosim.network.probes import SynapseProbe
from neurosim.plasticity import PlasticityRule
from neurosim.program.engine_rule import ChipProduct, ChipRule, ChipTrace, Sending
from neurosim.program.step import StepPopulation, StepProjection
from tests.conformance.chip_rules import chip_case, embedded, oracle, random_weights, third_factor_integers
from tests.conformance.lava_children import TIMEOUT, needs_lava
from tests.conformance.plastic_programs import CHIP, DT, N_OUT, N_PRE, REWARD, RULES, TAGGED, floating, rasters, step_rule
from tests.conformance.random_programs import prefixed, union
from tests.steps import LIFS, float_neuron
from tests.unit.rule_reference import run_rule

pytestmark = [pytest.mark.slow, needs_lava]


def test_float_rules_follow_the_reference():
    """Two samples: weights stay, everything else is set back."""
    rng, samples, steps = np.random.default_rng(0), 2, 40
    names = list(RULES)
    sign = {"negative": -1}
    w0 = {name: sign.get(name, 1) * rng.uniform(0.2, 0.8, (N_PRE, N_OUT)) for name in names}
    programs = [floating(step_rule(RULES[name]), w0[name]) for name in names]
    fed = [rasters(rng, samples, steps) for _ in names]
    given = [{m: rng.uniform(-1, 1, (samples, steps, N_OUT)) for m in RULES[name].modulators} for name in names]
    watched = {name: ["w", *watchable(RULES[name])] for name in names}
    found = run_lava(
        union(programs),
        steps,
        inputs={prefixed(k, source): raster for k, own in enumerate(fed) for source, raster in own.items()},
        signals={f"{prefixed(k, 'plastic')}.{m}": values for k, own in enumerate(given) for m, values in own.items()},
        watch=[SynapseProbe(prefixed(k, "plastic"), v, 1) for k, name in enumerate(names) for v in watched[name]],
        timeout=TIMEOUT,
    )
    for k, name in enumerate(names):
        spikes = found.raster(prefixed(k, "post"))
        assert np.array_equal(spikes[:, 1:] != 0, fed[k]["teacher"][:, :-1] != 0)
        w = w0[name]
        for sample in range(samples):
            signals = {m: values[sample] for m, values in given[k].items()}
            history = run_rule(RULES[name], fed[k]["pre"][sample], spikes[sample], w, DT, signals=signals)
            for variable in watched[name]:
                place = prefixed(k, "plastic")
                trace = found.weights[place] if variable == "w" else found.synapses[place, variable]
                assert trace.steps.tolist() == list(range(samples * steps + 1))
                seen = trace.values[sample * steps : (sample + 1) * steps + 1]
                if variable != "w":
                    assert not seen[0].any() and np.abs(seen[1:-1]).max() > 0.1
                # The last look at what a sample leaves behind comes after it was set back, but for the last sample.
                last = steps if variable == "w" or sample == samples - 1 else steps - 1
                for step in range(1, last + 1):
                    wanted = across(history[step - 1][variable], RULES[name], variable)
                    assert np.allclose(seen[step], wanted, rtol=1e-9, atol=1e-9), (name, variable, sample, step)
            assert np.abs(history[-1]["w"] - w).max() > 1e-3
            w = history[-1]["w"]


def watchable(rule):
    used = {name for p in rule.products for name in (p.target, *p.factors)} - {"w", *rule.modulators}
    return sorted(used)


def across(values, rule, name):
    """A trace of the reference has one value per synapse, the same for all neurons of the other side."""
    side = rule.traces[name].side if name in rule.traces else "synapse"
    return {"pre": values[:, 0], "post": values[0]}.get(side, values)


@pytest.mark.parametrize(("seed", "three_factor"), [(3, False), (4, True), (11, False), (12, True)])
def test_run_equals_lavas_models(seed, three_factor, tmp_path):
    """The graph in Lava's runtime, read by our recorder, against the same models without the runtime."""
    steps = 40
    case = chip_case(seed, steps, three_factor=three_factor)
    (expected,) = oracle([case], steps, tmp_path)
    names = {name: chip for name, chip in case.rule.names.items() if chip not in case.rule.sent}
    watch = [SynapseProbe("plastic", name, 3) for name in names]
    found = run_lava(case.program, steps, inputs=case.inputs, signals=case.signals, watch=watch, timeout=TIMEOUT)
    assert np.array_equal(found.raster("post")[0], expected["post.spike"])
    for name, chip in names.items():
        trace = found.weights["plastic"] if chip == "w" else found.synapses["plastic", name]
        assert trace.steps.tolist() == [*range(0, steps, 3), steps]
        assert np.array_equal(trace.values[1:], expected[f"plastic.{chip}"][trace.steps[1:] - 1]), name
    initial = case.program.projections[0].stored_weights
    assert np.array_equal(found.weights["plastic"].values[0], initial)
    assert not np.array_equal(found.weights["plastic"].values[-1], initial)


def test_samples_of_a_fixed_rule(tmp_path):
    """The first sample is that of Lava's models; the second begins with its weights and nothing else."""
    steps = 30
    cases = [chip_case(seed, 2 * steps, three_factor=seed == 4) for seed in (3, 4)]
    expected = oracle(cases, steps, tmp_path)
    for case, wanted in zip(cases, expected, strict=True):
        halves = {name: raster.reshape(2, steps, -1) for name, raster in case.inputs.items()}
        signals = {name: values.reshape(2, steps, *values.shape[2:]) for name, values in case.signals.items()}
        names = {name: chip for name, chip in case.rule.names.items() if chip not in case.rule.sent}
        watch = [SynapseProbe("plastic", name, 1) for name in names]
        found = run_lava(case.program, steps, inputs=halves, signals=signals, watch=watch, timeout=TIMEOUT)
        w = found.weights["plastic"].values
        assert np.array_equal(w[1 : steps + 1], wanted["plastic.w"]) and not np.array_equal(w[-1], w[steps])
        for name, chip in names.items():
            if chip != "w":
                values = found.synapses["plastic", name].values
                assert np.array_equal(values[1:steps], wanted[f"plastic.{chip}"][:-1]) and not values[steps].any()


def test_traces_that_neurons_send_are_those_of_the_synapse(tmp_path):
    """The same rule with and without a third factor that it does not read: every y is the same, bit for bit."""
    traces = {f"{side}{k}": ChipTrace(5.3 * k + 20.5, 6.0 * k) for side in "xy" for k in (1, 2)}
    two = replace(CHIP, traces=traces, epoch=1)
    three = replace(two, sent={"y3": "R"})
    weights = random_weights(np.random.default_rng(5))
    steps = 150
    expected = oracle([embedded(rule, weights, 5, steps) for rule in (two, three)], steps, tmp_path)
    for name in ("x1", "y1", "y2"):
        assert expected[0][f"plastic.{name}"].max() > 40
        assert np.array_equal(expected[0][f"plastic.{name}"], expected[1][f"plastic.{name}"])




def without_learning(program):
    return replace(program, projections=tuple(replace(p, rule=None) for p in program.projections))


def sent_trace(spikes, trace, seed):
    """Traces of Lava's engine for spikes (steps, n): one step per epoch, one random number per step for all neurons."""
    decay, impulse = np.random.default_rng(seed + 2), np.random.default_rng(seed + 3)
    whole, y, out = int(trace.impulse), np.zeros(spikes.shape[1], int), []
    draws = [(decay.random(1)[0], impulse.integers(0, 128, size=1, dtype=int)[0]) for _ in range(2 * len(spikes) + 1)]
    for spiked, (r, r_impulse) in zip(spikes != 0, draws[2::2], strict=True):
        q = np.exp(-1 / trace.tau) * y
        y = np.floor(q).astype(int) + (r < q - np.floor(q))
        added = whole + (r_impulse < round(256 * (trace.impulse - whole)))
        y = np.where(spiked, np.clip(y + added, 0, 127), y)
        out.append(y)
    return np.array(out)


def test_every_kind_of_neuron_sends(tmp_path):
    """With a rule that leaves the weights alone, each neuron does what it does without one, and sends its spikes and traces."""
    rule = ChipRule(
        products=(ChipProduct("t", "y0", 1, 0, (("x1", 0),)), ChipProduct("t", "u", 1, 0, (("y2", 0),))),
        traces={"x1": ChipTrace(16.0, 10.0), "y1": ChipTrace(40.5, 4.0)},
        sent={"y2": "R"},
        sending={"y2": Sending(10.0)},
        seed=31,
    )
    weights, steps = random_weights(np.random.default_rng(5)), 60
    learning = [embedded(rule, weights, 5, steps, kind) for kind in LIFS]
    plain = [replace(case, program=without_learning(case.program), signals={}) for case in learning]
    expected = oracle([*learning, *plain], steps, tmp_path)
    factor = third_factor_integers(learning[0])["plastic.y2"][0]
    for k, kind in enumerate(LIFS):
        found, wanted = expected[k], expected[k + len(LIFS)]
        for state in ("u", "v", "spike"):
            assert np.array_equal(found[f"post.{state}"], wanted[f"post.{state}"]), (kind, state)
        assert found["post.spike"].any()
        assert np.array_equal(found["plastic.y1"], sent_trace(found["post.spike"], rule.traces["y1"], rule.seed)), kind
        assert np.array_equal(found["plastic.y2"], factor), kind
        assert found["plastic.t"][-1].any()


def test_every_kind_of_neuron_sends_in_float():
    rng, steps = np.random.default_rng(2), 40
    rule = PlasticityRule(traces=TAGGED, modulators=REWARD, on_pre={"tag": "R * y"})
    extra = {"refractory": 2, "dtheta": np.array(0.2), "theta_jump": np.array(30.0), "interval": 7}
    neurons = [float_neuron(kind, dv=np.array(0.3), du=np.array(0.6), v_th=np.array(100.0), **extra) for kind in LIFS]
    base = floating(step_rule(rule), rng.uniform(0.2, 0.8, (N_PRE, N_OUT)))
    learning = [replace(base, populations=(*base.populations[:2], StepPopulation("post", N_OUT, own))) for own in neurons]
    programs = [*learning, *map(without_learning, learning)]
    fed, reward = rasters(rng, 1, steps), {"R": rng.uniform(-1, 1, steps)}
    found = run_lava(
        union(programs),
        steps,
        inputs={prefixed(k, name): raster for k in range(len(programs)) for name, raster in fed.items()},
        signals=reward,
        probes=[(prefixed(k, "post"), state) for k in range(len(programs)) for state in "uv"],
        watch=[SynapseProbe(prefixed(k, "plastic"), name, 1) for k in range(len(LIFS)) for name in ("tag", "y")],
        timeout=TIMEOUT,
    )
    for k, kind in enumerate(LIFS):
        mine, plain = prefixed(k, "post"), prefixed(k + len(LIFS), "post")
        for state in "uv":
            assert np.array_equal(found.states[mine, state], found.states[plain, state]), (kind, state)
        spikes = found.raster(mine)[0]
        assert spikes.any() and np.array_equal(spikes, found.raster(plain)[0])
        last = run_rule(rule, fed["pre"][0], spikes, base.projections[0].weights, DT, signals=reward)[-1]
        assert np.allclose(found.synapses[prefixed(k, "plastic"), "y"].values[-1], last["y"][0], rtol=1e-9), kind
        assert np.allclose(found.synapses[prefixed(k, "plastic"), "tag"].values[-1], last["tag"], rtol=1e-9), kind


def test_two_rules_share_what_a_population_sends():
    rng, steps = np.random.default_rng(7), 30
    rule = RULES["rewarded"]
    program = floating(step_rule(rule), rng.uniform(0.2, 0.8, (N_PRE, N_OUT)))
    second = StepProjection("second", "teacher", "post", rng.uniform(0.2, 0.8, (N_OUT, N_OUT)), rule=step_rule(rule))
    program = replace(program, projections=(*program.projections, second))
    fed, reward = rasters(rng, 1, steps), {"R": rng.uniform(-1, 1, steps)}
    watch = [SynapseProbe(name, "y", 1) for name in ("plastic", "second")]
    found = run_lava(program, steps, inputs=fed, signals=reward, watch=watch, timeout=TIMEOUT)
    for name, source, w in (("plastic", "pre", program.projections[0].weights), ("second", "teacher", second.weights)):
        history = run_rule(rule, fed[source][0], found.raster("post")[0], w, DT, signals=reward)
        assert np.allclose(found.weights[name].values[-1], history[-1]["w"], rtol=1e-9)
        assert np.allclose(found.synapses[name, "y"].values[-1], history[-1]["y"][0], rtol=1e-9)
    with pytest.raises(UnsupportedError, match="'second'.*differs from that of 'plastic'"):
        run_lava(program, steps, inputs=fed, signals={**reward, "second.R": -reward["R"]})
