"""Export of a deployment as a project that stands alone: a Lava graph with samples, expected results and a full manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.backends.emulator.engine import emulate
from neurosim.backends.lava.export import write_graph
from neurosim.backends.lava.project_manifest import Deployed, project_entries, readout_name
from neurosim.backends.lava.project_sources import FROM_FILE, described_sources
from neurosim.backends.lava.project_texts import microcode_text, own_processes, readme
from neurosim.backends.lava.verify import DRAWN, EXPECTED, MANIFEST, MICROCODE, STORED, checksum
from neurosim.checks.given import plain_array
from neurosim.files.atomic import atomic_folder
from neurosim.network.inputs import ImageInput, LabelInput, check_images, check_labels
from neurosim.network.network import Network
from neurosim.program.run_arguments import run_arguments
from neurosim.results.recording import Recording


@dataclass(frozen=True)
class Batch:
    """Samples of a project: the arguments of a run, and the true classes of the samples."""

    duration: Any
    images: Any = None
    labels: Any = None
    truth: Any = None
    signals: Mapping[str, Any] = field(default_factory=dict)


def write_project(
    deployment: Deployed, folder: str | Path, batch: Batch | None, readout: str | None, command: str, report: str = ""
) -> Path:
    """Write a project, completely or not at all, and return the path of ``graph.py``.

    Files of an earlier export into the folder are removed unless they were changed, because Lava imports all of ``processes``.

    Parameters
    ----------
    batch : Batch, optional
        Samples to store. The emulator runs them, and the project contains its results.
    readout : str, optional
        "population.kind"; see `neurosim.backends.deployment.Deployment.write_lava`.
    command : str
        What wrote the project, for the manifest.
    report : str
        Page that is written as report.html; none if empty.

    Raises
    ------
    UnsupportedError
        If Lava has no process for a part of the network.
    NetworkError
        If samples or readout do not fit the network.
    NeurosimError
        If the folder cannot be written.
    """
    final = Path(folder)
    earlier = _unchanged(final)
    with atomic_folder(final) as partial:
        written = _write(deployment, partial, batch, readout, command, report)
    for name in earlier - written:
        (final / name).unlink()
    return final / "graph.py"


def _unchanged(folder: Path) -> set[str]:
    """Files of an earlier export in a folder, as it wrote them."""
    if not (folder / MANIFEST).is_file():
        return set()
    try:
        names = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"].items()
        inside = {name: digest for name, digest in names if folder.resolve() in (folder / name).resolve().parents}
        return {name for name, digest in inside.items() if (folder / name).is_file() and checksum(folder / name) == digest}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()


def _write(
    deployment: Deployed, folder: Path, batch: Batch | None, readout: str | None, command: str, report: str
) -> set[str]:
    """Write a project into an empty folder, and return the names of its files."""
    network, program = deployment.network, deployment.program
    read = readout_name(network, program, readout, batch)
    sources, drawn = described_sources(network, program)
    arrays, stored = ({DRAWN: drawn}, None) if batch is None else _batch(deployment, batch, sources, drawn)
    entries = project_entries(deployment) | {"sources": sources, "stored": stored, "readout": read, "command": command}
    texts = {"README.md": readme(deployment, entries), f"{MICROCODE}/README.md": microcode_text(own_processes(program))}
    texts |= {"report.html": report} if report else {}
    (folder / MICROCODE).mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    held = {name: content for name, content in arrays.items() if content}
    for name, content in held.items():
        np.savez_compressed(folder / name, **content)
    write_graph(program, folder, entries, [*texts, *held])
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _batch(
    deployment: Deployed, batch: Batch, sources: list[dict[str, Any]], drawn: dict[str, Any]
) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
    """Content of the files with arrays, and the size of the samples."""
    network, program = deployment.network, deployment.program
    given = run_arguments(network, batch.duration, batch.images, batch.labels, batch.signals)
    run = emulate(program, given["steps"], inputs=given["inputs"], signals=given["signals"])
    samples = _samples(network, batch, sources, given["inputs"])
    return {DRAWN: drawn, STORED: samples, EXPECTED: _results(run, sources)}, {"steps": run.steps, "samples": run.samples}


def _samples(network: Network, batch: Batch, sources: list[dict[str, Any]], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays of the samples, in the form of a file that a user gives to the project."""
    samples = len(next(iter(inputs.values()), [0]))
    shown = [p for p in network.populations if isinstance(p.model, ImageInput)]
    taught = [p for p in network.populations if isinstance(p.model, LabelInput)]
    out = {entry["name"]: inputs[entry["name"]] for entry in sources if entry["kind"] == FROM_FILE["kind"]}
    if shown and any(entry["kind"] == "images" for entry in sources):
        out["images"] = check_images(batch.images, shown[0].n, f"Population {shown[0].name!r}")
    if batch.labels is not None and taught:
        out["labels"] = check_labels(batch.labels, taught[0].n, samples, f"Population {taught[0].name!r}")
    if batch.truth is not None:
        out["truth"] = check_labels(batch.truth, np.iinfo(np.int64).max, samples, "truth")
    return out | {f"signals/{name}": plain_array(f"signals: {name!r}", values) for name, values in batch.signals.items()}


def _results(run: Recording, sources: list[dict[str, Any]]) -> dict[str, Any]:
    """Spikes (sample, step, neuron, payload) and final weights, in the numbers of the program."""
    given = {entry["name"] for entry in sources}
    spikes = {name: s for name, s in run.spikes.items() if name not in given}
    rows = {f"spikes/{n}": np.stack([s.sample, s.step, s.neuron, s.payload], axis=1) for n, s in spikes.items()}
    return rows | {f"weights/{name}": np.asarray(values) for name, values in run.final_weights().items()}
