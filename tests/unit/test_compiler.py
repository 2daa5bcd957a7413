"""The compiler of kernels: what each part of the language computes, against Python; what it refuses; files on disk."""

from __future__ import annotations

import os

import numpy as np
import pytest

from neurosim.compiler import KernelError, compile_kernels
from neurosim.compiler import machine as machine_module
from neurosim.compiler.machine import address_of
from neurosim.compiler.place import kernel_folder, temporary_folder


def called(body, arguments, arrays, constants=None):
    """Run ``run(n, arrays...)`` with that body, where n is the length of the first array."""
    given = ", ".join(f"{name}: P[{kind}]" for name, kind in arguments)
    lines = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    kernels = compile_kernels(f"def run(n: i64, {given}):\n{lines}\n", ["run"], constants)
    kernels.function("run")(len(arrays[0]), *map(address_of, arrays))
    return arrays


RNG = np.random.default_rng(1)
REALS, WHOLE = RNG.normal(0, 100, 50), RNG.integers(-1000, 1000, 50).astype(np.int32)


def test_what_is_fetched_ahead_changes_nothing():
    x, out = REALS.copy(), np.zeros(50)
    called("for i in range(n):\n    fetch(a + i + 8)\n    out[i] = a[i]", [("a", "f64"), ("out", "f64")], [x, out])
    np.testing.assert_array_equal(out, x)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + y * 2.0 - 1.5", lambda x, y: x + y * 2.0 - 1.5),
        ("x / (abs(y) + 1.0)", lambda x, y: x / (abs(y) + 1.0)),
        ("-x", lambda x, y: -x),
        ("floor(x)", lambda x, y: np.floor(x)),
        ("trunc(x)", lambda x, y: np.trunc(x)),
        ("min(x, y)", np.minimum),
        ("max(x, 0)", lambda x, y: np.maximum(x, 0)),
        ("x if x > y else y * 3", lambda x, y: np.where(x > y, x, y * 3)),
        ("f64(x > 0 and y > 0)", lambda x, y: ((x > 0) & (y > 0)) * 1.0),
        ("f64(x > 0 or not y > 0)", lambda x, y: ((x > 0) | ~(y > 0)) * 1.0),
        ("f64(i64(x) % 7) if x > 0 else 0.0", lambda x, y: np.where(x > 0, np.trunc(x) % 7, 0)),
        ("f64(i64(x) // 7) if x > 0 else 0.0", lambda x, y: np.where(x > 0, np.trunc(x) // 7, 0)),
    ],
)
def test_reals(text, expected):
    x, y, out = REALS.copy(), REALS[::-1].copy(), np.zeros(50)
    called(
        f"for i in range(n):\n    x = a[i]\n    y = b[i]\n    out[i] = {text}",
        [("a", "f64"), ("b", "f64"), ("out", "f64")],
        [x, y, out],
    )
    np.testing.assert_array_equal(out, expected(x, y))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x * y + 3", lambda x, y: x * y + 3),
        ("x & 255 | y ^ x", lambda x, y: x & 255 | y ^ x),
        ("x >> 3", lambda x, y: x >> 3),
        ("x << 2", lambda x, y: x << 2),
        ("shift_right(x, 28)", lambda x, y: (x.view(np.uint32) >> np.uint32(28)).astype(np.int32)),
        ("x * 1000003 * y * 1000003", lambda x, y: x * np.int32(1000003) * y * np.int32(1000003)),
        ("abs(x)", lambda x, y: abs(x)),
        ("i32(f64(x) * 0.37)", lambda x, y: np.trunc(x * 0.37).astype(np.int32)),
        ("i32(x > y) - i32(x < y)", lambda x, y: np.sign(x - y)),
        ("min(max(x, -5), y)", lambda x, y: np.minimum(np.maximum(x, -5), y)),
    ],
)
def test_whole_numbers_wrap_at_their_width(text, expected):
    x, y, out = WHOLE.copy(), WHOLE[::-1].copy(), np.zeros(50, np.int32)
    called(
        f"for i in range(n):\n    x = a[i]\n    y = b[i]\n    out[i] = {text}",
        [("a", "i32"), ("b", "i32"), ("out", "i32")],
        [x, y, out],
    )
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(out, expected(x, y))


def test_loops_and_conditions():
    out = np.zeros(10, np.int64)
    called(
        """
count = 0
for i in range(1, 20, 3):
    if i % 2 == 0:
        count += i
    elif i > 10:
        count -= 1
    else:
        out[1] += 1
k = 0
while k < 5:
    out[2] = out[2] + k
    k += 1
out[0] = count
""",
        [("out", "i64")],
        [out],
    )
    assert out[:3].tolist() == [4 + 10 + 16 - 2, 2, 10]


