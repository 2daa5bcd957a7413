"""Nothing is lost: SIGKILL at random moments, Ctrl-C, two processes at once."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from neurosim.study.owner import is_alive, ownership
from neurosim.study.results import read_results
from neurosim.study.runner import run_study
from neurosim.study.source import load_study

CHILD = Path(__file__).with_name("study_process.py")
TRIALS = 200
STUDY = """
import time
from neurosim.study import Grid, Measure, Study

def trial(t):
    time.sleep(0.01)
    (t.folder / "drawn.txt").write_text(repr(t.rng("a").uniform()))
    return {"sum": t.parameters["x"] + t.rng("a").uniform()}

STUDY = Study("toy", "Does it add up?", trial, Grid({"x": list(range(40))}), {"sum": Measure("1", "x + noise")}, seeds=5)
"""


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "toy.py"
    path.write_text(STUDY)
    return path


def start(study, folder, jobs=2):
    command = [sys.executable, str(CHILD), str(study), str(folder), str(jobs)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def count(folder, state):
    try:
        with sqlite3.connect(f"file:{folder}/study.db?mode=ro", uri=True) as connection:
            return connection.execute("SELECT COUNT(*) FROM trials WHERE state = ?", (state,)).fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def found(folder):
    return {(row.key, row.measures["sum"]) for row in read_results(folder).table.rows}


def artefacts(folder):
    return sorted(path.name for path in (folder / "v1").iterdir())


@pytest.fixture
def uninterrupted(study, tmp_path):
    run_study(load_study(study), tmp_path / "whole")
    return tmp_path / "whole"


@pytest.mark.slow
def test_killed_twenty_times(study, uninterrupted, tmp_path):
    folder, rng, done = tmp_path / "killed", random.Random(1), []
    for _ in range(20):
        child = start(study, folder)
        before = count(folder, "done")
        # Some die at once, most after a few results.
        if rng.random() < 0.8:
            wait_for(lambda: count(folder, "done") > before or child.poll() is not None)  # noqa: B023
        time.sleep(rng.uniform(0, 0.1))
        child.kill()
        child.communicate(timeout=30)
        done.append(count(folder, "done"))
    assert done == sorted(done) and 0 < done[-1] < TRIALS
    assert start(study, folder).wait(60) == 0
    table = read_results(folder).table
    assert len(table) == len({row.key for row in table.rows}) == TRIALS
    assert found(folder) == found(uninterrupted)
    assert artefacts(folder) == artefacts(uninterrupted)


def test_two_processes_share_the_work(study, uninterrupted, tmp_path):
    folder = tmp_path / "shared"
    children = [start(study, folder, 1) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    assert found(folder) == found(uninterrupted)
    with sqlite3.connect(folder / "study.db") as connection:
        shares = dict(connection.execute("SELECT run, COUNT(*) FROM trials GROUP BY run"))
    assert sum(shares.values()) == TRIALS and len(shares) == 2


def test_survivor_takes_over_from_the_dead(study, uninterrupted, tmp_path):
    folder = tmp_path / "survived"
    children = [start(study, folder, 2) for _ in range(2)]
    wait_for(lambda: count(folder, "done") > 10)
    children[0].kill()
    assert children[1].wait(60) == 0
    assert found(folder) == found(uninterrupted)


def test_ctrl_c_keeps_what_is_finished(study, tmp_path):
    folder = tmp_path / "stopped"
    # Slow trials: on a loaded machine the signal must still come before the end.
    study.write_text(STUDY.replace("sleep(0.01)", "sleep(0.1)"))
    child = start(study, folder)
    wait_for(lambda: count(folder, "done") > 10)
    # As a terminal does: to the workers, too.
    os.killpg(child.pid, signal.SIGINT)
    errors = child.communicate(timeout=30)[1]
    assert child.returncode != 0 and "KeyboardInterrupt" in errors, (child.returncode, count(folder, "done"), errors)
    assert count(folder, "running") == 0
    assert 10 < count(folder, "done") < TRIALS
    assert not [name for name in artefacts(folder) if name.startswith(".")]


def test_workers_do_not_outlive_a_killed_parent(study, tmp_path):
    child = start(study, tmp_path / "orphans")
    wait_for(lambda: count(tmp_path / "orphans", "done") > 5)
    assert len(group(child.pid)) >= 3
    child.kill()
    # What removes shared memory and semaphores says nothing of it.
    assert child.communicate(timeout=30)[1] == ""
    wait_for(lambda: not group(child.pid), 15)
    assert not list(Path("/dev/shm").glob(f"*[-_]{child.pid}[-_]*"))


def test_the_next_start_clears_the_owners_of_the_dead(study, tmp_path):
    folder = tmp_path / "owned"
    for _ in range(2):
        child = start(study, folder, 1)
        wait_for(lambda: count(folder, "running") > 0 or child.poll() is not None)  # noqa: B023
        time.sleep(0.2)
        child.kill()
        child.communicate(timeout=30)
    assert len(list((folder / ".owners").iterdir())) == 1
    (folder / ".owners" / "README").touch()
    read_results(folder)
    assert len(list((folder / ".owners").iterdir())) == 2
    run_study(load_study(study), folder)
    assert [path.name for path in (folder / ".owners").iterdir()] == ["README"]
    (folder / ".owners" / "README").unlink()
    run_study(load_study(study), folder)
    assert not (folder / ".owners").exists()


def test_many_owners_come_and_go(tmp_path, quick_switches):
    """The folder is removed by the last, while others come; each has a file that shows that it is alive."""
    alive = []

    def work():
        for _ in range(50):
            with ownership(tmp_path / ".owners") as name:
                alive.append((tmp_path / ".owners" / name).exists() and is_alive(tmp_path / ".owners", name))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert alive == [True] * 200 and not (tmp_path / ".owners").exists()


@pytest.fixture
def quick_switches():
    """Threads that take turns after every few lines, so that each order of two lines comes about."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def group(leader):
    """Processes of a session."""
    listing = subprocess.run(["ps", "-eo", "pid=,sess="], capture_output=True, text=True, check=True).stdout
    return [pid for pid, session in map(str.split, listing.splitlines()) if int(session) == leader]
