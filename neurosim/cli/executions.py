"""The command ``neurosim executions``, which lists the executions and says which of them run a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.output import Json, Output, output
from neurosim.cli.values import Settings, Trust, network_of
from neurosim.errors import UsageError

if TYPE_CHECKING:
    from neurosim.backends.executions import Workload


def executions(
    model: Annotated[
        str | None, typer.Argument(help="Model to try: a name, a Python file, or the .h5 file of a trained network.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Chip of the executions that need one; without it, the chip that each is made for.")
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option(help="Accept a difference by its name, such as reset_to_rest. May be repeated.")
    ] = None,
    settings: Settings = None,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """List the executions, also those of other packages; with a model, say which of them run it, and why the others do not."""
    with output(json) as say:
        if model is None and (settings or allow or target is not None):
            raise UsageError("--set, --target and --allow are about a model: name it, such as 'neurosim executions brunel'.")
        workload = None if model is None else _workload(model, target, allow or (), settings, trust)
        rows = _rows(workload)
        _show(say, rows, workload)
        say.result = {"network": None if workload is None else workload.network.name, "executions": rows}


def _workload(
    model: str, target: str | None, allow: Sequence[str], settings: list[str] | None, trust: bool
) -> Workload:
    from neurosim.backends.executions import Workload

    return Workload(network_of(model, settings, trust), target, allow=frozenset(allow))


def _rows(workload: Workload | None) -> list[dict[str, Any]]:
    """One entry per execution; an execution that cannot be used has a `problem`."""
    from neurosim.backends.executions import OWN, registered

    own = [_row(name, "neurosim", workload) for name in OWN]
    others = [
        _entry(r.name, r.package, problem=f"{r.who}: {r.problem}") if r.problem else _row(r.name, r.package, workload)
        for r in registered()
    ]
    return own + others


def _row(name: str, package: str, workload: Workload | None) -> dict[str, Any]:
    from neurosim.backends.executions import EXECUTIONS, reasons
    from neurosim.errors import ContentError

    try:
        found = EXECUTIONS[name]
    except ContentError as error:
        return _entry(name, package, problem=str(error))
    refuses = None if workload is None else list(reasons(name, workload))
    return _entry(name, package, found.summary, found.missing(), refuses=refuses)


def _entry(
    name: str, package: str, summary: str = "", missing: str = "", problem: str = "", refuses: list[str] | None = None
) -> dict[str, Any]:
    return {
        "name": name, "package": package, "summary": summary, "missing": missing, "problem": problem, "refuses": refuses,
    }  # fmt: skip


def _show(say: Output, rows: list[dict[str, Any]], workload: Workload | None) -> None:
    from rich.table import Table

    table = Table("execution", "package", "description", show_lines=True)
    table.add_column("note" if workload is None else f"runs {workload.network.name}")
    for row in rows:
        notes = [text for text in (row["problem"], row["missing"], *(row["refuses"] or ())) if text]
        runs = "" if workload is None or row["problem"] else ("no: " if row["refuses"] else "yes ")
        table.add_row(row["name"], row["package"], row["summary"], (runs + " ".join(notes)).strip())
    say.show(table)
