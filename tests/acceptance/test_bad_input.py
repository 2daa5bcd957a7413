"""Every wrong input gives one clear message that names the object and the remedy, and leaves no file behind."""

import errno
import importlib
import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from neurosim.backends.deployment import deploy
from neurosim.cli import app
from neurosim.cli.deploy import write_deployment
from neurosim.errors import NeurosimError
from neurosim.models import load_model
from neurosim.report import Section, write_page
from neurosim.train.desire.training import Training
from tests.acceptance import bad_descriptions, bad_files, bad_rules, bad_runs
from tests.acceptance.bad_commands import MENDABLE, USAGE, Command, prepare
from tests.acceptance.bad_input import Case, digits_net, network

CASES = (
    *bad_descriptions.DESCRIPTION,
    *bad_rules.RULES,
    *bad_runs.RUNNING,
    *bad_runs.DEPLOYING,
    *bad_runs.COMPARING,
    *bad_runs.TRAINING,
    *bad_files.FILES,
)


@pytest.fixture(autouse=True)
def _no_data_elsewhere(monkeypatch):
    monkeypatch.delenv("NEUROSIM_DATA", raising=False)
    monkeypatch.delenv("NEUROSIM_DEBUG", raising=False)
    monkeypatch.setattr("neurosim.data.locate.cache_folder", lambda: None)


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_the_table_is_long_enough():
    assert len(CASES) + len(MENDABLE) >= 45
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_api(case: Case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NeurosimError) as caught:
        case.act(tmp_path)
    message = str(caught.value)
    assert type(caught.value) is case.error
    assert "\n" not in message and len(message) < 600
    for word in case.words:
        assert word in message
    assert not [name for name in files_in(tmp_path) if Path(name).name.startswith((".", "_"))]


@pytest.mark.parametrize("command", MENDABLE, ids=lambda command: command.line)
def test_command(command: Command, tmp_path, monkeypatch):
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = files_in(tmp_path)
    result = CliRunner().invoke(app, command.line.split())
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
    for word in command.words:
        assert word in result.stderr
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("line", USAGE)
def test_wrong_usage(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, line.split())
    assert result.exit_code == 2
    assert result.stdout == "" and "--help" in result.stderr
    assert not files_in(tmp_path)


@contextmanager
def no_space(at: int = 300):
    """No file may become longer than `at` bytes: the operating system itself refuses, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _recording(folder: Path):
    found = deploy(network()).emulate(bad_runs.ms * 50)
    return lambda: found.save(folder / "out")


def _training(folder: Path):
    net = digits_net()
    trained = Training(net, {p.name: np.asarray(net.weights(p)) for p in net.projections}, ())
    return lambda: trained.save(folder / "out")


def _page(folder: Path):
    return lambda: write_page(folder / "out", "t", "a", [Section("s", "x" * 999)], {}, "c")


def _deployment(folder: Path):
    made = deploy(load_model("feedforward"))
    return lambda: write_deployment(made, folder / "out", "c")


@pytest.mark.parametrize("make", [_recording, _training, _page, _deployment])
def test_no_space(make, tmp_path):
    write = make(tmp_path)
    with pytest.raises(NeurosimError, match=r"out: could not be written \(File too large\)\. Free some space"), no_space():
        write()
    assert not files_in(tmp_path)
    write()
    assert files_in(tmp_path)


def test_no_space_on_the_disk_of_the_report(tmp_path, monkeypatch):
    def full(*args, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    result = CliRunner().invoke(app, ["deploy", "feedforward", "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr and "Free some space" in result.stderr
    assert not files_in(tmp_path)


def test_a_full_disk_ends_the_process_in_order(tmp_path):
    """HDF5 crashes when a write fails behind its back; a recording does not come to that."""
    code = (
        "import resource, sys; from neurosim.cli import main; import brian2\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)); main()"
    )
    command = [sys.executable, "-c", code, "simulate", "feedforward", "--duration", "300ms", "--out", "r.h5"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "error: r.h5: could not be written (File too large)" in done.stderr
    assert not files_in(tmp_path)


def test_interrupted(monkeypatch):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("neurosim.cli.deploy.shown_network", interrupt)
    result = CliRunner().invoke(app, ["deploy", "feedforward"])
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")


@pytest.mark.parametrize("command", ["train desire_mlp --epochs 1", "train backprop --epochs 1", "train desire_chip --on-chip"])
def test_an_interrupted_training_says_how_to_go_on(monkeypatch, tmp_path, command):
    def interrupt(*args, folder, **options):
        for name in ("training.h5", "rates.h5", "in_run.npz"):
            (folder / name).touch()
        raise KeyboardInterrupt

    for module, name in (("train", "train"), ("rate", "train_rates"), ("train.in_run.on_chip", "train_on_chip")):
        monkeypatch.setattr(importlib.import_module(f"neurosim.{module}"), name, interrupt)
    result = CliRunner().invoke(app, [*command.split(), "--out", str(tmp_path / "out")])
    assert result.exit_code == 130
    assert result.stderr.startswith("interrupted; the same command with --resume goes on from ")
    again = CliRunner().invoke(app, [*command.split(), "--out", str(tmp_path / "out")])
    assert again.exit_code == 1 and "add --resume to continue" in again.stderr


def test_a_bug_asks_to_be_reported(monkeypatch):
    def fail(*args, **options):
        raise ZeroDivisionError("division by\nzero")

    monkeypatch.setattr("neurosim.cli.deploy.shown_network", fail)
    result = CliRunner().invoke(app, ["deploy", "feedforward", "--json"])
    assert result.exit_code == 1 and result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "ZeroDivisionError" in result.stderr and "please report" in result.stderr
    monkeypatch.setenv("NEUROSIM_DEBUG", "1")
    assert "Traceback" in CliRunner().invoke(app, ["deploy", "feedforward"]).stderr