def test_small_numbers_pointers_and_constants():
    small, sixteen, out = np.array([250, 7], np.uint8), np.array([-300, 5], np.int16), np.zeros(4, np.int32)
    called(
        "p = s + 1\nout[0] = a[0] + 10\nout[1] = p[0] * K\nout[2] = i32(words(a) != 0)\n"
        "s[1] = s[1] - 6\nout[3] = i32(1.5 * HALF)",
        [("a", "u8"), ("s", "i16"), ("out", "i32")],
        [np.concatenate([small, np.zeros(6, np.uint8)]), sixteen, out],
        {"K": 100, "HALF": 4.0},
    )
    assert out.tolist() == [260, 500, 1, 6] and sixteen[1] == -1


def test_functions_call_each_other_and_addresses():
    source = """
def square(x: f64) -> f64:
    if x > 1000.0:
        return 0.0
    return x * x

def each(n: i64, a: P[f64]):
    for i in range(n):
        a[i] = square(a[i])

def door(table: P[i64]):
    each(table[0], as_f64(table[1]))

def outer(table: P[i64]):
    call(table[2], table)
"""
    inner = compile_kernels(source, ["door"])
    values = np.array([2.0, 3.0, 2000.0])
    table = np.array([3, address_of(values), inner.address("door")], np.int64)
    compile_kernels(source, ["outer"]).function("outer")(address_of(table))
    assert values.tolist() == [4.0, 9.0, 0.0] and "define" in inner.llvm_text and inner.source == source


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("x = y", "'y': has no value yet"),
        ("a[0] = 1.5\nk = 0\nk = 1.5", "a f64 does not fit into a i64"),
        ("import os", "not in the language"),
        ("x = [1]", "not in the language"),
        ("x = open(a)", "no such function"),
        ("for x in a:\n    pass", "expected 'for name in range"),
        ("x = 1 < 2 < 3", "expected one comparison"),
        ("x = n[0]", "a i64 has no elements"),
        ("x = a * 2", "expected numbers"),
        ("x = 'text'", "expected a number"),
        ("x = 3.0 % 2.0", "no such operation for f64"),
    ],
)
def test_what_is_not_in_the_language(body, why):
    with pytest.raises(KernelError, match="run, line") as error:
        called(body, [("a", "f64")], [np.zeros(1)])
    assert why in str(error.value)


def test_an_argument_without_a_type():
    with pytest.raises(KernelError, match="the argument 'x' is a ''; expected i64"):
        compile_kernels("def run(x):\n    pass\n", ["run"])


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_module, "kernel_folder", lambda: tmp_path)
    machine_module._compiled.cache_clear()
    yield tmp_path
    machine_module._compiled.cache_clear()


SOURCE = "def run(n: i64, a: P[f64]):\n    a[0] = f64(n) + 0.5\n"


def result():
    machine_module._compiled.cache_clear()
    a = np.zeros(1)
    compile_kernels(SOURCE, ["run"]).function("run")(3, address_of(a))
    return a[0]


def test_machine_code_is_kept_and_read_again(empty_folder, monkeypatch):
    assert result() == 3.5
    (file,) = empty_folder.iterdir()
    monkeypatch.setattr(machine_module, "_optimised", None)
    assert result() == 3.5 and file.exists()


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b"", lambda b: b[:50] + b"\0" + b[51:], lambda b: b"\0" * len(b)]
)
def test_a_damaged_file_is_made_again(empty_folder, damage):
    assert result() == 3.5
    (file,) = empty_folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert result() == 3.5 and file.read_bytes() == whole


def test_a_full_disk_costs_no_result(empty_folder, monkeypatch):
    def full(*names):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert result() == 3.5 and not list(empty_folder.glob("*.o"))


def test_where_machine_code_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert kernel_folder() == tmp_path / "cache" / "neurosim" / "kernels"
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert kernel_folder() == tmp_path / f"neurosim-kernels-{os.getuid()}"


@pytest.mark.parametrize("make", [lambda p: p.symlink_to("/tmp"), lambda p: p.touch(), lambda p: (p.mkdir(), p.chmod(0o777))])
def test_a_folder_of_somebody_else_is_not_used(tmp_path, monkeypatch, make):
    """Machine code from a folder that others may write could be theirs."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    make(tmp_path / f"neurosim-kernels-{os.getuid()}")
    found = temporary_folder()
    assert found.name != f"neurosim-kernels-{os.getuid()}" and found.stat().st_mode & 0o777 == 0o700
