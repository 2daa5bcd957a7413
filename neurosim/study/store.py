"""Store of a study's results in one SQLite file, with separate versions, and trials that are claimed, finished or failed."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from neurosim.study.conclusion import Conclusion
from neurosim.study.database import explained, open_for_writing
from neurosim.study.description import describe
from neurosim.study.outcome import Outcome
from neurosim.study.owner import is_alive, ownership, was_given
from neurosim.study.permission import signed
from neurosim.study.schema import seal, sealed
from neurosim.study.source import StudySource
from neurosim.study.values import Point, canonical, plain, trial_key

DATABASE = "study.db"
_OWNERS = ".owners"


@dataclass(frozen=True)
class Claim:
    """A trial that this process has claimed and has to run."""

    key: str
    point: Point
    seed: int


class Store:
    """Database of a study, open for writing by this process; created by `open_store`.

    Several processes may work on the same version: a trial is claimed in a transaction, and the claims of a process that has
    died are released.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, owner: str) -> None:
        self.folder = folder
        self._path = folder / DATABASE
        self._connection = connection
        self._owner = owner
        self._lock = threading.RLock()
        self._run = 0
        self.version = 0

    def begin(
        self, source: StudySource, size: str, settings: Mapping[str, Sequence[Any]], provenance: Mapping[str, Any]
    ) -> int:
        """Continue the version with the same study text, size and settings, or start a new one; return its number."""
        fingerprint = source.fingerprint(size, settings)
        said = canonical({name: plain(list(values), name) for name, values in settings.items()})
        about = canonical(describe(source.study).to_json())
        row = (fingerprint, source.study.name, size, said, source.file, source.text, _now())
        with self._transaction() as do:
            do.execute(
                "INSERT OR IGNORE INTO versions (fingerprint, study, size, settings, file, source, created) "
                "VALUES (?,?,?,?,?,?,?)",
                row,
            )
            # The signature is that of the user who runs the study now. Versions of the older format have no description yet.
            do.execute(
                "UPDATE versions SET study = ?, size = ?, settings = ?, file = ?, source = ?, description = ?, signature = ? "
                "WHERE fingerprint = ?",
                (*row[1:6], about, signed(source.file, source.text), fingerprint),
            )
            do.execute(seal("versions", "fingerprint = ?"), (fingerprint,))
            found = do.execute("SELECT version FROM versions WHERE fingerprint = ?", (fingerprint,)).fetchone()
            self.version = int(found[0])
            run = (self.version, canonical(dict(provenance)), _now())
            self._run = do.execute("INSERT INTO runs (version, provenance, started) VALUES (?,?,?)", run).lastrowid or 0
            do.execute(seal("runs", "run = ?"), (self._run,))
            for trial in do.execute("SELECT * FROM trials WHERE version = ?", (self.version,)):
                checked_trial(self._path, trial)
        self._clear()
        return self.version

    def _clear(self) -> None:
        """Remove the artefacts of trials that an earlier run did not finish."""
        for half in self._artefacts.glob(".*-*"):
            owner = half.name[1:].partition("-")[0]
            if was_given(owner) and not is_alive(self.folder / _OWNERS, owner):
                shutil.rmtree(half, ignore_errors=True)

    def add(self, points: Iterable[Point], seeds: Sequence[int]) -> None:
        """Add trials to run; trials that are already stored stay as they are."""
        rows = [(self.version, trial_key(p, s), canonical(dict(p)), s) for p in points for s in seeds]
        with self._transaction() as do:
            do.executemany("INSERT OR IGNORE INTO trials (version, key, parameters, seed) VALUES (?,?,?,?)", rows)
            do.execute(seal("trials", "version = ? AND checksum IS NULL"), (self.version,))

    def claim(self) -> Claim | None:
        """Claim the next trial that no process has claimed; None if there is none."""
        with self._transaction() as do:
            row = do.execute(
                "SELECT trial, key, parameters, seed FROM trials WHERE version = ? AND state = 'todo' ORDER BY trial LIMIT 1",
                (self.version,),
            ).fetchone()
            if row is None:
                return None
            do.execute("UPDATE trials SET state = 'running', owner = ? WHERE trial = ?", (self._owner, row["trial"]))
        return Claim(row["key"], json.loads(row["parameters"]), row["seed"])

    def finish(self, outcome: Outcome) -> None:
        """Store the outcome of a claimed trial; it is on the disk when this returns."""
        with self._transaction("FULL") as do:
            do.execute(
                "UPDATE trials SET state = ?, owner = NULL, run = ?, measures = ?, data = ?, error = ?, seconds = ?, "
                "finished = ? WHERE version = ? AND key = ? AND owner = ?",
                (
                    "failed" if outcome.error else "done",
                    self._run,
                    canonical(dict(outcome.measures)),
                    canonical(dict(outcome.data)),
                    outcome.error or None,
                    outcome.seconds,
                    _now(),
                    self.version,
                    outcome.key,
                    self._owner,
                ),
            )
            do.execute(seal("trials", "version = ? AND key = ?"), (self.version, outcome.key))

    def conclude(self, conclusion: Conclusion) -> None:
        """Store the conclusion of the study's own functions."""
        with self._transaction() as do:
            said = canonical(conclusion.to_json())
            do.execute("UPDATE versions SET conclusion = ? WHERE version = ?", (said, self.version))
            do.execute(seal("versions", "version = ?"), (self.version,))

    def release(self) -> None:
        """Release the trials that this process claimed and did not finish."""
        with self._transaction() as do:
            do.execute("UPDATE trials SET state = 'todo', owner = NULL WHERE owner = ?", (self._owner,))

    def places(self, key: str) -> tuple[str, str]:
        """Folder in which the artefacts of a trial are created, and the folder in which they are kept."""
        name, folder = hashlib.sha256(key.encode()).hexdigest()[:16], self._artefacts
        return str(folder / f".{self._owner}-{name}"), str(folder / name)

    @property
    def _artefacts(self) -> Path:
        return self.folder.resolve() / f"v{self.version}"

    def release_dead(self) -> None:
        """Release the trials that were claimed by processes that have died."""
        owners = [row[0] for row in self._rows("SELECT DISTINCT owner FROM trials WHERE state = 'running'")]
        for owner in owners:
            if not was_given(owner):
                self._give_back(owner)
            elif not is_alive(self.folder / _OWNERS, owner):
                self._give_back(owner)
                for half in self._artefacts.glob(f".{owner}-*"):
                    shutil.rmtree(half, ignore_errors=True)

    def _give_back(self, owner: Any) -> None:
        with self._transaction() as do:
            do.execute("UPDATE trials SET state = 'todo', owner = NULL WHERE state = 'running' AND owner IS ?", (owner,))

    def retry_failed(self) -> None:
        """Mark failed trials to be run again."""
        with self._transaction() as do:
            do.execute("UPDATE trials SET state = 'todo', error = NULL WHERE version = ? AND state = 'failed'", (self.version,))
            do.execute(seal("trials", "version = ? AND state = 'todo'"), (self.version,))

    def counts(self) -> dict[str, int]:
        """Number of trials of this version in each state."""
        rows = self._rows("SELECT state, COUNT(*) FROM trials WHERE version = ? GROUP BY state", self.version)
        return {"todo": 0, "running": 0, "done": 0, "failed": 0} | {state: n for state, n in rows}

    def scores(self, point: Point, measure: str) -> list[float] | None:
        """Values of a measure at a point, one per seed; None if a trial failed."""
        rows = self._rows(
            "SELECT state, measures FROM trials WHERE version = ? AND parameters = ?", self.version, canonical(dict(point))
        )
        good = all(row["state"] == "done" for row in rows)
        return [json.loads(row["measures"])[measure] for row in rows] if good else None

    def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock, explained(self._path):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self, durability: str = "NORMAL") -> Iterator[sqlite3.Connection]:
        """Context of one transaction; with durability "FULL" it survives a power failure from its end on, with "NORMAL" later.

        "NORMAL" is enough for claims, which may be lost, and saves waiting for the disk, the main cost of a short trial.
        """
        with self._lock, explained(self._path):
            self._connection.execute(f"PRAGMA synchronous={durability}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLite may already have rolled back itself, for example on a full disk.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def checked_trial(path: Path, row: sqlite3.Row) -> sqlite3.Row:
    """Check a row of the table of trials against its checksum and return it; raise DataError if they do not match."""
    mend = f"Copy the file again, or let the trial run again: sqlite3 {path} 'DELETE FROM trials WHERE trial = {row['trial']}'"
    return sealed("trials", row, f"{path}, trial {row['trial']}", mend)


@contextmanager
def open_store(folder: Path) -> Iterator[Store]:
    """Open the store in a folder; it is created if needed.

    Raises
    ------
    NeurosimError
        If the folder cannot be written.
    DataError
        If the database is damaged.
    """
    with ownership(folder / _OWNERS) as owner:
        connection = open_for_writing(folder / DATABASE)
        try:
            yield Store(folder, connection, owner)
        finally:
            connection.close()


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
