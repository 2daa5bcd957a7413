"""The main job on real data, by the command that the README names."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from neurosim.backends.lava.interpreter import LavaPython
from neurosim.demo import job
from neurosim.reproduce import reproduce


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Folder and printed result of one full run."""
    out = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "neurosim", "demo", "--out", str(out), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=True)
    return out, json.loads(done.stdout.splitlines()[-1])


def test_accuracy_in_float_and_integers(demo):
    folder, printed = demo
    result = json.loads((folder / "result.json").read_text())
    assert result["accuracy_float"] == printed["accuracy_float"]
    assert len(result["accuracy_float_by_seed"]) >= 3
    assert result["accuracy_float"] >= 0.94
    assert abs(result["accuracy_fixed"] - result["accuracy_float"]) <= 0.01


def test_brian2_and_lava_agree(demo):
    _, result = demo
    assert result["brian2_identical"] is True
    assert result["brian2"]["spikes"]["samples"] >= 50 and result["brian2"]["weights"]["samples"] >= 50
    assert result["brian2"]["weights"]["worst_difference"] <= 1e-9 < result["brian2"]["weights"]["moved"]
    assert result["lava_identical"] is True
    assert result["lava"]["samples"] >= 100
    assert all(count > 500 for count in result["lava"]["spikes"].values())


def test_report_is_one_file_with_everything_in_it(demo):
    folder, _ = demo
    page = (folder / "report.html").read_text()
    assert page.count("<svg") >= 5
    for part in ("Learning curve", "Confusion matrix", "Weights before and after", "Float against integers", "Every rounding"):
        assert part in page
    assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//", page)
    assert "<script" not in page


def test_trained_network_and_graph_are_usable(demo, tmp_path):
    folder, _ = demo
    arguments = ["deploy", str(folder / "trained.h5"), "--out", str(tmp_path / "chip"), "--json"]
    command = [sys.executable, "-m", "neurosim", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert json.loads(done.stdout.splitlines()[-1])
    assert (tmp_path / "chip" / "graph.py").read_text() == (folder / "lava" / "graph.py").read_text()


def test_without_lava_that_step_is_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(job, "lava_python", lambda: LavaPython(sys.executable, None, ""))
    result = job.run_demo(tmp_path / "demo", seeds=1, epochs=1, brian2_samples=2)
    assert result["lava"] is None and result["lava_identical"] is None and result["brian2_identical"]
    assert "neurosim lava setup" in capsys.readouterr().err
    assert "Lava fixed_pt was not compared with the emulator in integers" in (tmp_path / "demo" / "report.html").read_text()
    verdict = reproduce(tmp_path / "demo" / "result.json")
    assert verdict.equal, verdict.difference
