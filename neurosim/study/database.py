"""The SQLite file of a study: opening it, and messages for its errors."""

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
"""Size in bytes of the largest database that is read."""

_NO_SPACE = "Free some space and start the study again: it continues where it stopped."
_NO_RIGHT = "Choose a folder in which you may write (--out)."
_REMEDIES = {
    "SQLITE_FULL": f"the disk is full. {_NO_SPACE}",
    "SQLITE_IOERR": f"the disk could not be read or written. {_NO_SPACE}",
    "SQLITE_READONLY": f"the file is read-only. {_NO_RIGHT}",
    "SQLITE_CANTOPEN": f"the file cannot be opened or created. {_NO_RIGHT}",
    "SQLITE_BUSY": "another process has locked the file. Wait until that process ends, or end it.",
}
# Errors have the code of SQLite only from Python 3.11 on. The texts come from SQLite, which does not translate them.
_TEXTS = {
    "database or disk is full": "SQLITE_FULL",
    "disk I/O error": "SQLITE_IOERR",
    "attempt to write a readonly database": "SQLITE_READONLY",
    "unable to open database file": "SQLITE_CANTOPEN",
    "database is locked": "SQLITE_BUSY",
}
# The schema of the file cannot call functions, and a damaged page is noticed when it is read.
_CAREFUL = ("PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON", "PRAGMA mmap_size = 0")
# In a malicious file, pages can refer to each other, so that a small file has endless rows. Reading a row that neurosim wrote
# takes less than one instruction of SQLite per byte.
_PIECE, _FREE, _PER_BYTE = 100_000, 20_000_000, 10


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open a database for writing; create the file and its tables if needed, and update those of an older format."""
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
    """Open a database for reading only; its folder may be read-only.

    Warns
    -----
    UncheckedFile
        If the database has the older format without checksums.

    Raises
    ------
    DataError
        If the file is missing, too large, damaged or not a study.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; expected the database of a study, which 'neurosim study run' writes.")
    if path.stat().st_size > LARGEST:
        raise DataError(f"{path}: the file has {path.stat().st_size} bytes; expected a database of at most {LARGEST} bytes.")
    with explained(path):
        connection = _readable(path)
        found = _check(path, connection)
    if not found:
        raise DataError(f"{path}: a database, but not of a study; expected one that 'neurosim study run' wrote.")
    if found == UNCHECKED:
        warnings.warn(UncheckedFile(_UNCHECKED.format(path)), stacklevel=2)
    return connection


_UNCHECKED = (
    "{} has an older format: damage to it cannot be detected, and the question, the units and the answer of the study are not "
    "known. To update it, call 'neurosim study run' with the same study file."
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
        # In WAL mode, SQLite writes files next to the database even to read it, which fails in a read-only folder. There no
        # other process can write, so the database can be opened as immutable.
        return _connect(path, "immutable=1", _READING_SECONDS)


def _connect(path: Path, how: str, patience: float) -> sqlite3.Connection:
    # joblib requests the next trial from its own threads; a lock of the store protects the connection.
    uri = f"{path.resolve().as_uri()}?{how}"
    connection = sqlite3.connect(uri, uri=True, timeout=patience, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.set_progress_handler(_allowance(path), _PIECE)
    for pragma in _CAREFUL:
        connection.execute(pragma)
    return connection


def _allowance(path: Path) -> Callable[[], bool]:
    """Handler that stops SQLite after more instructions than a file of this size can need."""
    size = 0
    for part in (path, path.with_name(f"{path.name}-wal")):
        # The database does not exist before the first run, and the WAL file only while a process writes.
        with suppress(OSError):
            size += part.stat().st_size
    left = itertools.count((_FREE + _PER_BYTE * size) // _PIECE, -1)
    return lambda: next(left) < 0


def _check(path: Path, connection: sqlite3.Connection) -> int:
    """Format of a database, whose integrity is checked; 0 if the database is empty."""
    # The tables are checked first, because the integrity check evaluates the conditions in their definitions.
    found = format_of(path, connection)
    # The quick check is not enough: it does not compare the indexes, through which rows are found, with their tables.
    said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise DataError(_damaged(path, said))
    return found


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Convert SQLite's errors to errors of neurosim that name the remedy."""
    try:
        yield
    except UnicodeDecodeError as error:
        # Raised for a message of SQLite that quotes bytes of the file.
        raise DataError(_damaged(path, "its tables have names that are not text")) from error
    except sqlite3.Error as error:
        if str(error) == "interrupted":
            raise DataError(_damaged(path, "reading it does not end")) from error
        if code := _code(error):
            raise NeurosimError(f"{path}: {_REMEDIES[code]}") from error
        raise DataError(_damaged(path, error)) from error


def _code(error: sqlite3.Error) -> str:
    return next((code for text, code in _TEXTS.items() if text in str(error)), "")


def _damaged(path: Path, why: object) -> str:
    # SQLite quotes parts of the file, and names the database that it checked in a separate line.
    said = " ".join(str(why).removeprefix("*** in database main ***").split())[:_SHOWN]
    return (
        f"{path}: damaged, or not a database ({said}). Move it away to start again, "
        "or recover what can still be read with: sqlite3 study.db .recover"
    )
