"""The command ``neurosim deploy``, which quantises a model for a chip."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from shlex import quote
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
    training_images,
)
from neurosim.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from rich.table import Table

    from neurosim.analysis.comparison import Comparison
    from neurosim.analysis.drift import Drift
    from neurosim.backends.deployment import Deployment
    from neurosim.network import Network
    from neurosim.results.recording import Recording

Pair: TypeAlias = "tuple[Recording, Recording]"
_OUT = typer.Option(help="Folder for the report and a Lava project, which contains samples with --run, --duration or --data.")


def deploy(
    model: Annotated[str, typer.Argument(help="Name of a model, a Python or NIR file, or the .h5 file of a trained network.")],
    target: Annotated[str, typer.Option(help="Chip: a name that 'neurosim targets' lists, or your own TOML file.")] = "loihi2",
    out: Annotated[Path | None, _OUT] = None,
    weight_bits: Annotated[int | None, typer.Option(help="Number of bits per stored weight (all, by default).")] = None,
    clip: Annotated[float | None, typer.Option(help="Limit the size of weights to this value before quantisation.")] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="Accept a difference by its name, such as reset_to_rest or does_not_fit. May be repeated."),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(
            help="Run the network: emulator (compared with float), lava (compared with the emulator), or the name of an "
            "execution (compared with the one whose results it reproduces, or with float)."
        ),
    ] = None,
    place: Annotated[
        bool, typer.Option("--place", help="Show what is used of each core; with --run, spikes weigh the traffic.")
    ] = False,
    price: Annotated[bool, typer.Option("--price", help="Estimate the energy of the run (needs --run).")] = False,
    picture: Annotated[Path | None, typer.Option(help="Draw the cores and their traffic into this file (chip.png).")] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Folder for a report with the drift on the chip and its causes; with --run lava, Lava's drift, too."),
    ] = None,
    calibrate: Annotated[
        bool,
        typer.Option("--calibrate", help="Choose clips and scales that drift least on training images of --data, or in a run."),
    ] = False,
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
        _check_places(out, report, picture)
        if price and run is None:
            raise UsageError("--price: the events of a run are counted; give --run emulator, too.")
        network = shown_network(say, model, settings, trust)
        # Checked before anything is written, so that a wrong option leaves no files.
        names = frozenset(allow or ())
        runner = None if run is None else _runner(run, names)
        wanted = run is not None or (out is not None and (duration, data) != (None, None))
        request = _run_request(network, runner, duration, data, samples, signals_of(signal)) if wanted else None
        shown = Shown() if report is None else shown_images(network, data, samples)
        length = duration_of(network, duration)
        from neurosim.backends.nest.differences import DIFFERENCES

        options = {"weight_bits": weight_bits, "allow": names - DIFFERENCES.keys()}
        deployment = _deployed(say, network, target, clip, options, calibrate, data, duration, signals_of(signal))
        bits = deployment.target.limits.weight_bits.value if weight_bits is None else weight_bits
        words = {"--clip": clip, "--allow": allow, "--calibrate": calibrate or None, "--duration": duration, "--set": settings}
        words |= {"--signal": signal, "--data": data, "--samples": None if data is None else samples}
        if out is not None:
            write_deployment(deployment, out, _command(model, target, bits, words), request)
        say.show(losses_table(deployment))
        say.show(str(deployment.fit))
        say.result = {"network": network.name, "out": out, **deployment.report.to_dict(), "fit": deployment.fit.to_dict()}
        if deployment.calibration is not None:
            say.show(str(deployment.calibration))
            say.result = {**say.result, "calibration": deployment.calibration.to_dict()}
        if report is not None:
            against = ("brian2", "lava") if run == "lava" else ("brian2",)
            drift = _drift(say, deployment, length, shown, signals_of(signal), against)
            words |= {"--run": run, "--report": report.name}
            write_drift(deployment, drift, report, _command(model, target, bits, words))
            say.result = {**say.result, "drift": drift.to_dict()}
        found = None if request is None or request.runner is None else _run(say, deployment, request, request.runner)
        if found is not None:
            say.result = {**say.result, "run": found.to_dict()}
        if price and found is not None:
            cost = deployment.price(found.b)
            say.show(str(cost))
            say.result = {**say.result, "price": cost.to_dict()}
        if place or picture is not None:
            say.result = {**say.result, "placement": _place(say, deployment, None if found is None else found.b, picture)}


def _check_places(out: Path | None, report: Path | None, picture: Path | None) -> None:
    """Refuse, before anything is computed, places that cannot be written; both folders contain a ``report.html``."""
    pages = [None if folder is None else folder / "report.html" for folder in (out, report)]
    check_outputs(*pages, figure=picture, option="--picture")
    for option, folder in (("--out", out), ("--report", report)):
        if folder is not None and not folder.name:
            raise UsageError(f"{option} {str(folder)!r}: expected the name of a folder, such as results.")
    if out is not None and report is not None and out.resolve() == report.resolve():
        raise UsageError(f"--out and --report are both {out}, and each writes a report.html; name another folder for one.")


@dataclass(frozen=True)
class _RunRequest:
    """Settings for a run of the deployed network; without a runner, its samples are only exported."""

    runner: Callable[..., Pair] | None
    duration: Any
    shown: Shown
    signals: Mapping[str, float]


def _run_request(
    network: Network,
    runner: Callable[..., Pair] | None,
    duration: str | None,
    data: str | None,
    samples: int,
    signals: Mapping[str, float],
) -> _RunRequest:
    return _RunRequest(runner, duration_of(network, duration), shown_images(network, data, samples), signals)


def _runner(run: str, allow: Set[str]) -> Callable[..., Pair]:
    from neurosim.backends.executions import EXECUTIONS, execution

    if run in RUNNERS:
        return RUNNERS[run]
    if run not in list(EXECUTIONS):
        raise UsageError("--run: " + unknown_name("way to run", run, [*RUNNERS, *EXECUTIONS]))
    wanted = execution(run)
    other = execution(wanted.equals or "emulator float")

    def pair(deployment: Deployment, duration: Any, images: Any, signals: Any) -> Pair:
        from neurosim.backends.executions import Workload, blamed

        workload, given = Workload.of(deployment, allow), {"images": images, "signals": signals}
        with blamed(run):
            found = wanted.run(workload, duration, **given)
        return other.run(workload, duration, **given), found

    return pair


def _command(model: str, target: str, weight_bits: int, options: Mapping[str, Any]) -> str:
    """The command, with the names of files only."""
    lists = ((name, value if isinstance(value, list) else [value]) for name, value in options.items() if value is not None)
    given = [f" {name}" if value is True else f" {name} {quote(str(value))}" for name, values in lists for value in values]
    return f"neurosim deploy {Path(model).name} --target {Path(target).name} --weight-bits {weight_bits}{''.join(given)}"


_CALIBRATED_ON = 600
"""Training images, at most, on which `--calibrate` chooses."""


def _deployed(
    say: Output, network: Network, target: str, clip: float | None, options: Mapping[str, Any], calibrated: bool,
    data: str | None, duration: str | None, signals: Mapping[str, float],
) -> Deployment:  # fmt: skip
    from neurosim.backends.calibration import calibrate
    from neurosim.backends.deployment import deploy as lower

    if not calibrated:
        return lower(network, target, clip=clip, **options)
    if clip is not None:
        raise UsageError(f"--clip {clip}: --calibrate chooses clips itself; leave one of the two out.")
    samples = training_images(network, data, _CALIBRATED_ON)
    with say.working(f"calibrating {network.name}"):
        return calibrate(
            network, target, duration=duration_of(network, duration), images=samples.images, labels=samples.labels,
            readout=samples.readout, signals=signals, progress=False, **options,
        )  # fmt: skip


def _drift(
    say: Output, deployment: Deployment, duration: Any, shown: Shown, signals: Mapping[str, float], against: Collection[str]
) -> Drift:
    with say.working(f"drift of {deployment.network.name}"):
        found = deployment.drift(
            duration, images=shown.images, labels=shown.labels, signals=signals, readout=shown.readout, against=against
        )
    say.show(found.table())
    return found


def write_drift(deployment: Deployment, drift: Drift, folder: Path, command: str) -> None:
    """Write the report with the drift, its picture and its numbers; if one of them fails, nothing is written."""
    from neurosim.files.atomic import atomic_folder
    from neurosim.report.drift import drift_page

    page = drift_page(deployment, drift, command)
    with atomic_folder(folder) as partial:
        (partial / "report.html").write_text(page, encoding="utf-8")
        (partial / "drift.json").write_text(dumps(drift.to_dict(), indent=1) + "\n", encoding="utf-8")
        drift.plot().savefig(partial / "drift.svg")


def write_deployment(deployment: Deployment, folder: Path, command: str, request: _RunRequest | None = None) -> None:
    """Write the report and the standalone Lava project; if one of them fails, nothing is written."""
    from neurosim.backends.lava.project import Batch, write_project
    from neurosim.report.deployment import deployment_page

    batch = None
    if request is not None:
        shown = request.shown
        batch = Batch(request.duration, shown.images, truth=shown.labels, signals=request.signals)
    write_project(deployment, folder, batch, None, command, deployment_page(deployment, command))


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


def _place(say: Output, deployment: Deployment, recording: Recording | None, picture: Path | None) -> dict[str, Any]:
    """Show the cores of the network, and draw them if there is a file for it."""
    from neurosim.files.atomic import atomic_write

    placed = deployment.place(activity=recording)
    say.show(placed.table())
    if picture is not None:
        with atomic_write(picture) as partial:
            placed.plot().savefig(partial, dpi=130, format=picture.suffix.lstrip(".") or "png")
    return placed.to_dict()


def _run(say: Output, deployment: Deployment, request: _RunRequest, runner: Callable[..., Pair]) -> Comparison:
    from neurosim.analysis.comparison import compare

    with say.working(f"running {deployment.network.name}"):
        recordings = runner(deployment, request.duration, request.shown.images, request.signals)
    found = compare(*recordings, readout=request.shown.readout, labels=request.shown.labels)
    say.show(found.table())
    return found
