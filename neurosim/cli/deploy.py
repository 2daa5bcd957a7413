"""The command ``neurosim deploy``, which quantises a model for a chip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from neurosim.cli.nir import shown_network
from neurosim.cli.output import Json, Output, output
from neurosim.cli.values import (
    Data,
    Duration,
    Samples,
    Settings,
    Shown,
    Signals,
    Trust,
    check_outputs,
    duration_of,
    shown_images,
    signals_of,
)
from neurosim.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from rich.table import Table

    from neurosim.backends.deployment import Deployment
    from neurosim.network import Network
    from neurosim.results.recording import Recording

Pair: TypeAlias = "tuple[Recording, Recording]"


def deploy(
    model: Annotated[str, typer.Argument(help="Name of a model, a Python or NIR file, or the .h5 file of a trained network.")],
    target: Annotated[str, typer.Option(help="Chip: loihi1, loihi2, or your own TOML file.")] = "loihi2",
    out: Annotated[Path | None, typer.Option(help="Folder for report.html, graph.py, weights.npz and manifest.json.")] = None,
    weight_bits: Annotated[int, typer.Option(help="Number of bits per stored weight.")] = 8,
    clip: Annotated[float | None, typer.Option(help="Limit the size of weights to this value before quantisation.")] = None,
    allow: Annotated[
        list[str] | None, typer.Option(help="Accept a loss by its name: reset_to_rest or weight_transport. May be repeated.")
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(
            help="Run the network: emulator (compared with float), lava (compared with the emulator), or the name of an "
            "execution (compared with the one whose results it reproduces, or with float)."
        ),
    ] = None,
    duration: Duration = None,
    settings: Settings = None,
    signal: Signals = None,
    data: Data = None,
    samples: Samples = 10,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Quantise a model for a chip, check every limit of the chip, and report what is lost."""
    with output(json) as say:
        check_outputs(None if out is None else out / "report.html")
        network = shown_network(say, model, settings, trust)
        # Checked before anything is written, so that a wrong option leaves no files.
        request = None if run is None else _run_request(network, run, duration, data, samples, signals_of(signal))
        from neurosim.backends.deployment import deploy as lower

        deployment = lower(network, target, weight_bits=weight_bits, clip=clip, allow=frozenset(allow or ()))
        if out is not None:
            command = f"neurosim deploy {Path(model).name} --target {Path(target).name} --weight-bits {weight_bits}"
            write_deployment(deployment, out, command)
        say.show(losses_table(deployment))
        say.result = {"network": network.name, "out": out, **deployment.report.to_dict()}
        if request is not None:
            say.result = {**say.result, "run": _run(say, deployment, request)}


@dataclass(frozen=True)
class _RunRequest:
    """Settings for a run of the deployed network."""

    runner: Callable[..., Pair]
    duration: Any
    shown: Shown
    signals: Mapping[str, float]


def _run_request(
    network: Network, run: str, duration: str | None, data: str | None, samples: int, signals: Mapping[str, float]
) -> _RunRequest:
    return _RunRequest(_runner(run), duration_of(network, duration), shown_images(network, data, samples), signals)


def _runner(run: str) -> Callable[..., Pair]:
    from neurosim.backends.executions import EXECUTIONS, execution

    if run in RUNNERS:
        return RUNNERS[run]
    if run not in list(EXECUTIONS):
        raise UsageError("--run: " + unknown_name("way to run", run, [*RUNNERS, *EXECUTIONS]))
    wanted = execution(run)
    other = execution(wanted.equals or "emulator float")

    def pair(deployment: Deployment, duration: Any, images: Any, signals: Any) -> Pair:
        from neurosim.backends.executions import Workload, blamed

        workload, given = Workload.of(deployment), {"images": images, "signals": signals}
        with blamed(run):
            found = wanted.run(workload, duration, **given)
        return other.run(workload, duration, **given), found

    return pair


def write_deployment(deployment: Deployment, folder: Path, command: str) -> None:
    """Write the report and the standalone Lava graph; if one of them fails, nothing is written."""
    from neurosim.backends.lava.export import write_graph
    from neurosim.files.atomic import atomic_folder
    from neurosim.report.deployment import deployment_page

    page = deployment_page(deployment, command)
    with atomic_folder(folder) as partial:
        write_graph(deployment.program, partial)
        (partial / "report.html").write_text(page, encoding="utf-8")


def losses_table(deployment: Deployment) -> Table:
    """Table of everything that the chip does not represent exactly."""
    from rich.table import Table

    title = f"{deployment.network.name} on {deployment.target.title}: {len(deployment.report.checks)} checked limits hold"
    table = Table("where", "parameter", "kind", title=title, title_justify="left")
    table.add_column("described", justify="right")
    table.add_column("on the chip", justify="right")
    table.add_column("meaning")
    for loss in deployment.report.losses:
        values = ("", "") if loss.kind == "note" else (f"{loss.wanted:.6g}", f"{loss.got:.6g}")
        table.add_row(loss.where, loss.field, loss.kind, *values, loss.text)
    return table


def _emulator(deployment: Deployment, duration: Any, images: Any, signals: Any) -> Pair:
    """Run the network in float and in integers, to show what quantisation costs."""
    given = {"images": images, "signals": signals}
    return deployment.emulate(duration, **given, arithmetic="float"), deployment.emulate(duration, **given)


def _lava(deployment: Deployment, duration: Any, images: Any, signals: Any) -> Pair:
    """Run the network on the emulator and in Lava, to show whether the two are equal."""
    given = {"images": images, "signals": signals}
    return deployment.emulate(duration, **given), deployment.run_lava(duration, **given)


RUNNERS: Mapping[str, Callable[..., Pair]] = {"emulator": _emulator, "lava": _lava}


def _run(say: Output, deployment: Deployment, request: _RunRequest) -> dict[str, Any]:
    from neurosim.analysis.comparison import compare

    with say.working(f"running {deployment.network.name}"):
        recordings = request.runner(deployment, request.duration, request.shown.images, request.signals)
    found = compare(*recordings, readout=request.shown.readout, labels=request.shown.labels)
    say.show(found.table())
    return found.to_dict()
