"""The command ``neurosim bench``, which runs a benchmark of ``experiments/``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from neurosim.cli.output import Json, output
from neurosim.content.catalogue import content_path, list_content
from neurosim.errors import ContentError, UsageError, unknown_name

PREFIX = "benchmark_"
SIZES = ("ci", "full")


def bench(
    name: Annotated[str, typer.Argument(help="Name: desire, emulator, first-use, learning, lowering, scale.")],
    size: Annotated[str, typer.Option(help="full (takes minutes), or ci (a quick check that the benchmark runs).")] = "full",
    json: Json = False,
) -> None:
    """Run a benchmark and show its numbers."""
    from neurosim.content.user_code import call, load_function

    with output(json) as say:
        path = _path(name)
        if size not in SIZES:
            raise UsageError("--size: " + unknown_name("size", size, SIZES))
        with say.working(f"measuring: {name}, size {size}"):
            found = call(path, load_function(path, "run"), {"size": size})
        say.show(_table(name, found))
        for reason in found.get("left_out", ()):
            say.show(f"Left out: {reason}")
        say.result = found


def _path(name: str) -> Path:
    files = {n.removeprefix(PREFIX).replace("_", "-"): n for n in list_content("experiments") if n.startswith(PREFIX)}
    if name not in files:
        raise ContentError(unknown_name("benchmark", name, files))
    return content_path("experiments", files[name])


def _table(name: str, found: Mapping[str, Any]) -> Table:
    """Table of the results, with one row per number and one column per case."""
    cases = {case: dict(_numbers(values)) for case, values in found.get("cases", {}).items()}
    table = Table(name, title_justify="left")
    for case in cases:
        table.add_column(case, justify="right")
    for number in dict.fromkeys(number for values in cases.values() for number in values):
        table.add_row(number.replace("_", " "), *(f"{v[number]:.4g}" if number in v else "" for v in cases.values()))
    return table


def _numbers(values: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for key, value in values.items():
        if isinstance(value, int | float):
            yield key, value
