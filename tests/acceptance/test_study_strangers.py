"""Results from strangers: reading them runs nothing, and what is damaged, hostile or of another type is refused by name."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import time
import warnings
from pathlib import Path

import pytest
from typer.testing import CliRunner

from neurosim.cli import app
from neurosim.errors import ContentError, DataError, NeurosimError, UncheckedFile
from neurosim.files.json_file import with_checksum
from neurosim.reproduce import reproduce
from neurosim.study import database
from neurosim.study.conclusion import conclude
from neurosim.study.index import index_rows
from neurosim.study.judgement import answer, judge
from neurosim.study.page import figure_of, own_figure
from neurosim.study.results import read_results
from neurosim.study.runner import run_study
from neurosim.study.schema import add_checksums, seal
from neurosim.study.source import load_study, study_of
from neurosim.units import is_unit

STUDY = """
from pathlib import Path
from neurosim.study import Grid, Measure, Study, Timing

Path(r"{marker}").touch()

def trial(t):
    return {{"m": t.parameters["x"] + t.seed, "speed": 1.0}}

def figure(table):
    from matplotlib.figure import Figure
    drawn = Figure()
    drawn.subplots().set_title("own")
    return drawn

def check(table):
    assert table.column("m")[0] == 1

MEASURES = {{"m": Measure("mV", "sum"), "speed": Timing("1", "")}}
STUDY = Study("toy", "Does it run?", trial, Grid({{"x": [1, 2]}}), MEASURES, seeds=3, figure=figure, check=check,
              answer=lambda table: f"The sum is {{sum(table.column('m')):g}}.", expected="it begins at 1")
"""
SIXTH = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE versions (
    version INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, study TEXT NOT NULL, size TEXT NOT NULL,
    settings TEXT NOT NULL, file TEXT NOT NULL, source TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE runs (
    run INTEGER PRIMARY KEY, version INTEGER NOT NULL REFERENCES versions, provenance TEXT NOT NULL, started TEXT NOT NULL);
CREATE TABLE trials (
    trial INTEGER PRIMARY KEY, version INTEGER NOT NULL REFERENCES versions, key TEXT NOT NULL,
    parameters TEXT NOT NULL, seed INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'todo' CHECK (state IN ('todo', 'running', 'done', 'failed')),
    owner TEXT, run INTEGER REFERENCES runs, measures TEXT, data TEXT, error TEXT, seconds REAL, finished TEXT,
    UNIQUE (version, key));
CREATE INDEX open_trials ON trials (version, state, trial);
INSERT INTO about VALUES ('format', 'neurosim study'), ('format_version', '1');
"""


@pytest.fixture(scope="module")
def received(tmp_path_factory):
    """A folder of results, and the file that appears when its text is run."""
    root = tmp_path_factory.mktemp("received")
    marker = root / "ran"
    (root / "toy.py").write_text(STUDY.format(marker=marker))
    run_study(load_study(root / "toy.py"), root / "studies" / "toy")
    with sqlite3.connect(root / "studies" / "toy" / "study.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    return root, marker


@pytest.fixture
def place(received, tmp_path, monkeypatch):
    """A copy of it, whose text was not run since."""
    root, marker = received
    shutil.copytree(root / "studies", tmp_path / "studies")
    monkeypatch.chdir(tmp_path)
    marker.unlink(missing_ok=True)
    study_of.cache_clear()
    return tmp_path / "studies" / "toy", marker


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "of another"))


def invoke(line, code=0):
    result = CliRunner().invoke(app, line.split())
    assert result.exit_code == code, (result.stdout, result.stderr)
    return result


def change(folder, *statements, checksums=True):
    with sqlite3.connect(folder / "study.db") as connection:
        add_checksums(connection)
        for statement in statements:
            connection.execute(statement)
        if checksums:
            for table in ("versions", "runs", "trials"):
                connection.execute(seal(table))


def test_reading_runs_nothing(place, elsewhere):
    folder, marker = place
    shown = invoke("study show toy").stdout
    for text in ("Does it run?", "The sum is 15.", "As expected: it begins at 1", "6 trials done, 0 failed, 0 open"):
        assert text in shown
    assert "The sum is 15." in invoke("study list").stdout
    invoke("study index")
    for name in ("o.csv", "o.json"):
        invoke(f"study export toy {name}")
    invoke("study compare toy:x=1 toy:x=2")
    found = read_results(folder)
    assert (judge(found).good, found.description.measures["speed"].repeatable) == (True, False)
    figure_of(found)
    assert not marker.exists()


