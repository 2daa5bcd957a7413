"""Harness that runs a PyNEST network over samples: inputs, recordings, results, command line. Copied beside every network.py.

It needs NEST and NumPy only. Samples run one after the other from rest; weights that learn go on from sample to sample.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import time
from dataclasses import dataclass
from pathlib import Path

import nest
import numpy as np


@dataclass(frozen=True)
class Nodes:
    """What `build` returns: populations by name, and (pre nodes, post nodes) of each projection that learns."""

    populations: dict
    plastic: dict


def injectors(n, spikes, resolution):
    """Nodes that emit given spikes, the arrays (steps, neurons, numbers). A spike of step k has the time k + 1 in NEST."""
    nodes = nest.Create("spike_train_injector", n)
    steps, neurons, numbers = spikes
    order = np.lexsort((steps, neurons))
    cuts = np.searchsorted(neurons[order], np.arange(1, n))
    times = np.split(np.round((steps[order] + 1) * resolution, 6), cuts)
    counts = np.split(numbers[order].astype(int), cuts)
    nodes.set([{"spike_times": t, "spike_multiplicities": c} for t, c in zip(times, counts, strict=True)])
    return nodes


def relay(pre, delay):
    """Nodes that repeat the spikes of `pre` after `delay` ms, one for each."""
    nodes = nest.Create("parrot_neuron", len(pre))
    nest.Connect(pre, nodes, "one_to_one", {"delay": delay})
    return nodes


def connect(name, ends, arrays, resolution, synapse="static_synapse"):
    """Make the synapses that are listed in `arrays`."""
    pre, post = (np.asarray(nodes.tolist())[arrays[f"{name}.{end}"]] for nodes, end in zip(ends, ("pre", "post"), strict=True))
    if not len(pre):
        return
    delays = np.broadcast_to(np.round(arrays[f"{name}.delay"] * resolution, 6), len(pre)).astype(float)
    made = {"synapse_model": synapse, "weight": arrays[f"{name}.weight"], "delay": delays}
    nest.Connect(pre, post, "one_to_one", made)


def main(build, arrays, resolution, sources):
    """Run a network from the command line; `build` is the function of network.py, `sources` maps names to sizes."""
    args = arguments()
    fed, samples = read_inputs(args.inputs, sources)
    parts, begin = {}, time.process_time()
    seconds = {"build": 0.0, "run": 0.0, "run_wall": 0.0}
    for sample in range(samples):
        nodes, recorders = prepare(build, arrays, resolution, {name: spikes[sample] for name, spikes in fed.items()}, args)
        seconds["build"] += time.process_time() - begin
        begin, wall = time.process_time(), time.perf_counter()
        seen, final = simulate(nodes, arrays, resolution, args, sample * args.steps)
        seconds["run"] += time.process_time() - begin
        seconds["run_wall"] += time.perf_counter() - wall
        begin = time.process_time()
        collect(parts, sample, nodes, recorders, args)
        if sample == samples - 1:
            for name, values in final.items():
                seen[name].append((samples * args.steps, values))
        collect_weights(parts, seen)
        carry_on(arrays, final)
    store(parts, args.out, samples, seconds)


def arguments():
    """Arguments of the command line."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description="Run this network in NEST.", fromfile_prefix_chars="@")
    parser.add_argument("--steps", type=int, required=True, help="steps of a sample")
    spikes = "npz with samples, and SOURCE.sample, .step, .neuron and .number of all spikes"
    parser.add_argument("--inputs", default=here / "inputs.npz", help=spikes)
    parser.add_argument("--out", default=here / "results.npz", help="npz of results; with MPI, each process adds its number")
    parser.add_argument("--threads", type=int, default=1, help="threads of a process")
    parser.add_argument("--record", nargs="*", default=[], metavar="POPULATION:VARIABLE", help="states to record at every step")
    parser.add_argument("--watch", nargs="*", default=[], metavar="PROJECTION:EVERY", help="weights to read every few steps")
    return parser.parse_args()


def read_inputs(path, sources):
    """Spikes by source, the arrays (steps, neurons, numbers) for each sample, and the number of samples."""
    given = dict(np.load(path))
    samples = int(given.get("samples", 1))
    fed = {}
    for name in sources:
        which, *spikes = (given.get(f"{name}.{part}", np.zeros(0, int)) for part in ("sample", "step", "neuron", "number"))
        fed[name] = [[part[which == k] for part in spikes] for k in range(samples)]
    return fed, samples


