"""Harness that runs a Lava graph over many samples: inputs, states, recordings, command line. Copied beside every graph.

It needs only lava-nc. Samples run one after the other in one Lava run. Before each sample, all states are set to zero, except
the weights that learn.
"""

from __future__ import annotations

import json
import math
import os
import platform
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import compat  # type: ignore[import-not-found]  # noqa: F401  # beside this file in an exported graph, and before lava
import numpy as np
import verify  # type: ignore[import-not-found]  # beside this file in an exported graph
from harness_arguments import arguments  # type: ignore[import-not-found]  # beside this file in an exported graph
from harness_board import enter_board, leave_board  # type: ignore[import-not-found]  # beside this file in an exported graph
from harness_ends import (  # type: ignore[import-not-found]  # beside this file in an exported graph
    GivenUp,
    abandon,
    name_shared_memory,
    show_failures,
)
from harness_inputs import read_samples  # type: ignore[import-not-found]  # beside this file in an exported graph
from harness_learning import (  # type: ignore[import-not-found]  # beside this file in an exported graph
    collect_synapses,
    is_plastic,
    plastic,
    read_watch,
    record_synapses,
)
from harness_models import board, choices, simulation, table  # type: ignore[import-not-found]  # beside this file
from harness_readout import (  # type: ignore[import-not-found]  # beside this file in an exported graph
    compared,
    in_words,
    predicted,
    probes_of,
    readout_of,
)
from lava.magma.core.run_conditions import RunSteps
from processes.recorder import PORTS, Recorder  # type: ignore[import-not-found]  # beside this file in an exported graph

STATES = ("u", "v", "refractory_period_end", "a_buff", "deficit", "excess")
"""Names of the Vars, in processes of Lava and in relays, that are set to zero between samples."""


@dataclass(frozen=True)
class Graph:
    """Processes of a graph by name, as `build` returns them: sources and populations have `s_out`, projections `a_out`.

    `relays` compute short-term plasticity; each precedes the projection of the same name.
    """

    sources: dict
    populations: dict
    projections: dict
    relays: dict


def main(build, tag, sources):
    """Run a graph from the command line.

    Parameters
    ----------
    build : callable
        Function from inputs (source -> payloads of shape (n, time)) to a `Graph`.
    tag : str
        Number system of the graph's parameters: "fixed_pt" or "floating_pt".
    sources : dict
        Source -> number of channels.
    """
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.stderr.reconfigure(errors="backslashreplace")
    project = verify.project()
    args = arguments(tag, project)
    verify.refuse_changes(args.accept_changes)
    config = selected(build, args, sources)
    samples = read_samples(args, project, sources, verify.FOLDER)
    sizes = {p["name"]: p["n"] for p in project["populations"] if p["name"] not in sources}
    readout = readout_of(args.readout or project["readout"], sizes)
    args.probe = list(dict.fromkeys([*args.probe, *probes_of(readout)]))
    if args.hw and samples.count > 1 and any(p["learns"] for p in project["projections"]):
        sys.exit("--hw: what resets traces between samples runs on the host only; a graph that learns takes --samples 1.")
    out, stride = result_file(args.out), padded_steps(build, samples)
    results = supervised(lambda: run(build, samples, stride, args, config))
    if readout[0]:
        results |= predicted(results, readout, (samples.count, samples.steps, sizes[readout[0]]))
    save(out, results)
    sys.exit(said(project, results, samples, args))


def selected(build, args, sources):
    """The run configuration; with `--dry-run`, say which models it chooses, and end the program."""
    if not (args.hw or args.dry_run):
        return simulation(args)
    graph = build({name: np.zeros((n, 1), int) for name, n in sources.items()})
    config = board(args, graph, verify.FOLDER) if args.hw else simulation(args)
    found = list(choices(graph, config, args.hw))
    problems = sorted({f"{choice.kind}: {choice.problem}" for choice in found if choice.problem})
    if args.dry_run or problems:
        print(table(found))
        sys.exit("\n".join(problems) or 0)
    return config


def supervised(act):
    """What `act` returns; all processes of Lava end with it, also if it fails or a signal ends this program."""
    name_shared_memory()
    show_failures()
    try:
        return act()
    except GivenUp:
        abandon()
    except SystemExit as refused:
        print(refused, file=sys.stderr)
        abandon()
    except BaseException:
        traceback.print_exc()
        abandon()


def result_file(name):
    """Path of the results; ends the program before the run if they could not be written."""
    path = Path(name).absolute()
    path = path if path.suffix == ".npz" else path.with_name(f"{path.name}.npz")
    if path.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
        sys.exit(f"--out {name}: expected the name of a file in a folder that exists and in which you may write.")
    return path


def save(path, results):
    """Write the results, completely or not at all."""
    partial = path.with_name(f".{path.stem}-{os.getpid()}.npz")
    try:
        np.savez(partial, **results)
        os.replace(partial, path)
    except OSError as error:
        sys.exit(f"{path}: could not be written ({error}).")
    finally:
        partial.unlink(missing_ok=True)


def said(project, results, samples, args):
    """Print what was found, and return the exit status: 1 if it differs from the results of the emulator."""
    populations = [p["name"] for p in project["populations"] if f"spikes/{p['name']}" in results]
    print("\n".join(in_words(results, populations, samples.truth)))
    if not samples.stored:
        return 0
    differences = compared(results, verify.FOLDER / verify.EXPECTED)
    print("\n".join(["differs from the emulator:", *differences]) if differences else "equal to the emulator")
    return int(bool(differences) and not args.hw)


