"""Running studies: equal for any number of jobs, versions, failures, and every way in which a disk or a file is bad."""

from __future__ import annotations

import os
import sqlite3
import tracemalloc

import pytest

from neurosim.errors import ContentError, DataError, NeurosimError, UsageError
from neurosim.study import database, store
from neurosim.study.results import read_results, versions_of
from neurosim.study.runner import run_study
from neurosim.study.source import load_study
from neurosim.study.workers import Local, workers_for

HEAD = """
import os
from pathlib import Path
from neurosim.study import Grid, Measure, Study, Search, Range
from neurosim.units import ms
"""
TAIL = """
STUDY = Study("toy", "How much?", trial, Grid({"x": [1, 2, 3]}), {"m": Measure("1", "a number")}, seeds=4)
"""
GOOD = """
def trial(t):
    return {"m": t.parameters["x"] + t.rng("noise").uniform()}
"""


@pytest.fixture
def write(tmp_path):
    """Writes a study file of the given trial; its source."""

    def make(trial=GOOD, tail=TAIL):
        path = tmp_path / "toy.py"
        path.write_text(HEAD + trial + tail)
        return load_study(path)

    return make


def values(folder, version=None):
    return [(row.key, row.measures) for row in read_results(folder, version).table.rows]


def test_equal_for_any_number_of_jobs(write, tmp_path):
    for jobs in (1, 2):
        run_study(write(), tmp_path / str(jobs), workers=Local(jobs))
    assert len(values(tmp_path / "1")) == 12
    assert values(tmp_path / "1") == values(tmp_path / "2")


def test_a_second_run_repeats_nothing(write, tmp_path):
    source = write("def trial(t):\n    return {'m': float(os.getpid())}\n")
    run_study(source, tmp_path, workers=Local(2))
    before = values(tmp_path)
    run_study(source, tmp_path)
    assert values(tmp_path) == before
    assert len(read_results(tmp_path).provenance) == 2


def test_a_changed_study_starts_a_new_version(write, tmp_path):
    assert run_study(write(), tmp_path) == 1
    assert run_study(write(GOOD.replace("x", "x") + "# changed\n"), tmp_path) == 2
    assert run_study(write(), tmp_path, settings={"x": [2]}) == 3
    assert run_study(write(), tmp_path, size="ci") == 4
    assert run_study(write(), tmp_path) == 1
    assert versions_of(tmp_path) == [1, 2, 3, 4]
    assert [len(values(tmp_path, v)) for v in (1, 2, 3, 4)] == [12, 12, 4, 12]
    assert read_results(tmp_path).version == 1
    with pytest.raises(DataError, match="no version 9; expected one of 1, 2, 3, 4"):
        read_results(tmp_path, 9)


FAILING = """
def trial(t):
    if t.parameters["x"] == 2 and not Path(r"{marker}").exists():
        (t.folder / "half.txt").write_text("half")
        raise RuntimeError("too large")
    return {{"m": 1.0}}
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failed_trial_keeps_its_traceback_and_the_rest_goes_on(write, tmp_path, jobs):
    marker = tmp_path / "mended"
    source = write(FAILING.format(marker=marker))
    run_study(source, tmp_path / "out", workers=Local(jobs))
    found = read_results(tmp_path / "out")
    assert (len(found.table), len(found.failures), found.open) == (8, 4, 0)
    assert found.failures[0].reason == "RuntimeError: too large"
    assert 'raise RuntimeError("too large")' in found.failures[0].error
    assert not list((tmp_path / "out").rglob("half.txt"))
    marker.touch()
    run_study(source, tmp_path / "out", workers=Local(jobs))
    assert len(read_results(tmp_path / "out").failures) == 4
    run_study(source, tmp_path / "out", workers=Local(jobs), retry_failed=True)
    found = read_results(tmp_path / "out")
    assert (len(found.table), len(found.failures)) == (12, 0)


DYING = """
def trial(t):
    if t.parameters["x"] == 2 and t.seed == 1:
        os._exit(9)
    return {"m": 1.0}
