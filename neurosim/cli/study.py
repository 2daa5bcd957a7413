"""The commands ``neurosim study``, which run studies and show and compare their results; and ``neurosim reproduce``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from neurosim.cli.errors import interrupted_with
from neurosim.cli.output import Json, Output, output
from neurosim.cli.settings import parse_settings
from neurosim.cli.values import Trust
from neurosim.errors import NeurosimError

if TYPE_CHECKING:
    from rich.table import Table

    from neurosim.study.results import Results

Place = Annotated[
    str, typer.Argument(help="Folder with the results of a study, its study.db, or the name of a folder in studies/.")
]
Version = Annotated[
    int | None, typer.Option("--version", help="Version of the results. Default: the version that was run last.")
]


class RunsByName(TyperGroup):
    """``neurosim study NAME`` is short for ``neurosim study run NAME``."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Resolve the command; if the first word is not a command, resolve `run`."""
        known = args[0] in self.commands or args[0].startswith("-")
        return super().resolve_command(ctx, args if known else ["run", *args])


study = typer.Typer(cls=RunsByName, help="Run studies and show their results.", no_args_is_help=True)


@study.command()
def run(
    name: Annotated[str, typer.Argument(help="Name of a study listed by 'neurosim study list', or a Python file.")],
    jobs: Annotated[int, typer.Option(help="Number of trials to run at the same time; -1 for one per core.")] = 1,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Values of a parameter, such as eta=1e-4,1e-3 or tau=5*ms. May be repeated."),
    ] = None,
    size: Annotated[str, typer.Option(help="Size of the study: full, or ci (small enough for a test).")] = "full",
    out: Annotated[Path | None, typer.Option(help="Folder for the results. Default: studies/NAME.")] = None,
    dask: Annotated[str | None, typer.Option(help="Run the trials on the Dask cluster with this scheduler address.")] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed trials again.")] = False,
    json: Json = False,
) -> None:
    """Run a study; if it was run before, continue with the trials that are not finished."""
    with output(json) as say:
        from neurosim.study.catalogue import ROOT
        from neurosim.study.page import write_study
        from neurosim.study.results import read_results
        from neurosim.study.runner import run_study
        from neurosim.study.source import load_study
        from neurosim.study.workers import workers_for

        source, workers = load_study(name), workers_for(jobs, dask)
        folder = ROOT / source.study.name if out is None else out
        with interrupted_with(f"the same command goes on with the trials that are left; results are in {folder}", folder):
            version = run_study(
                source, folder, workers=workers, size=size, settings=parse_settings(settings or ()), retry_failed=retry_failed
            )
        results = read_results(folder, version)
        write_study(results, folder, source.study.figure)
        _show(say, results, folder)
    _complain(results)


@study.command("list")
def list_studies(
    root: Annotated[Path, typer.Argument(help="Folder with the results of studies.")] = Path("studies"), json: Json = False
) -> None:
    """List the studies, and the results in a folder."""
    with output(json) as say:
        from neurosim.study.catalogue import study_cards
        from neurosim.study.index import index_rows

        cards, found = study_cards(), index_rows(root)
        say.show(_table([("study", "question"), *((c.name, c.question) for c in cards)]))
        if len(found) > 1:
            say.show(_table(found, f"Results in {root}"))
        results = [dict(zip(found[0], row, strict=True)) for row in found[1:]]
        say.result = {"studies": [asdict(card) for card in cards], "results": results}


@study.command()
def show(place: Place, version: Version = None, json: Json = False) -> None:
    """Show the answer, the numbers and the failed trials of a study."""
    with output(json) as say:
        results, folder = _read(place, version)
        _show(say, results, folder)
        for failure in results.failures:
            say.show(failure.error)


@study.command()
def export(
    place: Place,
    file: Annotated[Path, typer.Argument(help="The .csv, .json or .parquet file to write.")],
    version: Version = None,
    json: Json = False,
) -> None:
    """Write the finished trials as CSV, Parquet, or JSON; 'neurosim reproduce' accepts the JSON file."""
    with output(json) as say:
        from neurosim.study.export import export as write

        results, _ = _read(place, version)
        write(results, file)
        say.show(f"{len(results.table)} trials in {file}")
        say.result = {"file": file, "trials": len(results.table)}


