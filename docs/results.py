"""Inserts committed results of studies, as tables and pictures, into the pages that ask for them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1] / "experiments" / "results"
ASKS = re.compile(r"<!-- (results|numbers) of (\w+): ([\w, ]+) -->")
FIGURE = re.compile(r"<!-- figure of (\w+) -->")
"""A page contains ``<!-- results of STUDY: measure, measure -->`` for a table and the figure of a study, the same with
``numbers`` in place of ``results`` for the table alone, or ``<!-- figure of STUDY -->`` for the figure alone."""


def pictures() -> dict[str, bytes]:
    """Figures of all studies, by the name of their page."""
    return {f"results/{path.parent.name}.svg": path.read_bytes() for path in sorted(ROOT.glob("*/figure.svg"))}


def with_results(markdown: str) -> str:
    """Replace the comments of a page by the results that they name."""
    tables = ASKS.sub(lambda found: _SHOWN[found[1]](found[2], [m.strip() for m in found[3].split(",")]), markdown)
    return FIGURE.sub(lambda found: pictured(found[1]), tables)


def _result(study: str) -> Any:
    return json.loads((ROOT / study / "result.json").read_text())


def pictured(study: str) -> str:
    """The figure, with the question of the study as its alternative text."""
    return f"![{_result(study)['question']}](results/{study}.svg)"


def results(study: str, measures: list[str]) -> str:
    """Table of means over seeds, the command, and the figure."""
    return f"{numbers(study, measures)}\n\n{pictured(study)}"


def numbers(study: str, measures: list[str]) -> str:
    """Table of means over seeds, and the command."""
    result = _result(study)
    trials, about = result["trials"], result["measures"]
    varying = [p for p in trials[0]["parameters"] if len({json.dumps(t["parameters"][p]) for t in trials}) > 1]
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for trial in trials:
        groups.setdefault(tuple(trial["parameters"][p] for p in varying), []).append(trial["measures"])
    head = [*varying, *(f"{m.replace('_', ' ')} ({about[m]['unit']})".replace(" (1)", "") for m in measures)]
    rows = [[*map(str, key), *(_mean([m[name] for m in found]) for name in measures)] for key, found in groups.items()]
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    meaning = "; ".join(f"{m.replace('_', ' ')}: {about[m]['meaning']}" for m in measures)
    seeds = len(next(iter(groups.values())))
    note = f"`neurosim study {study}`. {meaning[:1].upper()}{meaning[1:]}" + (f"; {seeds} seeds." if seeds > 1 else ".")
    return f"{table}\n\n{note}"


def _mean(values: list[float]) -> str:
    mean = f"{np.mean(values):.4g}" if abs(np.mean(values)) < 1000 else f"{np.mean(values):.0f}"
    return mean if len(values) < 2 else f"{mean} ± {np.std(values, ddof=1):.2g}"


_SHOWN = {"results": results, "numbers": numbers}
