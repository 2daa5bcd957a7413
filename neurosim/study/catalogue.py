"""Catalogue of studies: the study files, and the folders of results."""

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
"""Default folder of results; those of a study go to ``studies/NAME``."""


@dataclass(frozen=True)
class StudyCard:
    """Name and question of a study file."""

    name: str
    question: str


def study_cards() -> list[StudyCard]:
    """Name and question of all files below ``experiments/`` that contain a study; the files are not run."""
    cards = ((name, _question(content_path("experiments", name))) for name in list_content("experiments"))
    return [StudyCard(name, question) for name, question in cards if question is not None]


def find_results(place: str | os.PathLike[str]) -> Path:
    """Folder or database of results, given as a path or as a name below ``studies/``.

    Raises
    ------
    DataError
        If there are no results in either place.
    """
    for path in (Path(place), ROOT / place):
        if path.is_file() or (path / DATABASE).is_file():
            return path
    raise DataError(f"{place}: found no results there, nor in {ROOT / place}; run the study first: neurosim study run {place}")


def result_folders(root: str | os.PathLike[str]) -> list[Path]:
    """Folders at or below `root` that contain results of a study."""
    return sorted(path.parent for path in Path(root).rglob(DATABASE))


def report_folders(root: str | os.PathLike[str]) -> list[Path]:
    """Folders at or below `root` that contain a report, but no results of a study."""
    folders = (path.parent for path in Path(root).rglob(PAGE))
    return sorted(folder for folder in folders if not (folder / DATABASE).exists())


def _question(path: Path) -> str | None:
    """Question of the study in a file; None if the file contains no study."""
    try:
        tree = ast.parse(read_source(path))
    except SyntaxError:
        return f"(not known: {path.name} has a syntax error; run the study to see it)"
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == ATTRIBUTE for t in node.targets):
            return _text(node.value)
    return None


def _text(call: ast.expr) -> str:
    keywords = {k.arg: k.value for k in call.keywords} if isinstance(call, ast.Call) else {}
    second = call.args[1] if isinstance(call, ast.Call) and len(call.args) > 1 else None
    node = keywords.get("question", second)
    return str(node.value) if isinstance(node, ast.Constant) else ""
