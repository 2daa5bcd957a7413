"""``--hw`` without a board: the models that would run, with a folder that stands in for Intel's extension of Lava."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Projection, SoftResetLIF, Uniform, deploy
from neurosim.backends.lava.interpreter import require_lava
from neurosim.units import Hz, ms
from tests.conformance.lava_children import needs_lava
from tests.conformance.project_networks import pairs, rewarded

pytestmark = needs_lava
STUB = Path(__file__).parents[1] / "lava_loihi_stub"
MICROCODE = """
from lava.magma.core.decorator import implements, requires
from lava.magma.core.model.nc.model import AbstractNcProcessModel
from lava.magma.core.resources import Loihi2NeuroCore
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from processes.{module} import {process}


@implements(proc={process}, protocol=LoihiProtocol)
@requires(Loihi2NeuroCore)
class NcSoft(AbstractNcProcessModel):
    pass
"""
WITH_ADAPTERS = """
import sys
sys.path.insert(0, {folder!r})
import compat, harness, runpy
harness.selected = lambda build, args, sources: harness.simulation(args)
sys.argv = ["graph.py", "--hw"]
runpy.run_path({folder!r} + "/graph.py", run_name="__main__")
"""


def run(*words, cwd, stub=True):
    lava = require_lava()
    own = dict(lava.environment())
    if stub:
        own["PYTHONPATH"] = os.pathsep.join([str(STUB), own.get("PYTHONPATH", "")])
    command = [lava.python, *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=own, capture_output=True, text=True, timeout=120, check=False)


def chosen(ended):
    """Process -> what the table says: class, model and place."""
    rows = (line.split() for line in ended.stdout.splitlines()[1:])
    return {name: " ".join(words) for name, *words in rows}


@pytest.fixture(scope="module")
def soft(tmp_path_factory):
    """A project with neurons that Lava does not have."""
    parts = [
        Population("input", 8, PoissonInput(100 * Hz)),
        Population("cells", 6, LIF(tau_m=20 * ms, v_th=1.0)),
        Population("soft", 4, SoftResetLIF(tau_m=20 * ms, v_th=1.0)),
    ]
    joined = [Projection(a, b, AllToAll(Uniform(0, 0.6))) for a, b in (("input", "cells"), ("cells", "soft"))]
    folder = tmp_path_factory.mktemp("soft")
    deploy(Network("board", parts, joined)).write_lava(folder, 20 * ms)
    process = next(path.stem for path in (folder / "processes").glob("softresetlif_*.py"))
    return folder, process.replace("softresetlif", "SoftResetLIF")


def test_microcode_has_a_place(soft):
    """Without it the process is named; with it the board runs the process."""
    folder, process = soft
    ended = run(folder / "graph.py", "--hw", "--dry-run", cwd=folder)
    found = chosen(ended)
    assert found["cells"] == "LIF NcModelLif board" and found["input_cells"] == "Dense NcModelDense board"
    assert found["input"] == "RingBuffer PySendModelFixed this computer"
    assert found["soft"].endswith(f"this computer needs microcode: microcode/{process}.py")
    assert ended.returncode == 1 and f"{process}: needs microcode" in ended.stderr
    assert f"`{process}`, defined in `processes/{process.lower()}.py`" in (folder / "microcode" / "README.md").read_text()
    slot = folder / "microcode" / f"{process}.py"
    slot.write_text(MICROCODE.format(process=process, module=process.lower()))
    ended = run(folder / "graph.py", "--hw", "--dry-run", cwd=folder)
    slot.unlink()
    assert ended.returncode == 0 and chosen(ended)["soft"] == f"{process} NcSoft board", ended.stderr


def test_a_file_without_the_model_is_named(soft):
    folder, process = soft
    slot = folder / "microcode" / f"{process}.py"
    slot.write_text("MODEL = None\n")
    ended = run(folder / "graph.py", "--hw", "--dry-run", cwd=folder)
    slot.unlink()
    assert ended.returncode and f"{process}.py: expected one process model with @implements(proc={process}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_board_is_not_used_while_microcode_is_missing(soft):
    folder, process = soft
    ended = run(folder / "graph.py", "--hw", cwd=folder)
    assert ended.returncode == 1 and f"{process}: needs microcode" in ended.stderr and "Traceback" not in ended.stderr
    assert not (folder / "results.npz").exists()


def test_a_tag_that_no_model_has(soft):
    folder, _ = soft
    ended = run(folder / "graph.py", "--hw", "--dry-run", "--hw-tag", "hard_coded", cwd=folder)
    assert ended.returncode == 1 and "none nowhere" in chosen(ended)["cells"]


def test_without_the_extension(soft):
    """The error says so, and names what a board would need besides."""
    folder, process = soft
    ended = run(folder / "graph.py", "--hw", "--dry-run", cwd=folder, stub=False)
    assert ended.returncode and "lava-loihi" in ended.stderr and "Traceback" not in ended.stderr
    assert f"need a file in microcode/: {process}." in ended.stderr


def test_without_a_board_a_dry_run_shows_the_models_of_this_computer(soft):
    folder, process = soft
    ended = run(folder / "graph.py", "--dry-run", cwd=folder, stub=False)
    assert ended.returncode == 0
    assert chosen(ended)["cells"] == "LIF PyLifModelBitAcc this computer"
    assert chosen(ended)["soft"] == f"{process} Py{process}Fixed this computer"


def test_learning_on_a_board(tmp_path):
    """Pairs of spikes take models of the extension; neurons that send third factors, and relays, need microcode."""
    deploy(pairs().network).write_lava(tmp_path / "pairs")
    ended = run(tmp_path / "pairs" / "graph.py", "--hw", "--dry-run", cwd=tmp_path)
    assert ended.returncode == 0 and chosen(ended)["input_output"] == "LearningDense NcModelLearningDense board", ended.stderr
    deploy(rewarded().network).write_lava(tmp_path / "rewarded")
    ended = run(tmp_path / "rewarded" / "graph.py", "--hw", "--dry-run", cwd=tmp_path)
    assert ended.returncode == 1
    for name in ("ThreeFactorLIF", "Release"):
        assert f"{name}: needs microcode: microcode/{name}.py" in ended.stderr


@pytest.mark.slow
def test_spikes_and_weights_pass_the_adapters(tmp_path):
    """The graph with the adapters of a board between it and the host, on this computer: equal to the emulator."""
    case = pairs()
    deploy(case.network).write_lava(tmp_path / "pairs", case.duration)
    script = tmp_path / "with_adapters.py"
    script.write_text(WITH_ADAPTERS.format(folder=str(tmp_path / "pairs")))
    ended = run(script, cwd=tmp_path)
    assert ended.stdout.splitlines()[-1:] == ["equal to the emulator"], ended.stdout + ended.stderr
