"""The language of steps: what is refused and why, and what the kernels of a step compute."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.update_integers import wrapped_source
from neurosim.backends.emulator.update_source import update_source
from neurosim.compiler import compile_kernels
from neurosim.compiler.machine import address_of
from neurosim.errors import NetworkError
from neurosim.program.widths import LOIHI
from neurosim.step_language.declaration import Channel, Declaration, statements
from neurosim.step_language.typed import typed


def declared(step, parameters=None, states=None, **more):
    given = {"tau": "decay", "v_th": "level", "k": "per_level", "f": "fraction", "n": "whole"} | (parameters or {})
    return Declaration("Own", given, {"v": "level", "c": "whole", "on": "flag"} | (states or {}), step, **more)


REFUSED = [
    (
        "v = v * v",
        r"'v \* v': a level times a level has no place on a chip; write \(k \* v\) \* v with a parameter k of the kind PerL",
    ),
    ("v = k * k", "a number per level times a number per level has no place on a chip"),
    ("v = v + f", "a fraction, and a level is expected"),
    ("v = v + 1", "the number 1 has no unit, and a level is expected; make it a parameter"),
    ("v = f", "is a fraction, and a level is expected"),
    ("x = f + 0.1", "0.1 is no multiple of 2\\^-12"),
    ("c = 0.5", "0.5 is no whole number"),
    ("v = v / 2", "operators are"),
    ("v = exp(v)", "a chip has no exponential function"),
    ("v = a[0]", "not in the language of steps"),
    ("v = floor(v)", r"floor\(\.\.\.\) is for a product"),
    ("v = min(v)", "'min\\(v\\)': has 1 arguments; expected 2"),
    ("v = floor()", "has 0 arguments; expected 1 or 2"),
    ("v = floor(f * v, c)", "expected a whole number of bits from 0 to 12"),
    ("c = low_bits(draw, 40, n)", "expected a whole number of bits from 0 to 16"),
    ("c = units(v, 7)", "is a level, and a fraction is expected there"),
    ("c = units(f, 20)", "expected a whole number of bits from 0 to 12"),
    ("on = chance(v) < 0.5", "expected draw as the first argument"),
    ("on = draw > 3", r"draw is read by chance\(draw\) and low_bits\(draw, bits, n\) only"),
    ("v = decay(v, 2 * f)", "expected a parameter of the kind Decay or SynapticDecay as the second argument"),
    ("c = 1e400", "is too large; numbers in a step lie between"),
    ("c = 99999999999", "is too large"),
    ("c = c % 0", "expected a whole number above 0, or a parameter of the kind Whole or Steps, right of %"),
    ("c = c % step", "expected a whole number above 0"),
    ("x = 1\nx = v", "'v': is a level, and a whole number is expected there"),
]


@pytest.mark.parametrize(("step", "why"), REFUSED)
def test_what_has_no_place_on_a_chip(step, why):
    with pytest.raises(NetworkError, match=why):
        typed(declared(f"{step}\nspike = v > v_th"), integers=True)


BAD = [
    ("v = w", "line 1: 'v = w' reads 'w', which has no value there; known are a, c"),
    ("tau = v", "assigns 'tau', which is a parameter or an input"),
    ("a = v", "assigns 'a'"),
    ("for i in v:\n    v = a", "is neither an assignment nor a condition"),
    ("v, c = a, a", "does not assign one name"),
    ("v = (", "Own.step, line 1: "),
    ("_i = a", "assigns '_i', which cannot be a name; a name has ASCII letters"),
    ("\u03bc = a", "cannot be a name"),
    ("min = a", "assigns 'min', which cannot be a name"),
    ("v = " + "+".join(["a"] * 3000), "nested too deeply; write it as several statements"),
    ("on = " + "not " * 200 + "on", "nested too deeply"),
    ("on = " + "(True if " * 12 + "on" + " else False)" * 12, "nested too deeply"),
    ("if w > v:\n    v = a", "reads 'w'"),
]


@pytest.mark.parametrize(("step", "why"), BAD)
def test_bad_texts(step, why):
    with pytest.raises(NetworkError, match=why):
        statements(declared(step), step)


@pytest.mark.parametrize("step", [step for step, _ in REFUSED[:6]])
def test_float_has_no_grids(step):
    assert typed(declared(f"{step}\nspike = v > v_th"), integers=False)


def test_conditions_that_all_neurons_share_are_computed_once():
    step = "phase = step % n\nif phase == 0:\n    v = 0\nx = v > v_th\nspike = x"
    shared = {s.name: s.shared for s in statements(declared(step), step)}
    assert shared.pop("phase") and not shared.pop("v") and not shared.pop("x") and not shared.pop("spike")
    assert list(shared.values()) == [True]


def ran(declaration, arithmetic, states, numbers, given, arrays=(), steps=1):
    """States after some steps of five neurons."""
    update = update_source(declaration, arithmetic, arrays)
    kernels = compile_kernels(wrapped_source(LOIHI) + update.source, [update.door])
    integers = arithmetic is not Arithmetic.FLOAT
    held = {
        name: np.array(value, np.int32 if integers or declaration.states[name] in ("whole", "flag") else float)
        for name, value in states.items()
    }
    parameters = {name: np.asarray(numbers[name]) for name in arrays}
    scalars = np.array([float(numbers[name]) for name in update.scalars])
    ring = np.array(given, np.int32 if integers else float)
    fired, payload = np.zeros(8 * 4, np.uint8), np.zeros(40, np.int32)
    table = [
        address_of({"numbers": scalars, "state": held.get(n), "parameter": parameters.get(n)}[role])
        for role, n in update.pointers
    ]
    lanes = [8 * k if role == "channel" else 0 for k, (role, _) in enumerate(update.lanes)]
    table = np.array([*table, *lanes], np.int64)
    for k in range(steps):
        kernels.function(update.door)(5, k, k, 7, address_of(table), address_of(ring), address_of(fired), address_of(payload))
    return held, fired.reshape(4, 8)[:, :5], ring


def test_a_product_is_rounded_to_the_grid_of_its_type():
    one = declared("v = f * v\nx = k * v\nv = v + x * v\nspike = v > v_th", {"f": "fraction", "k": "per_level"})
    v, f, k = np.array([1000, -1000, 77, 4096, -5]), 0.3, 2.0**-10
    held, _, _ = ran(
        one, Arithmetic.FIXED, {"v": v, "c": v * 0, "on": v * 0}, {"tau": 0, "v_th": 0, "k": k, "f": f, "n": 1}, [0] * 5
    )
    first = np.trunc(v * f)
    x = np.trunc(k * first * 4096) / 4096
    np.testing.assert_array_equal(held["v"], first + np.trunc(x * first))


def test_levels_saturate_currents_wrap_and_wide_levels_do_neither():
    one = Declaration(
        "Own",
        {"big": "level"},
        {"v": "level", "u": "current", "w": "wide"},
        "v = v + big\nu = u + big\nw = w + big\nspike = v > big",
    )
    rest = np.array([0, 1, -1, 8388607, -8388607])
    held, _, _ = ran(one, Arithmetic.FIXED, {"v": rest, "u": rest, "w": rest}, {"big": 8388607}, [0] * 5)
    np.testing.assert_array_equal(held["w"], rest + 8388607)
    np.testing.assert_array_equal(held["v"], np.minimum(rest + 8388607, 8388607))
    np.testing.assert_array_equal(held["u"], [8388607, 8388608, 8388606, -2, 0])


def test_conditions_channels_and_parameters_per_neuron():
    one = Declaration(
        "Own",
        {"v_th": "level", "n": "whole"},
        {"v": "level", "c": "whole", "on": "flag"},
        """
