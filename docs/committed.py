"""Reads the committed results of studies: the question, the answer, the command, and how long they took."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
EXPERIMENTS = ROOT / "experiments"
LISTED = re.compile(r"^\| \[`(\w+)`\]\(#([\w-]+)\)", re.M)
HEADING = re.compile(r"^### (.+)$", re.M)


@dataclass(frozen=True)
class Committed:
    """A study with committed results.

    Attributes
    ----------
    name, question, answer, expected : str
        Texts of the study; the answer is computed from the committed trials.
    command : str
        Command that made the results.
    trials, seeds : int
        How many trials, and different seeds, there are.
    seconds : float
        Time of all trials together, on the computer that ran them.
    date, processor : str
        When and where they ran.
    file : Path
        Source of the study.
    drawn : bool
        Whether there is a figure.
    """

    name: str
    question: str
    answer: str
    expected: str
    command: str
    trials: int
    seeds: int
    seconds: float
    date: str
    processor: str
    file: Path
    drawn: bool


def studies() -> dict[str, Committed]:
    """Studies with committed results, by name."""
    folders = sorted(path.parent for path in (EXPERIMENTS / "results").glob("*/result.json"))
    found = {folder.name: json.loads((folder / "result.json").read_text()) for folder in folders}
    return {name: _study(name, result) for name, result in found.items() if "format" in result}


def sections() -> dict[str, list[str]]:
    """Names of studies, by the heading of the section of ``experiments/README.md`` that tells their results."""
    text = (EXPERIMENTS / "README.md").read_text()
    titles = {_anchor(title): title for title in HEADING.findall(text)}
    found: dict[str, list[str]] = {}
    for name, anchor in LISTED.findall(text):
        found.setdefault(titles[anchor], []).append(name)
    return found


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _study(name: str, result: Mapping[str, Any]) -> Committed:
    from neurosim.study.conclusion import conclude
    from neurosim.study.source import load_study
    from neurosim.study.table import Row, Table

    file = EXPERIMENTS / result["file"]
    trials = result["trials"]
    rows = tuple(Row(t["parameters"], t["seed"], t["measures"], t["data"], t["seconds"], "") for t in trials)
    study = load_study(file).study
    table = Table(tuple(trials[0]["parameters"]), tuple(result["measures"]), rows)
    return Committed(
        name,
        study.question,
        conclude(study, table, whole=False).answer,
        study.expected,
        result["command"],
        len(trials),
        len({t["seed"] for t in trials}),
        sum(t["seconds"] for t in trials),
        result["provenance"][-1]["date"].partition(" ")[0],
        result["provenance"][-1]["processor"],
        file,
        (EXPERIMENTS / "results" / name / "figure.svg").exists(),
    )
