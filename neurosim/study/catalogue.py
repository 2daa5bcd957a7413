"""Which studies there are: the files, and the folders of results."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from pathlib import Path

from neurosim.content.catalogue import content_path, list_content
from neurosim.content.user_code import read_source
from neurosim.errors import DataError
from neurosim.study.page import PAGE
from neurosim.study.source import ATTRIBUTE
from neurosim.study.store import DATABASE

ROOT = Path("studies")
"""Where results go if nobody says otherwise: ``studies/NAME``."""


@dataclass(frozen=True)
class StudyCard:
    """Name and question of a study file."""

    name: str
    question: str


def study_cards() -> list[StudyCard]:
    """All files under ``experiments/`` that hold a study; none of them is run."""
    cards = ((name, _question(content_path("experiments", name))) for name in list_content("experiments"))
    return [StudyCard(name, question) for name, question in cards if question is not None]


def find_results(place: str | os.PathLike[str]) -> Path:
    """The folder or database of results that a user names: a path, or a name below ``studies/``.

    Raises
    ------
    DataError
        If there is none.
    """
    for path in (Path(place), ROOT / place):
        if path.is_file() or (path / DATABASE).is_file():
            return path
    raise DataError(f"{place}: no results there, nor in {ROOT / place}; run it first: neurosim study run {place}")


def result_folders(root: str | os.PathLike[str]) -> list[Path]:
    """Folders at or below `root` that hold results of a study."""
    return sorted(path.parent for path in Path(root).rglob(DATABASE))


def report_folders(root: str | os.PathLike[str]) -> list[Path]:
    """Folders at or below `root` that hold a report, but are no results of a study."""
    folders = (path.parent for path in Path(root).rglob(PAGE))
    return sorted(folder for folder in folders if not (folder / DATABASE).exists())


def _question(path: Path) -> str | None:
    """What the file's STUDY asks; None if it holds no study."""
    try:
        tree = ast.parse(read_source(path))
    except SyntaxError:
        return f"(line of {path.name} is not Python: run it to see which)"
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == ATTRIBUTE for t in node.targets):
            return _text(node.value)
    return None


def _text(call: ast.expr) -> str:
    keywords = {k.arg: k.value for k in call.keywords} if isinstance(call, ast.Call) else {}
    second = call.args[1] if isinstance(call, ast.Call) and len(call.args) > 1 else None
    node = keywords.get("question", second)
    return str(node.value) if isinstance(node, ast.Constant) else ""
