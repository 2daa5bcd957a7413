"""Who claims a trial of a database that was changed by hand is nobody."""

import sqlite3

import pytest

from neurosim.study.schema import add_checksums, seal
from neurosim.study.source import study_of
from neurosim.study.store import open_store

STUDY = """
from neurosim.study import Grid, Measure, Study
STUDY = Study("toy", "Whose?", lambda trial: {"m": 1.0}, Grid({"x": [1]}), {"m": Measure("1", "")}, seeds=1)
"""


@pytest.mark.parametrize("owner", [None, 5, b"x", "", "/../../*", "../victim"])
def test_a_strange_owner(tmp_path, owner):
    folder, victim = tmp_path / "a" / "b", tmp_path / "victim-folder"
    victim.mkdir()
    with open_store(folder) as store:
        store.begin(study_of("toy.py", STUDY), "full", {}, {})
        store.add([{"x": 1}], [0])
    with sqlite3.connect(folder / "study.db") as connection:
        add_checksums(connection)
        connection.execute("UPDATE trials SET state = 'running', owner = ?", (owner,))
        connection.execute(seal("trials"))
    with open_store(folder) as store:
        store.begin(study_of("toy.py", STUDY), "full", {}, {})
        store.release_dead()
        assert store.counts()["todo"] == 1 and victim.exists()


def test_what_an_interrupted_run_left_half_made_goes(tmp_path):
    def begun(store):
        store.begin(study_of("toy.py", STUDY), "full", {}, {})
        return store.places("key")[0]

    with open_store(tmp_path) as store:
        half = tmp_path / begun(store)
        half.mkdir(parents=True)
        store.release()
    strange = half.with_name(".mine-a")
    strange.mkdir()
    with open_store(tmp_path) as first, open_store(tmp_path) as second:
        own = tmp_path / begun(first)
        own.mkdir()
        begun(second)
        assert not half.exists() and strange.exists() and own.exists()
