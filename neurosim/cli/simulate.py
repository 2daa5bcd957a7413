"""The command ``neurosim simulate``, which runs a model in Brian2."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.nir import shown_network
from neurosim.cli.output import Json, output
from neurosim.cli.settings import parse_options
from neurosim.cli.values import (
    Data,
    Duration,
    Samples,
    Settings,
    Signals,
    Trust,
    check_outputs,
    duration_of,
    save_picture,
    shown_images,
    signals_of,
)

if TYPE_CHECKING:
    from rich.table import Table

    from neurosim.results.recording import Recording


def simulate(
    model: Annotated[str, typer.Argument(help="Name of a model, a Python or NIR file, or the .h5 file of a trained network.")],
    duration: Duration = None,
    integration: Annotated[
        str | None,
        typer.Option(
            help="exact (continuous time, the default) or step (the equations of the chip, the default for NIR files)."
        ),
    ] = None,
    engine_target: Annotated[str, typer.Option(help="How Brian2 runs the code: numpy, cython or cpp_standalone.")] = "numpy",
    settings: Settings = None,
    signal: Signals = None,
    data: Data = None,
    samples: Samples = 10,
    out: Annotated[Path | None, typer.Option(help="Save the recording to this HDF5 file.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw a raster plot into this .png, .svg or .pdf file.")] = None,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Simulate a model in Brian2."""
    with output(json) as say:
        check_outputs(out, figure=figure)
        network = shown_network(say, model, settings, trust)
        length, shown, signals = duration_of(network, duration), shown_images(network, data, samples), signals_of(signal)
        from neurosim.backends.brian2 import simulate as run
        from neurosim.models.builders import is_nir
        from neurosim.models.origin import origin_of

        given, usual = {"images": shown.images, "signals": signals}, "step" if is_nir(model) else "exact"
        recording = run(network, length, **given, integration=integration or usual, target=engine_target)
        if out is not None:
            # 'neurosim reproduce' needs the origin to run the simulation again.
            origin = origin_of(model, parse_options(settings or ())) | {"data": data, "signals": signals}
            replace(recording, info={**recording.info, "origin": origin}).save(out)
        if figure is not None:
            save_picture(raster_figure(recording), figure)
        say.show(rates_table(recording))
        files = {"recording": out, "figure": figure}
        say.result = summary(recording) | {"files": {k: v for k, v in files.items() if v is not None}}


def summary(recording: Recording) -> dict[str, Any]:
    """Summary of a run in numbers."""
    return {
        **recording.info,
        "dt": recording.dt,
        "steps": recording.steps,
        "samples": recording.samples,
        "populations": {
            name: {"n": recording.sizes[name], "spikes": len(spikes), "rate_hz": float(recording.rates(name).mean())}
            for name, spikes in recording.spikes.items()
        },
    }


def rates_table(recording: Recording) -> Table:
    """Table with the number of spikes and the mean rate of every population."""
    from rich.table import Table

    title = f"{recording.info.get('network', '')}: {recording.samples} x {recording.steps * recording.dt:g} s"
    table = Table("population", title=title, title_justify="left")
    for column in ("neurons", "spikes", "mean rate (Hz)"):
        table.add_column(column, justify="right")
    for name, spikes in recording.spikes.items():
        table.add_row(name, str(recording.sizes[name]), str(len(spikes)), f"{recording.rates(name).mean():.3f}")
    return table


def raster_figure(recording: Recording) -> Any:
    """Draw a raster plot of the first sample."""
    from matplotlib.figure import Figure

    from neurosim.analysis.plots import raster

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    raster(figure.subplots(), recording)
    return figure
