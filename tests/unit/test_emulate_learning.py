"""The emulator's learning in float equals `rule_reference`; samples, sessions, snapshots; sparse equals dense in integers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from neurosim import LIF, Network, PoissonInput, Population, Projection, per_step, units
from neurosim import plasticity as P
from neurosim.backends.emulator import Session, emulate
from neurosim.network.probes import SynapseProbe
from neurosim.plasticity import PlasticityRule
from neurosim.program.engine_rule import ChipProduct, ChipRule
from neurosim.program.lower import lower
from neurosim.units import ms
from tests.conformance.chip_rules import chip_case
from tests.conformance.plastic_programs import fixed, floating, step_rule
from tests.unit.rule_reference import run_rule

STEPS, N_PRE, N_POST, DT = 200, 20, 10, 1e-3
SYNAPTIC = ("w", "tag", "aux")
X, Y = P.pre(tau=20 * ms), P.post(tau=15 * ms)

RULES = {
    "pair": PlasticityRule("pair", traces={"x": X, "y": Y}, on_pre={"w": "-.1*y"}, on_post={"w": ".08*x"}, bounds=(0, 1)),
    "multiplicative": PlasticityRule(
        "multiplicative", traces={"x": X, "y": Y}, on_pre={"w": "-.1*y*w"}, on_post={"w": ".1*x*(1-w)"}
    ),
    "triplet": PlasticityRule(
        "triplet",
        traces={"x": X, "y": Y, "z": P.post(tau=100 * ms)},
        on_pre={"w": "-.01*y*w**2"},
        on_post={"w": ".001*x*(z-1)"},
    ),
    "nearest": PlasticityRule(
        "nearest",
        traces={"x": P.pre(tau=20 * ms, mode="overwrite"), "y": P.post(decay=0.5, mode="saturate", impulse=0.4)},
        on_pre={"w": "-.1*y"},
        on_post={"w": ".1*x"},
    ),
    "arrival": PlasticityRule(
        "arrival",
        traces={"x": P.pre(decay=0.75, channel="arrival"), "y": Y},
        on_pre={"w": "-.1*y"},
        on_post={"w": ".1*x"},
    ),
    "reward": PlasticityRule(
        "reward",
        traces={"x": X, "y": Y, "tag": P.synaptic(tau=50 * ms)},
        modulators={"M": P.broadcast()},
        on_pre={"tag": "-.1*y"},
        on_post={"tag": ".1*x"},
        every={1: {"w": ".1*M*tag"}},
    ),
    "all": PlasticityRule(
        "all",
        traces={"x": X, "y": Y, "tag": P.synaptic(decay=0.5)},
        modulators={"M": P.broadcast()},
        on_pre={"tag": "w*y", "aux": "x*tag"},
        on_post={"w": "-.02*aux"},
        every={2: {"w": ".1*M*x*w", "aux": "-.1*aux"}},
        at={"sample_end": {"w": "tag*.1", "tag": "-tag"}},
        bounds=(0, 1.2),
    ),
}


def spikes(seed, steps=STEPS):
    """(inputs, spikes of "post"): a strong one-to-one teacher makes "post" spike one step later; many spikes coincide."""
    rng = np.random.default_rng(seed)
    pre, teach = rng.random((steps, N_PRE)) < 0.15, rng.random((steps, N_POST)) < 0.15
    pre[1::3, :N_POST] |= teach[:-1:3][: len(pre[1::3])]
    post = np.zeros_like(teach)
    post[1:] = teach[:-1]
    return {"pre": pre.astype(np.uint8), "teacher": teach.astype(np.uint8)}, post


def third_factor(seed, steps=STEPS):
    """Often zero, and of each post neuron its own."""
    rng = np.random.default_rng([seed, 1])
    return rng.normal(0, 0.3, (steps, N_POST)).clip(-1, 1) * (rng.random((steps, 1)) < 0.4)


def signals(rule, seed):
    return {name: third_factor(seed) for name in rule.modulators}


def program(rule, w):
    """Weights of `rule` hardly reach "post"."""
    source = PoissonInput(1 * units.Hz)
    post = Population("post", N_POST, LIF(tau_m=per_step(0.0), v_th=1e6))
    populations = [Population("pre", N_PRE, source), Population("teacher", N_POST, source), post]
    projections = [Projection("pre", "post", w, plasticity=rule), Projection("teacher", "post", np.eye(N_POST) * 1e8)]
    return lower(Network("n", populations, projections))


def weights(seed, is_sparse=False):
    """(as given to a projection, dense, where there are synapses)."""
    rng = np.random.default_rng([seed, 2])
    w = rng.uniform(0.2, 0.8, (N_PRE, N_POST))
    mask = rng.random(w.shape) < (0.4 if is_sparse else 2)
    w = w * mask
    return (sparse.csr_array(w) if is_sparse else w), w, mask


def seen(name, expected, mask):
    """A value of the reference as the emulator shows it: traces once a neuron; a neuron without synapses shows nothing."""
    if name in SYNAPTIC:
        return expected
    axis = 1 if name == "x" else 0
    return np.where(mask.any(axis=axis), expected.max(axis=axis), np.nan)


def assert_same(found, expected, what):
    known = ~np.isnan(expected)
    np.testing.assert_allclose(found[known], expected[known], rtol=1e-9, atol=1e-12, err_msg=what)


@pytest.mark.parametrize("is_sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("name", RULES)
def test_float_equals_reference(name, is_sparse):
    """Every variable after every step; the last weights after "sample_end"."""
    rule = RULES[name]
    given, dense, mask = weights(0, is_sparse)
    inputs, post = spikes(0)
    expected = run_rule(rule, inputs["pre"], post, dense, DT, signals=signals(rule, 0), mask=mask)
    variables = [*SYNAPTIC, *(t for t in rule.traces if t not in SYNAPTIC)]
    watch = [SynapseProbe("pre_post", variable, 1) for variable in variables]
    fed = {source: raster[None] for source, raster in inputs.items()}
    found = emulate(program(rule, given), STEPS, inputs=fed, signals=signals(rule, 0), watch=watch)
    assert np.array_equal(found.raster("post")[0], post)
    assert not np.allclose(expected[-1]["w"], dense)
    for variable in variables:
        trace = found.weights["pre_post"] if variable == "w" else found.synapses["pre_post", variable]
        assert list(trace.steps) == list(range(STEPS + 1))
        for k in range(1, STEPS + 1):
            assert_same(trace.values[k], seen(variable, expected[k - 1][variable], mask), f"{variable} after step {k - 1}")


@pytest.mark.parametrize("name", ["pair", "all"])
def test_samples_keep_weights_and_forget_the_rest(name):
    rule = RULES[name]
    given, dense, mask = weights(1)
    samples = [spikes(seed) for seed in (1, 2, 3)]
    w, ends = dense, []
    for seed, (inputs, post) in enumerate(samples, start=1):
        w = run_rule(rule, inputs["pre"], post, w, DT, signals=signals(rule, seed), mask=mask)[-1]["w"]
        ends.append(w)
    fed = {source: np.stack([inputs[source] for inputs, _ in samples]) for source in ("pre", "teacher")}
    given_signals = {m: np.stack([third_factor(seed) for seed in (1, 2, 3)]) for m in rule.modulators}
    watch = [SynapseProbe("pre_post", "w", STEPS)]
    found = emulate(program(rule, given), STEPS, inputs=fed, signals=given_signals, watch=watch).weights["pre_post"]
    assert list(found.steps) == [0, STEPS, 2 * STEPS, 3 * STEPS]
    for k, expected in enumerate([dense, *ends]):
        assert_same(found.values[k], expected, f"sample {k}")


def test_session_goes_on_where_it_stopped():
    """Many short runs are one long run, also of rings and random streams."""
    rule, (given, _, _) = RULES["arrival"], weights(4)
    inputs, _ = spikes(4)
    whole, parts = Session(program(rule, given)), Session(program(rule, given))
    whole.run(STEPS, inputs=inputs)
    for first, last in ((0, 1), (1, 8), (8, 9), (9, 120), (120, STEPS)):
        parts.run(last - first, inputs={name: raster[first:last] for name, raster in inputs.items()})
    for variable in ("w", "x", "y"):
        assert np.array_equal(whole.variable("pre_post", variable), parts.variable("pre_post", variable))


def test_fixed_session_goes_on_where_it_stopped():
    case = next(c for c in map(chip_case, range(100)) if c.rule.epoch == 4)
    whole, parts = Session(case.program), Session(case.program)
    whole.run(STEPS, inputs={name: raster[0] for name, raster in case.inputs.items()})
    for first, last in ((0, 1), (1, 8), (8, 9), (9, 121), (121, STEPS)):
        parts.run(last - first, inputs={name: raster[0, first:last] for name, raster in case.inputs.items()})
    for variable in ("w", "tag", "aux", *case.rule.traces):
        assert np.array_equal(whole.variable("plastic", variable), parts.variable("plastic", variable))


def test_rest_forgets_traces_and_keeps_weights():
    rule, (given, _, _) = RULES["reward"], weights(5)
    inputs, _ = spikes(5)
    session = Session(program(rule, given))
    session.run(STEPS, inputs=inputs, signals=signals(rule, 5))
    learned, v = session.weights("pre_post"), session.state("post", "v")
    session.set_state("post", "v", v + 3.0)
    session.rest(keep=("v",))
    assert np.array_equal(session.weights("pre_post"), learned)
    assert not session.variable("pre_post", "tag").any() and not session.variable("pre_post", "x").any()
    assert np.array_equal(session.state("post", "v"), v + 3.0)
    session.rest()
    assert not session.state("post", "v").any()
    session.run(STEPS, inputs=inputs, signals=signals(rule, 5))
    fresh = Session(program(rule, learned))
    fresh.run(STEPS, inputs=inputs, signals=signals(rule, 5))
    np.testing.assert_allclose(session.weights("pre_post"), fresh.weights("pre_post"), rtol=1e-12)


@pytest.mark.parametrize("is_sparse", [False, True], ids=["dense", "sparse"])
def test_set_weights_is_what_learning_goes_on_from(is_sparse):
    rule, (given, dense, mask) = RULES["multiplicative"], weights(6, is_sparse)
    inputs, post = spikes(6)
    session = Session(program(rule, given))
    session.run(STEPS, inputs=inputs)
    session.rest()
    session.set_weights("pre_post", given)
    session.run(STEPS, inputs=inputs)
    expected = run_rule(rule, inputs["pre"], post, dense, DT, mask=mask)[-1]["w"]
    found = session.weights("pre_post")
    assert_same(found.toarray() if is_sparse else found, expected, "w")


def as_sparse(case):
    """The same program with a sparse matrix of all synapses, those of weight 0 too."""
    plastic, teaching = case.program.projections
    pre, post = np.indices(plastic.weights.shape)
    places = (plastic.weights.ravel(), (pre.ravel(), post.ravel()))
    matrix = sparse.csr_array(sparse.coo_array(places, shape=plastic.weights.shape))
    return replace(case.program, projections=(replace(plastic, weights=matrix), teaching))


@pytest.mark.parametrize("seed", range(20))
def test_fixed_sparse_equals_dense(seed):
    """Dense integers are held against Lava in `conformance/test_chip_rules.py`; Lava's sparse learning is the same."""
    case = chip_case(seed)
    sessions = [Session(p) for p in (case.program, as_sparse(case))]
    for session in sessions:
        given = {name: values[0] for name, values in case.signals.items()}
        session.run(STEPS, inputs={name: raster[0] for name, raster in case.inputs.items()}, signals=given)
    for variable in ("w", "tag", "aux", *case.rule.traces):
        dense, found = (session.variable("plastic", variable) for session in sessions)
        assert np.array_equal(dense, found), variable


@pytest.mark.parametrize("form", [np.array, sparse.csr_array])
def test_a_rule_without_traces_learns_in_epochs(form):
    rule = ChipRule(products=(ChipProduct("w", "x0", 1, 0),), epoch=3)
    program, rng = fixed(rule, form(np.full((6, 5), 50))), np.random.default_rng(0)
    spikes = rng.random((1, 60, 6)) < 0.2
    found = emulate(program, 60, inputs={"pre": spikes.astype(np.int32)}).weights["plastic"].values[-1]
    epochs = spikes.reshape(20, 3, 6).any(axis=1).sum(axis=0)
    assert np.array_equal(found, np.repeat(50 + epochs[:, None], 5, axis=1))


@pytest.mark.parametrize("bounds", [None, (0, 1)])
def test_a_weight_that_is_no_number_stays_so(bounds):
    rule = PlasticityRule(
        traces={"tag": P.synaptic(decay=1)}, on_pre={"tag": "1 + 1e200 * tag**2", "w": "tag - tag**2"}, bounds=bounds
    )
    session = Session(floating(step_rule(rule)))
    session.run(9, inputs={"pre": np.ones((9, 6), np.int32)})
    assert np.all(np.isnan(session.weights("plastic")))
