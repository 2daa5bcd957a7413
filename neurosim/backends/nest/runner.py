"""Execution of a step program in NEST, in a supervised child process that cannot hang or leave processes and files behind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosim.arrays import whole_number
from neurosim.backends.child_python import ChildRun
from neurosim.backends.nest.export import nest_script, write_script
from neurosim.backends.nest.interpreter import require_nest
from neurosim.backends.nest.source import NestScript
from neurosim.checks.matrices import nonzero
from neurosim.errors import DataError, NestError, NetworkError, UnsupportedError, unknown_name
from neurosim.files.npz import read_npz, write_npz
from neurosim.network.probes import SynapseProbe
from neurosim.program.inputs import complete_inputs
from neurosim.program.step import StepProgram
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes, WeightTrace
from neurosim.results.weight_trace import SparseValues, fixed_weights
from neurosim.units import FloatArray


def run_nest(
    program: StepProgram,
    steps: int,
    *,
    inputs: Mapping[str, Any] | None = None,
    probes: Sequence[tuple[str, str]] = (),
    signals: Mapping[str, Any] | None = None,
    watch: Sequence[SynapseProbe] = (),
    allow: Set[str] = frozenset(),
    threads: int = 1,
    timeout: float | None = None,
    folder: str | Path | None = None,
) -> Recording:
    """Run `program` in NEST on every sample of its inputs, with the interface of `neurosim.backends.emulator.emulate`.

    Parameters
    ----------
    program : StepProgram
        Program to run.
    steps : int
        Number of steps of a sample. Every sample starts from rest, but with the weights at the end of the sample before.
    inputs : mapping
        Source population -> payloads, shape (samples, steps, n): numbers of spikes where projections are graded, else each that
        is not 0 is one spike. Sources that are left out are silent.
    probes : sequence of (population, variable)
        States to record at every step: "v", and with a synaptic current "u".
    signals : mapping
        Third factors; NEST receives none, so this has to be empty.
    watch : sequence of SynapseProbe
        Weights to record; the final weights of plastic projections are always recorded.
    allow : set of str
        Names of the differences that are accepted, see `neurosim.backends.nest.differences.DIFFERENCES`.
    threads : int
        Threads of NEST.
    timeout : float, optional
        Time limit of the run in seconds.
    folder : path, optional
        Folder in which the script, its inputs and its results are kept.

    Raises
    ------
    NetworkError
        If an input, a probe or the number of threads does not fit.
    UnsupportedError
        If NEST is not installed, or has nothing that means the same as a part of the program.
    NestError
        If NEST fails (the message contains its own traceback) or exceeds the time limit.
    """
    nest = require_nest()
    whole_number(threads, "NEST: threads", 1)
    script = nest_script(program, allow)
    check_probes(script, probes, watch)
    if signals:
        raise NetworkError(f"Program {program.name!r}: found signals ({', '.join(signals)}); in NEST, nothing receives them.")
    fed = complete_inputs(program, steps, inputs or {})
    own = ChildRun("NEST", program.name, NestError)
    with own.supervised() as children:
        place = children.folder if folder is None else Path(folder)
        path = write_script(program, place, allow=allow)
        write_npz(place / "inputs.npz", listed_spikes(program, fed))
        files = ["--inputs", str(place / "inputs.npz"), "--out", str(place / "results.npz")]
        arguments = ["--steps", str(steps), "--threads", str(threads), *recorded(script, probes, watch)]
        own.run(children, [nest.python, str(path), *files, *arguments], place / "nest.log", timeout, nest.environment())
        return read_results(script, [place / "results.npz"], steps, fed, probes, watch)


def check_probes(script: NestScript, probes: Sequence[tuple[str, str]], watch: Sequence[SynapseProbe]) -> None:
    """Raise NetworkError if a probe names nothing, and UnsupportedError if NEST cannot record it."""
    for name, variable in probes:
        if name not in script.neurons:
            raise NetworkError("Probe: " + unknown_name("population", name, script.neurons))
        if variable not in script.neurons[name].recordables:
            known = ", ".join(script.neurons[name].recordables)
            raise UnsupportedError(f"Probe of {name!r}: in NEST, {known} can be recorded here, and {variable!r} cannot.")
    for probe in watch:
        if probe.projection not in script.synapses:
            raise NetworkError("watch: " + unknown_name("projection", probe.projection, script.synapses))
        if probe.variable != "w":
            raise UnsupportedError(f"Probe of {probe.projection!r}: in NEST, w can be recorded, and {probe.variable!r} cannot.")


def listed_spikes(program: StepProgram, fed: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Arrays of inputs.npz: the number of samples; sample, step, neuron and number of each spike by source.

    Raises
    ------
    UnsupportedError
        If a graded spike is negative.
    """
    graded = {p.pre for p in program.projections if p.graded}
    out: dict[str, Any] = {"samples": np.asarray(max((len(raster) for raster in fed.values()), default=1))}
    for name, raster in fed.items():
        places = np.nonzero(raster)
        numbers = raster[places] if name in graded else np.ones(len(places[0]))
        if np.any(numbers < 0):
            raise UnsupportedError(f"Source {name!r}: it sends {numbers.min()}; in NEST, a graded spike is a number of spikes.")
        keys = ("sample", "step", "neuron", "number")
        out |= {f"{name}.{key}": part.astype(np.int32) for key, part in zip(keys, (*places, numbers), strict=True)}
    return out


