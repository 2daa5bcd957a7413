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
LISTED = re.compile(r"^\| \[`(\w+)`\]\(#([\w-]+)\).*\| ([^|]+) \|$", re.M)
"""A row of the table of ``experiments/README.md``: study, section, duration."""
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
    trials : int
        How many trials there are.
    seeds : str
        Their seeds.
    time : str
        How long they took, as ``experiments/README.md`` says it.
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
    seeds: str
    time: str
    date: str
    processor: str
    file: Path
    drawn: bool


def studies() -> dict[str, Committed]:
    """Studies with committed results, by name."""
    folders = sorted(path.parent for path in (EXPERIMENTS / "results").glob("*/result.json"))
    found = {folder.name: json.loads((folder / "result.json").read_text()) for folder in folders}
    times = {name: time.partition("; `ci`")[0] for name, _, time in LISTED.findall((EXPERIMENTS / "README.md").read_text())}
    return {name: _study(name, result, times.get(name, "")) for name, result in found.items() if "format" in result}


def sections() -> dict[str, list[str]]:
    """Names of studies, by the heading of the section of ``experiments/README.md`` that tells their results."""
    text = (EXPERIMENTS / "README.md").read_text()
    titles = {_anchor(title): title for title in HEADING.findall(text)}
    found: dict[str, list[str]] = {}
    for name, anchor, _ in LISTED.findall(text):
        found.setdefault(titles[anchor], []).append(name)
    return found


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _seeds(trials: list[Mapping[str, Any]]) -> str:
    seeds = sorted({t["seed"] for t in trials})
    return ", ".join(map(str, seeds)) if len(seeds) < 3 else f"{seeds[0]} to {seeds[-1]}"


def _study(name: str, result: Mapping[str, Any], time: str) -> Committed:
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
        _seeds(trials),
        time,
        result["provenance"][-1]["date"].partition(" ")[0],
        result["provenance"][-1]["processor"],
        file,
        (EXPERIMENTS / "results" / name / "figure.svg").exists(),
    )
