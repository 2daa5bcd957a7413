"""The tables of a study's database, what each of its formats added, and the checksums of rows."""

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
# Every database begins in format 1, so that the text of its tables, which is compared, does not tell its age.
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
"""Columns that a row's checksum is made of."""


def seal(table: str, where: str = "TRUE") -> str:
    """The statement that gives rows their checksum."""
    return f"UPDATE {table} SET checksum = seal({', '.join(_SEALED[table])}) WHERE {where}"


def sealed(table: str, row: sqlite3.Row, who: str, remedy: str = "Copy the file anew.") -> sqlite3.Row:
    """`row`, if it is what its checksum was made of; DataError if not."""
    try:
        good = row["checksum"] == _checksum(*(row[name] for name in _SEALED[table]))
    except TypeError:
        good = False
    if not good:
        raise DataError(f"{who}: damaged, or changed by hand: its content does not fit its checksum. {remedy}")
    return row


def _checksum(*values: Any) -> str:
    # Who claims a trial, and gives it back, does not change it.
    same = ["todo" if value == "running" else value for value in values]
    return hashlib.sha256(canonical(same).encode()).hexdigest()


def add_checksums(connection: sqlite3.Connection) -> None:
    """Let the statements of `seal` run on a connection."""
    connection.create_function("seal", -1, _checksum, deterministic=True)


def make_tables(connection: sqlite3.Connection) -> None:
    """Make what is missing of the tables, within a transaction of the caller; rows that are there get their checksums."""
    _run(connection, _FIRST)
    if "checksum" not in {row[1] for row in connection.execute("PRAGMA table_info(trials)")}:
        _run(connection, (*_SECOND, *map(seal, _SEALED)))
    about = {"format": FORMAT, "format_version": str(FORMAT_VERSION)}
    connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", about.items())


def format_of(path: Path, connection: sqlite3.Connection) -> int:
    """The format of a database, whose tables have to be ours to the letter; 0 where it is empty.

    Whatever else a database may hold (triggers, views, computed columns, checks) can make reading or writing it do
    something else than it says.

    Raises
    ------
    DataError
        If it is something else.
    """
    found = _schema(connection)
    if not found:
        return 0
    known = {number: _known(number) for number in (UNCHECKED, FORMAT_VERSION)}
    number = min(known, key=lambda number: len(found ^ known[number]))
    if found != known[number]:
        strange = min(str(name) for _, name, _ in found ^ known[number])
        raise DataError(
            f"{path}: a database, but no study of this neurosim: {strange!r} is missing in it, or is not ours. "
            "Expected one that 'neurosim study run' wrote, with nothing added."
        )
    about = dict(map(tuple, connection.execute("SELECT name, value FROM about LIMIT 9")))
    if about != {"format": FORMAT, "format_version": str(number)}:
        raise DataError(f"{path}: a database, but no study: it says of itself {canonical(about)[:200]}.")
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