def prepare(build, arrays, resolution, inputs, args):
    """Nodes and their recorders in a kernel that is new."""
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.local_num_threads = args.threads
    nest.resolution = resolution
    nodes = build(inputs, arrays)
    recorders = {}
    for name, population in nodes.populations.items():
        recorders[name, "spikes"] = nest.Create("spike_recorder", {"time_in_steps": True})
        nest.Connect(population, recorders[name, "spikes"])
    for name, variable in (text.rsplit(":", 1) for text in args.record):
        given = {"record_from": [variable], "interval": resolution, "time_in_steps": True}
        recorders[name, variable] = nest.Create("multimeter", given)
        nest.Connect(recorders[name, variable], nodes.populations[name])
    return nodes, recorders


def simulate(nodes, arrays, resolution, args, before):
    """Run the steps of a sample, `before` steps after the first; return the watched weights and the final ones.

    Watched weights are lists of (step, values). Synapses have received the spikes of a step when the step after it is over.
    """
    every = {name: int(period) for name, period in (text.rsplit(":", 1) for text in args.watch)}
    seen = {name: [] for name in nodes.plastic}
    done = 0
    with nest.RunManager():
        for step in sorted({s for k in every.values() for s in range(-before % k, args.steps, k)}):
            nest.Run(round((step + 1 - done) * resolution, 6))
            done = step + 1
            for name in (name for name, k in every.items() if (before + step) % k == 0):
                seen[name].append((before + step, weights(name, nodes, arrays)))
        # What happened in the last steps reaches recorders and synapses in the slice of time that follows.
        rest = args.steps - done + max(1, round(nest.min_delay / resolution))
        nest.Run(round(rest * resolution, 6))
    return seen, {name: weights(name, nodes, arrays) for name in nodes.plastic}


def weights(name, nodes, arrays):
    """Present weights of the synapses of this process, in the order of the arrays; NaN for those of other processes."""
    pre, post = nodes.plastic[name]
    listed = arrays[f"{name}.pre"].astype(np.int64) * len(post) + arrays[f"{name}.post"]
    out = np.full(len(listed), np.nan)
    found = nest.GetConnections(synapse_model=f"own_{name}")
    if len(found):
        source, target, weight = (np.atleast_1d(found.get(what)) for what in ("source", "target", "weight"))
        first = [np.asarray(ends.tolist())[0] for ends in (pre, post)]
        order = np.argsort(listed)
        place = (source - first[0]) * len(post) + target - first[1]
        out[order[np.searchsorted(listed, place, sorter=order)]] = weight
    return out


def carry_on(arrays, final):
    """Let the next sample begin with the weights of this one; with MPI, each process knows its own."""
    for name, last in final.items():
        arrays[f"{name}.weight"] = np.where(np.isnan(last), arrays[f"{name}.weight"], last)


def collect(parts, sample, nodes, recorders, args):
    """Add the spikes and states of a sample to `parts`."""
    for (name, variable), recorder in recorders.items():
        events, first = recorder.events, nodes.populations[name].tolist()[0]
        step, neuron = np.asarray(events["times"], np.int64) - 1, np.asarray(events["senders"], np.int64) - first
        within = step < args.steps
        step, neuron = step[within], neuron[within]
        order = np.lexsort((neuron, step))
        place = np.stack([np.full(len(step), sample), step, neuron], axis=1)[order].astype(np.int32)
        if variable == "spikes":
            parts.setdefault(f"spikes/{name}", []).append(place)
        else:
            parts.setdefault(f"state_places/{name}:{variable}", []).append(place)
            parts.setdefault(f"state/{name}:{variable}", []).append(np.asarray(events[variable])[within][order])


def collect_weights(parts, seen):
    """Add the weights that were read in a sample to `parts`."""
    for name, looks in ((name, looks) for name, looks in seen.items() if looks):
        parts.setdefault(f"weight_steps/{name}", []).append(np.array([step for step, _ in looks]))
        parts.setdefault(f"weight/{name}", []).append(np.stack([values for _, values in looks]))


def peak_memory():
    """MiB. Not `ru_maxrss` where Linux has a better number: that begins with the memory of the process that started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def store(parts, path, samples, seconds):
    """Write the results of this process."""
    rank, processes = nest.Rank(), nest.NumProcesses()
    info = {
        "samples": samples,
        "seconds": seconds,
        "peak_mb": peak_memory(),
        "processes": processes,
        "threads": nest.local_num_threads,
        "versions": {"nest": nest.__version__, "numpy": np.__version__, "python": platform.python_version()},
    }
    place = Path(path)
    if processes > 1:
        place = place.with_suffix(f".{rank}{place.suffix}")
    joined = {key: np.concatenate(values) for key, values in parts.items()}
    np.savez(place, **joined, info=np.array(json.dumps(info)))
