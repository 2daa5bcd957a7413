"""A rule has the units of its projection: what is refused, what the refusal says to change, and that this mends it."""

import inspect
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import LIF, FixedProbability, Network, Population, Projection, SpikeRaster, deploy, emulate_network
from neurosim.checks.dimensions import PLAIN, dimension_named, dimension_of, example_of, in_words, readable, unit_named
from neurosim.errors import NetworkError, QuantisationError, UnitError, UnsupportedError
from neurosim.neurons import AdEx, BurstLIF, ClopathAdEx
from neurosim.plasticity import RULES, PlasticityRule, clopath, gated, load_rule, pair_stdp, post, pre, reward_stdp, synaptic
from neurosim.plasticity.measured import measured_in
from neurosim.plasticity.products import as_described
from neurosim.program.lower import lower
from neurosim.units import Hz, as_quantity, ms, mV, nA, volt

TRACES = {"x": pre(20 * ms), "y": post(20 * ms)}
VOLT = dimension_named("volt")


def plastic(rule, unit=mV, weights=None, neuron=None, **more):
    """Two inputs, two neurons in `unit`, and `rule` between them."""
    cells = neuron or LIF(tau_m=20 * ms, v_th=10 * unit)
    given = np.full((2, 2), 1.0) * unit if weights is None else weights
    return Network(
        "net",
        [Population("in", 2, SpikeRaster(np.eye(2, dtype=np.uint8))), Population("cells", 2, cells)],
        [Projection("in", "cells", given, plasticity=rule, **more)],
    )


def rule(text, parameters=None, target="w", **more):
    """An update at post spikes."""
    return PlasticityRule("r", traces=TRACES, on_post={target: text}, parameters=parameters, **more)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (pair_stdp, ("'pair_stdp': on_post: a_plus * x is a plain number; weights are in volt.", "a_plus and a_minus in volt")),
        (lambda: rule("a * x", {"a": 10 * ms}), ("on_post: a * x is in second", "Give a in volt, such as a=0.05*mV")),
        (lambda: rule("0.1 * x"), ("0.1 * x is a plain number", "Multiply it by a parameter in volt")),
        (lambda: rule("a * (1 - w) * x", {"a": 0.1}), ("1 is a plain number; w is in volt", "Write a parameter in volt")),
        (lambda: rule("w * exp(-w)"), ("-w is in volt; an exponent or an argument of exp", "Divide it")),
        (lambda: rule("clip(w, 0, b)", {"b": 1}), ("b is a plain number; w is in volt",)),
        (lambda: rule("w * x", bounds=(0, 10)), ("bounds: the upper bound is a plain number", "Give the upper bound in volt")),
        (lambda: rule("w * x", bounds=(0 * Hz, 5 * Hz)), ("upper bound is in hertz; weights are in volt",)),
        (reward_stdp, ("eta * M * tag is a plain number", "tag is a plain number by on_post: a_plus * x", "Give eta in volt")),
    ],
)
def test_what_does_not_fit_volts(make, words):
    with pytest.raises(UnitError) as caught:
        plastic(make())
    for word in ("Projection 'in_cells'", *words):
        assert word in str(caught.value)


def test_what_does_not_fit_plain_weights():
    with pytest.raises(UnitError, match=r"is in volt; weights are plain numbers. Give a as a plain number, such as a=0.05"):
        plastic(rule("a * x", {"a": 1 * mV}), unit=1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: pair_stdp(a_plus=1 * mV), r"w is in volt by on_post: a_plus \* x\). Give a_minus in volt"),
        (lambda: rule("a * x", {"a": 1 * mV}, bounds=(0, 10)), "the upper bound is a plain number"),
        (lambda: rule("a * x", {"a": 1 * mV}, bounds=(0 * Hz, 5 * Hz)), "the upper bound is in hertz"),
        (lambda: rule("a * w * x", {"a": 1 * mV}), r"\* x is in the unit of weights times volt. Give a as a plain number"),
        (lambda: rule("a * exp(-w)", {"a": 1 * mV}), r"w is a plain number by on_post: -w\). Give a as a plain number"),
        (lambda: rule("w**b", {"b": 1 * mV}), "b is in volt; an exponent or an argument of exp or log is a plain number"),
        (lambda: reward_stdp(a_plus=1 * mV), "Give a_minus in volt"),
        (lambda: reward_stdp(a_plus=1 * mV, a_minus=1 * mV), "the peak of 'tag' is a plain number; tag is in volt"),
        (lambda: load_rule("burst_dependent", eta=1 * mV), "Give the upper bound in volt"),
        (lambda: pre(20 * ms, peak=1 * mV), "peak: expected a plain number"),
        (lambda: post(20 * ms, impulse=1 * mV), "impulse: expected a plain number"),
        (lambda: pre(decay=0.5 * ms), "decay: expected a plain number"),
    ],
)
def test_rules_that_fit_no_weights_are_refused_when_they_are_made(make, words):
    with pytest.raises(UnitError, match=words):
        make()


