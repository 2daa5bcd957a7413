"""Nothing is left of a Lava run that ends before its time: no process, no folder, no shared memory.

Four kills; ``NEUROSIM_FULL=1 pytest tests/acceptance/test_lava_kill.py`` does forty.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from neurosim.backends.lava.export import write_graph
from neurosim.backends.lava.interpreter import require_lava
from neurosim.backends.lava.runner import run_lava
from neurosim.errors import LavaError
from neurosim.processes.child import supervised
from tests.acceptance.killed import Run, short_folder
from tests.acceptance.lava_process import PROGRAM
from tests.conformance.lava_children import needs_lava

pytestmark = [
    needs_lava,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]
SCRIPT = Path(__file__).with_name("lava_process.py")
KILLS = 20 if os.environ.get("NEUROSIM_FULL") else 2
LONG = 10**6


@pytest.fixture
def folder():
    with short_folder() as folder:
        yield folder


@pytest.fixture
def start(folder):
    """Makes a `Run` of `lava_process.py` whose files are in `folder`; ends it, too."""
    with contextlib.ExitStack() as stack:

        def begin(steps=LONG, timeout=60.0, **options):
            run = Run(folder, [sys.executable, SCRIPT, steps, timeout], **options)
            stack.callback(run.end)
            assert run.parent.stdout.readline() == "begins\n"
            return run

        yield begin


def supervisor(run):
    return run.running("supervisor.py")[0]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_parent_killed_at_random_moments(number, start):
    rng, reached = random.Random(int(number)), 0
    for k in range(KILLS):
        run = start()
        # The first while Lava runs, most while it starts.
        if k == 0:
            run.wait_for_lava()
        time.sleep(rng.uniform(0, 2))
        run.parent.send_signal(number)
        run.parent.communicate(timeout=10)
        reached += bool(run.shared)
        run.assert_nothing_left()
    assert reached


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_supervisor_killed(number, start):
    run = start()
    run.wait_for_lava()
    os.kill(supervisor(run), number)
    assert "its supervisor process was killed" in run.refusal()


def test_parent_and_supervisor_killed(start, folder):
    run = start()
    run.wait_for_lava()
    # The parent is stopped first: it would clear everything as soon as it noticed that its supervisor is gone.
    run.parent.send_signal(signal.SIGSTOP)
    os.kill(supervisor(run), signal.SIGKILL)
    run.parent.kill()
    run.parent.communicate(timeout=10)
    assert run.running("graph.py") and run.names
    # The next start clears what this one left.
    subprocess.run([sys.executable, str(SCRIPT), "1", "60"], env={**os.environ, "TMPDIR": str(folder)}, check=True)
    run.assert_nothing_left()


def test_the_next_start_leaves_the_living_alone(folder, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with supervised() as first, supervised() as second:
        assert first.folder.is_dir() and second.folder.is_dir() and first.folder != second.folder
    assert not list(folder.iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_one_of_lavas_processes_killed(number, start):
    run = start()
    run.wait_for_lava()
    time.sleep(1)
    os.kill(max(run.running("graph.py")), number)
    assert f"A process of Lava was killed by signal {int(number)}" in run.refusal()


def test_first_of_lavas_processes_killed(start):
    run = start()
    run.wait_for_lava()
    os.kill(min(run.running("graph.py")), signal.SIGKILL)
    assert "exit code -9" in run.refusal()


def test_out_of_time(start):
    assert "did not finish 'small' within 3 s" in start(timeout=3.0).refusal()


def limit_files(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size, words", [(100, "needs space for files"), (60_000, "File too large")])
def test_full_disk(size, words, start):
    """When the graph is written, and when Lava writes its results."""
    assert words in start(steps=3000, preexec_fn=limit_files(size)).refusal()


def test_nowhere_to_write(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/proc")
    with pytest.raises(LavaError, match="run of 'small' was aborted.*'/proc/neurosim-"):
        run_lava(PROGRAM, 5, timeout=30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_graph_of_its_own_ends_clean(number, folder):
    """Without neurosim around it: whoever wrote it is not there to clear up."""
    graph = folder / "graph"
    write_graph(PROGRAM, graph)
    np.savez(graph / "inputs.npz", source=np.ones((1, LONG, 2), int))
    before = set(graph.iterdir())
    files = ["--inputs", graph / "inputs.npz", "--out", graph / "out.npz", "--steps", LONG]
    (folder / "t").mkdir()
    lava = require_lava()
    run = Run(folder / "t", [lava.python, graph / "graph.py", *files], lava.environment())
    try:
        run.wait_for_lava()
        run.parent.send_signal(number)
        assert run.parent.wait(60)
        run.assert_nothing_left()
        assert {x for x in graph.iterdir() if x.name != "__pycache__"} == {x for x in before if x.name != "__pycache__"}
    finally:
        run.end()
