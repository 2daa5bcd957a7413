"""One page over a folder of results, and the list of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neurosim.errors import NeurosimError
from neurosim.provenance import provenance
from neurosim.report import Section, write_page
from neurosim.study.catalogue import result_folders
from neurosim.study.judgement import answer, judge
from neurosim.study.results import Results, read_results

INDEX = "index.html"
HEAD = ("folder", "question", "answer", "as expected", "size", "done", "failed", "open")
_VERDICTS = {True: "yes", False: "NO", None: "not checked"}


def index_rows(root: str | Path) -> list[tuple[Any, ...]]:
    """Head, and a row for each folder of results below `root`; one that cannot be read says why."""
    return [HEAD, *(_row(folder, Path(root)) for folder in result_folders(root))]


def write_index(root: str | Path) -> Path:
    """Write ``index.html`` into `root`."""
    place, rows = Path(root), index_rows(root)
    section = Section("Studies", "Each folder holds a report.html of its own.", table=rows)
    count = len(rows) - 1
    title, text = "Results", f"{count} folder{'' if count == 1 else 's'} of results."
    write_page(place / INDEX, title, text, [section], provenance(), f"neurosim study index {place.name or '.'}")
    return place / INDEX


def _row(folder: Path, root: Path) -> tuple[Any, ...]:
    name = str(folder.relative_to(root))
    try:
        results = read_results(folder)
        return (name, *_summary(results))
    except NeurosimError as error:
        return (name, "", f"cannot be read: {str(error).partition(': ')[2]}", "", "", "", "", "")


def _summary(results: Results) -> tuple[Any, ...]:
    verdict = _VERDICTS[judge(results).good]
    counts = (len(results.table), len(results.failures), results.open)
    return (results.source.study.question, answer(results), verdict, results.size, *counts)