@pytest.mark.parametrize("file", ["studies/toy", "studies/toy/study.db", "o.json"])
def test_stored_text_runs_only_when_asked(place, elsewhere, file):
    folder, marker = place
    invoke("study export toy o.json")
    said = invoke(f"reproduce {file}", 1).stderr
    assert said.startswith(f"error: {file}: the study 'toy.py' stored in it (") and "lines of Python, sha256 " in said
    assert "add --trust" in said and not marker.exists()
    result = invoke(f"reproduce {file} --trust")
    assert "equal: study toy" in result.stdout and "you trust it" in result.stderr and marker.exists()


def test_what_the_user_ran_here_runs_again_unasked(place):
    folder, marker = place
    invoke("study export toy o.json")
    for file in ("studies/toy", "o.json"):
        assert "you ran it here before" in invoke(f"reproduce {file}").stderr
    change(folder, "UPDATE versions SET source = source || '#'")
    with pytest.raises(DataError, match="is not in the catalogue"):
        reproduce(folder)


def test_the_catalogue_runs_unasked(elsewhere, capsys, tmp_path):
    committed = Path(__file__).parents[2] / "experiments" / "results" / "stp_steady_state" / "ci.json"
    assert reproduce(committed).equal
    assert "it is in the catalogue" in capsys.readouterr().err


def test_an_own_figure_asks_first(place, elsewhere):
    folder, marker = place
    assert "add --trust" in invoke("study figure toy f.svg", 1).stderr and not marker.exists()
    invoke("study figure toy f.svg --trust")
    assert own_figure(read_results(folder), trust=True) is not None and Path("f.svg").exists()


def test_what_is_not_answered_says_so(place):
    folder, _ = place
    change(folder, "UPDATE trials SET state = 'todo' WHERE trial = 2")
    found = read_results(folder)
    assert answer(found) == "There is no answer yet; it is computed when a run of the study ends."
    assert judge(found).text == "Expected: it begins at 1 Not checked: 1 trials are missing."
    change(folder, "DELETE FROM trials WHERE trial = 2")
    assert judge(read_results(folder)).text == "Expected: it begins at 1 Not checked yet: run the study again to check it."


def test_an_answer_that_fails_ends_no_study(place, received):
    study = load_study(received[0] / "toy.py").study
    table = read_results(place[0]).table
    failing = conclude(type(study)(**{**vars(study), "answer": lambda table: 1 / 0}), table, whole=True)
    assert failing.answer == "The answer of the study could not be computed (ZeroDivisionError: division by zero)."
    assert failing.good is True


def old(folder, received):
    """The database as format 1 had it."""
    with sqlite3.connect(folder / "old.db") as connection:
        connection.executescript(SIXTH)
        connection.execute("ATTACH ? AS new", (str(folder / "study.db"),))
        for table in ("versions", "runs", "trials"):
            names = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
            connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM new.{table}")
    (folder / "old.db").replace(folder / "study.db")


def test_format_1_is_read_as_data(place, received):
    folder, marker = place
    old(folder, received)
    with pytest.warns(UncheckedFile, match="has an older format: damage to it cannot be detected, and the question"):
        found = read_results(folder)
    assert (found.description.name, found.table.parameters, found.table.measures) == ("toy", ("x",), ("m", "speed"))
    assert found.table.column("m") == [1, 2, 3, 2, 3, 4]
    assert "not known" in found.description.question and "not known" in judge(found).text
    assert answer(found).startswith("The mean of m ranges")
    assert not marker.exists()


def test_format_1_is_brought_up_to_date(place, received):
    folder, _ = place
    old(folder, received)
    run_study(load_study(received[0] / "toy.py"), folder)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read_results(folder)
    assert (found.description.question, answer(found), found.version) == ("Does it run?", "The sum is 15.", 1)


COLUMNS = {
    "versions": {"study": "'b'", "settings": "'{}'||' '", "source": "'b'", "signature": "'b'", "conclusion": "NULL"},
    "runs": {"provenance": "'{}'", "started": "'b'"},
    "trials": {"parameters": """'{"x":3}'""", "seed": "7", "measures": """'{"m":1.0,"speed":1.0}'""", "seconds": "1"},
}


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in COLUMNS.items() for c in columns])
def test_a_changed_cell_is_refused(place, table, column):
    folder, _ = place
    row = {"versions": "version", "runs": "run", "trials": "trial"}[table]
    where = "2" if table == "trials" else "1"
    change(folder, f"UPDATE {table} SET {column} = {COLUMNS[table][column]} WHERE {row} = {where}", checksums=False)
    with pytest.raises(DataError, match=rf"study.db, {row} {where}: damaged, or changed by hand"):
        read_results(folder)


