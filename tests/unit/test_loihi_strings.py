"""Strings of Loihi's rules: what we write, Lava's own parser reads as meant; what it misunderstands, we refuse by name."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.chip.learning_engine.loihi_rule import from_loihi
from neurosim.chip.learning_engine.loihi_strings import rule_strings
from neurosim.errors import NetworkError, QuantisationError
from neurosim.program.engine_rule import ChipProduct, ChipRule, ChipTrace

FACTORS = ("x1", "x2", "y1", "y2", "y3", "w", "t", "d")
TRACES = {f"{name}_{key}": 20.0 for name in FACTORS[:5] for key in ("impulse", "tau")}


def random_rule(seed: int) -> ChipRule:
    rng = np.random.default_rng(seed)
    products = tuple(random_product(rng) for _ in range(rng.integers(1, 7)))
    return ChipRule(products, {name: ChipTrace(20.0, 20.0) for name in FACTORS[:5]}, decimation=int(rng.integers(0, 10)))


def random_product(rng: np.random.Generator) -> ChipProduct:
    names = rng.choice(FACTORS, size=rng.integers(0, 5))
    constants = [int(rng.choice([0, 0, rng.integers(-255, 256)])) for _ in names]
    return ChipProduct(
        target=str(rng.choice(["w", "t", "d"])),
        gate=str(rng.choice(["x0", "y0", "u"])),
        mantissa=int(rng.choice([-1, 1]) * rng.integers(1, 8)),
        exponent=int(rng.integers(-7, 9)),
        factors=tuple((str(n), c) for n, c in zip(names, constants, strict=True)),
    )


def lava_reads(lava, **strings: str) -> dict[str, list[tuple]]:
    """What Lava's parser makes of strings: gate, mantissa, exponent, factors."""
    return lava.ask("parsed", strings, TRACES)[0]


def ours(rule: ChipRule) -> dict[str, list[tuple]]:
    out: dict[str, list[tuple]] = {}
    for p in rule.products:
        read = (p.gate, p.mantissa, p.exponent, [(n, c) for n, c in p.factors])
        out.setdefault(f"d{p.target}", []).append(read)
    return out


@pytest.mark.parametrize("seed", range(300))
def test_lava_reads_what_is_meant(seed, lava):
    rule = random_rule(seed)
    strings = rule_strings(rule)
    products, decimation = lava.ask("parsed", strings, TRACES)
    assert products == ours(rule)
    if any(p.gate == "u" for p in rule.products):
        assert decimation == rule.decimation


@pytest.mark.parametrize("seed", range(300))
def test_what_is_written_is_read_back(seed):
    rule = random_rule(seed)
    again = from_loihi(**rule_strings(rule), **TRACES)
    assert ours(again) == ours(rule)
    assert again.decimation == (rule.decimation if any(p.gate == "u" for p in rule.products) else 0)


def test_a_mantissa_that_lava_rewrites_is_refused(lava):
    assert lava_reads(lava, dw="-8*2^-3*x0*y1*w") == {"dw": [("x0", -4, -2, [("y1", 0), ("w", 0)])]}
    with pytest.raises(QuantisationError, match="rewrites a mantissa of -8"):
        rule_strings(ChipRule((ChipProduct("w", "x0", -8, -3, (("y1", 0),)),)))


SAME = [
    "2^-4*y0*x1 - 2^-4*x0*y1",
    "-2^-4*y0*x1*(w-255) - 2^-4*x0*y1*w",
    "-2^-6*y0*(x1-8)*(w-127)",
    "2*2^-3*x0*2*y1",
    "10*x0*y1",
    "-16*2^2*u3*t*y2 + u3*w",
    "x0*(2+y1)*(-w+2^5)*(t)",
    "  - 3 * 2 ^ 3 * x1 * y0 ",
    "x0*(y1)*(w-3*2^2)",
    "7*u0",
    "-8*2^8*x0*w",
]


@pytest.mark.parametrize("text", SAME)
def test_strings_are_read_as_lava_reads_them(text, lava):
    assert ours(from_loihi(dw=text, **TRACES)) == lava_reads(lava, dw=text)


