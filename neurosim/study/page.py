"""HTML report page and figures of a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from neurosim.errors import ContentError, NeurosimError
from neurosim.files.atomic import atomic_write
from neurosim.study.export import export
from neurosim.study.figures import default_figure
from neurosim.study.judgement import answer, judge
from neurosim.study.permission import runnable
from neurosim.study.results import Results
from neurosim.study.values import described, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosim.report import Section
    from neurosim.study.table import Table

PAGE = "report.html"


Draw: TypeAlias = "Callable[[Table], Figure] | None"
"""Function `figure` of a study."""


def own_figure(results: Results, trust: bool = False) -> Draw:
    """Function `figure` of a study, from its stored text, which is run; None if the study does not define it.

    Raises
    ------
    DataError
        If the stored text may not run; see `neurosim.study.permission.runnable`.
    """
    if "figure" not in results.description.own:
        return None
    return runnable(results.stored, results.place, trust).study.figure


def figure_of(results: Results, own: Draw = None) -> Figure:
    """Figure of the finished trials, drawn by the study's `own` function, or by default each measure against a parameter."""
    if own is not None:
        return _drawn(own, results)
    return default_figure(results.table, {name: m.unit for name, m in results.description.measures.items()})


def _drawn(own: Callable[[Table], Figure], results: Results) -> Figure:
    try:
        return own(results.table)
    except NeurosimError:
        raise
    except Exception as error:
        raise ContentError(
            f"Study {results.description.name!r}: its figure raised {type(error).__name__}: {error}. Correct figure(table) in "
            f"{results.stored.file}; the trials are stored."
        ) from error


def study_page(results: Results, own: Draw = None) -> str:
    """HTML page of a study: question, answer, figure, table, provenance and command."""
    from neurosim.report import page

    study = results.description
    answered = f"{study.question}\n\n{answer(results)}\n\n{judge(results).text}"
    return page(study.name.replace("_", " "), answered, _sections(results, own), _provenance(results), results.command)


def write_study(results: Results, folder: str | Path, own: Draw = None) -> list[Path]:
    """Write ``report.html``, ``figure.svg``, ``figure.png``, ``result.json`` and ``trials.csv`` into `folder`.

    Parameters
    ----------
    results : Results
        Results of the study.
    folder : path
        Folder to write into.
    own : function, optional
        Function `figure` of the study.

    Returns
    -------
    list of Path
        Files that were written.
    """
    place = Path(folder)
    written = [place / PAGE, place / "result.json", place / "trials.csv"]
    with atomic_write(written[0]) as partial:
        partial.write_text(study_page(results, own), encoding="utf-8")
    for path in written[1:]:
        export(results, path)
    if results.table.rows:
        for name in ("figure.svg", "figure.png"):
            save_figure(figure_of(results, own), place / name)
            written.append(place / name)
    return written


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure such that the same data give the same bytes; the suffix of `path` selects the format."""
    from matplotlib import rc_context

    with atomic_write(path) as partial, rc_context({"svg.hashsalt": "neurosim", "svg.fonttype": "path"}):
        figure.savefig(partial, dpi=150, metadata={"Date": None} if path.suffix in (".svg", ".pdf") else None)


def summary_table(results: Results) -> list[tuple[Any, ...]]:
    """Head, and one row per point and measure: n, mean, sd, and the 95 % bootstrap interval of the mean."""
    table = results.table
    head = (*table.parameters, "measure", "unit", "n", "mean", "sd", "low", "high")
    rows = []
    for point, trials in table.by(*table.parameters):
        for name in table.measures:
            s = trials.summary(name)
            unit = results.description.measures[name].unit
            numbers = ("" if v != v else v for v in (s.mean, s.sd, s.low, s.high))
            rows.append((*(_cell(v) for v in point), name, "" if unit == "1" else unit, s.n, *numbers))
    return [head, *rows]


def _cell(value: Any) -> Any:
    return shown(value) if isinstance(value, Mapping | list) else value


def _sections(results: Results, own: Draw) -> list[Section]:
    from neurosim.report import Section

    study, sections = results.description, []
    if results.table.rows:
        text = "Dots are single trials. Lines are means over seeds, with 95 % bootstrap intervals (BCa)."
        sections.append(Section("Figure", text, figure=figure_of(results, own)))
        text = "Mean and standard deviation over seeds; low and high are the limits of the 95 % interval of the mean."
        sections.append(Section("Numbers", text, table=summary_table(results)))
    meanings = [("measure", "unit", "meaning"), *((n, m.unit, m.meaning) for n, m in study.measures.items())]
    sections.append(Section("What was measured", _extent(results), table=meanings))
    if results.failures:
        rows = [("trial", "reason"), *((described(f.point, f.seed), f.reason) for f in results.failures)]
        sections.append(Section("Failed trials", "'neurosim study show' prints their tracebacks.", table=rows))
    return sections


def _extent(results: Results) -> str:
    done, missing = len(results.table), results.open
    seconds = sum(results.table.column("seconds"))
    text = f"{done} finished trials of the size {results.size!r}, which took {seconds:.1f} s in total."
    if missing:
        text += f" {missing} more are not finished yet."
    return text


def _provenance(results: Results) -> dict[str, Any]:
    last = dict(results.provenance[-1]) if results.provenance else {}
    commits = dict.fromkeys(str(p.get("commit", "")) for p in results.provenance)
    data = {f"{name}: {part}": text for row in results.table.rows for name, d in row.data.items() for part, text in d.items()}
    seeds = sorted(set(results.table.column("seed")))
    return last | {
        "commit": "; ".join(c for c in commits if c),
        "study file": results.stored.file,
        "version of the results": results.version,
        "seeds": ", ".join(map(str, seeds)),
        **{f"data {name}": text[:16] for name, text in data.items()},
    }