@study.command()
def figure(
    place: Place,
    file: Annotated[Path, typer.Argument(help="The .svg, .png or .pdf file to write.")],
    version: Version = None,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Draw the figure of a study again."""
    with output(json) as say:
        from neurosim.cli.values import check_outputs
        from neurosim.study.page import figure_of, own_figure, save_figure

        check_outputs(figure=file)
        results, _ = _read(place, version)
        save_figure(figure_of(results, own_figure(results, trust)), file)
        say.show(f"Figure: {file}")
        say.result = {"file": file}


@study.command()
def compare(
    first: Annotated[
        str, typer.Argument(help="Results as FOLDER\\[@VERSION][:PARAMETER=VALUE,...], such as desire_bits:bits=8.")
    ],
    second: Annotated[str, typer.Argument(help="Results to compare with them, in the same form.")],
    json: Json = False,
) -> None:
    """Compare two parameter settings of one study, or two studies, in pairs of equal seeds."""
    with output(json) as say:
        from neurosim.study.catalogue import find_results
        from neurosim.study.compare import compare_sides, parse_side

        sides = parse_side(first, find_results), parse_side(second, find_results)
        found = compare_sides(*sides)
        head = ("measure", "n", "first", "sd", "second", "sd", "second - first", "95 % interval", "t test p", "Wilcoxon p")
        rows = [
            (d.measure, d.paired.n, d.first.mean, d.first.sd, d.second.mean, d.second.sd, d.paired.difference.mean,
             f"{d.paired.difference.low:.4g} .. {d.paired.difference.high:.4g}", d.paired.t_test, d.paired.wilcoxon)
            for d in found
        ]  # fmt: skip
        say.show(_table([head, *rows], f"{first} (first) and {second} (second), paired by seed"))
        say.result = {"first": first, "second": second, "measures": [asdict(d) for d in found]}


@study.command()
def index(
    root: Annotated[Path, typer.Argument(help="Folder with the results of studies.")] = Path("studies"), json: Json = False
) -> None:
    """Write a page index.html for a folder of results."""
    with output(json) as say:
        from neurosim.study.index import write_index

        path = write_index(root)
        say.show(f"Index: {path}")
        say.result = {"file": path}


def reproduce(
    file: Annotated[Path, typer.Argument(help="Results of a study, a training, a recording, or the result.json of the demo.")],
    jobs: Annotated[int, typer.Option(help="Number of trials to run at the same time; -1 for one per core.")] = 1,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Produce a result again, and report whether it is equal or where it first differs."""
    with output(json) as say:
        from neurosim.reproduce import reproduce as again

        verdict = again(file, jobs, trust=trust)
        say.show(f"{'equal' if verdict.equal else 'DIFFERS'}: {verdict.difference or verdict.compared}")
        for note in verdict.notes:
            say.show(f"note: {note}")
        say.result = {"equal": verdict.equal, **asdict(verdict)}
    if not verdict.equal:
        raise typer.Exit(1)


def _read(place: str, version: int | None) -> tuple[Results, Path]:
    from neurosim.study.catalogue import find_results
    from neurosim.study.results import read_results

    found = find_results(place)
    return read_results(found, version), found


def _show(say: Output, results: Results, folder: Path) -> None:
    from neurosim.study.export import to_json
    from neurosim.study.judgement import answer, judge
    from neurosim.study.page import summary_table

    verdict, said = judge(results), answer(results)
    say.show(_table(summary_table(results), f"{results.description.name}, version {results.version}, size {results.size}"))
    say.show(f"{results.description.question}\n{said}\n{verdict.text}")
    say.show(f"{len(results.table)} trials done, {len(results.failures)} failed, {results.open} open; {folder}")
    say.result = {
        **to_json(results),
        "version": results.version,
        "answer": said,
        "as_expected": verdict.good,
        "failures": [asdict(f) for f in results.failures],
        "open": results.open,
    }


def _complain(results: Results) -> None:
    """Raise an error if trials failed; this happens after everything is written."""
    if results.failures:
        first, count = results.failures[0], len(results.failures)
        raise NeurosimError(
            f"{count} trial{'' if count == 1 else 's'} failed, the first with: {first.reason} "
            f"('neurosim study show' has the tracebacks; --retry-failed runs them again)"
        )


def _table(rows: Sequence[Sequence[Any]], title: str | None = None) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for k, name in enumerate(rows[0]):
        numbers = all(isinstance(row[k], int | float) for row in rows[1:])
        table.add_column(str(name), justify="right" if numbers and len(rows) > 1 else "left")
    for row in rows[1:]:
        table.add_row(*(f"{cell:.5g}" if isinstance(cell, float) else str(cell) for cell in row))
    return table
