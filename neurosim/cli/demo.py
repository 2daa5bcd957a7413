"""The command ``neurosim demo``, which runs the whole workflow once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurosim.cli.output import Json, output
from neurosim.cli.values import make_folder


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the report, the figures and the results.")] = Path("demo-out"),
    seeds: Annotated[int, typer.Option(min=1, help="Number of independent trainings.")] = 3,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training data.")] = 60,
    json: Json = False,
) -> None:
    """Train a network on real digits, check it in Brian2, deploy it, run it on the emulator and in Lava, and write a report."""
    with output(json) as say:
        make_folder(out)
        from neurosim.demo import run_demo

        result = run_demo(out, seeds=seeds, epochs=epochs)
        say.show(f"Accuracy {result['accuracy_float']:.4f} in float, {result['accuracy_fixed']:.4f} in the chip's integers")
        lava = "not run" if result["lava_identical"] is None else result["lava_identical"]
        say.show(f"Brian2 agrees: {result['brian2_identical']}; Lava agrees: {lava}")
        say.show(f"Report: {out / 'report.html'}")
        say.result = result