def test_a_damaged_trial_stops_a_run(place, received):
    folder, _ = place
    change(folder, "UPDATE trials SET measures = '{\"m\":7.0,\"speed\":1.0}' WHERE trial = 2", checksums=False)
    with pytest.raises(DataError, match="let the trial run again: sqlite3 .* 'DELETE FROM trials WHERE trial = 2'"):
        run_study(load_study(received[0] / "toy.py"), folder)
    change(folder, "DELETE FROM trials WHERE trial = 2", checksums=False)
    run_study(load_study(received[0] / "toy.py"), folder)
    assert len(read_results(folder).table) == 6


def test_damaged_bytes_are_refused_or_change_nothing(place):
    folder, _ = place
    path, rng = folder / "study.db", random.Random(0)
    content, expected = path.read_bytes(), read_results(folder)
    for _ in range(100):
        damaged = bytearray(content)
        for _ in range(3):
            damaged[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            found = read_results(folder)
        except NeurosimError:
            continue
        assert found == expected


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM trials; END",
        "CREATE VIEW v AS SELECT * FROM trials",
        "CREATE TABLE t (a)",
        "CREATE INDEX i ON trials (hex(measures))",
        "ALTER TABLE trials ADD COLUMN more TEXT AS (hex(zeroblob(999999999)))",
        "DROP INDEX open_trials",
    ],
)
def test_tables_that_are_not_ours_are_refused(place, received, statement):
    folder, _ = place
    change(folder, statement, checksums=False)
    before = (folder / "study.db").read_bytes()
    for action in (lambda: read_results(folder), lambda: run_study(load_study(received[0] / "toy.py"), folder)):
        with pytest.raises(DataError, match="a database, but not of a study of this version of neurosim"):
            action()
    assert (folder / "study.db").read_bytes() == before


HOSTILE = {
    "UPDATE trials SET parameters = '[1]'": "found \\[1\\]; expected an object",
    "UPDATE trials SET parameters = '{'": "expected JSON",
    "UPDATE trials SET parameters = '{\"y\":1}'": "parameters: found \\['y'\\]; expected \\['x'\\]",
    """UPDATE trials SET parameters = '{"x":{"si":1,"unit":"metre**9**9**9**9"}}'""": "expected a number, text, quantity",
    """UPDATE trials SET parameters = '{"x":{"si":[1,[2]],"unit":"volt"}}'""": "expected a number, text, quantity",
    "UPDATE trials SET parameters = '{\"x\":1' || hex(zeroblob(500)) || '}'": "expected a number, text, quantity",
    f"UPDATE trials SET parameters = '{{\"x\":{'[' * 50}{']' * 50}}}'": "expected a number, text, quantity",
    f"UPDATE trials SET parameters = '{'[' * 100_000}'": "expected JSON",
    "UPDATE trials SET parameters = '{\"x\":\"\\ud800\"}'": "expected text",
    "UPDATE trials SET measures = NULL": "found None; expected text",
    "UPDATE trials SET measures = '{\"m\":NaN,\"speed\":1}'": "m: found nan; expected a finite number",
    "UPDATE trials SET measures = '{\"m\":\"1\",\"speed\":1}'": "m: found '1'; expected a finite number",
    "UPDATE trials SET measures = '{}'": "measures: found \\[\\]; expected",
    "UPDATE trials SET seed = -1": "found -1; expected a whole number",
    "UPDATE trials SET seconds = 'long'": "found 'long'; expected a finite number",
    "UPDATE trials SET data = '{\"digits\":3}'": "found 3; expected an object",
    "UPDATE versions SET settings = '{\"x\":1}'": "settings, x: found 1; expected a list",
    "UPDATE versions SET description = '3'": "description: found 3; expected an object",
    "UPDATE versions SET conclusion = '[]'": "conclusion: found \\[\\]; expected an object",
    "UPDATE versions SET source = x'00'": "found b'.x00'; expected text|content does not match",
    "UPDATE versions SET source = hex(zeroblob(9000000))": "a text of 18000000 characters",
    "UPDATE runs SET provenance = '3'": "found 3; expected an object",
    "DELETE FROM runs": "contains no run of the study",
    "UPDATE about SET value = '3' WHERE name = 'format_version'": "a database, but not of a study",
}


