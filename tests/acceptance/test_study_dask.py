"""The same study on a Dask cluster of processes, of which some are killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time

import pytest

from neurosim.study.results import read_results
from neurosim.study.runner import run_study
from neurosim.study.source import load_study
from neurosim.study.workers import Dask

distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")

STUDY = """
import time
from neurosim.study import Grid, Measure, Study

def trial(t):
    time.sleep(0.05)
    return {"sum": t.parameters["x"] + t.rng("a").uniform()}

STUDY = Study("toy", "?", trial, Grid({"x": list(range(50))}), {"sum": Measure("1", "x + noise")}, seeds=2)
"""


@pytest.fixture
def cluster():
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        yield cluster


def kill_workers(address, database, times):
    """Kill a worker whenever some more trials are done."""
    with distributed.Client(address) as client:
        for k in range(times):
            while done(database) < 15 * (k + 1):
                time.sleep(0.02)
            os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)


def done(database):
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            return connection.execute("SELECT COUNT(*) FROM trials WHERE state = 'done'").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def test_killed_workers_lose_nothing(cluster, tmp_path):
    (tmp_path / "toy.py").write_text(STUDY)
    source = load_study(tmp_path / "toy.py")
    address = cluster.scheduler_address
    killer = threading.Thread(target=kill_workers, args=(address, tmp_path / "dask" / "study.db", 3))
    killer.start()
    run_study(source, tmp_path / "dask", workers=Dask(address))
    killer.join()
    run_study(source, tmp_path / "here")
    rows = [{row.key: row.measures for row in read_results(tmp_path / name).table.rows} for name in ("dask", "here")]
    assert len(rows[0]) == 100 and rows[0] == rows[1]
