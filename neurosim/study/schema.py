"""Tables of a study's database in each of its formats, and the checksums of rows."""

from __future__ import annotations

import functools
import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from neurosim.errors import DataError
from neurosim.study.values import canonical

FORMAT = "neurosim study"
FORMAT_VERSION = 2
UNCHECKED = 1
"""The format without checksums and descriptions."""

_FIRST = (
    "CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS versions (
    version INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, study TEXT NOT NULL, size TEXT NOT NULL,
    settings TEXT NOT NULL, file TEXT NOT NULL, source TEXT NOT NULL, created TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS runs (
    run INTEGER PRIMARY KEY, version INTEGER NOT NULL REFERENCES versions, provenance TEXT NOT NULL, started TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS trials (
    trial INTEGER PRIMARY KEY, version INTEGER NOT NULL REFERENCES versions, key TEXT NOT NULL,
    parameters TEXT NOT NULL, seed INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'todo' CHECK (state IN ('todo', 'running', 'done', 'failed')),
    owner TEXT, run INTEGER REFERENCES runs, measures TEXT, data TEXT, error TEXT, seconds REAL, finished TEXT,
    UNIQUE (version, key))""",
    "CREATE INDEX IF NOT EXISTS open_trials ON trials (version, state, trial)",
)
# Every database is created in format 1 and then updated, so that the definitions of its tables, which are compared with the
# expected ones, do not depend on its age.
_SECOND = (
    "ALTER TABLE versions ADD COLUMN description TEXT",
    "ALTER TABLE versions ADD COLUMN signature TEXT",
    "ALTER TABLE versions ADD COLUMN conclusion TEXT",
    *(f"ALTER TABLE {table} ADD COLUMN checksum TEXT" for table in ("versions", "runs", "trials")),
)

_SEALED = {
    "versions": (
        "fingerprint", "study", "size", "settings", "file", "source", "created", "description", "signature", "conclusion",
    ),  # fmt: skip
    "runs": ("version", "provenance", "started"),
    "trials": ("version", "key", "parameters", "seed", "state", "run", "measures", "data", "error", "seconds", "finished"),
}
"""Columns from which the checksum of a row is computed."""


def seal(table: str, where: str = "TRUE") -> str:
    """SQL statement that stores the checksum of rows."""
    return f"UPDATE {table} SET checksum = seal({', '.join(_SEALED[table])}) WHERE {where}"


def sealed(table: str, row: sqlite3.Row, who: str, remedy: str = "Copy the file again.") -> sqlite3.Row:
    """Check a row against its checksum and return it; raise DataError if they do not match."""
    try:
        good = row["checksum"] == _checksum(*(row[name] for name in _SEALED[table]))
    except TypeError:
        good = False
    if not good:
        raise DataError(f"{who}: damaged, or changed by hand: the content does not match its checksum. {remedy}")
    return row


def _checksum(*values: Any) -> str:
    # A trial has the same checksum whether it is claimed or not.
    same = ["todo" if value == "running" else value for value in values]
    return hashlib.sha256(canonical(same).encode()).hexdigest()


def add_checksums(connection: sqlite3.Connection) -> None:
    """Define the SQL function that the statements of `seal` use."""
    connection.create_function("seal", -1, _checksum, deterministic=True)


def make_tables(connection: sqlite3.Connection) -> None:
    """Create missing tables and columns, within a transaction of the caller; existing rows get checksums."""
    _run(connection, _FIRST)
    if "checksum" not in {row[1] for row in connection.execute("PRAGMA table_info(trials)")}:
        _run(connection, (*_SECOND, *map(seal, _SEALED)))
    about = {"format": FORMAT, "format_version": str(FORMAT_VERSION)}
    connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", about.items())


def format_of(path: Path, connection: sqlite3.Connection) -> int:
    """Format of a database, whose tables must have exactly the definitions of neurosim; 0 if it is empty.

    Other parts (triggers, views, computed columns, checks) could make reading or writing do something unexpected.

    Raises
    ------
    DataError
        If the database has other tables or another format.
    """
    found = _schema(connection)
    if not found:
        return 0
    known = {number: _known(number) for number in (UNCHECKED, FORMAT_VERSION)}
    number = min(known, key=lambda number: len(found ^ known[number]))
    if found != known[number]:
        strange = min(str(name) for _, name, _ in found ^ known[number])
        raise DataError(
            f"{path}: a database, but not of a study of this version of neurosim: {strange!r} is missing, or is not part of "
            "its format. Expected a database that 'neurosim study run' wrote, without additions."
        )
    about = dict(map(tuple, connection.execute("SELECT name, value FROM about LIMIT 9")))
    if about != {"format": FORMAT, "format_version": str(number)}:
        raise DataError(f"{path}: a database, but not of a study: it describes itself as {canonical(about)[:200]}.")
    return number


def _schema(connection: sqlite3.Connection) -> frozenset[tuple[str, str, str]]:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master LIMIT 100")
    return frozenset((row[0], row[1], row[2]) for row in rows)


@functools.cache
def _known(number: int) -> frozenset[tuple[str, str, str]]:
    connection = sqlite3.connect(":memory:")
    try:
        _run(connection, _FIRST if number == UNCHECKED else (*_FIRST, *_SECOND))
        return _schema(connection)
    finally:
        connection.close()


def _run(connection: sqlite3.Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        connection.execute(statement)
