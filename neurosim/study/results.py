"""Reading the stored results of a study: nothing is changed, no code of the study is run, and a run may be in progress."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from neurosim.errors import DataError
from neurosim.study import stored
from neurosim.study.conclusion import Conclusion, conclusion_from, digest
from neurosim.study.database import explained, open_for_reading
from neurosim.study.description import StudyDescription, description_from, undescribed
from neurosim.study.permission import StoredText
from neurosim.study.schema import UNCHECKED, format_of, sealed
from neurosim.study.store import DATABASE, checked_trial
from neurosim.study.table import Row, Table, ordered
from neurosim.study.values import Point
from neurosim.study.version import Failure, Results


def read_results(place: str | os.PathLike[str], version: int | None = None) -> Results:
    """Read the results in the folder or database of a study. No code in the file is run, whoever wrote it.

    Parameters
    ----------
    place : path
        Folder that ``neurosim study run`` wrote, or the database in it.
    version : int, optional
        Version of the results; if left out, the last one that was run.

    Warns
    -----
    UncheckedFile
        If the database has the older format without checksums and descriptions.

    Raises
    ------
    DataError
        If there are no results or no such version, or the database is damaged.
    """
    path = database_of(place)
    with _reading(path) as read:
        known = _versions(read)
        if not known:
            raise DataError(f"{path}: contains no results yet; run the study first: neurosim study run.")
        wanted = _latest(path, read) if version is None else version
        if wanted not in known:
            raise DataError(f"{path}: has no version {wanted}; expected one of {', '.join(map(str, known))}.")
        return _Reader(path, read, wanted).results()


def database_of(place: str | os.PathLike[str]) -> Path:
    """Path of the database in the folder of a study; the path of a file is returned unchanged."""
    path = Path(place)
    return path / DATABASE if path.is_dir() else path


def versions_of(place: str | os.PathLike[str]) -> list[int]:
    """Numbers of the versions in the folder of a study."""
    with _reading(database_of(place)) as read:
        return _versions(read)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_for_reading(path)
    try:
        with explained(path):
            # All reads see the file at one moment, even if a run is in progress.
            connection.execute("BEGIN")
            yield connection
    finally:
        connection.close()


def _versions(read: sqlite3.Connection) -> list[int]:
    return [row[0] for row in read.execute("SELECT version FROM versions ORDER BY version")]


def _latest(path: Path, read: sqlite3.Connection) -> int:
    row = read.execute("SELECT version FROM runs ORDER BY run DESC LIMIT 1").fetchone()
    if row is None:
        raise DataError(f"{path}: damaged, because it contains no run of the study. Copy the file again.")
    return stored.whole(row[0], f"{path}, last run")


class _Reader:
    """Reader of one version in a database."""

    def __init__(self, path: Path, read: sqlite3.Connection, version: int) -> None:
        self._path, self._read, self._version = path, read, version
        self._checked = format_of(path, read) != UNCHECKED
        self._who = f"{path}, version {version}"

    def results(self) -> Results:
        about, who = self._about(), self._who
        trials = self._trials()
        described = self._description(about, trials)
        names, measures = described.parameters, tuple(described.measures)
        rows = [self._row(trial, described) for trial in trials if trial["state"] == "done"]
        table = Table(names, measures, ordered(rows, names))
        chosen = stored.settings(stored.parsed(about["settings"], f"{who}, settings"), f"{who}, settings")
        return Results(
            place=self._path,
            version=self._version,
            description=described,
            stored=self._text(about),
            size=stored.text(about["size"], f"{who}, size"),
            settings=_in_order(chosen, names),
            created=stored.text(about["created"], f"{who}, created"),
            conclusion=self._conclusion(about, table),
            table=table,
            failures=tuple(self._failure(t, names) for t in trials if t["state"] == "failed"),
            open=sum(trial["state"] in ("todo", "running") for trial in trials),
            provenance=self._provenance(),
        )

    def _about(self) -> sqlite3.Row:
        row = self._rows("SELECT * FROM versions WHERE version = ?")[0]
        return sealed("versions", row, self._who) if self._checked else row

    def _text(self, about: sqlite3.Row) -> StoredText:
        signature = (about["signature"] or "") if self._checked else ""
        return StoredText(*(stored.text(part, self._who) for part in (about["file"], about["source"], signature)))

    def _trials(self) -> list[sqlite3.Row]:
        found = self._rows("SELECT * FROM trials WHERE version = ? ORDER BY trial")
        return [checked_trial(self._path, trial) for trial in found] if self._checked else found

    def _provenance(self) -> tuple[Mapping[str, Any], ...]:
        found = self._rows("SELECT * FROM runs WHERE version = ? ORDER BY run")
        who = f"{self._path}, run"
        rows = [sealed("runs", row, f"{who} {row['run']}") for row in found] if self._checked else found
        return tuple(stored.mapping(stored.parsed(row["provenance"], who), who) for row in rows)

    def _rows(self, query: str) -> list[sqlite3.Row]:
        return self._read.execute(query, (self._version,)).fetchall()

    def _description(self, about: sqlite3.Row, trials: Sequence[sqlite3.Row]) -> StudyDescription:
        """Stored description; for the older format, which has none, the names that occur in the trials."""
        if self._checked and about["description"] is not None:
            return description_from(stored.parsed(about["description"], self._who), f"{self._who}, description")
        name = stored.text(about["study"], f"{self._who}, study")
        points = [self._point(trial) for trial in trials]
        measured = [self._measures(trial) for trial in trials if trial["state"] == "done"]
        return undescribed(name, *(tuple(dict.fromkeys(key for each in found for key in each)) for found in (points, measured)))

    def _conclusion(self, about: sqlite3.Row, table: Table) -> Conclusion | None:
        """Stored conclusion, if it belongs to exactly these trials."""
        if not self._checked or about["conclusion"] is None:
            return None
        found = conclusion_from(stored.parsed(about["conclusion"], self._who), f"{self._who}, conclusion")
        return found if found.trials == digest(table) else None

    def _row(self, trial: sqlite3.Row, described: StudyDescription) -> Row:
        who, measures = self._named(trial), self._measures(trial)
        if set(measures) != set(described.measures):
            raise stored.refused(f"{who}, measures", list(measures), f"{list(described.measures)}")
        return Row(
            point=self._ordered_point(trial, described.parameters),
            seed=stored.whole(trial["seed"], who),
            measures=measures,
            data=stored.checksums(stored.parsed(trial["data"], who), who),
            seconds=stored.number(trial["seconds"], f"{who}, seconds"),
            key=stored.text(trial["key"], who),
        )

    def _failure(self, trial: sqlite3.Row, names: tuple[str, ...]) -> Failure:
        who = self._named(trial)
        point = self._ordered_point(trial, names)
        return Failure(point, stored.whole(trial["seed"], who), stored.text(trial["error"], f"{who}, error"))

    def _ordered_point(self, trial: sqlite3.Row, names: tuple[str, ...]) -> Point:
        found = self._point(trial)
        if set(found) != set(names):
            raise stored.refused(f"{self._named(trial)}, parameters", list(found), f"{list(names)}")
        return _in_order(found, names)

    def _point(self, trial: sqlite3.Row) -> Point:
        who = self._named(trial)
        return stored.point(stored.parsed(trial["parameters"], who), who)

    def _measures(self, trial: sqlite3.Row) -> dict[str, float]:
        who = self._named(trial)
        return stored.measures(stored.parsed(trial["measures"], who), who)

    def _named(self, trial: sqlite3.Row) -> str:
        return f"{self._path}, trial {trial['trial']}"


def _in_order(found: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Entries in the order of the study; they are stored in alphabetical order, so that equal parameters have equal text."""
    return {name: found[name] for name in names if name in found}


__all__ = ["Failure", "Results", "database_of", "read_results", "versions_of"]
