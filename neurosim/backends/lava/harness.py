"""Harness that runs a Lava graph over many samples: inputs, states, recordings, command line. Copied beside every graph.

It needs only lava-nc. Samples run one after the other in one Lava run. Before each sample, all states are set to zero, except
the weights that learn.
"""

from __future__ import annotations

import argparse
import json
import math
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
from harness_ends import (  # type: ignore[import-not-found]  # beside this file in an exported graph
    GivenUp,
    abandon,
    name_shared_memory,
    show_failures,
)
from harness_learning import (  # type: ignore[import-not-found]  # beside this file in an exported graph
    collect_synapses,
    is_plastic,
    plastic,
    read_watch,
    record_synapses,
)
from lava.magma.core import run_configs
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
    args = arguments(tag)
    rasters = read_inputs(args.inputs, sources, args.steps)
    config = run_config(args)
    name_shared_memory()
    show_failures()
    try:
        results = run(build, rasters, args, config)
    except GivenUp:
        abandon()
    except BaseException:
        traceback.print_exc()
        abandon()
    np.savez(args.out, **results)


def arguments(tag):
    """The parsed command line."""
    parser = argparse.ArgumentParser(description="Run this Lava graph.")
    parser.add_argument("--steps", type=int, required=True, help="number of steps of each sample")
    parser.add_argument("--inputs", required=True, help=".npz file with one array (samples, steps, n) per source")
    parser.add_argument("--out", required=True, help=".npz file for results: spikes/<population>, state/<population>.<var>")
    parser.add_argument("--tag", choices=["fixed_pt", "floating_pt"], default=tag, help="number system of Lava's models")
    parser.add_argument("--probe", nargs="*", default=[], metavar="POPULATION.VAR", help="states to record, e.g. hidden.v")
    parser.add_argument(
        "--watch", nargs="*", default=[], metavar="PROJECTION.VAR:N", help="learned Vars to record every N steps"
    )
    parser.add_argument("--scratch", help="folder for recordings during the run; default: the folder of --out")
    parser.add_argument("--hw", action="store_true", help="run on a Loihi 2 board (needs Lava's hardware extension)")
    args = parser.parse_args()
    if args.tag != tag:
        parser.error(f"--tag {args.tag}: the parameters of this graph are for {tag}; export the program for {args.tag}.")
    return args


def run_config(args):
    """The run configuration, which selects where the models run.

    On a board, spikes enter and leave a chip through adapter processes, which are part of the hardware extension. Insert them
    in `build` between the sources and the first projections, and before the recorders.
    """
    if not args.hw:
        return run_configs.Loihi2SimCfg(select_tag=args.tag)
    if not hasattr(run_configs, "CLoihiProcessModel"):
        sys.exit("--hw: Lava's hardware extension (lava-loihi, from Intel's research community) is not installed.")
    return run_configs.Loihi2HwCfg()


def read_inputs(path, sources, steps):
    """Payloads by source, each (samples, steps, n); cut to `steps` or padded with silence."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in file.files}
    except Exception as error:
        sys.exit(f"{path}: the file is missing, damaged, or not a .npz file of numbers ({error}).")
    if set(arrays) != set(sources):
        sys.exit(f"{path}: expected one array for each of {sorted(sources)}, found {sorted(arrays)}.")
    rasters = {}
    for name, n in sources.items():
        array = arrays[name] if arrays[name].ndim == 3 else arrays[name][None]
        if array.ndim != 3 or array.shape[2] != n:
            sys.exit(f"{path}: {name}: expected shape (samples, steps, {n}), found {arrays[name].shape}.")
        kept = array[:, :steps]
        rasters[name] = np.pad(kept, ((0, 0), (0, steps - kept.shape[1]), (0, 0)))
    if len({len(r) for r in rasters.values()}) > 1:
        sys.exit(f"{path}: sources have different numbers of samples; give every source the same number.")
    return rasters


def run(build, rasters, args, config):
    """Run the graph over all samples; return arrays of results by name."""
    started, steps = time.perf_counter(), args.steps
    probes = [probe.rpartition(".")[::2] for probe in args.probe]
    watched = read_watch(args.watch)
    samples = max((len(r) for r in rasters.values()), default=1)
    stride = steps if samples == 1 else padded_steps(build, rasters, steps)
    padded = {name: np.pad(r, ((0, 0), (0, stride - steps), (0, 0))) for name, r in rasters.items()}
    graph = build({name: r.reshape(-1, r.shape[2]).T.copy() for name, r in padded.items()})
    with tempfile.TemporaryDirectory(dir=args.scratch or Path(args.out).absolute().parent) as scratch:
        files = {name: Path(scratch, f"{k}.npz") for k, name in enumerate(graph.populations)}
        for name, file in files.items():
            record(graph.populations[name], [var for population, var in probes if population == name], samples * stride, file)
        learned = {name: Path(scratch, f"learned{k}.npz") for k, name in enumerate(plastic(graph))}
        for name, file in learned.items():
            record_synapses(graph.projections[name], watched.get(name, {}), stride, stride * samples, file)
        run_samples(graph, samples, stride, config)
        results = {key: values for name, file in files.items() for key, values in collect(name, file, stride, steps)}
        for name, file in learned.items():
            results |= collect_synapses(name, graph.projections[name], watched.get(name, {}), file)
    return {**results, "info": json.dumps(information(time.perf_counter() - started, samples, steps))}


def padded_steps(build, rasters, steps):
    """Steps between the starts of two samples: a multiple of the period of neurons that count time from the start of a run."""
    trial = build({name: np.zeros((r.shape[2], 1), int) for name, r in rasters.items()})
    every = [p.proc_params for p in trial.populations.values()]
    beats = [own.get("reset_interval") or 1 for own in every]
    beat = math.lcm(*beats)
    return -(-steps // beat) * beat


def record(process, states, steps, path):
    """Attach a recorder to a population, and return it."""
    recorder = Recorder(shape=process.s_out.shape, steps=steps, states=states, path=str(path))
    getattr(process, "record_out", process.s_out).connect(recorder.s_in)
    for port, name in zip(PORTS, states, strict=False):
        getattr(recorder, port).connect_var(own_var(process, name))
    return recorder


def own_var(process, name):
    """A Var of a process; states of generated processes have a prefix, so that no name is one of Lava's."""
    return getattr(process, f"own_{name}", None) or getattr(process, name)


def run_samples(graph, samples, stride, config):
    """Run every part of the graph, because Lava runs only processes that are connected to the one whose `run` is called."""
    everything = [*graph.populations.values(), *graph.projections.values(), *graph.relays.values()]
    for first in everything:
        if first.runtime:
            continue
        for sample in range(samples):
            if sample:
                set_back(p for p in everything if p.runtime is first.runtime)
            first.run(condition=RunSteps(num_steps=stride), run_cfg=config)
        first.stop()


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
