"""The SQLite file of a study: how it is opened, and its errors in words."""

from __future__ import annotations

import itertools
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neurosim.errors import DataError, NeurosimError, UncheckedFile
from neurosim.study.schema import UNCHECKED, add_checksums, format_of, make_tables

_BUSY_SECONDS = 60.0
_READING_SECONDS = 5.0
_SHOWN = 200
LARGEST = 1 << 30
"""Bytes of a database that is read."""

_NO_SPACE = "Free some space and start the study again: it goes on where it stopped."
_NO_RIGHT = "Choose a folder that you may write to (--out)."
_REMEDIES = {
    "SQLITE_FULL": f"the disk is full. {_NO_SPACE}",
    "SQLITE_IOERR": f"the disk could not be read or written. {_NO_SPACE}",
    "SQLITE_READONLY": f"it may not be written. {_NO_RIGHT}",
    "SQLITE_CANTOPEN": f"it cannot be opened or made. {_NO_RIGHT}",
    "SQLITE_BUSY": "another process keeps it locked. Wait for that one, or end it.",
}
# sqlite3 tells the code only from Python 3.11 on; these texts are SQLite's own, in every language.
_TEXTS = {
    "database or disk is full": "SQLITE_FULL",
    "disk I/O error": "SQLITE_IOERR",
    "attempt to write a readonly database": "SQLITE_READONLY",
    "unable to open database file": "SQLITE_CANTOPEN",
    "database is locked": "SQLITE_BUSY",
}
# What a file says of itself runs nothing, and a damaged page is noticed where it is read.
_CAREFUL = ("PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON", "PRAGMA mmap_size = 0")
# Pages that lead to one another make of a small file more rows than anybody could read. A row of ours takes less than one
# instruction of SQLite for each of its bytes.
_PIECE, _FREE, _PER_BYTE = 100_000, 20_000_000, 10


def open_for_writing(path: Path) -> sqlite3.Connection:
    """A connection that makes the file and its tables if needed, and brings older ones up to date."""
    with explained(path):
        connection = _connect(path, "mode=rwc", _BUSY_SECONDS)
        _check(path, connection)
        connection.set_progress_handler(None, 0)
        connection.execute("PRAGMA journal_mode=WAL")
        add_checksums(connection)
        connection.execute("BEGIN IMMEDIATE")
        make_tables(connection)
        connection.execute("COMMIT")
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing; the folder may be read-only.

    Warns
    -----
    UncheckedFile
        If it is of the format without checksums.

    Raises
    ------
    DataError
        If the file is missing, too large, damaged or no study.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; expected the database of a study, which 'neurosim study run' writes.")
    if path.stat().st_size > LARGEST:
        raise DataError(f"{path}: {path.stat().st_size} bytes; a database of at most {LARGEST} is read.")
    with explained(path):
        connection = _readable(path)
        found = _check(path, connection)
    if not found:
        raise DataError(f"{path}: a database, but no study; expected one that 'neurosim study run' wrote.")
    if found == UNCHECKED:
        warnings.warn(UncheckedFile(_UNCHECKED.format(path)), stacklevel=2)
    return connection


_UNCHECKED = (
    "{} is of an older format: damage to it cannot be seen, and the question, the units and the answer of the study are not "
    "known. 'neurosim study run' with the same file of the study brings it up to date."
)


def _readable(path: Path) -> sqlite3.Connection:
    connection = _connect(path, "mode=ro", _READING_SECONDS)
    try:
        connection.execute("SELECT name FROM sqlite_master").fetchone()
        return connection
    except sqlite3.OperationalError as error:
        connection.close()
        if _code(error) == "SQLITE_BUSY":
            raise
        # WAL wants to write beside the file, even to read; without a writer there is nothing to wait for.
        return _connect(path, "immutable=1", _READING_SECONDS)


def _connect(path: Path, how: str, patience: float) -> sqlite3.Connection:
    # joblib asks for the next trial from threads of its own; the store has a lock.
    uri = f"{path.resolve().as_uri()}?{how}"
    connection = sqlite3.connect(uri, uri=True, timeout=patience, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.set_progress_handler(_allowance(path), _PIECE)
    for pragma in _CAREFUL:
        connection.execute(pragma)
    return connection


def _allowance(path: Path) -> Callable[[], bool]:
    """Says to stop after more instructions than a file of this size can need."""
    size = 0
    for part in (path, path.with_name(f"{path.name}-wal")):
        # There is none before the first run, and the second comes and goes with whoever writes.
        with suppress(OSError):
            size += part.stat().st_size
    left = itertools.count((_FREE + _PER_BYTE * size) // _PIECE, -1)
    return lambda: next(left) < 0


def _check(path: Path, connection: sqlite3.Connection) -> int:
    """The format of a database that is whole; 0 where it is empty."""
    # First the tables: looking for damage evaluates the conditions that they hold.
    found = format_of(path, connection)
    # All of it: rows are looked up through indexes, which the quick check does not compare with their tables.
    said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise DataError(_damaged(path, said))
    return found


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, with the remedy."""
    try:
        yield
    except UnicodeDecodeError as error:
        # Of a message of SQLite that quotes bytes of the file.
        raise DataError(_damaged(path, "its tables have names that are no text")) from error
    except sqlite3.Error as error:
        if str(error) == "interrupted":
            raise DataError(_damaged(path, "reading it does not end")) from error
        if code := _code(error):
            raise NeurosimError(f"{path}: {_REMEDIES[code]}") from error
        raise DataError(_damaged(path, error)) from error


def _code(error: sqlite3.Error) -> str:
    return next((code for text, code in _TEXTS.items() if text in str(error)), "")


def _damaged(path: Path, why: object) -> str:
    # SQLite quotes the file, and says which database it checked in a line of its own.
    said = " ".join(str(why).removeprefix("*** in database main ***").split())[:_SHOWN]
    return (
        f"{path}: damaged or no database ({said}). Move it away to start anew, "
        "or get back what can be read with: sqlite3 study.db .recover"
    )