def _neuron(name):
    if load_rule(name).post_states:
        return ClopathAdEx()
    return BurstLIF() if "burst" in load_rule(name).channels else LIF(tau_m=20 * ms, v_th=10 * mV)


@pytest.mark.parametrize("name", [name for name in RULES if name not in ("ebcp", "adaptive_ebcp", "desire", "clopath")])
def test_defaults_ask_for_volts_and_what_they_ask_for_is_enough(name):
    factory = RULES[name].factory
    with pytest.raises(UnitError, match="in volt") as caught:
        plastic(factory(), neuron=_neuron(name))
    asked = re.search(r"Give (.*) in volt", str(caught.value))[1].split(" and ")
    known = inspect.signature(factory).parameters
    given = {parameter: 2 * mV for parameter in asked if parameter in known}
    free = {"bounds": None} if "bounds" in known else {}
    assert given
    network = plastic(factory(**given, **free), neuron=_neuron(name))
    assert network.projections[0].plasticity.units()["w"] == VOLT


def test_a_rule_of_voltages_takes_its_amplitudes_per_volt():
    with pytest.raises(UnitError, match="clopath.*weights are in volt"):
        plastic(clopath(), neuron=ClopathAdEx())
    rule = clopath(a_ltd=14e-5, a_ltp=8e-5 / mV, bounds=(0 * mV, None))
    assert plastic(rule, neuron=ClopathAdEx()).projections[0].plasticity.units()["w"] == VOLT


@pytest.mark.parametrize("name", [name for name in RULES if not (load_rule(name).channels or load_rule(name).post_states)])
def test_defaults_fit_plain_weights(name):
    assert plastic(load_rule(name), unit=1, weights=np.full((2, 2), 0.5))


def test_zero_has_every_unit():
    zeros = {"a": 0.1 * mV, "centre": 0.0, "none": 0.0 * Hz}
    assert plastic(rule("a * (x - centre) + none", zeros, bounds=(0, 5 * mV)))
    assert plastic(rule("clip(w, 0, 1e3 * a) - 0 * x", {"a": 1 * mV}))
    assert plastic(load_rule("bcm", eta=0.1 * mV))


def test_tags_have_a_unit_of_their_own():
    kept = {"tag": synaptic(50 * ms)}
    for parameters, tag, w in (({"a": 1 * mV}, "a * x", "tag"), ({"a": 1 * mV}, "x", "a * tag"), ({"a": 2}, "a * w", "tag")):
        tagged = PlasticityRule("t", traces=TRACES | kept, on_post={"tag": tag}, on_pre={"w": w}, parameters=parameters)
        assert plastic(tagged)
    declared = PlasticityRule("t", traces=TRACES | {"tag": synaptic(50 * ms, peak=1 * mV)}, on_pre={"w": "tag"})
    assert plastic(declared) and declared.traces["tag"].peak == pytest.approx(1e-3)
    with pytest.raises(UnitError, match="tag"):
        plastic(declared, unit=1)


def test_a_tag_in_volts_without_a_peak_is_not_taken_to_reach_one_volt():
    given = {"on_post": {"tag": "a * x"}, "every": {1: {"w": "0.1 * tag"}}, "parameters": {"a": 0.1 * mV}}
    kept = PlasticityRule("t", traces=TRACES | {"tag": synaptic(50 * ms)}, bounds=(0 * mV, 5 * mV), **given)
    assert lower(plastic(kept)).projections[0].rule.peaks == {}
    assert any("largest value of 'tag' is not declared" in loss.text for loss in deploy(plastic(kept)).report.losses)
    assert lower(plastic(reward_stdp(), unit=1)).projections[0].rule.peaks == {"tag": 1.0}


def test_other_units_than_volts():
    weights = np.full((2, 2), 1.0) * nA
    with pytest.raises(UnitError, match=r"weights are in ampere. Give a_plus and a_minus in ampere, such as a_plus=5\*pA"):
        plastic(pair_stdp(), neuron=AdEx(), weights=weights)
    assert plastic(pair_stdp(1 * nA, 1 * nA), neuron=AdEx(), weights=weights)


