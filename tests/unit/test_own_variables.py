"""Variables of synapses with names of their own: starts, decays, probes; the same everywhere; a chip and Lava refuse them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from neurosim import ImageInput, Network, Population, Probe, Projection, RateCoding, deploy, emulate_network, simulate, start
from neurosim.backends.lava.float_rules import float_learning
from neurosim.cards.card import rule_card
from neurosim.errors import NetworkError, UnitError, UnsupportedError
from neurosim.plasticity import PlasticityRule, gated, normalise, post, pre, synaptic
from neurosim.plasticity.measured import measured_in
from neurosim.program.lower import lower
from neurosim.units import ms, mV
from tests.unit.rule_networks import STEPS, assert_alike, assert_resumes, teaching

SHAPE = (6, 4)
RNG = np.random.default_rng(0)
WEIGHTS, MASK = RNG.uniform(0.2, 0.8, SHAPE), RNG.random(SHAPE) < 0.6
EVERYTHING = ("w", "tag", "aux", "c", "m", "n", "x", "y")


def rule(**more):
    """Five variables beside w, of which four decay, or begin elsewhere than at 0."""
    given = {
        "traces": {"x": pre(20 * ms), "y": post(15 * ms), "tag": synaptic(30 * ms)},
        "variables": {"c": synaptic(25 * ms), "m": synaptic(decay=1, start=0.5), "n": synaptic(decay=0.9, start=-2.0)},
        "on_pre": {"c": "-0.1 * y", "n": "0.2 * m"},
        "on_post": {"c": "0.1 * x", "tag": "c * m", "m": "0.05 * (1 - m) * x"},
        "every": {3: {"w": "0.2 * c * m + 0.01 * n * tag"}},
        "bounds": (0.0, 2.0),
    }
    return PlasticityRule("many", **(given | more))


def in_numpy(found, weights, steps, kept):
    """The rule above, synapse by synapse, as its docstring in `neurosim.plasticity.rule` defines a step."""
    spikes = {name: found.raster(name)[0].astype(float) for name in ("pre", "post")}
    v = {name: np.full(SHAPE, begun) for name, begun in (("tag", 0.0), ("c", 0.0), ("m", 0.5), ("n", -2.0))}
    v["w"] = weights.copy()
    x, y = np.zeros((6, 1)), np.zeros((1, 4))
    for k in range(steps):
        a, b = spikes["pre"][k][:, None], spikes["post"][k][None]
        x, y = x * np.exp(-1 / 20) + a, y * np.exp(-1 / 15) + b
        v = {name: value * kept.get(name, 1.0) for name, value in v.items()}
        new = dict(v)
        new["c"] = v["c"] - a * 0.1 * y + b * 0.1 * x
        new["n"] = v["n"] + a * 0.2 * v["m"]
        new["tag"] = v["tag"] + b * v["c"] * v["m"]
        new["m"] = v["m"] + b * 0.05 * (1 - v["m"]) * x
        if (k + 1) % 3 == 0:
            new["w"] = np.clip(v["w"] + 0.2 * v["c"] * v["m"] + 0.01 * v["n"] * v["tag"], 0, 2)
        v = new
    return v


KEPT = {"tag": np.exp(-1 / 30), "c": np.exp(-1 / 25), "n": 0.9}


def test_against_numpy():
    network = teaching(rule(), WEIGHTS, probes=EVERYTHING)
    found = assert_alike(network)
    expected = in_numpy(found, WEIGHTS, STEPS, KEPT)
    for name, values in expected.items():
        trace = found.weights["pre_post"] if name == "w" else found.synapses["pre_post", name]
        assert_allclose(trace.values[-1], values, rtol=1e-11, atol=1e-13)
    assert np.abs(expected["w"] - WEIGHTS).max() > 0.05
    assert_array_equal(found.synapses["pre_post", "m"].values[0], np.full(SHAPE, 0.5))
    assert_array_equal(found.synapses["pre_post", "n"].values[0], np.full(SHAPE, -2.0))


@pytest.mark.parametrize("delay", [0, 3, np.random.default_rng(1).integers(0, 4, SHAPE)], ids=["0", "3", "many"])
def test_sparse_and_delayed_synapses(delay, tmp_path):
    network = teaching(rule(), sparse.csr_array(np.where(MASK, WEIGHTS, 0)), delay=delay * ms, probes=EVERYTHING[:-2])
    assert_alike(network)
    assert_resumes(network, tmp_path)


def test_brian2_resumes(tmp_path):
    assert_resumes(teaching(rule(), WEIGHTS), tmp_path, on="brian2", integration="step")


def test_read_and_set():
    for options in ({}, {"on": "brian2", "integration": "step"}):
        run = start(teaching(rule(), WEIGHTS), **options)
        assert_array_equal(run.synapses["pre_post", "n"], np.full(SHAPE, -2.0))
        values = np.random.default_rng(2).random(SHAPE)
        run.synapses["pre_post", "n"], run.synapses["pre_post", "c"] = values, 3 * values
        assert_allclose(run.synapses["pre_post", "n"], values, rtol=1e-14)
        run.advance(1 * ms)
        quiet = run.recording.raster("pre")[0, 0] == 0
        assert_allclose(run.synapses["pre_post", "n"][quiet], values[quiet] * 0.9, rtol=1e-13)
        run.advance(20 * ms)
        run.synapses["pre_post", "m"] = 0.25
        assert_allclose(run.synapses["pre_post", "m"], 0.25)
        assert {("pre_post", name) for name in ("tag", "aux", "c", "m", "n", "x", "y")} == set(run.synapses)
        with pytest.raises(NetworkError, match="'q'"):
            run.synapses["pre_post", "q"]
        with pytest.raises(NetworkError, match="shape"):
            run.synapses["pre_post", "c"] = np.zeros(3)


def test_each_sample_begins_at_the_start():
    cells = teaching(rule(), WEIGHTS).population("post")
    network = Network(
        "images", [Population("pixels", 6, ImageInput(RateCoding(20))), cells],
        [Projection("pixels", "post", 60 * WEIGHTS, plasticity=rule(bounds=None))],
        [Probe("pixels_post", "n", every=5 * ms)],
    )  # fmt: skip
    images = np.random.default_rng(0).random((3, 6))
    ours = emulate_network(network, 20 * ms, images=images)
    theirs = simulate(network, 20 * ms, images=images, integration="step")
    values = ours.synapses["pixels_post", "n"].values
    assert_array_equal(values[[0, 4, 8]], np.full((3, *SHAPE), -2.0))
    assert_allclose(theirs.synapses["pixels_post", "n"].values, values, rtol=1e-12)
    assert_allclose(theirs.final_weights()["pixels_post"], ours.final_weights()["pixels_post"], rtol=1e-12)
    run = start(network)
    for image in images:
        run.show(image)
        run.advance(20 * ms)
        run.rest()
    assert_array_equal(run.weights["pixels_post"], ours.final_weights()["pixels_post"])
    assert_array_equal(run.synapses["pixels_post", "m"], np.full(SHAPE, 0.5))


def test_two_projections_with_different_variables():
    first = teaching(rule(), WEIGHTS)
    k = {"k": synaptic(decay=1, start=7.0)}
    other = PlasticityRule("other", variables=k, on_post={"w": "0.01 * k"}, on_pre={"k": "-0.1"})
    further = Projection("pre", "post", WEIGHTS.copy(), plasticity=other, name="other")
    both = Network(
        "both", first.populations, [*first.projections, further],
        [Probe("other", "k", every=10 * ms), Probe("pre_post", "n", every=10 * ms)],
    )  # fmt: skip
    found = assert_alike(both)
    spikes = found.raster("pre")[0].sum(axis=0)
    assert_allclose(found.synapses["other", "k"].values[-1], np.tile(7 - 0.1 * spikes[:, None], 4))


def test_normalised_and_varied_beside_variables():
    made = rule(
        normalise=normalise(2.0, every=7),
        parameters={"eta": np.linspace(0.1, 0.3, 4)},
        on_pre={"c": "-eta * y", "n": "0.2 * m"},
    )
    assert_alike(teaching(made, WEIGHTS, probes=("w", "c", "n")))


def test_units():
    def volts(**more):
        given = {"c": synaptic(20 * ms, start=1 * mV)}
        return PlasticityRule("volts", variables=given | more, traces={"x": pre(20 * ms)}, on_post={"w": "0.1 * c"})

    assert_alike(teaching(volts(), WEIGHTS, unit=mV, probes=("c",)))
    assert volts().units()["c"] == volts().units("volt")["w"]
    with pytest.raises(UnitError, match="volt"):
        teaching(volts(), WEIGHTS)
    with pytest.raises(UnitError, match="the start of 'c'"):
        teaching(volts(c=synaptic(20 * ms, start=1.0)), WEIGHTS, unit=mV)


def test_copies_keep_them():
    assert gated(rule()).synaptic == rule().synaptic == ("w", "tag", "aux", "c", "m", "n")
    made = measured_in(PlasticityRule("m", variables={"c": synaptic(20 * ms)}, on_pre={"c": "1"}, on_post={"w": "c"}), "volt")
    assert made.synaptic[-1] == "c"
    assert rule().with_parameters({}).synaptic == rule().synaptic


def test_a_chip_and_lava_refuse_them_by_name():
    own = PlasticityRule(
        "own", traces={"x": pre(20 * ms)}, variables={"c": synaptic(20 * ms)}, on_post={"c": "x"}, every={1: {"w": "0.1 * c"}},
        bounds=(0.0, 1.0),
    )  # fmt: skip
    with pytest.raises(UnsupportedError, match="variable 'c'; on a chip"):
        deploy(teaching(own, WEIGHTS), "loihi2")
    with pytest.raises(UnsupportedError, match="variable 'n'; in Lava|variable 'c'; in Lava"):
        float_learning(lower(teaching(rule(bounds=None), WEIGHTS)).projections[0])
    card = rule_card(own)
    assert card.synapse == ("w", "c") and {e.name for e in card.executions if e.runs} >= {"Brian2 step", "emulator float"}


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"variables": {"w": synaptic(20 * ms)}}, "already the weight"),
        ({"variables": {"x": synaptic(20 * ms)}}, "already a trace"),
        ({"variables": {"c": pre(20 * ms)}}, "expected a variable of a synapse"),
        ({"variables": {"c": 0.5}}, "expected a variable of a synapse"),
        ({"variables": {"tag": synaptic(20 * ms, start=1.0)}, "traces": {"x": pre(20 * ms)}}, "begins at 0"),
        ({"traces": {"c": synaptic(20 * ms)}}, "variables="),
        ({"variables": {"c": synaptic(20 * ms)}, "parameters": {"c": 1.0}}, "already a"),
        ({"variables": {"exp": synaptic(20 * ms)}}, "reserved"),
        ({"on_pre": {"q": "1"}}, "'q'"),
        ({"on_pre": {"c": "q"}}, "'q' is not local"),
    ],
)
def test_wrong_declarations(given, part):
    with pytest.raises(NetworkError, match=part):
        rule(**given)


@pytest.mark.parametrize("value", [np.nan, np.inf, [1, 2], "a"])
def test_wrong_starts(value):
    with pytest.raises(NetworkError, match="start"):
        synaptic(20 * ms, start=value)
