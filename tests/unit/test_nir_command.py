"""NIR files as models of the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from neurosim import LIF, Network, PoissonInput, Population, Projection, load_model, per_step
from neurosim.nir import to_nir
from neurosim.results.recording import Recording
from neurosim.units import Hz, ms
from tests.unit.test_cli import invoke


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a NIR file, from which commands run."""
    monkeypatch.chdir(tmp_path)
    cells = Population("cells", 4, LIF(tau_m=per_step(0.9), v_th=1.0))
    wire = Projection("in", "cells", np.full((6, 4), 0.4))
    to_nir(Network("net", [Population("in", 6, PoissonInput(100 * Hz)), cells], [wire], dt=1 * ms), "net.nir")
    return tmp_path


def test_simulate_shows_the_choices_and_steps(folder):
    said = invoke("simulate net.nir --duration 100ms --set threshold=\">=\" --out run.h5").output
    assert "what NIR leaves open" in said and "stored in the graph" in said and "given" in said
    run = Recording.load("run.h5")
    assert run.info["integration"] == "step"
    assert len(run.spikes["cells"]) > 5


def test_what_was_simulated_is_made_again(folder):
    invoke("simulate net.nir --duration 50ms --out run.h5")
    assert "equal" in invoke("reproduce run.h5").output
    (folder / "net.nir").write_bytes((folder / "net.nir").read_bytes() + b" ")
    assert "has changed since" in invoke("reproduce run.h5", code=1).output


def test_deploy(folder):
    found = json.loads(invoke("deploy net.nir --target loihi2 --run emulator --duration 50ms --json").stdout)
    assert found["network"] == "net"


def test_options_and_faults(folder):
    assert load_model("net.nir", dt=0.002).step_seconds == 0.002
    said = invoke("simulate net.nir --set rest=1", code=1).output
    assert "Unknown choice 'rest'" in said
    assert "no such file" in invoke("simulate other.nir", code=1).output
