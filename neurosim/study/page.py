"""A study as a page of HTML and a figure, and the folder of a study with both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.data.files import atomic_write
from neurosim.study.export import export
from neurosim.study.figures import default_figure
from neurosim.study.judgement import answer, judge
from neurosim.study.results import Results
from neurosim.study.values import described, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosim.report import Section

PAGE = "report.html"


def figure_of(results: Results) -> Figure:
    """The study's figure of the finished trials."""
    study = results.source.study
    if study.figure is not None:
        return study.figure(results.table)
    return default_figure(results.table, {name: m.unit for name, m in study.measures.items()})


def study_page(results: Results) -> str:
    """The page: question, answer, figure, table, provenance and command."""
    from neurosim.report import page

    study = results.source.study
    answered = f"{study.question}\n\n{answer(results)}\n\n{judge(results).text}"
    return page(study.name.replace("_", " "), answered, _sections(results), _provenance(results), results.command)


def write_study(results: Results, folder: str | Path) -> list[Path]:
    """Write ``report.html``, ``figure.svg``, ``figure.png``, ``result.json`` and ``trials.csv`` into `folder`."""
    place = Path(folder)
    written = [place / PAGE, place / "result.json", place / "trials.csv"]
    with atomic_write(written[0]) as partial:
        partial.write_text(study_page(results), encoding="utf-8")
    for path in written[1:]:
        export(results, path)
    if results.table.rows:
        for name in ("figure.svg", "figure.png"):
            save_figure(figure_of(results), place / name)
            written.append(place / name)
    return written


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure so that the same data give the same bytes; its suffix says how."""
    from matplotlib import rc_context

    with atomic_write(path) as partial, rc_context({"svg.hashsalt": "neurosim", "svg.fonttype": "path"}):
        figure.savefig(partial, dpi=150, metadata={"Date": None} if path.suffix in (".svg", ".pdf") else None)


def summary_table(results: Results) -> list[tuple[Any, ...]]:
    """Head and one row a point and measure: n, mean, sd, and the 95 % bootstrap interval of the mean."""
    table = results.table
    head = (*table.parameters, "measure", "unit", "n", "mean", "sd", "low", "high")
    rows = []
    for point, trials in table.by(*table.parameters):
        for name in table.measures:
            s = trials.summary(name)
            unit = results.source.study.measures[name].unit
            numbers = ("" if v != v else v for v in (s.mean, s.sd, s.low, s.high))
            rows.append((*(_cell(v) for v in point), name, "" if unit == "1" else unit, s.n, *numbers))
    return [head, *rows]


def _cell(value: Any) -> Any:
    return shown(value) if isinstance(value, Mapping | list) else value


def _sections(results: Results) -> list[Section]:
    from neurosim.report import Section

    study, sections = results.source.study, []
    if results.table.rows:
        text = "Dots: single trials. Lines: mean over seeds with its 95 % bootstrap interval (BCa)."
        sections.append(Section("Figure", text, figure=figure_of(results)))
        sections.append(Section("Numbers", "Over seeds; low and high bound the mean.", table=summary_table(results)))
    meanings = [("measure", "unit", "meaning"), *((n, m.unit, m.meaning) for n, m in study.measures.items())]
    sections.append(Section("What was measured", _extent(results), table=meanings))
    if results.failures:
        rows = [("trial", "why"), *((described(f.point, f.seed), f.reason) for f in results.failures)]
        sections.append(Section("Failed trials", "'neurosim study show' has their tracebacks.", table=rows))
    return sections


def _extent(results: Results) -> str:
    done, missing = len(results.table), results.open
    text = f"{done} trials, size {results.size}, {sum(results.table.column('seconds')):.1f} s of trials in total."
    if missing:
        text += f" {missing} more are not done yet."
    return text


def _provenance(results: Results) -> dict[str, Any]:
    last = dict(results.provenance[-1]) if results.provenance else {}
    commits = dict.fromkeys(str(p.get("commit", "")) for p in results.provenance)
    data = {f"{name}: {part}": text for row in results.table.rows for name, d in row.data.items() for part, text in d.items()}
    seeds = sorted(set(results.table.column("seed")))
    return last | {
        "commit": "; ".join(c for c in commits if c),
        "study file": results.source.file,
        "version of the results": results.version,
        "seeds": ", ".join(map(str, seeds)),
        **{f"data {name}": text[:16] for name, text in data.items()},
    }
