"""Pages of a database that lead to one another end: a few kilobytes may not be read as rows without end."""

import shutil
import sqlite3
import struct

import pytest

from neurosim.errors import DataError
from neurosim.study.database import open_for_reading, open_for_writing

LEVELS, CHILDREN = 8, 100


def interior(size, child, count, begin=0):
    """A page of a tree whose `count` children are all the same page."""
    page, end = bytearray(size), size
    for k in range(count):
        end -= 5
        page[end : end + 5] = struct.pack(">IB", child, k + 1)
        page[begin + 12 + 2 * k : begin + 14 + 2 * k] = struct.pack(">H", end)
    page[begin : begin + 12] = struct.pack(">BHHHBI", 5, 0, count, end, 0, child)
    return page


def leaf(size, record):
    """A page with one row."""
    page, cell = bytearray(size), bytes([len(record), 1]) + record
    page[size - len(cell) :] = cell
    page[:10] = struct.pack(">BHHHBH", 13, 0, 1, size - len(cell), 0, size - len(cell))
    return page


def text_record(*values):
    """A row of texts, small numbers and NULL."""
    kinds = [0 if v is None else 1 if isinstance(v, int) else 13 + 2 * len(v) for v in values]
    body = b"".join(b"" if v is None else bytes([v]) if isinstance(v, int) else v.encode() for v in values)
    return bytes([len(kinds) + 1, *kinds]) + body


def schema_tree(content, size):
    """The table of tables gets a row without end; the rows that it had come first."""
    last = len(content) // size
    old = bytearray(content[:size])
    cells = struct.unpack(">H", old[103:105])[0]
    old[: 8 + 2 * cells] = old[100 : 108 + 2 * cells]
    row = leaf(size, text_record("index", "sqlite_autoindex_versions_1", "versions", 5, None))
    tower = [interior(size, last + 2 + k, CHILDREN) for k in range(LEVELS)]
    top = interior(size, last + 1, 1, begin=100)
    top[:100], top[108:112] = content[:100], struct.pack(">I", last + 2 + LEVELS)
    return b"".join([bytes(top), content[size:], old, row, *tower])


def about_tree(content, size):
    """The table of what the database is."""
    last, root = len(content) // size, 2
    tower = [interior(size, last + 1 + k, CHILDREN) for k in range(LEVELS)]
    row = content[(root - 1) * size : root * size]
    return b"".join([content[: (root - 1) * size], bytes(tower.pop()), content[root * size :], row, *tower])


@pytest.fixture(scope="module")
def study_db(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "study.db"
    open_for_writing(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        assert connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'about'").fetchone() == (2,)
    return path


@pytest.mark.parametrize("made", [schema_tree, about_tree])
@pytest.mark.parametrize("opened", [open_for_reading, open_for_writing])
def test_pages_without_end(study_db, tmp_path, made, opened):
    path = tmp_path / "study.db"
    shutil.copy(study_db, path)
    content = path.read_bytes()
    content = bytearray(made(content, int.from_bytes(content[16:18], "big")))
    content[28:32] = (len(content) // int.from_bytes(content[16:18], "big")).to_bytes(4, "big")
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"study\.db: damaged, or not a database \("):
        opened(path)


@pytest.mark.parametrize("opened", [open_for_reading, open_for_writing])
def test_names_that_are_no_text(study_db, tmp_path, opened):
    path = tmp_path / "study.db"
    path.write_bytes(study_db.read_bytes().replace(b"tabletrialstrials", b"tabl\x85tr\x85alstrials"))
    with pytest.raises(DataError, match=r"study\.db: damaged, or not a database \("):
        opened(path)


@pytest.mark.parametrize("opened", [open_for_reading, open_for_writing])
def test_an_index_that_is_not_that_of_its_table(study_db, tmp_path, opened):
    path = tmp_path / "study.db"
    shutil.copy(study_db, path)
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO trials (version, key, parameters, seed) VALUES (1, 'a', '', 0)")
        number = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'open_trials'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    content = path.read_bytes()
    page = content[(number - 1) * size : number * size]
    assert page.count(b"todo") == 1
    path.write_bytes(content.replace(page, page.replace(b"todo", b"done")))
    with pytest.raises(DataError, match=r"study\.db: damaged, or not a database \([^\n]*open_trials\)"):
        opened(path)


def test_a_large_one_is_read(study_db, tmp_path):
    path = tmp_path / "study.db"
    shutil.copy(study_db, path)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k LIMIT 300000) "
            "INSERT INTO trials (version, key, parameters, seed) SELECT 1, n, '', 0 FROM k"
        )
    with open_for_reading(path) as connection:
        assert len(connection.execute("SELECT * FROM trials").fetchall()) == 300_000
