"""Parameters of a rule that differ between synapses: the same in Brian2 and on the emulator, and drawn once."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from neurosim import Clipped, Normal, Uniform, deploy, emulate_network, simulate, start
from neurosim.backends.lava.float_rules import float_learning
from neurosim.errors import NetworkError, UnitError, UnsupportedError
from neurosim.plasticity import PlasticityRule, desire, gated, pair_stdp, post, pre, synaptic
from neurosim.program.lower import lower
from neurosim.units import ms, mV
from tests.unit.rule_networks import assert_alike, assert_resumes, teaching
from tests.unit.rule_reference import run_rule

SHAPE = (6, 4)
RNG = np.random.default_rng(0)
EACH, PER_POST, PER_PRE = RNG.uniform(0.01, 0.2, SHAPE), RNG.uniform(0.5, 1.5, 4), RNG.uniform(-1, 1, (6, 1))
WEIGHTS = RNG.uniform(0.2, 0.8, SHAPE)
MASK = RNG.random(SHAPE) < 0.6


def rule(**changed):
    return PlasticityRule(
        "varied",
        traces={"x": pre(20 * ms), "y": post(15 * ms), "tag": synaptic(30 * ms)},
        on_pre={"w": "-eta * y * w * gain", "tag": "eta * b"},
        on_post={"w": "eta * x * (w_max - w)", "tag": "x * eta**2"},
        every={4: {"w": "0.1 * b * tag * gain"}},
        parameters={"eta": EACH, "gain": PER_POST, "b": PER_PRE, "w_max": 1.0} | changed,
    )


def sparsely(values):
    return sparse.csr_array(np.where(MASK, values, 0.0))


@pytest.mark.parametrize("mask", [None, MASK], ids=["dense", "sparse"])
@pytest.mark.parametrize("delay", [0, 3, np.random.default_rng(1).integers(0, 4, SHAPE)], ids=["0", "3", "many"])
def test_the_order_of_a_step(mask, delay):
    weights = WEIGHTS if mask is None else sparsely(WEIGHTS)
    network = teaching(rule(), weights, delay=delay * ms, probes=["w", "tag"])
    found = assert_alike(network, tolerance=1e-12)
    known = replace_parameters(rule())
    start_weights = WEIGHTS if mask is None else np.where(MASK, WEIGHTS, 0)
    history = run_rule(known, found.raster("pre")[0], found.raster("post")[0], start_weights, 1e-3, mask=mask, delay=delay)
    for name, trace in (("w", found.weights["pre_post"]), ("tag", found.synapses["pre_post", "tag"])):
        for step, values in zip(trace.steps[1:], trace.values[1:], strict=True):
            assert_allclose(values, history[step - 1][name], rtol=1e-11, atol=1e-12)
    assert np.abs(history[-1]["w"] - start_weights).max() > 1e-2


def replace_parameters(given):
    """The rule for the reference, which multiplies arrays (n_pre, n_post)."""
    made = PlasticityRule.__new__(PlasticityRule)
    made.__dict__.update(vars(given) | {"parameters": {**given.parameters, **{n: v.values for n, v in given.varied.items()}}})
    return made


def test_equal_values_are_one_number():
    same = {"eta": np.full(SHAPE, 0.1), "gain": np.full(4, 1.5), "b": np.full((6, 1), 0.5)}
    one = {"eta": 0.1, "gain": 1.5, "b": 0.5}
    ours, theirs = (emulate_network(teaching(rule(**p), WEIGHTS), 100 * ms).final_weights()["pre_post"] for p in (same, one))
    assert_allclose(ours, theirs, rtol=1e-13)


def test_brian2_in_continuous_time():
    network = teaching(rule(), WEIGHTS, tau=20 * ms)
    assert np.abs(simulate(network, 100 * ms).final_weights()["pre_post"] - WEIGHTS).max() > 1e-2


def test_drawn_once_and_by_name():
    drawn = {"eta": Clipped(Normal(0.1, 0.05), 0.0, None), "b": Uniform(-1, 1)}
    network = teaching(rule(**drawn), WEIGHTS, seed=3)
    values = network.varied(network.projection("pre_post"))
    eta, b = values["eta"].values, values["b"].values
    assert eta.shape == (24,) and eta.min() >= 0 and eta.std() > 0.02 and np.abs(np.corrcoef(eta, b)[0, 1]) < 0.9
    again = network.with_weights({"pre_post": WEIGHTS / 2})
    assert_array_equal(again.varied("pre_post")["eta"].values, eta)
    assert len(repr(network.varied("pre_post"))) < 250
    with pytest.raises(NetworkError, match="Unknown projection 'prepost'.*Did you mean 'pre_post'"):
        network.varied("prepost")
    other = teaching(rule(**drawn), WEIGHTS, seed=4)
    assert np.all(other.varied(other.projection("pre_post"))["eta"].values != eta)
    assert_array_equal(network.varied(network.projection("pre_post"))["gain"].values, PER_POST)
    assert_alike(network, tolerance=1e-12)
    array = teaching(rule(eta=eta.reshape(SHAPE), b=b.reshape(SHAPE)), WEIGHTS, seed=3)
    ours, theirs = (emulate_network(n, 60 * ms).final_weights()["pre_post"] for n in (network, array))
    assert_array_equal(ours, theirs)
    thin = teaching(rule(**drawn), sparsely(WEIGHTS))
    assert thin.varied(thin.projection("pre_post"))["eta"].values.shape == (MASK.sum(),)
    assert_alike(thin, tolerance=1e-12)


def test_units():
    made = pair_stdp(a_plus=0.1 * mV, a_minus=0.1 * mV, bounds=(0 * mV, 4 * mV))

    def volts(a):
        return PlasticityRule("volts", traces=made.traces, on_post={"w": "a * x"}, parameters={"a": a}, bounds=(0 * mV, None))

    for a in (EACH * mV, Uniform(0.1 * mV, 0.2 * mV), Clipped(Normal(0.1 * mV, 0.1 * mV), 0 * mV, 1 * mV)):
        network = teaching(volts(a), WEIGHTS, unit=mV)
        assert_alike(network)
        assert network.varied(network.projection("pre_post"))["a"].values.max() < 1.1e-3
    with pytest.raises(UnitError, match="weights are in volt"):
        teaching(volts(EACH), WEIGHTS, unit=mV)


def test_files_constants_and_gates(tmp_path):
    network = teaching(rule(), WEIGHTS)
    assert_resumes(network, tmp_path)
    run = start(network)
    run.advance(10 * ms)
    run.constants["pre_post", "w_max"] = 2.0
    run.advance(10 * ms)
    with pytest.raises(NetworkError, match="'eta' .* differs between synapses"):
        run.constants["pre_post", "eta"] = 0.2
    closed = start(teaching(gated(rule()), WEIGHTS))
    closed.signals["M"] = 0.0
    closed.advance(20 * ms)
    assert_array_equal(closed.weights["pre_post"], WEIGHTS)


def test_a_chip_and_lava_refuse_them_by_name():
    def made(eta, bounds=(0.0, 1.0)):
        return teaching(
            PlasticityRule("r", traces={"x": pre(20 * ms)}, on_post={"w": "eta * x"}, parameters={"eta": eta}, bounds=bounds),
            WEIGHTS,
        )

    with pytest.raises(UnsupportedError, match="its parameter 'eta' differs between synapses; on a chip"):
        deploy(made(EACH), "loihi2")
    with pytest.raises(UnsupportedError, match="its parameter 'eta' differs between synapses; in Lava"):
        float_learning(lower(made(EACH, None)).projections[0])
    equal, one = (deploy(made(eta), "loihi2").program.projections[0].rule for eta in (np.full(4, 0.25), 0.25))
    assert equal == one
    lava = [float_learning(lower(made(eta, None)).projections[0]) for eta in (np.full(4, 0.25), 0.25)]
    assert lava[0] == lava[1]


def test_a_rule_of_the_library_is_varied():
    plain, large = pair_stdp(0.1, 0.12, bounds=(0, 4)), np.full((6, 4), 1e-3)
    drawn = plain.with_parameters({"a_plus": Uniform(0.05, 0.15)})
    written = PlasticityRule(
        "pair_stdp", traces=plain.traces, on_post={"w": "a_plus * x"}, on_pre={"w": "-a_minus * y"}, bounds=(0, 4),
        parameters={"a_plus": Uniform(0.05, 0.15), "a_minus": 0.12},
    )  # fmt: skip
    found, expected = (assert_alike(teaching(each, WEIGHTS)) for each in (drawn, written))
    assert_array_equal(found.weights["pre_post"].values[-1], expected.weights["pre_post"].values[-1])
    assert drawn.with_parameters({"a_plus": 0.1}) == plain and drawn.with_parameters({"a_plus": EACH}).varied["a_plus"]
    volts = pair_stdp(a_plus=0.1 * mV, a_minus=0.1 * mV, bounds=(0 * mV, 4 * mV))
    assert volts.with_parameters({"a_plus": large}) == volts.with_parameters({"a_plus": large * 1e3 * mV})
    for values in (Uniform(0, 1), large * ms):
        with pytest.raises(UnitError, match="'a_plus': found .*; expected in volt"):
            volts.with_parameters({"a_plus": values})
    with pytest.raises(NetworkError, match=r"a_plus is Uniform.*then rule\.with_parameters\(\{'a_plus': \.\.\.\}\)"):
        pair_stdp(a_plus=Uniform(0, 1))
    with pytest.raises(NetworkError, match="Unknown parameter 'tau_plus': expected one of a_minus, a_plus"):
        plain.with_parameters({"tau_plus": EACH})


def test_rules_of_training_loops_refuse_them():
    own = desire()
    with pytest.raises(NetworkError, match="give 'eta' one number"):
        own.with_parameters({"eta": PER_POST})
    with pytest.raises(NetworkError, match="give 'eta' one number"):
        PlasticityRule(
            "r", traces=own.traces, modulators=own.modulators, on_post={"tag": "eta * x"}, parameters={"eta": PER_POST}
        )


@pytest.mark.parametrize(
    ("value", "error", "part"),
    [
        (np.ones(5), NetworkError, r"has shape \(5,\); expected .* n_pre = 6 and n_post = 4"),
        (np.ones((4, 6)), NetworkError, "has shape"),
        (np.ones((1, 1, 1)), NetworkError, "shape"),
        (np.array([]), NetworkError, "shape"),
        (np.array([1.0, np.nan, 1.0, 1.0]), NetworkError, "finite"),
        (np.array(["a"]), NetworkError, "real numbers"),
        (np.array([1j] * 4), NetworkError, "real numbers"),
        ([0.1] * 5, NetworkError, r"has shape \(5,\)"),
        (np.ones(4) * mV, UnitError, "eta"),
    ],
)
def test_wrong_values(value, error, part):
    with pytest.raises(error, match=part):
        teaching(rule(eta=value), WEIGHTS)


def test_powers_stay_single_numbers():
    with pytest.raises(NetworkError, match="the exponent of x"):
        PlasticityRule("r", traces={"x": pre(20 * ms)}, on_post={"w": "x**n"}, parameters={"n": PER_POST})


def test_equality():
    assert rule() == rule() and rule() != rule(eta=EACH + 1) and rule(eta=Uniform(0, 1)) == rule(eta=Uniform(0, 1))
    assert replace(teaching(rule(), WEIGHTS)).projection("pre_post").plasticity == rule()


def test_a_rule_cannot_be_replaced_in_part():
    with pytest.raises(NetworkError, match="'updates' follows from the arguments .* with_parameters"):
        replace(pair_stdp(), paper="mine")


def test_a_list_is_taken_as_an_array():
    made = pair_stdp(a_plus=0.1 * mV, a_minus=0.1 * mV)
    wanted = made.with_parameters({"a_plus": [0.1, 0.2] * mV})
    assert made.with_parameters({"a_plus": [0.1 * mV, 0.2 * mV]}) == made.with_parameters({"a_plus": (1e-4, 2e-4)}) == wanted
    assert rule(gain=PER_POST.tolist()) == rule() == rule(eta=EACH.tolist())
    for given, error in (([[1], [2, 3]], UnitError), ([], NetworkError), ([1 * mV, 1 * ms], UnitError), (["a"], UnitError)):
        with pytest.raises(error, match="a_plus"):
            made.with_parameters({"a_plus": given})


@pytest.mark.parametrize("given", [5, "a_plus", [("a_plus", 1)]])
def test_parameters_are_changed_by_a_mapping(given):
    with pytest.raises(NetworkError, match="with_parameters is .*expected a mapping"):
        pair_stdp().with_parameters(given)


def test_values_and_delays_of_a_projection_by_its_name():
    network = teaching(rule(), WEIGHTS, delay=2 * ms)
    own = network.projection("pre_post")
    assert network.varied("pre_post") is network.varied(own) and network.delays("pre_post") is network.delays(own)
    for read in (network.weights, network.delays, network.varied):
        for unknown in ("pre_pos", 5, None, replace(own, name="other")):
            with pytest.raises(NetworkError, match="Unknown projection"):
                read(unknown)
