"""The command ``neurosim compare``, which compares two recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurosim.cli.output import Json, output
from neurosim.cli.values import check_outputs, save_picture


def compare(
    a: Annotated[Path, typer.Argument(help="File of the recording that serves as the reference.")],
    b: Annotated[Path, typer.Argument(help="File of the recording to compare with the reference.")],
    readout: Annotated[str | None, typer.Option(help="Population whose most active neuron is taken as the prediction.")] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Draw spikes, rates and voltages into this .png, .svg or .pdf file.")
    ] = None,
    json: Json = False,
) -> None:
    """Compare two recordings of the same network."""
    with output(json) as say:
        check_outputs(figure=figure)
        from neurosim.analysis.comparison import compare as run
        from neurosim.results.recording import Recording

        found = run(Recording.load(a), Recording.load(b), readout=readout)
        if figure is not None:
            save_picture(found.figure(), figure)
        say.show(found.table())
        say.show("Every spike is the same." if found.identical else "The spikes differ.")
        say.result = found.to_dict()