v = v + a
if v > v_th:
    on = not on
    if c >= n:
        c = 0
    else:
        c += 1
elif on:
    c -= 1
spike = v > v_th
""",
        channels={"spike": Channel("spike"), "count": Channel("c != 0", "c")},
    )
    given, v_th = [1.0, 2.0, 3.0, 0.0, 5.0], np.array([0.5, 2.5, 1.0, 1.0, 1.0])
    held, fired, ring = ran(
        one,
        Arithmetic.FLOAT,
        {"v": np.zeros(5), "c": [0, 0, 2, 0, 0], "on": [0, 1, 0, 1, 1]},
        {"v_th": v_th, "n": 2},
        given,
        ["v_th"],
    )
    assert (
        fired[1].tolist() == [1, 0, 1, 0, 1]
        and held["c"].tolist() == [1, -1, 0, -1, 1]
        and held["on"].tolist() == [1, 1, 1, 1, 0]
    )
    assert not ring.any() and fired[2].tolist() == [1, 1, 0, 1, 1]


@pytest.mark.parametrize(
    "name", ["n", "i", "base", "step_", "numbers", "fired", "table", "cos", "refractory", "lambda_", "state_v"]
)
def test_names_are_the_users(name):
    one = Declaration("Own", {name: "level"}, {"v": "level"}, f"v = v + a + {name}\nspike = v > {name}")
    held, _, _ = ran(one, Arithmetic.FLOAT, {"v": np.zeros(5)}, {name: 2.0}, [1.0] * 5)
    assert held["v"].tolist() == [3.0] * 5


def test_remainders_and_flags_that_are_counted():
    one = declared("n2 = c % n\nc = n2 + (on + (v > v_th)) - -on\nspike = n2 == 0")
    held, _, _ = ran(
        one,
        Arithmetic.FLOAT,
        {"v": np.ones(5), "c": [-7, -1, 0, 5, 7], "on": [1, 1, 1, 0, 0]},
        {"tau": 0, "v_th": 0, "k": 0, "f": 0, "n": 3},
        [0.0] * 5,
    )
    assert held["c"].tolist() == [2 + 3, 2 + 3, 0 + 3, 2 + 1, 1 + 1]


def test_steps_and_literals_are_kept_in_states_of_whole_numbers():
    step = "x = c\nx = step\nif v >= 0:\n    c = step\nc += 4 % 7 + abs(-2) + x\non = 0.25 > min(0.5, 0)\nspike = on"
    one = declared(step)
    numbers = {"tau": 0, "v_th": 0, "k": 0, "f": 0, "n": 3}
    held, _, _ = ran(one, Arithmetic.FLOAT, {"v": np.zeros(5), "c": [0] * 5, "on": [1] * 5}, numbers, [0.0] * 5, steps=3)
    assert held["c"].tolist() == [2 + 6 + 2] * 5 and held["on"].tolist() == [1] * 5


@pytest.mark.parametrize("arithmetic", [Arithmetic.FLOAT, Arithmetic.FIXED])
def test_units_of_a_fraction_are_whole_numbers_rounded_down(arithmetic):
    one = Declaration("Own", {"f": "fraction"}, {"c": "whole"}, "c = units(f + 0.25 * c, 2)\nspike = c > 0")
    for given, expected in ((0.49, 1), (-0.01, -1), (1.75, 7)):
        held, _, _ = ran(one, arithmetic, {"c": [0] * 5}, {"f": given}, [0] * 5)
        assert held["c"].tolist() == [expected] * 5


def test_random_numbers_are_a_function_of_seed_step_and_neuron():
    one = Declaration(
        "Own", {"n": "whole"}, {"c": "whole", "p": "fraction"}, "c = low_bits(draw, 8, n)\np = chance(draw)\nspike = c > n"
    )
    states = {"c": [0] * 5, "p": [0] * 5}
    first, second = (ran(one, Arithmetic.FLOAT, states, {"n": 9}, [0.0] * 5, steps=s)[0] for s in (1, 2))
    again = ran(one, Arithmetic.FLOAT, states, {"n": 9}, [0.0] * 5)[0]
    np.testing.assert_array_equal(first["p"], again["p"])
    assert len({*first["p"], *second["p"]}) == 10 and 0 <= min(first["c"]) <= max(first["c"]) <= 9
