"""Export of a step program as a Lava process graph in a separate folder, which needs only lava-nc.

`write_graph` writes ``graph.py`` (one line per process, to be read and edited), ``weights.npz``, ``manifest.json``, the
``harness.py`` that runs a graph over samples (``harness_learning.py`` is its part for weights that learn, ``harness_ends.py``
for runs that fail, ``harness_stretches.py`` for runs that go on), ``compat.py``, which lets Python 3.11 and newer import Lava,
and ``processes/``: neurons and learning rules that Lava does not have, and recorders.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from neurosim._version import __version__
from neurosim.backends.lava.connections import connection
from neurosim.backends.lava.graph_learning import GraphLearning, graph_learning
from neurosim.backends.lava.interpreter import LAVA_VERSION
from neurosim.backends.lava.kinds import Program, tag_of
from neurosim.backends.lava.source import graph_source, stored_arrays
from neurosim.backends.lava.step_source import module_name, module_source
from neurosim.program.checks import check_on_chip, check_program, check_start
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection
from neurosim.program.step import StepPopulation, StepProjection
from neurosim.program.widths import check_widths
from neurosim.results.provenance import provenance


def write_graph(program: Program, folder: str | Path) -> Path:
    """Write `program` as a standalone Lava graph.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        Program to write: one in float becomes a graph for Lava's ``floating_pt``, one in integers for ``fixed_pt``.
    folder : path
        Folder for the graph; it is created if missing, and files of an earlier export are replaced.

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
    (folder / "manifest.json").write_text(json.dumps(manifest(program), indent=2) + "\n")
    _copy_support(folder)
    _write_generated(program, folder / "processes")
    graph = folder / "graph.py"
    graph.write_text(graph_source(program), encoding="utf-8")
    return graph


def check_graph(program: Program) -> None:
    """Raise the UnsupportedError with which `write_graph` would refuse `program`; no file is written."""
    check_program(program)
    check_start(program, "Lava")
    if isinstance(program, FixedProgram):
        check_widths(program.name, program.widths, "Lava")
    check_on_chip(program)
    manifest(program)
    graph_source(program)


def _copy_support(folder: Path) -> None:
    """Copy the source of the harness and of the processes."""
    own = files("neurosim.backends.lava")
    for name in ("compat", "harness", "harness_ends", "harness_learning", "harness_stretches"):
        (folder / f"{name}.py").write_text((own / f"{name}.py").read_text())
    (folder / "processes").mkdir(exist_ok=True)
    for file in (own / "processes").iterdir():
        if file.name.endswith(".py"):
            (folder / "processes" / file.name).write_text(file.read_text())


def _write_generated(program: Program, folder: Path) -> None:
    """The processes that are generated from the steps of neurons."""
    graph = graph_learning(program)
    for population in program.populations:
        if not population.neuron.is_source:
            kind, sends = graph.kind(population), population.name in graph.senders
            if kind.declaration is not None:
                text = module_source(kind.declaration, sends)
                (folder / f"{module_name(kind.declaration, sends)}.py").write_text(text, encoding="utf-8")


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
    }


def _projection_entry(projection: StepProjection | FixedProjection, graph: GraphLearning) -> dict[str, Any]:
    entry = {"name": projection.name, "pre": projection.pre, "post": projection.post}
    if projection.name in graph.backwards:
        return {**entry, "process": f"weight transport: {graph.backwards[projection.name]} read backwards", "stock": False}
    made = connection(projection, projection.name in graph.backwards.values())
    return {**entry, "process": made.name, "stock": made.stock}


def _population_entry(population: StepPopulation | FixedPopulation, graph: GraphLearning) -> dict[str, Any]:
    if population.neuron.is_source:
        return {"name": population.name, "n": population.n, "process": "RingBuffer", "stock": True}
    kind = graph.kind(population)
    return {"name": population.name, "n": population.n, "process": kind.name, "stock": kind.stock}