def recorded(script: NestScript, probes: Sequence[tuple[str, str]], watch: Sequence[SynapseProbe]) -> list[str]:
    """Arguments of the script for what is recorded: states and weights."""
    states = [f"{name}:{own}" for name, variable in probes for own in script.neurons[name].recordables[variable]]
    weights = [f"{p.projection}:{p.every}" for p in watch if p.every and script.synapses[p.projection].rule]
    return ["--record", *dict.fromkeys(states), "--watch", *weights]


def read_results(
    script: NestScript,
    paths: Sequence[str | Path],
    steps: int,
    fed: Mapping[str, NDArray[Any]],
    probes: Sequence[tuple[str, str]] = (),
    watch: Sequence[SynapseProbe] = (),
) -> Recording:
    """The recording of a run of a script, from its results: one file, or with MPI one for each process.

    Parameters are those of `run_nest`, with complete inputs `fed`; `paths` are the files of results.

    Raises
    ------
    DataError
        If a file is missing or damaged, or if these are not the files of all processes.
    """
    found = [read_npz(path, "run it again") for path in paths]
    infos = [json.loads(str(results["info"])) for results in found]
    if {info["processes"] for info in infos} != {len(paths)}:
        raise DataError(
            f"{Path(paths[0]).parent}: {len(paths)} files of results, written by {infos[0]['processes']} processes; expected "
            "one of each. Remove those of earlier runs, or run it again."
        )
    program = script.program
    return Recording(
        dt=program.dt,
        steps=steps,
        samples=infos[0]["samples"],
        sizes={p.name: p.n for p in program.populations},
        spikes={p.name: _spikes(p.name, found, fed) for p in program.populations},
        states={(name, var): _state(script, found, name, var, (infos[0]["samples"], steps)) for name, var in probes},
        weights=_weights(script, found, watch, infos[0]["samples"] * steps),
        synapses={},
        info={
            "engine": "nest",
            "network": program.name,
            "versions": infos[0]["versions"],
            "threads": infos[0]["threads"],
            "seconds": {key: sum(info["seconds"][key] for info in infos) for key in infos[0]["seconds"]},
            "peak_mb": sum(info["peak_mb"] for info in infos),
        },
    )


def _spikes(name: str, found: Sequence[Mapping[str, Any]], fed: Mapping[str, NDArray[Any]]) -> Spikes:
    if name in fed:
        return Spikes.from_raster(fed[name])
    rows = np.concatenate([results[f"spikes/{name}"] for results in found])
    rows = rows[np.lexsort(rows.T[::-1])].astype(np.int32)
    return Spikes(rows[:, 0], rows[:, 1], rows[:, 2], np.ones(len(rows), np.int32))


def _state(script: NestScript, found: Sequence[Mapping[str, Any]], name: str, var: str, length: tuple[int, int]) -> FloatArray:
    """A state in the units of the step program, (samples, steps, n)."""
    neuron = script.neurons[name]
    out = np.zeros((*length, script.program.population(name).n))
    for own in neuron.recordables[var]:
        for results in found:
            out[tuple(results[f"state_places/{name}:{own}"].T)] += results[f"state/{name}:{own}"]
    if var == "v" or not neuron.late:
        return out / 1000
    # The synaptic current acts one step after NEST shows it.
    return np.concatenate([np.zeros_like(out[:, :1]), out[:, :-1]], axis=1) / neuron.weight


def _weights(
    script: NestScript, found: Sequence[Mapping[str, Any]], watch: Sequence[SynapseProbe], end: int
) -> dict[str, WeightTrace]:
    out = {}
    for name, synapses in script.synapses.items():
        if synapses.rule is not None:
            values = np.nanmax(np.stack([results[f"weight/{name}"] for results in found]), axis=0)
            out[name] = WeightTrace(found[0][f"weight_steps/{name}"].astype(np.int64), _matrices(script, name, values))
    for probe in (p for p in watch if p.projection not in out):
        own = script.synapses[probe.projection].projection.weights
        out[probe.projection] = fixed_weights(own, np.arange(0, end, probe.every))
    return out


def _matrices(script: NestScript, name: str, values: FloatArray) -> Any:
    """Weights of the step program, (times, n_pre, n_post), from those of the synapses in NEST; sparse like the projection."""
    synapses = script.synapses[name]
    own, numbers = synapses.projection.weights, values / float(np.mean(synapses.post.weight))
    if isinstance(own, sparse.csr_array):
        return SparseValues(numbers, own.indices, own.indptr, own.shape)
    pre, post, _ = nonzero(own)
    out = np.zeros((len(numbers), *own.shape))
    out[:, pre, post] = numbers
    return out
