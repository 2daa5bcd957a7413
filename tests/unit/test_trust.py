"""Signatures of this user on this machine."""

import os
from pathlib import Path

import pytest

from neurosim.files.trust import made_here, signature


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_what_was_signed_here_is_known_again(home: Path) -> None:
    signed = signature("study", b"text")
    assert made_here("study", b"text", signed)
    assert not made_here("study", b"texu", signed)
    assert not made_here("training", b"text", signed)
    assert not made_here("study", b"text", "")
    assert not made_here("study", b"text", "\N{LATIN SMALL LETTER E WITH ACUTE}")


def test_another_home_has_another_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = signature("study", b"text")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "other"))
    assert not made_here("study", b"text", signed)


def test_only_its_user_reads_the_key(home: Path) -> None:
    signature("study", b"text")
    (key,) = (path for path in home.rglob("*") if path.is_file())
    assert key.stat().st_mode & 0o077 == 0


def test_without_a_place_for_the_key_nothing_is_made_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", os.fspath(tmp_path / "file"))
    assert signature("study", b"text") == ""
    assert not made_here("study", b"text", "")
