"""Which Python runs Lava, with which Lava, and how it gets there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from neurosim.backends.lava import interpreter as lava_python
from neurosim.backends.lava import setup as lava_setup
from neurosim.errors import NeurosimError, UnsupportedError
from tests.conformance.lava_children import needs_lava


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Private folders of this test's own, of a Python without lava-nc among its packages."""

    def missing(name):
        raise PackageNotFoundError(name)

    places = tmp_path / "environment" / "lava", tmp_path / "user" / "lava"
    monkeypatch.delenv(lava_python.VARIABLE, raising=False)
    monkeypatch.setattr(lava_python, "version", missing)
    for module in (lava_python, lava_setup):
        monkeypatch.setattr(module, "private_folders", lambda: places)
    return places


def put_lava(folder, version=lava_python.LAVA_VERSION):
    """What pip leaves of a package by which its version is known."""
    about = folder / f"lava_nc-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: lava-nc\nVersion: {version}\n")


def test_without_lava_it_says_how_to_get_it(folders):
    assert lava_python.lava_python() == lava_python.LavaPython(sys.executable, None, "")
    with pytest.raises(UnsupportedError, match="found no lava-nc for .* run 'neurosim lava setup'.* emulator"):
        lava_python.require_lava()


def test_a_private_folder_is_found_and_only_children_see_it(folders, monkeypatch):
    put_lava(folders[1])
    monkeypatch.setenv("PYTHONPATH", "mine")
    found = lava_python.require_lava()
    assert (found.folder, found.version) == (folders[1], lava_python.LAVA_VERSION)
    assert found.environment()["PYTHONPATH"] == os.pathsep.join([str(folders[1]), "mine"])
    assert os.environ["PYTHONPATH"] == "mine" and str(folders[1]) not in sys.path


def test_another_version_is_refused(folders):
    put_lava(folders[0], "0.9.0")
    with pytest.raises(UnsupportedError, match="found lava-nc 0.9.0 .* expected version 0.10.0"):
        lava_python.require_lava()


def test_another_interpreter_gets_none_of_this_ones_packages(monkeypatch):
    monkeypatch.setenv(lava_python.VARIABLE, "elsewhere/python")
    monkeypatch.setenv("PYTHONPATH", "mine")
    monkeypatch.setattr(lava_python, "_version_elsewhere", lambda python: lava_python.LAVA_VERSION)
    found = lava_python.require_lava()
    assert found.python == "elsewhere/python" and "PYTHONPATH" not in found.environment()


@pytest.mark.parametrize(
    ("python", "expected"),
    [("missing/python", "cannot be started"), (sys.executable, "set NEUROSIM_LAVA_PYTHON to another interpreter")],
)
def test_another_interpreter_that_cannot_run_lava(monkeypatch, python, expected):
    monkeypatch.setattr(lava_python, "_ASK", "raise SystemExit(1)")
    monkeypatch.setenv(lava_python.VARIABLE, python)
    lava_python._version_elsewhere.cache_clear()
    with pytest.raises(UnsupportedError, match=expected):
        lava_python.require_lava()
    lava_python._version_elsewhere.cache_clear()


def test_setup_puts_it_in_place_as_a_whole(folders, monkeypatch):
    def pip(command, **options):
        put_lava(Path(command[command.index("--target") + 1]))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(lava_setup.subprocess, "run", pip)
    assert lava_setup.install_lava() == folders[0]
    assert [path.name for path in folders[0].parent.iterdir()] == ["lava"]
    assert lava_python.require_lava().folder == folders[0]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("python: No module named pip", "has no pip.*ensurepip"),
        ("ERROR: Could not find a version\nERROR: No matching distribution found\n", "No matching distribution found.*network"),
    ],
)
def test_setup_that_fails_leaves_nothing(folders, monkeypatch, words, expected):
    def pip(command, **options):
        Path(command[command.index("--target") + 1]).mkdir()
        return subprocess.CompletedProcess(command, 1, "", words)

    monkeypatch.setattr(lava_setup.subprocess, "run", pip)
    with pytest.raises(NeurosimError, match=expected):
        lava_setup.install_lava()
    assert list(folders[0].parent.iterdir()) == []


def test_setup_without_a_place(folders):
    for folder in folders:
        folder.parent.parent.mkdir(exist_ok=True)
        folder.parent.write_text("a file in the way")
    with pytest.raises(NeurosimError, match="neither .* nor .* is writable.*XDG_DATA_HOME"):
        lava_setup.install_lava()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 takes any default")
def test_classes_that_newer_pythons_refuse_get_a_hash(tmp_path):
    (tmp_path / "bytes_of_lava.py").write_text(
        "from dataclasses import dataclass\n"
        "@dataclass\nclass Byte:\n    n: int = 0\n"
        "@dataclass\nclass Word:\n    low: Byte = Byte()\n"
    )
    compat = Path(lava_setup.__file__).with_name("compat.py").read_text().partition("\n\nif sys.version_info")[0]
    script = compat + "\nimport_with_hash('bytes_of_lava', 'Byte')\nimport bytes_of_lava\nprint(bytes_of_lava.Word().low.n)\n"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


@needs_lava
def test_three_neurons_run(tmp_path):
    command = [sys.executable, "-m", "neurosim", "lava", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert json.loads(done.stdout)["version"] == lava_python.LAVA_VERSION