MISREAD = [
    ("x0*(y1*2)", r"a product in brackets, which Lava reads as \(y1\+2\)", [("x0", 1, 0, [("y1", 2)])]),
    ("u10*x1", r"Lava reads it as u1\*0", [("u", 0, 0, [("x1", 0)])]),
    ("x0*(y1+2+3)", "expected a variable and a whole number", [("x0", 1, 0, [("y1", 2)])]),
    ("x0*((y1+2))", "brackets inside brackets", [("x0", 1, 0, [])]),
    ("x0*(y1+2*w)", "a product in brackets", [("x0", 1, 0, [("y1", 2)])]),
    ("x0*-2*y0", "a sign follows", [("x0", 1, 0, []), ("y0", -2, 0, [])]),
    ("x0**2*y1", "'\\*' is misplaced", [("x0", 2, 0, [("y1", 0)])]),
    ("x0*y0*x1", "found x0 and y0", [("x0", 1, 0, [("y0", 0), ("x1", 0)])]),
    ("x0*x0", "found x0 and x0", [("x0", 1, 0, [("x0", 0)])]),
    ("u0*x0*w", "found u0 and x0", [("u", 1, 0, [("x0", 0), ("w", 0)])]),
    ("y0*(x0+1)", "a gate in brackets", [("y0", 1, 0, [("x0", 1)])]),
    ("x0*(-y1)", "Lava ignores this sign", [("x0", 1, 0, [("y1", 0)])]),
    ("y0*(w-2^-1)", "is not an integer", [("y0", 1, 0, [("w", -0.5)])]),
]


@pytest.mark.parametrize(("text", "reason", "misread"), MISREAD)
def test_what_lava_misreads_is_refused(text, reason, misread, lava):
    assert lava_reads(lava, dw=text) == {"dw": misread}
    with pytest.raises(NetworkError, match=reason):
        from_loihi(dw=text, **TRACES)


REFUSED = [
    ("9*x0", "its constant is 9"),
    ("3*3*x0*y1", "its constant is 9"),
    ("2^-8*x0", r"2\^-8"),
    ("2^-2*2^-6*x0", r"2\^-8"),
    ("x0*y1/2", "no division"),
    ("x0*0.5*y1", "no fractions"),
    ("u0*(x1+y1)", "two variables in brackets"),
    ("x1*y1", "found none"),
    ("y0*x1^2", "only 2 can be raised"),
    ("y0*z", "Unknown factor 'z'"),
    ("y0*(x1", "brackets do not match"),
    ("y0*x1 +", "two signs in a row, or a sign at the end"),
    ("x0*u0", "found x0 and u0"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_lava_refuses_is_refused_with_a_reason(text, reason, lava):
    with pytest.raises(ValueError, match="^(ValueError|AttributeError|KeyError|IndexError): "):
        lava_reads(lava, dw=text)
    with pytest.raises(NetworkError, match=reason):
        from_loihi(dw=text, **TRACES)


def test_a_sign_function_is_refused():
    with pytest.raises(NetworkError, match="the sign of a variable is not supported"):
        from_loihi(dw="u0*sgn(w)")


def test_two_periods_in_one_rule_are_refused_as_by_lava(lava):
    with pytest.raises(ValueError, match="different decimation"):
        lava_reads(lava, dw="u0*w", dt="u1*t")
    with pytest.raises(NetworkError, match="u0 and u1 in one rule"):
        from_loihi(dw="u0*w", dt="u1*t")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"dw": "y0*x1", "x1_impulse": 16}, "x1_tau = 0"),
        ({"dw": "y0*x1", "x1_impulse": -1, "x1_tau": 3}, "x1_impulse = -1"),
        ({"dw": "y0*x1", "x1_impulse": 128, "x1_tau": 3}, "x1_impulse = 128"),
        ({"dw": "y0", "t_epoch": 0}, "t_epoch = 0"),
        ({"dw": "y0", "t_epoch": 64}, "t_epoch = 64"),
        ({"dw": "y0", "seed": -1}, "seed = -1"),
        ({"dw": ""}, "is empty"),
        ({}, "give dw, dt or dd"),
        ({"dw": "u0*y2", "signals": {"y4": "M"}}, "Unknown slot 'y4'"),
        ({"dw": "u0*y2*y1", "signals": {"y2": "M"}}, "y1_tau = 0"),
        ({"dw": "u0*y2", "signals": {"y2": "M"}, "t_epoch": 2}, "t_epoch = 2 with signals"),
    ],
)
def test_other_bad_arguments(options, reason):
    with pytest.raises(NetworkError, match=reason):
        from_loihi(**options)


def test_a_three_factor_rule():
    rule = from_loihi(dt="2^-4*y0*x1", dw="2^-3*u0*t*y2", x1_impulse=16, x1_tau=10, signals={"y2": "reward"})
    assert rule.three_factor and rule.sent == {"y2": "reward"}
    assert rule.names["reward"] == "y2" and rule.names["tag"] == "t"
    np.testing.assert_array_equal(rule.encoded("y2", [-200.0, -3.4, 2.6, 200.0]), [-128, -3, 3, 127])
