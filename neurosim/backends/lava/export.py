"""Export of a step program as a Lava process graph in a separate folder, which needs only lava-nc.

`write_graph` writes ``graph.py`` (one line per process, to be read and edited), ``weights.npz``, ``manifest.json``, the
``harness.py`` that runs a graph over samples with its parts (`HARNESS`), ``draws.py`` with the random draws of inputs,
``compat.py``, which lets Python 3.11 and newer import Lava, ``verify.py``, which names files that were changed, and
``processes/``: neurons and learning rules that Lava does not have, and recorders. `neurosim.backends.lava.project` adds
samples, expected results and the report of a deployment.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from neurosim._version import __version__
from neurosim.backends.lava.connections import connection
from neurosim.backends.lava.graph_learning import GraphLearning, graph_learning
from neurosim.backends.lava.interpreter import LAVA_VERSION
from neurosim.backends.lava.kinds import Program, tag_of
from neurosim.backends.lava.project_sources import signal_entries, source_entry
from neurosim.backends.lava.source import graph_source, stored_arrays
from neurosim.backends.lava.step_source import module_name, module_source
from neurosim.backends.lava.verify import MANIFEST, checksum, digest
from neurosim.program.checks import check_on_chip, check_program, check_start
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection
from neurosim.program.step import StepPopulation, StepProjection
from neurosim.program.widths import check_widths
from neurosim.results.provenance import provenance

HARNESS = (
    "compat",
    "verify",
    "harness",
    "harness_arguments",
    "harness_board",
    "harness_ends",
    "harness_inputs",
    "harness_learning",
    "harness_models",
    "harness_readout",
    "harness_signals",
    "harness_sources",
    "harness_stretches",
)
"""Modules that are copied as they are."""


def write_graph(
    program: Program, folder: str | Path, more: Mapping[str, Any] | None = None, further: Iterable[str] = ()
) -> Path:
    """Write `program` as a standalone Lava graph.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        Program to write: one in float becomes a graph for Lava's ``floating_pt``, one in integers for ``fixed_pt``.
    folder : path
        Folder for the graph; it is created if missing, and files of an earlier export are replaced.
    more : mapping, optional
        Further entries of the manifest.
    further : iterable of str
        Further files in the folder whose checksums the manifest contains.

    Returns
    -------
    Path
        Path of ``graph.py``; run it with ``--help`` to see its options.

    Raises
    ------
    UnsupportedError
        If Lava has no process for a part of the program; the message names the part.
    """
    check_program(program)
    check_start(program, "Lava")
    if isinstance(program, FixedProgram):
        check_widths(program.name, program.widths, "Lava")
    check_on_chip(program)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "weights.npz", **stored_arrays(program))
    texts = {**_support(), **_generated(program), "graph.py": graph_source(program)}
    (folder / "processes").mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    named = sorted([*texts, "weights.npz", *further])
    content = manifest(program) | dict(more or {}) | {"files": {name: checksum(folder / name) for name in named}}
    content |= {"checksum": digest(json.loads(json.dumps(content)))}
    (folder / MANIFEST).write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return folder / "graph.py"


def check_graph(program: Program) -> None:
    """Raise the UnsupportedError with which `write_graph` would refuse `program`; no file is written."""
    check_program(program)
    check_start(program, "Lava")
    if isinstance(program, FixedProgram):
        check_widths(program.name, program.widths, "Lava")
    check_on_chip(program)
    manifest(program)
    graph_source(program)


def _support() -> Mapping[str, str]:
    """Source of the harness and of the processes, by the name of the file."""
    own = files("neurosim.backends.lava")
    texts = {f"{name}.py": (own / f"{name}.py").read_text(encoding="utf-8") for name in HARNESS}
    processes = (file for file in (own / "processes").iterdir() if file.name.endswith(".py"))
    texts |= {f"processes/{file.name}": file.read_text(encoding="utf-8") for file in processes}
    return texts | {"draws.py": (files("neurosim") / "draws.py").read_text(encoding="utf-8")}


def _generated(program: Program) -> Mapping[str, str]:
    """The processes that are generated from the steps of neurons, by the name of the file."""
    graph, texts = graph_learning(program), {}
    for population in program.populations:
        if not population.neuron.is_source:
            kind, sends = graph.kind(population), population.name in graph.senders
            if kind.declaration is not None:
                name = f"processes/{module_name(kind.declaration, sends)}.py"
                texts[name] = module_source(kind.declaration, sends)
    return texts


def manifest(program: Program) -> dict[str, Any]:
    """Content of the graph: every process by name with its class, and whether that class is part of Lava."""
    graph = graph_learning(program)
    return {
        "network": program.name,
        "dt": program.dt,
        "tag": tag_of(program),
        "versions": {"neurosim": __version__, "lava-nc": LAVA_VERSION},
        "provenance": provenance(),
        "populations": [_population_entry(p, graph) for p in program.populations],
        "projections": [_projection_entry(p, graph) for p in program.projections],
        "sources": [source_entry(p, program) for p in program.populations if p.neuron.is_source],
        "signals": signal_entries(program, graph),
        "seed": 0,
        "readout": "",
    }


def _projection_entry(projection: StepProjection | FixedProjection, graph: GraphLearning) -> dict[str, Any]:
    learns = projection.name in graph.rules
    entry = {"name": projection.name, "pre": projection.pre, "post": projection.post, "learns": learns}
    if projection.name in graph.backwards:
        return {**entry, "process": f"weight transport: {graph.backwards[projection.name]} read backwards", "stock": False}
    made = connection(projection, projection.name in graph.backwards.values())
    return {**entry, "process": made.name, "stock": made.stock}


def _population_entry(population: StepPopulation | FixedPopulation, graph: GraphLearning) -> dict[str, Any]:
    if population.neuron.is_source:
        return {"name": population.name, "n": population.n, "process": "RingBuffer", "stock": True}
    kind = graph.kind(population)
    return {"name": population.name, "n": population.n, "process": kind.name, "stock": kind.stock}