def run(build, given, stride, args, config):
    """Run the graph over all samples, which begin every `stride` steps; return arrays of results by name."""
    started, samples, steps = time.perf_counter(), given.count, given.steps
    probes = [probe.rpartition(".")[::2] for probe in args.probe]
    watched = read_watch(args.watch)
    padded = {name: np.pad(r, ((0, 0), (0, stride - steps), (0, 0))) for name, r in given.rasters.items()}
    graph = build({name: r.reshape(-1, r.shape[2]).T.copy() for name, r in padded.items()})
    check_probes(args, graph)
    if args.hw:
        enter_board(graph)
    with tempfile.TemporaryDirectory(dir=args.scratch or Path(args.out).absolute().parent) as scratch:
        files = {name: Path(scratch, f"{k}.npz") for k, name in enumerate(graph.populations)}
        for name, file in files.items():
            states = [var for population, var in probes if population == name]
            record(graph.populations[name], states, samples * stride, file, args.hw)
        learned = {name: Path(scratch, f"learned{k}.npz") for k, name in enumerate(plastic(graph)) if not args.hw}
        for name, file in learned.items():
            record_synapses(graph.projections[name], watched.get(name, {}), stride, stride * samples, file)
        unread = [name for name in plastic(graph) if name not in learned]
        weights = run_samples(graph, samples, stride, config, unread)
        results = {key: values for name, file in files.items() for key, values in collect(name, file, stride, steps)}
        for name, file in learned.items():
            results |= collect_synapses(name, graph.projections[name], watched.get(name, {}), file)
            weights[name] = results[f"synapse/{name}.weights"][-1]
    results |= {f"weights/{name}": values for name, values in weights.items()}
    return {**results, "info": json.dumps(information(time.perf_counter() - started, samples, steps))}


def padded_steps(build, given):
    """Steps between the starts of two samples: a multiple of the period of neurons that count time from the start of a run."""
    if given.count == 1:
        return given.steps
    trial = build({name: np.zeros((r.shape[2], 1), int) for name, r in given.rasters.items()})
    every = [p.proc_params for p in trial.populations.values()]
    beats = [own.get("reset_interval") or 1 for own in every]
    beat = math.lcm(*beats)
    if given.steps % beat and (plastic(trial) or any(own.get("draw_seed") is not None for own in every)):
        sys.exit(
            f"Samples of {given.steps} steps are no multiple of {beat} steps, after which neurons are reset: synapses would "
            "learn, or neurons draw random numbers, in the steps between samples. Use --steps with a multiple, or --samples 1."
        )
    return -(-given.steps // beat) * beat


def record(process, states, steps, path, hw=False):
    """Attach a recorder to a population, and return it."""
    recorder = Recorder(shape=process.s_out.shape, steps=steps, states=states, path=str(path))
    out = getattr(process, "record_out", process.s_out)
    (leave_board(out) if hw else out).connect(recorder.s_in)
    for port, name in zip(PORTS, states, strict=False):
        getattr(recorder, port).connect_var(own_var(process, name))
    return recorder


def check_probes(args, graph):
    """End the program if something to record does not exist."""
    asked = [(f"--probe {text}", text, graph.populations) for text in args.probe]
    asked += [(f"--watch {text}", text.rpartition(":")[0], graph.projections) for text in args.watch]
    for option, text, processes in asked:
        name, _, var = text.rpartition(".")
        if name not in processes or not any(hasattr(processes[name], place) for place in (var, f"own_{var}")):
            sys.exit(f"{option}: unknown; expected a state of one of {', '.join(processes) or 'none'}.")


def own_var(process, name):
    """A Var of a process; states of generated processes have a prefix, so that no name is one of Lava's."""
    return getattr(process, f"own_{name}", None) or getattr(process, name)


def run_samples(graph, samples, stride, config, unread):
    """Run every part of the graph, because Lava runs only processes that are connected to the one whose `run` is called.

    Returns the final weights (n_pre, n_post) of the projections in `unread`, which have no recorder.
    """
    weights = {}
    everything = [*graph.populations.values(), *graph.projections.values(), *graph.relays.values()]
    for first in everything:
        if first.runtime:
            continue
        for sample in range(samples):
            if sample:
                set_back(p for p in everything if p.runtime is first.runtime)
            first.run(condition=RunSteps(num_steps=stride), run_cfg=config)
        for name in unread:
            if graph.projections[name].runtime is first.runtime:
                weights[name] = np.transpose(graph.projections[name].weights.get())
        first.stop()
    return weights


def set_back(processes):
    """Set every state of the processes to zero, except in learning connections, whose recorders do it."""
    for process in processes:
        if is_plastic(process):
            continue
        for name in getattr(process, "STATES", STATES):
            var = getattr(process, name, None)
            if var is not None:
                var.set(np.zeros(var.shape))


def collect(name, path, stride, steps):
    """Names and arrays from the recorder of a population, by sample and without the silent padding."""
    with np.load(path) as file:
        rows = file["spikes"]
        sample, step = rows[:, 0] // stride, rows[:, 0] % stride
        yield f"spikes/{name}", np.column_stack([sample, step, rows[:, 1:]])[step < steps]
        for state in set(file.files) - {"spikes"}:
            values = file[state]
            yield f"state/{name}.{state}", values.reshape(-1, stride, values.shape[1])[:, :steps]


def information(seconds, samples, steps):
    """Information about the run: versions, duration and size."""
    return {
        "lava": version("lava-nc"),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "seconds": seconds,
        "samples": samples,
        "steps": steps,
    }