def test_gated_rules_keep_their_units():
    closed = gated(pair_stdp(1 * mV, 1 * mV, bounds=(0 * mV, 5 * mV)))
    assert closed.units()["w"] == VOLT and plastic(closed)
    with pytest.raises(UnitError, match="plain numbers"):
        plastic(closed, unit=1)


@pytest.mark.parametrize("name", ["pair_stdp", "reward_stdp", "diehl_cook", "guetig_stdp", "desire", "triplet_stdp"])
def test_measured_in_another_unit_the_numbers_are_the_same(name):
    own = load_rule(name)
    other = measured_in(own, "volt")
    assert measured_in(own, "1") is own and other.units()["w"] == VOLT and other.bounds == own.bounds
    if name != "guetig_stdp":
        assert other.products == own.products
    assert measured_in(other, "1").units()["w"] == PLAIN


def test_the_chip_quotes_what_the_user_wrote():
    with pytest.raises(UnsupportedError, match=r"bounds \(0.5 mV, 10 mV\); on a chip, one bound is 0"):
        deploy(plastic(rule("a * x", {"a": 0.1 * mV}, bounds=(0.5 * mV, 10 * mV))))
    with pytest.raises(UnsupportedError, match=r"w \+= 0.0001 \* x: the period is 3 steps"):
        deploy(plastic(PlasticityRule("r", traces=TRACES, every={3: {"w": "a * x"}}, parameters={"a": 0.1 * mV})))
    with pytest.raises(QuantisationError, match=r"on_post: w \+= 1e-12 \* x: the constant 1e-12 is outside"):
        deploy(plastic(rule("a * x", {"a": 1e-9 * mV}, bounds=(0 * mV, 10 * mV))))
    base = plastic(rule("a * x", {"a": 0.1 * mV}, bounds=(0 * mV, 10 * mV)))
    other = Projection("in", "cells", base.projections[0].weights, name="b", plasticity=rule("w * x", bounds=(0 * mV, 3 * mV)))
    with pytest.raises(QuantisationError, match="weight bounds 10 mV and 3 mV"):
        deploy(Network("two", base.populations, [*base.projections, other]))


def test_a_lowered_rule_knows_what_was_described():
    described = pair_stdp(1 * mV, 2 * mV, bounds=(0 * mV, 5 * mV))
    step = lower(plastic(described)).projections[0].rule
    assert step.unit == "volt" and step.gain != 1
    own = as_described(step)
    assert_allclose([p.coefficient for p in own.products], [p.coefficient for p in described.products])
    assert own.bounds == (0, pytest.approx(5e-3)) and own.gain == pytest.approx(1)


def test_bounds_look_at_the_synapses_that_exist():
    sparse = FixedProbability(0.5, p=0.3)
    network = plastic(pair_stdp(bounds=(0.1, 1)), unit=1, weights=sparse)
    assert emulate_network(network, 3 * ms)
    with pytest.raises(NetworkError, match="from 50 mV to 50 mV, and the rule 'r' keeps them within 1 mV to 20 mV"):
        plastic(rule("w * x", bounds=(1 * mV, 20 * mV)), weights=np.full((2, 2), 50) * mV)
    with pytest.raises(NetworkError, match="reach from 0.5 to 0.5"):
        plastic(pair_stdp(bounds=(0.6, 1)), unit=1, weights=FixedProbability(0.5, p=1.0))
    assert plastic(pair_stdp(bounds=(0.6, 1)), unit=1, weights=FixedProbability(0.5, p=0.0))


def test_signals_are_plain_numbers():
    network = plastic(reward_stdp(), unit=1, weights=np.full((2, 2), 0.5))
    for signal, error in (
        (1 * mV, UnitError),
        (np.zeros(3) * volt, UnitError),
        ("1", NetworkError),
        (1j, NetworkError),
        (np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]), NetworkError),
        ([None] * 3, NetworkError),
    ):
        with pytest.raises(error, match="third factor 'M'"):
            emulate_network(network, 3 * ms, signals={"M": signal})
    assert emulate_network(network, 3 * ms, signals={"M": np.array([True, False, True])})


def test_dimensions_in_words():
    assert dimension_of(3) == PLAIN and dimension_of(1 * mV) == VOLT
    assert unit_named(VOLT) == "volt" and in_words(PLAIN) == "a plain number"
    assert unit_named(tuple(2 * d for d in dimension_named("second"))) == "second ** 2"
    assert dimension_named("second ** 2") == dimension_of(as_quantity(1.0, "second ** 2"))
    assert example_of(dimension_named("siemens")) == "0.05*nS"
    assert readable(0.001, "volt") == "1 mV" and readable(-np.inf, "volt") == "-inf" and readable(0.25, "1") == "0.25"
