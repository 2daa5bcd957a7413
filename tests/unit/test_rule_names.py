"""Names in updates, texts that are no updates, and what a rule is given: handled or refused at once, and never run."""

import time

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import LIF, Network, PoissonInput, Population, Probe, Projection, SpikeRaster, emulate_network, simulate
from neurosim.chip.learning_engine.loihi_rule import from_loihi
from neurosim.errors import NetworkError, NeurosimError
from neurosim.plasticity import (
    PlasticityRule,
    broadcast,
    burst_dependent_carried,
    gated,
    pair_stdp,
    post,
    post_modulator,
    pre,
    synaptic,
)
from neurosim.plasticity.traces import Modulator, Trace
from neurosim.units import Hz, ms, mV

TRACES = {"x": pre(20 * ms), "y": post(20 * ms)}
TAKEN = ("E", "I", "S", "N", "O", "Q", "C", "pi", "t", "dt", "i", "j", "Integer", "Symbol", "beta", "zeta", "inf")


def rule(text, **more):
    """An update at post spikes."""
    return PlasticityRule("r", **{"traces": TRACES, "on_post": {"w": text}, **more})


@pytest.mark.parametrize("name", [*TAKEN, "η", "_", "μ", "weight"])
def test_names_of_the_parser_are_free(name):
    (product,) = rule(f"2 * {name} * x", parameters={name: 0.25}).products
    assert product.coefficient == 0.5 and product.factors == ("x",)
    (product,) = rule(f"3 * {name} * x", traces=TRACES | {name: pre(10 * ms)}).products
    assert product.coefficient == 3 and sorted(product.factors) == sorted([name, "x"])


def test_names_of_the_parser_run_everywhere():
    traces = {"E": pre(20 * ms), "η": post(20 * ms)}
    learns = PlasticityRule(
        "named",
        traces=traces,
        on_post={"w": "S * pi * E"},
        on_pre={"w": "-S * η * I"},
        parameters={"S": 0.25, "pi": 0.5, "I": 0.125},
    )
    spikes = np.zeros((12, 2), np.uint8)
    spikes[[2, 3, 7]], spikes[5, 1] = 1, 1
    network = Network(
        "net",
        [Population("in", 2, SpikeRaster(spikes)), Population("out", 1, LIF(tau_m=20 * ms, v_th=0.3))],
        [Projection("in", "out", np.full((2, 1), 0.5), plasticity=learns)],
    )
    here = emulate_network(network, 12 * ms).final_weights()["in_out"]
    there = simulate(network, 12 * ms, integration="step").final_weights()["in_out"]
    assert np.ptp(here) > 0
    assert_allclose(here, there)


def test_names_are_read_as_python_reads_them():
    with pytest.raises(NetworkError, match="parameter 'x' is already a trace"):
        rule("ｘ * x", parameters={"ｘ": 2})
    with pytest.raises(NetworkError, match="two parameters are called 'a'"):
        rule("a * x", parameters={"a": 1, "ａ": 2})
    wide = rule("ａ * ｘ", parameters={"ａ": 2})
    assert set(wide.parameters) == {"a"} and wide.updates[0].text == "a * x" and wide.updates[0].names == ("x",)
    assert rule("µ * x", parameters={"μ": 2}).products[0].coefficient == 2


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "abs", "sign", "clip", "lambda", "None", "True", "if"])
def test_words_of_the_language_are_no_names(name):
    for given in ({"parameters": {name: 1}}, {"traces": {name: pre(20 * ms)}}, {"modulators": {name: broadcast()}}):
        with pytest.raises(NetworkError, match="is reserved in the language of updates; choose another name") as caught:
            rule("w", **given)
        assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("9**9**9**9", "exponent of 9 .. 9 is 9; expected a number from -8 to 8"),
        ("(x+y)**3000", "expected a number from -8 to 8"),
        ("x**y", "depends on factors"),
        ("((x + y)**8)**8", "factors; expected at most 256 of 16"),
        ("(1 + x + y + w + tag + aux)**8", "has up to 1287 products"),
        ("1e400 * x", "not a finite real number"),
        ("1e200 * x * 1e200", "are not finite"),
        ("x / 0", "divides by zero"),
        ("x / (1 - 1)", "divides by zero"),
        ("0 ** -1", "divides by zero"),
        ("(-1)**0.5 * x", "not a finite real number"),
        ("log(0) * x", "not a finite real number"),
        ("exp(1e9)", "not a finite real number"),
        ("9" * 900, "not a finite real number"),
        ("x" * 1001, "1001 characters; expected at most 1000"),
        ("(" * 490 + "x" + ")" * 490, "is not an expression"),
        ("x" + "+x" * 300, "nested 302 deep"),
        ("-" * 900 + "x", "deep|is not an expression"),
        ("__import__('os').system('echo')", "is not understood|not a known function|not local"),
        ("x.__class__", "is not understood"),
        ("(lambda: x)()", "not a known function"),
        ("lambda: x", "is not understood|not local"),
        ("[x for x in y]", "is not understood|not local"),
        ("x if y else w", "is not understood"),
        ("f'{x}'", "is not understood|not a number"),
        ("clip(x)", "has 1 arguments; clip takes 3"),
        ("exp(x=1)", "without names"),
        ("exp(x, y)", "exp takes 1"),
        ("exp * x", "'exp' is not local"),
        ("x²", "is not an expression"),
        ("x\0", "is not an expression"),
        ("True * x", "True is not a number"),
        ("1j * x", "is not a number"),
        ("x; y", "is not an expression"),
    ],
)
def test_what_is_no_update_is_refused_at_once(text, words):
    start = time.perf_counter()
    with pytest.raises(NetworkError, match=words):
        rule(text)
    assert time.perf_counter() - start < 0.5


