"""The SQLite file of a study: its tables, how it is opened, and its errors in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neurosim.errors import DataError, NeurosimError

FORMAT = "neurosim study"
FORMAT_VERSION = 1
_BUSY_SECONDS = 60.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS versions (
    version INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, study TEXT NOT NULL, size TEXT NOT NULL,
    settings TEXT NOT NULL, file TEXT NOT NULL, source TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
    run INTEGER PRIMARY KEY, version INTEGER NOT NULL REFERENCES versions, provenance TEXT NOT NULL, started TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trials (
    trial INTEGER PRIMARY KEY, version INTEGER NOT NULL REFERENCES versions, key TEXT NOT NULL,
    parameters TEXT NOT NULL, seed INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'todo' CHECK (state IN ('todo', 'running', 'done', 'failed')),
    owner TEXT, run INTEGER REFERENCES runs, measures TEXT, data TEXT, error TEXT, seconds REAL, finished TEXT,
    UNIQUE (version, key));
CREATE INDEX IF NOT EXISTS open_trials ON trials (version, state, trial);
"""

_NO_SPACE = "Free some space and start the study again: it goes on where it stopped."
_NO_RIGHT = "Choose a folder that you may write to (--out)."
_REMEDIES = {
    "SQLITE_FULL": f"the disk is full. {_NO_SPACE}",
    "SQLITE_IOERR": f"the disk could not be read or written. {_NO_SPACE}",
    "SQLITE_READONLY": f"it may not be written. {_NO_RIGHT}",
    "SQLITE_CANTOPEN": f"it cannot be opened or made. {_NO_RIGHT}",
    "SQLITE_BUSY": f"another process kept it locked for {_BUSY_SECONDS:.0f} s. Wait for that one, or end it.",
}
# sqlite3 tells the code only from Python 3.11 on; these texts are SQLite's own, in every language.
_TEXTS = {
    "database or disk is full": "SQLITE_FULL",
    "disk I/O error": "SQLITE_IOERR",
    "attempt to write a readonly database": "SQLITE_READONLY",
    "unable to open database file": "SQLITE_CANTOPEN",
    "database is locked": "SQLITE_BUSY",
}


def open_for_writing(path: Path) -> sqlite3.Connection:
    """A connection that makes the file and its tables if needed."""
    with explained(path):
        connection = _connect(f"{path.resolve().as_uri()}?mode=rwc")
        connection.execute("PRAGMA journal_mode=WAL")
        _check(path, connection)
        connection.executescript(SCHEMA)
        about = {"format": FORMAT, "format_version": str(FORMAT_VERSION)}
        connection.executemany("INSERT OR IGNORE INTO about VALUES (?, ?)", about.items())
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing; the folder may be read-only.

    Raises
    ------
    DataError
        If the file is missing, damaged or no study.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; expected the database of a study, which 'neurosim study run' writes.")
    uri = path.resolve().as_uri()
    with explained(path):
        try:
            connection = _connect(f"{uri}?mode=ro")
            connection.execute("SELECT name FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            # WAL wants to write beside the file, even to read; without a writer there is nothing to wait for.
            connection = _connect(f"{uri}?immutable=1")
        _check(path, connection)
        if not _is_study(connection):
            raise DataError(f"{path}: a database, but no study; expected one that 'neurosim study run' wrote.")
    return connection


def _connect(uri: str) -> sqlite3.Connection:
    # joblib asks for the next trial from threads of its own; the store has a lock.
    connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def _check(path: Path, connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise DataError(_damaged(path, found))


def _is_study(connection: sqlite3.Connection) -> bool:
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "about" not in tables:
        return False
    return dict(map(tuple, connection.execute("SELECT name, value FROM about"))).get("format") == FORMAT


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, with the remedy."""
    try:
        yield
    except sqlite3.Error as error:
        code = next((code for text, code in _TEXTS.items() if text in str(error)), "")
        if code:
            raise NeurosimError(f"{path}: {_REMEDIES[code]}") from error
        raise DataError(_damaged(path, error)) from error


def _damaged(path: Path, why: object) -> str:
    return (
        f"{path}: damaged or no database ({why}). Move it away to start anew, "
        "or get back what can be read with: sqlite3 study.db .recover"
    )
