"""Index page of a folder of results, and its rows as a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from neurosim.errors import DataError, NeurosimError
from neurosim.report import Link, Section, Thumbnail, write_page
from neurosim.report.summary import read_summary
from neurosim.results.provenance import provenance
from neurosim.study.catalogue import report_folders, result_folders
from neurosim.study.judgement import answer, judge
from neurosim.study.page import PAGE
from neurosim.study.results import Results, read_results

INDEX, FIGURE = "index.html", "figure.png"
HEAD = ("folder", "question", "answer", "as expected", "size", "done", "failed", "open")
REPORT_HEAD = ("folder", "title", "answer")
_VERDICTS = {True: "yes", False: "NO", None: "not checked"}


def index_rows(root: str | Path) -> list[tuple[Any, ...]]:
    """Head, and one row per folder of results below `root`; for a folder that cannot be read, the row gives the reason."""
    return [HEAD, *(_row(folder, Path(root)) for folder in result_folders(root))]


def report_rows(root: str | Path) -> list[tuple[str, str, str]]:
    """Head, and one row per folder below `root` that contains a report, but no study."""
    return [REPORT_HEAD, *(_report_row(folder, Path(root)) for folder in report_folders(root))]


def write_index(root: str | Path) -> Path:
    """Write ``index.html`` into `root`."""
    place, studies, reports = Path(root), index_rows(root), report_rows(root)
    text = "Each folder contains its own report.html."
    table = _with_pictures(_linked(studies, place), place)
    chosen = Section("Studies", text, table=table, choose="as expected")
    sections = [chosen if len(studies) > 1 else Section("Studies", "None.")]
    if len(reports) > 1:
        text = "Demos, trainings and deployments: all other folders that contain a report.html."
        sections.append(Section("Other reports", text, table=_linked(reports, place)))
    count = len(studies) + len(reports) - 2
    title, text = "Results", f"{count} folder{'' if count == 1 else 's'} of results."
    write_page(place / INDEX, title, text, sections, provenance(), f"neurosim study index {place.name or '.'}")
    return place / INDEX


def _linked(rows: Sequence[tuple[Any, ...]], root: Path) -> list[tuple[Any, ...]]:
    """The rows, with links to the reports of the folders that have one."""
    head, *body = rows
    return [head, *((_link(folder, root), *rest) for folder, *rest in body)]


def _with_pictures(rows: Sequence[tuple[Any, ...]], root: Path) -> list[tuple[Any, ...]]:
    """The rows, each with the figure of its folder in small; as they are if no folder has one."""
    head, *body = rows
    paths = [Path(str(row[0])) / FIGURE for row in body]
    if not any((root / path).is_file() for path in paths):
        return list(rows)
    shown = [Thumbnail(p.as_posix(), f"figure of {p.parent}") if (root / p).is_file() else "" for p in paths]
    return [(*head[:1], "figure", *head[1:]), *((*row[:1], cell, *row[1:]) for row, cell in zip(body, shown, strict=True))]


def _link(folder: str, root: Path) -> Link | str:
    path = Path(folder) / PAGE
    return Link(path.as_posix(), folder) if (root / path).is_file() else folder


def _report_row(folder: Path, root: Path) -> tuple[str, str, str]:
    name = str(folder.relative_to(root))
    try:
        found = read_summary(folder / PAGE)
        return (name, found.title, found.answer)
    except DataError as error:
        return (name, "", f"cannot be read: {str(error).partition(': ')[2]}")


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
    return (results.description.question, answer(results), verdict, results.size, *counts)
