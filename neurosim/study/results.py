"""Reading what a study has stored: nothing is changed, and a run may be going on meanwhile."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.errors import DataError
from neurosim.study.database import explained, open_for_reading
from neurosim.study.source import StudySource, study_of
from neurosim.study.store import DATABASE
from neurosim.study.table import Row, Table, ordered
from neurosim.study.values import Point, shown


@dataclass(frozen=True)
class Failure:
    """A failed trial, with its traceback."""

    point: Point
    seed: int
    error: str

    @property
    def reason(self) -> str:
        """Last line of the traceback."""
        return self.error.strip().splitlines()[-1]


@dataclass(frozen=True)
class Results:
    """One version of a study, as far as it is.

    Attributes
    ----------
    version : int
        Number in its file.
    source : StudySource
        The study as it was when it ran.
    size, settings : str, mapping
        What it was called with.
    created : str
        When it was begun, UTC.
    table : Table
        Finished trials.
    failures : tuple of Failure
        Failed ones.
    open : int
        Trials that are waiting or running.
    provenance : tuple of mapping
        Of each run that worked on it.
    """

    version: int
    source: StudySource
    size: str
    settings: Mapping[str, list[Any]]
    created: str
    table: Table
    failures: tuple[Failure, ...]
    open: int
    provenance: tuple[Mapping[str, Any], ...]

    @property
    def command(self) -> str:
        """What makes it again."""
        values = {name: ",".join(shown(v).replace(" ", "*") for v in found) for name, found in self.settings.items()}
        sets = "".join(f" --set {name}={text}" for name, text in values.items())
        return f"neurosim study run {self.source.study.name} --size {self.size}{sets}"


def read_results(place: str | os.PathLike[str], version: int | None = None) -> Results:
    """Results out of a study's folder or database.

    Parameters
    ----------
    place : path
        The folder that ``neurosim study run`` wrote, or the database in it.
    version : int, optional
        The last that was worked on if left out.

    Raises
    ------
    DataError
        If there is none, or the database is damaged.
    """
    path = database_of(place)
    with _reading(path) as read:
        known = [row[0] for row in read.execute("SELECT version FROM versions ORDER BY version")]
        if not known:
            raise DataError(f"{path}: no version of the study was begun yet.")
        wanted = _latest(read) if version is None else version
        if wanted not in known:
            raise DataError(f"{path}: has no version {wanted}; it has {', '.join(map(str, known))}.")
        return _results(read, wanted)


def database_of(place: str | os.PathLike[str]) -> Path:
    """The database of a study's folder; a file is taken as it is."""
    path = Path(place)
    return path / DATABASE if path.is_dir() else path


def versions_of(place: str | os.PathLike[str]) -> list[int]:
    """Versions that a study's folder holds."""
    with _reading(database_of(place)) as read:
        return [row[0] for row in read.execute("SELECT version FROM versions ORDER BY version")]


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_for_reading(path)
    try:
        with explained(path):
            yield connection
    finally:
        connection.close()


def _latest(read: sqlite3.Connection) -> int:
    row = read.execute("SELECT version FROM runs ORDER BY run DESC LIMIT 1").fetchone()
    return int(row[0])


def _results(read: sqlite3.Connection, version: int) -> Results:
    about = read.execute("SELECT * FROM versions WHERE version = ?", (version,)).fetchone()
    source = study_of(about["file"], about["source"])
    trials = read.execute("SELECT * FROM trials WHERE version = ? ORDER BY trial", (version,)).fetchall()
    names = tuple(source.study.parameters.names)
    rows = [_row(trial, names) for trial in trials if trial["state"] == "done"]
    return Results(
        version=version,
        source=source,
        size=about["size"],
        settings=_in_order(about["settings"], names),
        created=about["created"],
        table=Table(names, tuple(source.study.measures), ordered(rows, names)),
        failures=tuple(
            Failure(_in_order(t["parameters"], names), t["seed"], t["error"]) for t in trials if t["state"] == "failed"
        ),
        open=sum(trial["state"] in ("todo", "running") for trial in trials),
        provenance=tuple(
            json.loads(row[0])
            for row in read.execute("SELECT provenance FROM runs WHERE version = ? ORDER BY run", (version,))
        ),
    )


def _in_order(text: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Stored in the order of the alphabet, so that it names a trial; read in that of the study."""
    found = json.loads(text)
    return {name: found[name] for name in names if name in found}


def _row(trial: sqlite3.Row, names: tuple[str, ...]) -> Row:
    return Row(
        point=_in_order(trial["parameters"], names),
        seed=trial["seed"],
        measures=json.loads(trial["measures"]),
        data=json.loads(trial["data"]),
        seconds=trial["seconds"],
        key=trial["key"],
    )