def test_what_is_large_but_allowed_is_quick():
    start = time.perf_counter()
    assert len(rule("a * (1 - w)**8 * x", parameters={"a": 0.1}).products) == 9
    assert len(rule("(x + y + w)**8").products) == 45
    assert rule("1 / (x + y)**8").products[0].factors == ("1.0 / (x + y)**8",)
    assert time.perf_counter() - start < 5


def test_remarks_and_line_breaks_do_not_swallow_a_gate():
    closed = gated(rule("(x\n + y) # both"))
    assert [p.factors for p in closed.products] == [("M", "x"), ("M", "y")]


NASTY = (
    None, True, np.nan, np.inf, -1, 10**400, "a", "3", b"x", [], [1, 2], {}, set(), np.array([1.0, 2.0]), np.array("x"),
    np.ma.array([1, 2], mask=[1, 0]), np.ma.masked, 1j, object(), type, "x" * 5000, [1, 2] * ms, 5 * ms,
)  # fmt: skip


@pytest.mark.parametrize("value", NASTY, ids=lambda v: type(v).__name__)
def test_nasty_values_are_refused_by_name_or_fit(value):
    makers = [
        *(lambda k=k: PlasticityRule("r", **{"traces": TRACES, "on_post": {"w": "x"}, k: value}) for k in (
            "traces", "modulators", "parameters", "every", "at", "bounds", "on_post", "on_pre")),
        *(lambda k=k: rule("x", **{k: {"a": value}}) for k in ("traces", "modulators", "parameters", "every", "at", "on_pre")),
        *(lambda k=k: pre(**{"tau": 20 * ms, k: value}) for k in ("tau", "decay", "channel", "impulse", "mode", "peak")),
        *(lambda k=k: Trace(**{"side": "pre", "tau": 0.1, k: value}) for k in ("side", "tau", "channel", "mode", "peak")),
        lambda: rule(value), lambda: PlasticityRule(value, traces=TRACES, on_post={"w": "x"}), lambda: gated(value),
        lambda: post_modulator(value), lambda: broadcast(peak=value), lambda: Modulator(peak=value),
        lambda: synaptic(20 * ms, peak=value), lambda: gated(rule("x"), name=value), lambda: gated(rule("x"), value),
        lambda: from_loihi(dw=value), lambda: from_loihi(dw="y0*x1", x1_tau=value), lambda: from_loihi(dw="y0", signals=value),
    ]  # fmt: skip
    for make in makers:
        try:
            make()
        except NeurosimError as error:
            assert "\n" not in str(error) and len(str(error)) < 1000  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("y0*(w+2^999999999)", "more than 6 digits"),
        ("2^99999999*y0", "more than 6 digits"),
        ("y0*(w+2^31)", "32 bits"),
        ("u٣*x1", "is misplaced|factor"),
        ("y0+" * 400 + "y0", "characters; expected at most 1000"),
    ],
)
def test_loihi_strings_that_would_not_end(text, words):
    start = time.perf_counter()
    with pytest.raises(NetworkError, match=words):
        from_loihi(dw=text, x1_tau=2)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: pair_stdp(a_pluss=1), "pair_stdp: Unknown parameter 'a_pluss': expected one of .* Did you mean 'a_plus'"),
        (lambda: burst_dependent_carried(1e-3), "burst_dependent_carried: tau is missing"),
        (lambda: rule("x^2"), r"BitXor is not understood.*Write powers with \*\*"),
        (lambda: pair_stdp(*range(9)), "pair_stdp: too many"),
        (lambda: synaptic(), r"synaptic\(\.\.\.\): give either tau"),
        (lambda: pair_stdp(bounds=(np.inf, 1)), "pair_stdp: bounds is inf"),
    ],
)
def test_calls_that_make_no_rule(make, words):
    with pytest.raises(NetworkError, match=words):
        make()


def test_infinity_is_no_bound():
    assert pair_stdp(bounds=(0 * mV, np.inf * mV)).bounds == (0, np.inf)
    assert rule("x", bounds=(-np.inf, np.inf)).bounds == rule("x", bounds=None).bounds


def test_underscores_in_names_keep_parts_of_a_network_apart():
    """The projection a_b with the trace c, and the projection a with the trace b_c; and their third factors."""

    def wires(name, trace, factor):
        rule = PlasticityRule(
            "r",
            traces={trace: post(20 * ms, of="v")},
            modulators={factor: broadcast()},
            on_pre={"w": f"0.01 * {trace} * {factor}"},
            bounds=(0.0, 4.0),
        )
        return Projection("in", "cells", np.full((4, 2), 0.3), plasticity=rule, name=name)

    populations = [Population("in", 4, PoissonInput(100 * Hz)), Population("cells", 2, LIF(tau_m=20 * ms, v_th=1.0))]
    probes = [Probe("a", "b_c", every=5 * ms), Probe("a_b", "c", every=5 * ms)]
    made = Network("names", populations, [wires("a", "b_c", "b_m"), wires("a_b", "c", "m")], probes)
    signals = {"b_m": 0.5, "m": -0.2}
    ours = emulate_network(made, 50 * ms, signals=signals)
    theirs = simulate(made, 50 * ms, signals=signals, integration="step", progress=False, target="numpy")
    for name, weights in ours.final_weights().items():
        np.testing.assert_allclose(theirs.final_weights()[name], weights, rtol=1e-12)
