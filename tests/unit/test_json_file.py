"""JSON files with a checksum."""

from pathlib import Path

import pytest

from neurosim.errors import DataError, UncheckedFile
from neurosim.files.json_file import read_json, with_checksum, write_json


def test_what_was_written_is_read(tmp_path: Path) -> None:
    content = {"a": [1, 2.5, float("inf"), None], "b": {"2": "\N{GREEK SMALL LETTER ALPHA}"}}
    write_json(tmp_path / "file.json", content)
    assert read_json(tmp_path / "file.json") == content
    assert with_checksum({2: 0, 10: 1})["checksum"] == with_checksum({"2": 0, "10": 1})["checksum"]


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_json(path, {"a": 17})
    path.write_text(path.read_text().replace("17", "71"))
    with pytest.raises(DataError, match="does not match its checksum"):
        read_json(path)


def test_a_file_without_checksum_is_read_with_a_notice(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text('{"a": 1}')
    with pytest.warns(UncheckedFile, match=r"file\.json has no checksum"):
        assert read_json(path) == {"a": 1}


@pytest.mark.parametrize("text", ["", "[1]", "{", "\x00", "[" * 100_000, "3"])
def test_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"file\.json: "):
        read_json(path)
    with pytest.raises(DataError, match="no such file"):
        read_json(tmp_path / "other.json")


def test_more_values_than_fit_into_the_memory(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"a": [' + "[]," * 2_000_000 + "[]]}")
    said = r"x\.json: damaged, incomplete or not JSON \(it has up to 4000003 values; expected at most 3000000"
    with pytest.raises(DataError, match=said):
        read_json(path)


@pytest.mark.parametrize("depth", [900, 990, 2000, 9000])
def test_depth(tmp_path, depth):
    path = tmp_path / "x.json"
    path.write_text('{"checksum": "sha256:", "a": ' + "[" * depth + "]" * depth + "}")
    with pytest.raises(DataError, match=r"x\.json: damaged"):
        read_json(path)
