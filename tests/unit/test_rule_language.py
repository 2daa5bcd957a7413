"""The whole language of updates: random rules in Brian2 and on the emulator against a slow interpreter, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from neurosim import (
    LIF,
    AdEx,
    EquationNeuron,
    ImageInput,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RateCoding,
    SoftResetLIF,
    SpikeRaster,
    Uniform,
    deploy,
    emulate_network,
    neurons,
    per_step,
    resume,
    simulate,
    start,
)
from neurosim.backends.emulator.learners import rule_kernel
from neurosim.backends.emulator.rule_layout import rule_layouts
from neurosim.backends.lava.export import check_graph
from neurosim.cards.executions import PROJECTION, RuleProbe
from neurosim.chip.target import load_target
from neurosim.errors import NetworkError, UnitError, UnsupportedError
from neurosim.neurons import BurstLIF, ClopathAdEx, Neuron, StepNeuron
from neurosim.plasticity import (
    PlasticityRule,
    broadcast,
    clopath,
    gated,
    load_rule,
    pair_stdp,
    post,
    post_modulator,
    post_state,
    pre,
    time_step,
)
from neurosim.plasticity.measured import measured_in
from neurosim.program.lower import lower
from neurosim.rate.rule import RateRule
from neurosim.units import Hz, as_quantity, ms, mV, pA
from tests.acceptance.constructors import BASES
from tests.unit.random_rules import random_rule
from tests.unit.rule_reference import run_rule

N_PRE, N_POST, STEPS = 6, 4, 80
TIME = STEPS * ms


def networks(seed, rules):
    """Inputs that connect by a projection per rule to neurons of their own; every other projection is sparse."""
    rng = np.random.default_rng(seed)
    raster = (rng.random((STEPS, N_PRE)) < 0.15).astype(np.uint8)
    populations, projections, probes = [Population("pre", N_PRE, SpikeRaster(raster))], [], []
    for k, rule in enumerate(rules):
        weights = rng.uniform(0.2, 0.8, (N_PRE, N_POST))
        weights = sparse.csr_array(weights * (rng.random(weights.shape) < 0.7)) if k % 2 else weights
        populations.append(Population(f"post{k}", N_POST, LIF(tau_m=10 * ms, v_th=1.0, bias=0.6)))
        projections.append(Projection("pre", f"post{k}", weights, plasticity=rule, name=f"p{k}"))
        probes += [Probe(f"post{k}", "v"), Probe(f"p{k}", "slow", every=1 * ms), Probe(f"p{k}", "tag", every=10 * ms)]
    return Network("random", populations, projections, probes), raster


@pytest.mark.parametrize("seed", range(8))
def test_random_rules_mean_the_same_everywhere(seed):
    rng = np.random.default_rng(1000 + seed)
    rules = [random_rule(rng, f"rule{k}") for k in range(4)]
    network, raster = networks(seed, rules)
    signals = {"M": rng.uniform(-1, 1, STEPS)}
    ours = emulate_network(network, TIME, signals=signals)
    theirs = simulate(network, TIME, integration="step", signals=signals, progress=False, target="numpy")
    changed = 0
    for k, rule in enumerate(rules):
        assert np.array_equal(ours.raster(f"post{k}"), theirs.raster(f"post{k}"))
        one, other = (np.asarray(r.final_weights()[f"p{k}"]) for r in (ours, theirs))
        own = network.weights(f"p{k}")
        start_ = own.toarray() if sparse.issparse(own) else own
        v = np.vstack([np.zeros(N_POST), ours.states[f"post{k}", "v"][0]])
        mask = start_ != 0
        expected = run_rule(
            rule, raster, ours.raster(f"post{k}")[0], start_, 1e-3, signals=signals, mask=mask, states={"v": v}
        )
        texts = [u.text for u in rule.updates]
        assert np.abs(one - expected[-1]["w"]).max() < 1e-9, texts
        assert np.abs(other - expected[-1]["w"]).max() < 1e-9, texts
        for variable in ("slow", "tag"):
            a, b = (r.synapses[f"p{k}", variable].values for r in (ours, theirs))
            assert a.shape == b.shape and np.abs(a - b).max() < 1e-9, texts
        changed += np.abs(one - start_).max() > 1e-3
    assert changed >= 3


def test_polynomial_rules_have_the_kernels_that_they_had():
    (layout,) = rule_layouts(lower(small(pair_stdp())))
    source = rule_kernel(layout, dense=True, integers=False).source
    assert not any(word in source for word in ("rule_where", "atom_", "filter_state", "keep(", "describe(", "take("))


def small(rule, neuron=None, weight=0.5, dt=1 * ms, **more):
    weights = np.full((2, 2), 1.0) * weight
    populations = [Population("in", 2, PoissonInput(100 * Hz)), Population("cells", 2, neuron or LIF(tau_m=20 * ms, v_th=1.0))]
    return Network("small", populations, [Projection("in", "cells", weights, plasticity=rule)], dt=dt, **more)


def voltage(**given):
    traces = {"x": pre(20 * ms), "y": post(20 * ms), "um": post(10 * ms, of="v")}
    return PlasticityRule("r", **{"traces": traces, "modulators": {"u": post_state("v")}, **given})


def test_a_spike_reads_the_trace_from_before_it():
    """Two post spikes 10 ms apart: the second finds what the first left, the first finds nothing."""
    tau, spikes = 20.0, np.zeros((30, 1), np.uint8)
    spikes[[5, 15]] = 1
    kept = np.exp(-10 / tau)
    cases = (("add", 1.0, kept), ("saturate", 0.5, 0.5 * kept), ("saturate", 1.0, kept), ("overwrite", 2.0, 2 * kept))
    for mode, impulse, left in cases:
        rule = PlasticityRule("r", traces={"y": post(tau * ms, mode=mode, impulse=impulse)}, on_post={"w": "before(y)"})
        network = Network(
            "pair",
            [Population("in", 1, SpikeRaster(spikes)), Population("out", 1, LIF(tau_m=20 * ms, v_th=0.5))],
            [Projection("in", "out", [[0.0]], plasticity=rule), Projection("in", "out", [[9.0]], name="drive")],
        )
        for run in (emulate_network, lambda n, t: simulate(n, t, integration="step", progress=False, target="numpy")):
            assert run(network, 30 * ms).final_weights()["in_out"][0, 0] == pytest.approx(left, abs=1e-12)
        if mode == "add" or impulse < 1:
            assert all(factor.isidentifier() for p in rule.products for factor in p.factors)
    on_a_chip = PlasticityRule("r", traces={"y": post(20 * ms)}, on_post={"w": "0.1 * before(y)"}, bounds=(0, 1))
    assert deploy(small(on_a_chip)).program


def test_a_rule_of_the_voltage_in_volts_runs_in_continuous_time_too():
    rule = voltage(on_pre={"w": "-a * relu(um - th)"}, every={1: {"w": "b * x * relu(u - th) * h"}},
                   parameters={"a": 0.1, "b": 5 / mV * mV / (1 * ms) * 1e-3, "th": -64 * mV, "h": time_step()})  # fmt: skip
    neuron = LIF(tau_m=20 * ms, v_th=-50 * mV, v_rest=-65 * mV, tau_syn=5 * ms)
    network = small(rule, neuron, 6 * mV, probes=[Probe("cells", "v")])
    exact, step = (simulate(network, 100 * ms, integration=i, progress=False, target="numpy") for i in ("exact", "step"))
    ours = emulate_network(network, 100 * ms)
    before = network.weights("in_cells")
    changes = [np.asarray(r.final_weights()["in_cells"]) - before for r in (exact, step, ours)]
    assert np.abs(changes[1] - changes[2]).max() < 1e-15 and np.abs(changes[2]).min() > 1e-6
    assert np.allclose(changes[0], changes[2], rtol=0.02)


def test_neurons_that_differ_have_their_own_offsets():
    rule = voltage(on_pre={"w": "um * a"}, every={1: {"w": "u * a"}}, parameters={"a": 0.1})
    neuron = LIF(tau_m=20 * ms, v_th=-50 * mV, v_rest=[-65, -60] * mV)
    network = small(rule, neuron, 1 * mV)
    theirs = simulate(network, 20 * ms, integration="step", progress=False, target="numpy").final_weights()["in_cells"]
    ours = emulate_network(network, 20 * ms).final_weights()["in_cells"]
    assert np.abs(ours - theirs).max() < 1e-15 and abs(ours[0, 0] - ours[0, 1]) > 1e-3


def test_the_time_step_makes_a_rate_of_what_changes_in_each_step():
    parameters = {"rate": 3 * Hz, "h": time_step()}
    rule = PlasticityRule("r", traces={"x": pre(20 * ms)}, every={1: {"w": "rate * h"}}, parameters=parameters)
    for dt in (1 * ms, 0.25 * ms):
        network = small(rule, dt=dt)
        assert emulate_network(network, 100 * ms).final_weights()["in_cells"][0, 0] == pytest.approx(0.5 + 0.3)
        assert network.projections[0].plasticity.parameters["h"] == pytest.approx(float(dt))
    with pytest.raises(NetworkError, match="'h' is the time step of the network"):
        rule.with_parameters({"h": 2e-3})


@pytest.mark.parametrize("on", ["emulator", "brian2"])
def test_a_run_in_stretches_equals_one_run(on):
    rule = random_rule(np.random.default_rng(7), "r")
    network, _ = networks(3, [rule, random_rule(np.random.default_rng(8), "q")])
    options = {"on": on} if on == "emulator" else {"on": on, "integration": "step", "target": "numpy"}

    def final(cuts):
        run = start(network, **options)
        run.signals["M"] = 0.4
        for steps in cuts:
            run.advance(steps * ms)
        return {name: np.asarray(run.weights[name].toarray() if sparse.issparse(run.weights[name]) else run.weights[name])
                for name in ("p0", "p1")} | {"slow": run.synapses["p0", "slow"]}  # fmt: skip

    one, other = final([STEPS]), final([1, 2, 30, 7, STEPS - 40])
    assert all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("on", ["emulator", "brian2"])
def test_a_rule_of_voltages_goes_on_from_a_file(on, tmp_path):
    """With another constant, frozen weights, a trace that is set, and rest, which only the emulator returns to."""
    options = {} if on == "emulator" else {"integration": "step", "target": "numpy"}
    network = small(clopath(a_ltd=14e-5, a_ltp=8e-5 / mV, bounds=(0 * mV, None)), ClopathAdEx(), 12 * mV)
    run = start(network, on=on, **options)
    run.advance(100 * ms)
    run.constants["in_cells", "a_ltd"] = 0.2
    run.learning(False)
    frozen = run.weights["in_cells"].copy()
    run.advance(20 * ms)
    assert np.array_equal(run.weights["in_cells"], frozen) and np.abs(frozen - 0.012).max() > 0
    run.learning(True)
    run.save(tmp_path / "run.h5")
    later = resume(tmp_path / "run.h5", network)
    for one in (run, later):
        one.advance(60 * ms)
    assert np.array_equal(run.weights["in_cells"], later.weights["in_cells"]) and later.constants["in_cells", "a_ltd"] == 0.2
    run.synapses["in_cells", "u_minus"] = [-0.05, -0.06]
    assert np.array_equal(run.synapses["in_cells", "u_minus"], [-0.05, -0.06])
    if on == "emulator":
        run.rest()
        assert np.allclose(run.synapses["in_cells", "u_minus"], -70.6e-3, atol=1e-12)


REFUSED = [
    (lambda: voltage(on_pre={"w": "vv * u"}), NetworkError, "'vv' is not local"),
    (lambda: voltage(on_pre={"w": "v * x"}), NetworkError, "'v' is not local"),
    (lambda: PlasticityRule("r", modulators={"u": post_state("v")}, on_pre={"w": "w_ad"}), NetworkError, "'w_ad' is not local"),
    (lambda: voltage(on_pre={"w": "before(u)"}), NetworkError, r"before\(u\); expected a trace of spikes.*x, y"),
    (lambda: voltage(on_pre={"w": "before(um)"}), NetworkError, r"before\(um\)"),
    (lambda: voltage(on_pre={"w": "before(w)"}), NetworkError, r"before\(w\)"),
    (lambda: voltage(on_pre={"w": "before(x + y)"}), NetworkError, r"before\(x \+ y\)"),
    (lambda: voltage(on_pre={"w": "before(0.5)"}), NetworkError, r"before\(0.5\)"),
    (lambda: voltage(at={"sample_end": {"w": "before(x)"}}), NetworkError, r"before\(x\).*none here"),
    (lambda: voltage(on_pre={"w": "where(x, y)"}), NetworkError, "has 2 arguments; where takes 3"),
    (lambda: voltage(on_pre={"w": "relu(x, y)"}), NetworkError, "relu takes 1"),
    (lambda: voltage(on_pre={"w": "x if y > 1 else 0"}), NetworkError, r"where\(condition, a, b\)"),
    (lambda: voltage(on_pre={"w": "0 < x < 1"}), NetworkError, "compares twice"),
    (lambda: voltage(on_pre={"w": "x is y"}), NetworkError, "Is is not understood"),
    (lambda: voltage(on_pre={"w": "where(x > nan, 1, 2)"}), NetworkError, "'nan' is not local"),
    (lambda: voltage(on_pre={"w": "where(1 > 0, 1 / 0, x)"}), NetworkError, "divides by zero"),
    (lambda: voltage(on_pre={"w": "a * x"}, parameters={"a": np.nan}), NetworkError, "'a'"),
    (lambda: voltage(on_pre={"w": "x"}, parameters={"relu": 1.0}), NetworkError, "'relu' is reserved"),
    (lambda: voltage(on_pre={"w": "x * relu(u - th) * relu(um - q)"}, parameters={"th": 1 * mV, "q": 1 * ms}), UnitError, "q"),
    (lambda: voltage(on_pre={"w": "x * (u > th) + (um < q)"}, parameters={"th": 1 * mV, "q": 2}), UnitError, "state 'v'"),
    (lambda: voltage(on_pre={"w": "max(x, a)"}, parameters={"a": 1 * mV}), UnitError, "a is in volt"),
    (lambda: voltage(on_pre={"w": "where(x > 1, x, a)"}, parameters={"a": 1 * mV}), UnitError, "a is in volt"),
    (lambda: post_state(""), NetworkError, "post_state.*expected the name of a state"),
    (lambda: post_state("v v"), NetworkError, "'v v'"),
    (lambda: post_state(5), NetworkError, "5"),
    (lambda: post_state(None), NetworkError, "None"),
    (lambda: post(10 * ms, of=3), NetworkError, r"post\(...\): of = 3"),
    (lambda: post(10 * ms, of="v", mode="saturate"), NetworkError, "a trace of a state has no mode"),
    (lambda: post(10 * ms, of="v", impulse=2.0), NetworkError, "has no impulse"),
    (lambda: post(10 * ms, of="v", channel="burst"), NetworkError, "has no channel"),
    (lambda: post(10 * ms, delay=3 * ms), NetworkError, "only a trace of a state has a delay"),
    (lambda: post(10 * ms, of="v", delay=-3 * ms), NetworkError, "zero or more"),
    (lambda: post(10 * ms, of="v", delay=3 * mV), UnitError, "second"),
    (lambda: post(10 * ms, of="v", delay=np.nan * ms), NetworkError, "delay"),
    (lambda: pre(10 * ms, of="v"), TypeError, "of"),
    (lambda: small(voltage(on_pre={"w": "x * (u > 0.5)"}, modulators={"u": post_state("g")})), NetworkError,
     "needs the state 'g'.*has v"),
    (lambda: small(voltage(on_pre={"w": "a * (u > th)"}, parameters={"a": 1, "th": 1 * mV})), UnitError,
     "th is in volt; u is a plain number .the state 'v' of the neuron is a plain number"),
    (lambda: small(clopath()), UnitError, "'in_cells'.*the state 'v' of the neuron.*Give theta_minus as a plain number"),
    (lambda: small(clopath(), ClopathAdEx(), 1 * mV), UnitError, "weights are in volt"),
    (lambda: small(voltage(on_pre={"w": "x * u"}, traces={"x": pre(9 * ms), "f": post(9 * ms, of="v", delay=1.5 * ms)})),
     NetworkError, "'f'.*delay of 1.5 ms; expected whole steps of 1 ms"),
    (lambda: RateRule("relu(a) * b", pre=("a",), post=("b",)), NetworkError, r"relu\(a\) is no polynomial"),
    (lambda: RateRule("before(a) * b", pre=("a",), post=("b",)), NetworkError, r"before\(a\)"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "error", "words"), REFUSED, ids=range(len(REFUSED)))
def test_what_has_no_meaning_is_refused_by_name(act, error, words):
    with pytest.raises(error, match=words):
        act()


ONLY_SIMULATED = (
    (voltage(on_pre={"w": "0.1 * x * u"}, bounds=(0, 1)), r"on_pre: w \+= 0.1 \* u \* x: u follows the state 'v'"),
    (voltage(on_post={"w": "0.1 * um"}, bounds=(0, 1)), r"0.1 \* um: um follows the state 'v'"),
    (voltage(on_post={"w": "0.1 * x"}, bounds=(0, 1)), "u?m? follows the state 'v'"),
    (PlasticityRule("r", traces={"x": pre(9 * ms)}, on_post={"w": "relu(x - 0.5)"}, bounds=(0, 1)), r"relu\(x - 0.5\) is none"),
    (PlasticityRule("r", traces={"x": pre(9 * ms)}, on_post={"w": "x * (w > 0.5)"}, bounds=(0, 1)), r"x \* \(w > 0.5\)"),
    (PlasticityRule("r", traces={"x": pre(9 * ms)}, on_post={"w": "before(x)"}, bounds=(0, 1)), r"before\(x\) is none"),
)


@pytest.mark.parametrize(("rule", "words"), ONLY_SIMULATED, ids=range(len(ONLY_SIMULATED)))
def test_a_chip_refuses_what_is_only_simulated_by_the_name_of_the_term(rule, words):
    network = small(rule)
    emulate_network(network, 5 * ms)
    for target in ("loihi1", "loihi2"):
        with pytest.raises(UnsupportedError, match=words):
            deploy(network, target)
    free = PlasticityRule(rule.name, **{**_parts(rule), "bounds": (0.0, None)})
    with pytest.raises(UnsupportedError, match=words):
        check_graph(lower(small(free)))


def _parts(rule):
    updates = {str(u.gate): {u.target: u.text} for u in rule.updates}
    return {"traces": rule.traces, "modulators": rule.modulators, **updates}


def test_a_neuron_with_an_exponential_function_is_refused_by_name():
    network = Network(
        "n",
        [Population("in", 2, PoissonInput(100 * Hz)), Population("cells", 2, ClopathAdEx())],
        [Projection("in", "cells", np.full((2, 2), 5.0) * mV)],
    )
    assert emulate_network(network, 100 * ms).counts("cells").sum() >= 0
    with pytest.raises(UnsupportedError, match="'cells'.*no exponential function"):
        deploy(network)
    with pytest.raises(UnsupportedError, match="'cells'.*no exponential function"):
        check_graph(lower(network))
    with pytest.raises(NetworkError, match="a chip has no exponential function"):

        class Own(StepNeuron):
            states = {"v": "level"}
            step = "v = exp(v)\nspike = v > 0"


@pytest.mark.filterwarnings("ignore:invalid value encountered in log")
def test_a_weight_that_becomes_nan_stays_nan_and_leaves_the_others_alone():
    rule = PlasticityRule("r", traces={"x": pre(20 * ms)}, on_pre={"w": "a * x * log(w - 0.4)"}, parameters={"a": 0.01})
    network = Network(
        "n",
        [Population("in", 2, SpikeRaster(np.ones((5, 2), np.uint8))), Population("cells", 1, LIF(tau_m=20 * ms, v_th=100.0))],
        [Projection("in", "cells", [[0.3], [0.9]], plasticity=rule)],
    )
    theirs = simulate(network, 5 * ms, integration="step", progress=False, target="numpy").final_weights()["in_cells"]
    ours = emulate_network(network, 5 * ms).final_weights()["in_cells"]
    assert np.array_equal(np.isnan(ours), [[True], [False]]) and np.allclose(ours, theirs, equal_nan=True, atol=1e-12)


@pytest.mark.parametrize("name", [name for name, base in BASES.items() if base.make in vars(neurons).values()])
def test_every_neuron_knows_the_units_of_its_states(name):
    made = BASES[name].make(**BASES[name].given)
    if isinstance(made, Neuron):
        assert all(as_quantity(1.0, made.state_unit(variable)) is not None for variable in made.variables)


def test_units_of_states():
    equations = EquationNeuron(
        model="dv/dt = -v/(9*ms) : volt\ng : siemens", threshold="v > 1*mV", reset="v = 0*mV", receptors={"default": "v"}
    )
    assert [equations.state_unit(name) for name in equations.variables] == ["volt", "siemens"]
    assert BurstLIF().state_unit("baseline") == "1" and BurstLIF().state_unit("v_d") == "volt"
    assert ClopathAdEx().state_unit("z") == "ampere" and LIF(tau_m=9 * ms, v_th=1.0).state_unit("v") == "1"


OWN = EquationNeuron(
    model="dv/dt = (-60*mV - v)/(15*ms) : volt", threshold="v > -50*mV", reset="v = -60*mV", receptors={"default": "v"},
    initial={"v": Uniform(-60 * mV, -52 * mV)},
)  # fmt: skip


@pytest.mark.parametrize(("neuron", "weight", "state"), [(AdEx(), 300 * pA, "w"), (OWN, 3 * mV, "v")], ids=["AdEx", "own"])
@pytest.mark.parametrize("delay", [0, 2])
def test_a_filtered_state_in_continuous_time(neuron, weight, state, delay):
    """Against the recorded state: the value before a step is that after the step before."""
    traces = {"f": post(10 * ms, of=state, delay=delay * ms)}
    rule = PlasticityRule("r", traces=traces, on_pre={"w": "0 * f"}, parameters={})
    probes = [Probe("cells", state), Probe("in_cells", "f", every=1 * ms)]
    found = simulate(small(rule, neuron, weight, probes=probes), 60 * ms, progress=False, target="numpy")
    after = found.states["cells", state][0]
    values = found.synapses["in_cells", "f"].values
    first = np.asarray(values[0])
    late = np.vstack([np.tile(first, (delay + 1, 1)), after])[: len(after)]
    kept, expected = np.exp(-0.1), [first]
    for before in late:
        expected.append(kept * expected[-1] + (1 - kept) * before)
    assert np.abs(after).max() > 0 and np.ptp(values) > 0
    np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-18)


@pytest.mark.parametrize("delay", [3, np.arange(N_PRE * N_POST).reshape(N_PRE, N_POST) % 4])
def test_traces_from_before_their_spikes_with_delays_in_brian2(delay):
    rule = PlasticityRule(
        "r",
        traces={"x": pre(12 * ms), "late": pre(9 * ms, channel="arrival"), "y": post(15 * ms)},
        on_pre={"w": "0.1 * before(x) - 0.2 * before(y) + 0.01 * x"},
        on_post={"w": "0.1 * before(late) * before(y)"},
        every={3: {"tag": "before(x) - before(late)"}},
    )
    rng = np.random.default_rng(4)
    raster = (rng.random((STEPS, N_PRE)) < 0.2).astype(np.uint8)
    weights = rng.uniform(0.2, 0.8, (N_PRE, N_POST))
    out = Population("out", N_POST, LIF(tau_m=9 * ms, v_th=1.0, bias=0.6))
    populations = [Population("pre", N_PRE, SpikeRaster(raster)), out]
    network = Network("n", populations, [Projection("pre", "out", weights, plasticity=rule, delay=delay * ms)])
    found = simulate(network, TIME, progress=False, target="numpy")
    expected = run_rule(rule, raster, found.raster("out")[0], weights, 1e-3, delay=delay)
    assert np.abs(found.final_weights()["pre_out"] - expected[-1]["w"]).max() < 1e-9
    assert np.abs(expected[-1]["w"] - weights).max() > 0.1


def test_a_rule_of_bursts_that_is_no_polynomial_is_the_same_on_the_emulator():
    probe = RuleProbe(load_rule("ebcp"), load_target("loihi2"), 0.5)
    network = probe.running("emulator float").network
    ours = emulate_network(network, 400 * ms).final_weights()[PROJECTION]
    theirs = simulate(network, 400 * ms, integration="step", progress=False, target="numpy").final_weights()[PROJECTION]
    assert np.abs(ours - theirs).max() < 1e-12 and np.abs(ours - network.weights(PROJECTION)).max() > 1e-6


def test_a_third_factor_of_a_channel_is_not_read_elsewhere_inside_a_function():
    rule = PlasticityRule(
        "r", traces={"x": pre(9 * ms)}, modulators={"P": post_modulator("burst_probability")}, on_pre={"w": "x * relu(P - 1)"}
    )
    with pytest.raises(UnsupportedError, match="'P' only at its channel 'event'"):
        emulate_network(small(measured_in(rule, "volt"), BurstLIF(), 5 * mV), 5 * ms)


def test_samples_begin_at_rest():
    """Weights go on from sample to sample, filtered states and late ones do not."""
    traces = {"x": pre(20 * ms), "f": post(30 * ms, of="v", delay=2 * ms)}
    rule = PlasticityRule("r", traces=traces, on_pre={"w": "a * (f + before(x))"}, parameters={"a": 0.01})
    cells = Population("cells", 3, SoftResetLIF(tau_m=per_step(0.9), v_th=1.0))
    network = Network(
        "images",
        [Population("image", 4, ImageInput(RateCoding(20))), cells],
        [Projection("image", "cells", np.full((4, 3), 0.3), plasticity=rule)],
    )
    images = np.random.default_rng(1).random((3, 4))
    ours = emulate_network(network, 20 * ms, images=images).final_weights()["image_cells"]
    theirs = simulate(network, 20 * ms, images=images, integration="step", progress=False, target="numpy")
    assert np.abs(ours - theirs.final_weights()["image_cells"]).max() < 1e-12 and np.abs(ours - 0.3).max() > 0.01


def test_gated_and_carried_rules_keep_what_they_read():
    shut = gated(clopath())
    assert shut.post_states == clopath().post_states and shut.steps == {"h"} and "M" in shut.signals
    assert load_rule("clopath", delay=2 * ms).traces["u_plus"].delay == pytest.approx(2e-3)
    with pytest.raises(NetworkError, match="already has 'u'"):
        gated(clopath(), broadcast(), name="u")


def test_filtered_states_start_at_initial_values():
    """The trace of a voltage that does not change is that voltage, whatever the initial value."""
    rule = PlasticityRule("r", traces={"um": post(10 * ms, of="v", delay=2 * ms)}, every={1: {"w": "a * um"}},
                          parameters={"a": 0.1 / mV * mV})  # fmt: skip
    cells = Population("cells", 3, LIF(tau_m=20 * ms, v_th=9 * mV, v_rest=-2 * mV), initial={"v": [1, 3, 5] * mV})
    network = Network("begun", [Population("in", 2, PoissonInput(0 * Hz)), cells],
                      [Projection("in", "cells", np.zeros((2, 3)) * mV, plasticity=rule)],
                      probes=[Probe("in_cells", "um", every=1 * ms)])  # fmt: skip
    runs = [simulate(network, 9 * ms, integration=how, progress=False, target="numpy") for how in ("step", "exact")]
    runs.append(emulate_network(network, 9 * ms))
    for found in runs:
        values = found.synapses["in_cells", "um"].values
        assert values[0] == pytest.approx([0.001, 0.003, 0.005])
        assert values == pytest.approx(runs[0].synapses["in_cells", "um"].values, abs=1e-9)
        assert found.final_weights()["in_cells"] == pytest.approx(runs[0].final_weights()["in_cells"], rel=1e-9)
    run = start(network)
    run.advance(9 * ms)
    run.rest()
    assert run.synapses["in_cells", "um"] == pytest.approx([0.001, 0.003, 0.005])