"""


def test_a_trial_that_kills_its_process_fails_alone(write, tmp_path):
    run_study(write(DYING), tmp_path, workers=Local(2))
    found = read_results(tmp_path)
    assert len(found.table) == 11
    assert [(f.point, f.seed) for f in found.failures] == [({"x": 2}, 1)]
    assert "died" in found.failures[0].reason


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("{'m': float('nan')}", "measure 'm' is nan; expected a finite number"),
        ("{'m': 'many'}", "measure 'm' is 'many'; expected a number"),
        ("{'n': 1}", "Unknown measure 'n': expected one of m"),
        ("{}", "did not return 'm'"),
        ("3", "returned int; expected {measure: number}"),
    ],
)
def test_a_bad_measure_is_a_failed_trial(write, tmp_path, returned, message):
    run_study(write(f"def trial(t):\n    return {returned} if t.seed else {{'m': 1}}\n"), tmp_path)
    found = read_results(tmp_path)
    assert len(found.table) == 3
    assert message in found.failures[0].reason


@pytest.mark.parametrize(
    ("looked_up", "message"), [("t.parameters['how']", "how = 'badly' is not a known value"), ("'x'", "KeyError: 'x'")]
)
def test_a_name_that_the_study_does_not_know(write, tmp_path, looked_up, message):
    tail = 'STUDY = Study("toy", "?", trial, Grid({"how": ["well"]}), {"m": Measure("1", "m")}, seeds=1)\n'
    run_study(
        write(f"def trial(t):\n    return {{'m': {{'well': 1}}[{looked_up}]}}\n", tail), tmp_path, settings={"how": ["badly"]}
    )
    assert message in read_results(tmp_path).failures[0].reason


def test_quantities_come_back_with_their_units(write, tmp_path):
    tail = 'STUDY = Study("toy", "?", trial, Grid({"tau": [5 * ms, 10 * ms]}), {"m": Measure("ms", "tau")}, seeds=1)\n'
    run_study(write("def trial(t):\n    return {'m': t.parameters['tau'] / ms}\n", tail), tmp_path)
    assert read_results(tmp_path).table.column("m") == pytest.approx([5, 10])


def test_a_search_goes_on_where_it_stopped(write, tmp_path):
    pytest.importorskip("optuna", reason="the extra search is not installed")
    tail = 'STUDY = Study("toy", "?", trial, Search({"x": Range(0, 1)}, 12, "m"), {"m": Measure("1", "")}, seeds=2)\n'
    source = write("def trial(t):\n    return {'m': -(t.parameters['x'] - 0.5) ** 2}\n", tail)
    run_study(source, tmp_path / "a", workers=Local(2))
    run_study(source, tmp_path / "b")
    assert values(tmp_path / "a") == values(tmp_path / "b")
    before = values(tmp_path / "a")
    with sqlite3.connect(tmp_path / "a" / "study.db") as connection:
        connection.execute("DELETE FROM trials WHERE trial > 10")
    run_study(source, tmp_path / "a")
    assert values(tmp_path / "a") == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def trial(t)\n    pass\n", "toy.py, line 1: not valid Python"),
        ("STUDY = 3\n", "found no study; end the file with 'STUDY = Study"),
        ("raise KeyError('x')\n", "toy.py, line 1: the file raised KeyError"),
    ],
)
def test_a_bad_file_says_where(tmp_path, text, message):
    (tmp_path / "toy.py").write_text(text)
    with pytest.raises(ContentError, match=message):
        load_study(tmp_path / "toy.py")


def test_unknown_names():
    with pytest.raises(ContentError, match="Unknown study 'desire_bit'.*Did you mean 'desire_bits'.*path of a .py file"):
        load_study("desire_bit")
    with pytest.raises(UsageError, match="--jobs 0"):
        workers_for(0, None)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_keeps_finished_trials(write, tmp_path, monkeypatch, jobs):
    add = store.Store.add

    def add_and_fill_the_disk(self, points, seeds):
        add(self, points, seeds)
        pages = self._connection.execute("PRAGMA page_count").fetchone()[0]
        self._connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    tail = 'STUDY = Study("toy", "?", trial, Grid({"x": list(range(500))}), {"m": Measure("1", "")}, seeds=1)\n'
    source = write(GOOD, tail)
    with monkeypatch.context() as patch:
        patch.setattr(store.Store, "add", add_and_fill_the_disk)
        with pytest.raises(NeurosimError, match="the disk is full. Free some space and start the study again"):
            run_study(source, tmp_path, workers=Local(jobs))
    assert 0 < len(read_results(tmp_path).table) < 500
    run_study(source, tmp_path)
    assert len(values(tmp_path)) == 500


def test_artefacts_on_a_full_disk_stop_the_study(write, tmp_path):
    no_space = "raise OSError(28, 'No space left on device')"
    trial = f"def trial(t):\n    if t.parameters['x'] == 2:\n        {no_space}\n    return {{'m': 1.0}}\n"
    with pytest.raises(NeurosimError, match="No space left on device. Finished trials are stored"):
        run_study(write(trial), tmp_path)
    found = read_results(tmp_path)
    assert (len(found.table), len(found.failures), found.open) == (4, 0, 8)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_says_so(write, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(NeurosimError, match="Choose a folder in which you may write"):
        run_study(write(), folder)


def test_a_folder_that_cannot_be_made_says_so(write, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NeurosimError, match="could not be written"):
        run_study(write(), tmp_path / "file")


def test_a_read_only_database_says_so(write, tmp_path, monkeypatch):
    run_study(write(), tmp_path)
    opened = database._connect
    monkeypatch.setattr(database, "_connect", lambda path, how, patience: opened(path, how.replace("rwc", "ro"), patience))
    with pytest.raises(NeurosimError, match="the file is read-only. Choose a folder"):
        run_study(write(), tmp_path)


@pytest.mark.parametrize("damage", [b"nonsense" * 100, b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_database_is_left_alone(write, tmp_path, damage):
    path = tmp_path / "study.db"
    path.write_bytes(damage)
    for action in (lambda: run_study(write(), tmp_path), lambda: read_results(tmp_path)):
        with pytest.raises(DataError, match="damaged, or not a database.*Move it away to start again"):
            action()
    assert path.read_bytes() == damage


def test_a_page_of_a_database_overwritten_is_noticed(write, tmp_path):
    run_study(write(), tmp_path)
    path = tmp_path / "study.db"
    content = bytearray(path.read_bytes())
    content[4096 * 5 : 4096 * 9] = b"\xff" * (4096 * 4)
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        run_study(write(), tmp_path)


def test_another_database_is_not_taken_for_a_study(tmp_path):
    sqlite3.connect(tmp_path / "study.db").execute("CREATE TABLE t (a)")
    with pytest.raises(DataError, match="a database, but not of a study"):
        read_results(tmp_path)


def test_memory_does_not_grow_with_the_trials(write, tmp_path):
    """The parent keeps nothing of a trial that it has stored."""
    tail = 'STUDY = Study("toy", "?", trial, Grid({{"x": list(range({n}))}}), {{"m": Measure("1", "")}}, seeds=1)\n'
    sources = [write(GOOD, tail.format(n=n)) for n in (10, 100, 1000)]
    run_study(sources[0], tmp_path / "warm")
    peaks = []
    for source in sources[1:]:
        tracemalloc.start()
        run_study(source, tmp_path / str(len(peaks)))
        peaks.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 500 * 900
