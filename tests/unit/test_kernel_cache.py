"""Compiled kernels on disk: several processes at once, damaged files, no room."""

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import numba
import pytest

from neurosim.train.desire import kernel_cache
from neurosim.train.desire.kernel_cache import _TemporaryLocator, cached
from tests.unit.kernel_race import function

SCRIPT = Path(__file__).with_name("kernel_race.py")
RIGHT = [4, ["3", "3.5", "(3.5+0j)"]]


def race(folder, who):
    done = subprocess.run([sys.executable, str(SCRIPT), str(folder), who], capture_output=True, text=True, timeout=300)
    return json.loads(done.stdout or "null")


def test_four_processes_compile_into_one_empty_cache(tmp_path):
    assert race(tmp_path, "neurosim") == RIGHT


def test_the_race_is_one(tmp_path):
    """Numba's own cache loses it: what is read is missing or wrong. Once this fails, `kernel_cache` has had its day."""
    assert race(tmp_path, "numba") != RIGHT


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.py"
    path.write_text("def f(x):\n    return x + 1\n")
    return path


def files(source):
    return list(source.parent.glob("__pycache__/*.nbc"))


def hits(f):
    return sum(f.stats.cache_hits.values())


def test_read_again(source):
    assert function(source, "neurosim")(2) == 3
    again = function(source, "neurosim")
    assert again(2) == 3 and hits(again) == 1 and len(files(source)) == 1


def test_another_source(source):
    assert function(source, "neurosim")(2) == 3
    source.write_text("def f(x):\n    return x + 10\n")
    changed = function(source, "neurosim")
    assert changed(2) == 12 and hits(changed) == 0 and len(files(source)) == 1


@pytest.mark.parametrize("edited", [("x * 2", "x * 5"), ("MORE = 1", "MORE = 7"), ("OTHER = 1", "OTHER = 2")])
def test_what_a_kernel_uses_is_part_of_it(source, edited):
    """Another callee or constant is another kernel; an edit of what it does not use is none."""
    text = (
        "from neurosim.train.desire.kernel_cache import _TemporaryLocator, cached\n\nMORE = 1\nOTHER = 1\n\n\n"
        "@cached()\ndef g(x):\n    return x * 2\n\n\ndef f(x):\n    return g(x) + MORE\n"
    )
    source.write_text(text)
    assert function(source, "neurosim")(2) == 5
    source.write_text(text.replace(*edited))
    f = function(source, "neurosim")
    assert f(2) == {"x * 2": 11, "MORE = 1": 11, "OTHER = 1": 5}[edited[0]]
    assert hits(f) == (edited[0] == "OTHER = 1")


def test_a_file_of_another_signature(source):
    """Whatever its name says, a file is used for what it says itself."""
    function(source, "neurosim")(2)
    (whole,) = files(source)
    function(source, "neurosim")(2.5)
    (other,) = set(files(source)) - {whole}
    other.write_bytes(whole.read_bytes())
    f = function(source, "neurosim")
    assert f(2.5) == 3.5 and hits(f) == 0


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"\0" * len(b)])
def test_damaged_file(source, damage):
    function(source, "neurosim")(2)
    (file,) = files(source)
    file.write_bytes(damage(file.read_bytes()))
    f = function(source, "neurosim")
    assert f(2) == 3 and hits(f) == 0


def test_no_room(source, monkeypatch):
    def full(*names):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert function(source, "neurosim")(2) == 3
    assert not list(source.parent.glob("__pycache__/*.nbc*"))


def test_no_folder_can_be_written(source, monkeypatch):
    monkeypatch.setattr(kernel_cache._Places, "_locator_classes", [])
    assert function(source, "neurosim")(2) == 3


@pytest.fixture
def nothing_but_temporary(monkeypatch, tmp_path):
    """Neither the package's folder nor the home may be written."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(kernel_cache._Places, "_locator_classes", [_TemporaryLocator])
    return tmp_path / f"neurosim-kernels-{os.getuid()}"


def test_a_temporary_folder(source, nothing_but_temporary):
    assert function(source, "neurosim")(2) == 3
    again = function(source, "neurosim")
    assert again(2) == 3 and hits(again) == 1
    assert nothing_but_temporary.stat().st_mode & 0o777 == 0o700 and list(nothing_but_temporary.rglob("*.nbc"))


@pytest.mark.parametrize("make", [lambda p: p.symlink_to("/tmp"), lambda p: p.touch(), lambda p: (p.mkdir(), p.chmod(0o777))])
def test_a_temporary_folder_of_somebody_else(source, nothing_but_temporary, make):
    """Machine code out of a folder that others may write would be theirs."""
    make(nothing_but_temporary)
    assert function(source, "neurosim")(2) == 3
    assert not list(nothing_but_temporary.parent.rglob("*.nbc"))


def test_compiling_is_announced(source, monkeypatch):
    said = []
    monkeypatch.setattr(kernel_cache, "working", lambda text: said.append(text) or nullcontext())
    assert function(source, "neurosim")(2) == 3
    assert said == ["compiling the trainer, once"]


def test_without_compiling(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    assert cached()(lambda x: x + 1)(2) == 3
