"""Execution of a step program in Lava, in a supervised child process that cannot hang or leave processes and files behind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.backends.child_python import ChildRun
from neurosim.backends.lava.export import write_graph
from neurosim.backends.lava.graph_learning import graph_learning
from neurosim.backends.lava.interpreter import require_lava
from neurosim.backends.lava.kinds import Program, tag_of
from neurosim.backends.lava.runner_learning import Look, lava_watch, learned, third_factors
from neurosim.errors import LavaError, NetworkError, unknown_name
from neurosim.files.npz import read_npz
from neurosim.network.probes import SynapseProbe
from neurosim.program.inputs import complete_inputs
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes


def run_lava(
    program: Program,
    steps: int,
    *,
    inputs: Mapping[str, Any] | None = None,
    probes: Sequence[tuple[str, str]] = (),
    signals: Mapping[str, Any] | None = None,
    watch: Sequence[SynapseProbe] = (),
    timeout: float | None = None,
    folder: str | Path | None = None,
) -> Recording:
    """Run `program` in Lava on every sample of its inputs, with the interface of `neurosim.backends.emulator.emulate`.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        Program to run, in Lava's ``floating_pt`` or ``fixed_pt`` models.
    steps : int
        Number of steps of a sample. Every sample starts from rest, but with the weights at the end of the sample before.
    inputs : mapping
        Source population -> payloads, shape (samples, steps, n). Sources that are left out are silent.
    probes : sequence of (population, variable)
        States to record at every step: "u", "v", and "theta" where it exists.
    signals : mapping
        Third factor of a plasticity rule -> number, or values (steps,), (samples, steps) or (samples, steps, n_post).
    watch : sequence of SynapseProbe
        Weights, tags and traces to record; the final weights of plastic projections are always recorded.
    timeout : float, optional
        Time limit of the run in seconds.
    folder : path, optional
        Folder in which the graph, its inputs and its results are kept.

    Raises
    ------
    NetworkError
        If an input, a probe or a signal does not fit the program.
    UnsupportedError
        If lava-nc is not installed, or has no process for a part of the program.
    LavaError
        If Lava fails (the message contains Lava's own traceback) or exceeds the time limit.
    """
    lava = require_lava()
    check_probes(program, probes)
    fed = complete_inputs(program, steps, inputs or {})
    graph = graph_learning(program)
    looks = lava_watch(graph, watch)
    factors = third_factors(program, graph, fed, steps, signals or {})
    own = ChildRun("Lava", program.name, LavaError)
    with own.supervised() as children:
        place = children.folder if folder is None else Path(folder)
        write_graph(program, place)
        np.savez(place / "inputs.npz", **{**fed, **factors})  # type: ignore[arg-type,unused-ignore]
        files = ["--inputs", str(place / "inputs.npz"), "--out", str(place / "results.npz"), "--scratch", str(children.folder)]
        command = [lava.python, str(place / "graph.py"), *files, *_arguments(steps, probes, looks)]
        own.run(children, command, place / "lava.log", timeout, lava.environment())
        return _recording(program, place, steps, fed, looks)


def check_probes(program: Program, probes: Sequence[tuple[str, str]]) -> None:
    """Raise NetworkError if a probe does not name a state of a population."""
    graph = graph_learning(program)
    known = {p.name: graph.kind(p).states for p in program.populations if not p.neuron.is_source}
    for name, variable in probes:
        if name not in known:
            raise NetworkError("Probe: " + unknown_name("population", name, known))
        if variable not in known[name]:
            raise NetworkError(f"Probe of {name!r}: " + unknown_name("variable", variable, known[name]))


def _arguments(steps: int, probes: Sequence[tuple[str, str]], looks: Sequence[Look]) -> list[str]:
    """Arguments of the exported script, without those for files."""
    probed = [f"{population}.{variable}" for population, variable in probes]
    watched = [f"{look.probe.projection}.{look.var}:{look.probe.every}" for look in looks]
    return ["--steps", str(steps), "--probe", *probed, "--watch", *watched]


def _recording(program: Program, place: Path, steps: int, fed: Mapping[str, Any], looks: Sequence[Look]) -> Recording:
    results = read_npz(place / "results.npz", "run it again")
    info = json.loads(str(results["info"]))
    versions = {name: info[name] for name in ("lava", "numpy", "python")}
    weights, synapses = learned(looks, results)
    return Recording(
        dt=program.dt,
        steps=steps,
        samples=info["samples"],
        sizes={p.name: p.n for p in program.populations},
        spikes=spikes_of(program, results, fed),
        states=states_of(results),
        weights=weights,
        synapses=synapses,
        info={
            "engine": "lava",
            "tag": tag_of(program),
            "network": program.name,
            "versions": versions,
            "seconds": {"wall": info["seconds"]},
        },
    )


def spikes_of(program: Program, results: Mapping[str, Any], fed: Mapping[str, Any]) -> dict[str, Spikes]:
    """Spikes by population, from the results of a graph and the payloads of its sources."""
    return {p.name: _spikes(p.name, results, fed) for p in program.populations}


def states_of(results: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """States (samples, steps, n) by (population, variable), from the results of a graph."""
    places = [name.removeprefix("state/").partition(".") for name in results if name.startswith("state/")]
    return {(name, state): results[f"state/{name}.{state}"] for name, _, state in places}


def _spikes(name: str, results: Mapping[str, Any], fed: Mapping[str, Any]) -> Spikes:
    if name in fed:
        return Spikes.from_raster(fed[name])
    return Spikes(*results[f"spikes/{name}"].astype(np.int32).T)