@pytest.mark.parametrize("statement", HOSTILE, ids=lambda s: s[:60])
def test_values_of_other_types_are_refused(place, statement):
    folder, _ = place
    sealed = "x'00'" not in statement
    change(folder, statement, checksums=sealed)
    started = time.perf_counter()
    with pytest.raises(DataError, match=HOSTILE[statement]):
        read_results(folder)
    assert "cannot be read" in index_rows(folder.parent)[1][2]
    assert time.perf_counter() - started < 5


def test_a_locked_database_is_not_waited_for_long(place, monkeypatch):
    monkeypatch.setattr(database, "_READING_SECONDS", 0.2)
    holder = sqlite3.connect(place[0] / "study.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(NeurosimError, match="another process has locked the file. Wait until that process ends, or end it"):
        read_results(place[0])
    holder.close()


def test_a_too_large_database_is_not_opened(place):
    with (place[0] / "study.db").open("r+b") as file:
        file.truncate(2 << 30)
    with pytest.raises(DataError, match="expected a database of at most 1073741824 bytes"):
        read_results(place[0])


@pytest.mark.parametrize(
    ("entry", "value", "message"),
    [
        ("format_version", 9, "format version 9; this version of neurosim reads only 1"),
        ("trials", 3, "trials: found 3; expected a list"),
        ("trials", [{"seed": 0}], "trial 0, parameters: found None; expected an object"),
        ("source", None, "source: found None; expected text"),
        ("settings", {"x": 1}, "settings, x: found 1; expected a list"),
        ("provenance", ["a"], "provenance: found 'a'; expected an object"),
    ],
)
def test_json_of_other_types_is_refused(place, entry, value, message):
    invoke("study export toy o.json")
    found = json.loads(Path("o.json").read_text())
    Path("o.json").write_text(json.dumps(with_checksum(found | {entry: value})))
    with pytest.raises(DataError, match=message):
        reproduce("o.json", trust=True)


def test_json_without_its_checksum_is_told_and_damaged_is_refused(place):
    invoke("study export toy o.json")
    found = json.loads(Path("o.json").read_text())
    found["trials"][0]["measures"]["m"] = 5.0
    Path("o.json").write_text(json.dumps(found))
    with pytest.raises(DataError, match="the content does not match its checksum"):
        reproduce("o.json")
    del found["checksum"]
    Path("o.json").write_text(json.dumps(found))
    with pytest.warns(UncheckedFile):
        assert reproduce("o.json").difference


def test_settings_with_units_are_made_again(tmp_path):
    text = STUDY.format(marker=tmp_path / "ran").replace('t.parameters["x"] +', 'float(t.parameters["x"]) +')
    (tmp_path / "toy.py").write_text(text)
    from neurosim.units import ms

    run_study(load_study(tmp_path / "toy.py"), tmp_path / "out", settings={"x": [5 * ms]})
    assert reproduce(tmp_path / "out").equal


@pytest.mark.parametrize("unit", ["metre**9", "x", "", None, "().__class__", "metre ** 9999", "second *", "metre\n"])
def test_what_is_no_unit(unit):
    assert not is_unit(unit)


@pytest.mark.parametrize("unit", ["1", "volt", "metre ** 4 * kilogram ** 2", "metre ** -0.33333333333333337 * amp"])
def test_what_is_a_unit(unit):
    assert is_unit(unit)


DEMO = {"accuracy_fixed_by_seed": [0.9], "settings": {}, "epochs": 1, "lava": {"samples": 1}, "target": "loihi2"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"brian2": 3}, "brian2: found 3; expected an object"),
        ({"brian2": {"spikes": {"samples": "x"}}}, "samples in Brian2: found 'x'; expected a whole number"),
        ({"brian2": {"spikes": {"samples": 1}}, "accuracy_fixed_by_seed": 3}, "seeds: found 3; expected a list"),
        ({"brian2": {"spikes": {"samples": 1}}, "target": None}, "target: found None; expected text"),
    ],
)
def test_a_demo_of_other_types_is_refused(tmp_path, wrong, message):
    (tmp_path / "result.json").write_text(json.dumps(with_checksum(DEMO | wrong)))
    with pytest.raises(DataError, match=message):
        reproduce(tmp_path / "result.json")


def test_a_figure_that_fails_is_named(place, received):
    found = read_results(place[0])
    with pytest.raises(ContentError, match="Study 'toy': its figure raised ZeroDivisionError: division by zero. Correct"):
        figure_of(found, lambda table: 1 / 0)
