"""How large can a network be on one machine? The emulator, NEST and Brian2's C++ with 1000, 10 000 and 100 000 neurons.

The network is of Brunel's kind: LIF neurons with delta synapses, a refractory time of 2 ms and a delay of 1.5 ms, four in
five excitatory, at a step of 0.1 ms. Each has 72 excitatory, 18 inhibitory and 10 external inputs, so 100 000 neurons have 10
million synapses. The external inputs are Poisson spikes that are drawn once, the same for all simulators, and drawing them is
not part of a run. Every simulator records all spikes, on one thread.

Each measurement is a process of its own. A run is the loop over the steps alone; building is everything between the description
and a network that can run; first use is the CPU time of a process that knows nothing yet, from its start to its end, without
the run: imports, compilation, building. Memory is the largest resident size of the process that runs the network. Learning is
measured in the emulator only: pair STDP at all synapses of the excitatory neurons and the external inputs, without delays.
NumPy's time is that of drawing the same number of partners and sorting them into a sparse matrix.
Expected: no other simulator needs less CPU time for a simulated second at any size; building takes at most three times NumPy's
drawing; 100 000 neurons need less than 8 GB; and a synapse that a spike reaches costs the same at twice the rate.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy import sparse

from neurosim import Network, PoissonInput, Population, Projection, RefractoryLIF
from neurosim.errors import UnsupportedError
from neurosim.network.fixed_numbers import FixedInDegree
from neurosim.plasticity import pair_stdp
from neurosim.processes.stopwatch import now
from neurosim.study import Grid, Measure, Size, Study, Timing, Trial
from neurosim.units import Hz, ms, mV, second

SECONDS = {1_000: 50.0, 10_000: 5.0, 100_000: 1.0}
"""Neurons -> simulated seconds of the full benchmark."""
QUICK = 0.2
"""Simulated seconds of the check that the benchmark runs."""
FROM = {"excitatory": (72, 0.5), "inhibitory": (18, -2.5), "external": (10, 1.75)}
"""Presynaptic population -> inputs of a neuron, and their weight in mV."""
RATE = 60.0
"""Rate of an external input in Hz."""
REPEATS = 4
"""Number of times that building and drawing are measured; the least time counts."""
COLOURS = ("#000000", "#D55E00", "#0072B2", "#009E73")
LIMIT = 8e9
"""Bytes of memory that 100 000 neurons may take."""


def build(n: int, rate: float = RATE, learns: bool = False) -> Network:
    """The network of `n` neurons."""
    cell = RefractoryLIF(tau_m=20 * ms, v_th=20 * mV, v_reset=10 * mV, refractory=2 * ms)
    rule = pair_stdp(0.002 * mV, 0.0025 * mV, bounds=(0 * mV, 3 * mV))
    sizes = {"external": n // 10, "excitatory": n - n // 5, "inhibitory": n // 5}

    def projection(pre: str, post: str) -> Projection:
        count, weight = FROM[pre]
        plastic = learns and weight > 0
        delay = 0 * ms if learns else 1.5 * ms
        return Projection(pre, post, FixedInDegree(weight * mV, n=count), delay=delay, plasticity=rule if plastic else None)

    return Network(
        name="scale",
        populations=[Population(p, k, PoissonInput(rate * Hz) if p == "external" else cell) for p, k in sizes.items()],
        projections=[projection(pre, post) for post in ("excitatory", "inhibitory") for pre in FROM],
        dt=0.1 * ms,
    )


def drawn(n: int) -> None:
    """What building a random network costs at least: partners, sorted into a sparse matrix, of all projections."""
    rng = np.random.default_rng(0)
    for post in (n - n // 5, n // 5):
        for pre, (count, _) in zip((n - n // 5, n // 5, n // 10), FROM.values(), strict=True):
            pairs = rng.integers(0, pre, post * count), np.repeat(np.arange(post), count)
            sparse.coo_array((np.ones(post * count), pairs), shape=(pre, post)).tocsr()


def cpu(action: Callable[[], Any]) -> float:
    """Least CPU seconds of an action; the first time, things are compiled and loaded."""
    spent = []
    for _ in range(REPEATS):
        begun = now()
        action()
        spent.append(now().since(begun).cpu)
    return min(spent)


def emulator(n: int, seconds: float) -> dict[str, float]:
    """Running, and the cost of a synapse that a spike reaches, at two rates; after a run that compiles and loads."""
    from neurosim.backends.emulator import emulate
    from neurosim.program.inputs import count_steps, input_rasters
    from neurosim.program.lower import lower

    program, steps = lower(build(n)), count_steps(build(n), seconds * second)
    inputs = {rate: input_rasters(build(n, rate), steps) for rate in (RATE, 2 * RATE)}
    emulate(program, 1, inputs={})
    runs = {rate: emulate(program, steps, inputs=fed) for rate, fed in inputs.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spent = {rate: r.info["seconds"]["cpu"] for rate, r in runs.items()}
    silent = emulate(program, steps).info["seconds"]["cpu"]
    event, busy = ((spent[rate] - silent) / synaptic_events(program, r) * 1e9 for rate, r in runs.items())
    return {"run": spent[RATE], "peak": peak, "rate": mean_rate(runs[RATE]), "event": event, "busy_event": busy}


def first_use(n: int, seconds: float) -> dict[str, float]:
    """The emulator's first answer."""
    from neurosim import emulate_network

    return {"run": emulate_network(build(n), seconds * second).info["seconds"]["cpu"]}


def building(n: int, seconds: float) -> dict[str, float]:
    """Description, lowering and the emulator's arrays, against drawing the synapses with NumPy."""
    from neurosim.backends.emulator import emulate
    from neurosim.program.lower import lower

    return {"build": cpu(lambda: emulate(lower(build(n)), 1)), "draw": cpu(lambda: drawn(n))}


def learning(n: int, seconds: float) -> dict[str, float]:
    """The emulator with synapses that learn, as a run that goes on."""
    from neurosim import start

    begun = now()
    run = start(build(n, learns=True))
    run.advance(10 * ms, progress=False)
    built, begun = now().since(begun).cpu, now()
    recording = run.advance(seconds * second, progress=False)
    spent = now().since(begun).cpu
    run.weights["excitatory_excitatory"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"run": spent, "build": built, "peak": peak, "rate": mean_rate(recording)}


def nest(n: int, seconds: float) -> dict[str, float]:
    from neurosim.backends.executions import EXECUTIONS, Workload

    recording = EXECUTIONS["NEST"].run(Workload(build(n)), seconds * second)
    spent = recording.info["seconds"]
    return {"run": spent["run"], "build": spent["build"], "peak": recording.info["peak_mb"], "rate": mean_rate(recording)}


_WATCHED = "import resource,subprocess,sys; code = subprocess.call(sys.argv[2:]); \
open(sys.argv[1], 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)); sys.exit(code)"
"""A program that runs another and writes its largest memory to a file."""


def brian2(n: int, seconds: float) -> dict[str, float]:
    import brian2

    from neurosim import simulate

    with tempfile.TemporaryDirectory() as folder:
        peak = Path(folder, "peak")
        brian2.prefs["devices.cpp_standalone.run_cmd_unix"] = [sys.executable, "-ISc", _WATCHED, str(peak), "./main"]
        recording = simulate(build(n), seconds * second, integration="step", target="cpp_standalone", progress=False)
        spent = recording.info["seconds"]
        return {
            "run": spent["run"]["cpu"],
            "build": spent["build"]["cpu"],
            "peak": int(peak.read_text()) / 1024,
            "rate": mean_rate(recording),
        }


def mean_rate(recording: Any) -> float:
    """Spikes of a neuron in a second."""
    cells = ("excitatory", "inhibitory")
    spikes, neurons = (sum(of(p) for p in cells) for of in (lambda p: len(recording.spikes[p]), recording.sizes.__getitem__))
    return float(spikes / neurons / (recording.steps * recording.dt))


def synaptic_events(program: Any, recording: Any) -> int:
    """Synapses that were reached by all spikes."""
    return sum(
        int(np.diff(p.weights.indptr)[recording.spikes[p.pre].neuron].sum()) for p in program.projections
    )


ENGINES = ("emulator", "first_use", "building", "learning", "nest", "brian2")
"""Functions of this file; each runs in a process of its own."""


_CHILD = """
import json
from neurosim.content.catalogue import content_path
from neurosim.content.user_code import load_function
print(json.dumps(load_function(content_path("experiments", "benchmark_scale"), "{engine}")({n}, {seconds})))
"""
"""A program that runs one engine and prints what it reports."""


def measured(engine: str, n: int, seconds: float) -> dict[str, float]:
    """What an engine reports from a process of its own with an empty cache, and the CPU time around its run."""
    begun = now()
    with tempfile.TemporaryDirectory(prefix="neurosim-scale-") as cache:
        words = os.environ | {"XDG_CACHE_HOME": cache, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-c", _CHILD.format(engine=engine, n=n, seconds=seconds)]
        done = subprocess.run(command, env=words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{engine} with {n} neurons failed:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found | {"all": now().since(begun).cpu}


def missing() -> dict[str, str]:
    """Why a simulator is left out, by name."""
    from neurosim.backends.executions import EXECUTIONS

    return {"nest": EXECUTIONS["NEST"].missing()} if EXECUTIONS["NEST"].missing() else {}


def case(n: int, size: str) -> dict[str, float]:
    """All numbers for one number of neurons."""
    seconds = SECONDS[n] if size == "full" else QUICK
    found = {engine: measured(engine, n, seconds) for engine in ENGINES if engine not in missing()}
    out = {"synapses": 100.0 * n, "simulated_s": seconds}
    for engine in ("emulator", "nest", "brian2", "learning"):
        if engine in found:
            own = found[engine]
            out[f"{engine}_cpu_per_s"] = own["run"] / seconds
            out[f"{engine}_peak_mib"] = own["peak"]
            out[f"{engine}_build_s"] = own.get("build", found["building"]["build"])
            out[f"{engine}_rate_hz"] = own["rate"]
            if engine in ("nest", "brian2"):
                out[f"ratio_{engine}"] = own["run"] / found["emulator"]["run"]
                out[f"{engine}_first_use_s"] = own["all"] - own["run"]
    out |= {"emulator_first_use_s": found["first_use"]["all"] - found["first_use"]["run"], "draw_s": found["building"]["draw"]}
    out["ratio_draw"] = found["building"]["build"] / out["draw_s"]
    return out | {f"{name}_ns": found["emulator"][name] for name in ("event", "busy_event")}


def run(size: str = "ci") -> dict[str, Any]:
    """All cases; `size` is "ci" or "full". What is missing on this computer is named in `left_out`."""
    sizes = SECONDS if size == "full" else [min(SECONDS)]
    cases = {f"{n} neurons": case(n, size) for n in sizes}
    return {"cases": cases, "size": size, "left_out": list(missing().values()), "load": os.getloadavg()}


def trial(t: Trial) -> dict[str, float]:
    for reason in missing().values():
        raise UnsupportedError(f"The study needs all simulators; 'neurosim bench scale' leaves out what is missing. {reason}")
    return case(t.parameters["neurons"], t.parameters["length"])


def figure(table: Any) -> Figure:
    """CPU time of a simulated second, and memory, against the size, one line per simulator."""
    made = Figure(figsize=(7.5, 3.2), layout="constrained")
    for axis, kind, words in zip(made.subplots(1, 2), ("cpu_per_s", "peak_mib"), ("CPU s per simulated s", "MiB"), strict=True):
        for (name, label), colour in zip(PEERS.items(), COLOURS, strict=True):
            points = [(n, float(rows.values(f"{name}_{kind}").mean())) for (n,), rows in table.by("neurons")]
            axis.plot(*zip(*sorted(points), strict=True), "o-", color=colour, label=label)
        axis.set(xscale="log", yscale="log", xlabel="neurons", ylabel=words)
        axis.spines[["top", "right"]].set_visible(False)
    made.axes[0].legend(frameon=False, fontsize="small")
    return made


def check(table: Any) -> None:
    for (n,), rows in table.by("neurons"):
        for name in ("ratio_nest", "ratio_brian2"):
            if rows.values(name).min() < 1:
                raise ValueError(f"{n} neurons: {name} is {rows.values(name).min():.2f}, expected at least 1.")
        for name in ("emulator_peak_mib", "learning_peak_mib"):
            if rows.values(name).max() * 2**20 > LIMIT:
                raise ValueError(f"{n} neurons: {name} is {rows.values(name).max():.0f}, expected at most {LIMIT / 2**20:.0f}.")
    for row in table.where(neurons=max(SECONDS)).values("ratio_draw"):
        if row > 3:
            raise ValueError(f"Building takes {row:.2f} times NumPy's drawing, expected at most 3.")


PEERS = {"emulator": "the emulator", "nest": "NEST", "brian2": "Brian2's C++", "learning": "the emulator that learns"}

# With one job only: trials at the same time would share the caches that they measure.
STUDY = Study(
    name="benchmark_scale",
    question="How large can a network be on one machine?",
    trial=trial,
    parameters=Grid({"neurons": list(SECONDS), "length": ["full"]}),
    seeds=1,
    measures={
        "synapses": Measure("1", "synapses of the network"),
        "simulated_s": Measure("s", "simulated time"),
        **{f"{name}_rate_hz": Measure("Hz", f"mean rate in {words}") for name, words in PEERS.items()},
        **{f"{name}_cpu_per_s": Timing("1", f"CPU seconds of {words} per simulated second") for name, words in PEERS.items()},
        **{f"{name}_build_s": Timing("s", f"CPU time of building in {words}") for name, words in PEERS.items()},
        **{f"{name}_peak_mib": Timing("MiB", f"largest memory of {words}") for name, words in PEERS.items()},
        **{f"{name}_first_use_s": Timing("s", f"CPU time of a first use of {PEERS[name]}") for name in list(PEERS)[:3]},
        "ratio_nest": Timing("1", "CPU time of NEST over the emulator's"),
        "ratio_brian2": Timing("1", "CPU time of Brian2's C++ over the emulator's"),
        "draw_s": Timing("s", "CPU time of drawing the synapses with NumPy"),
        "ratio_draw": Timing("1", "building over drawing"),
        "event_ns": Timing("ns", "CPU time of a synapse that a spike reaches"),
        "busy_event_ns": Timing("ns", "the same at twice the rate of the external inputs"),
    },
    expected="no other simulator needs less CPU time; building at most 3 times drawing; 100 000 neurons in less than 8 GB",
    check=check,
    figure=figure,
    ci=Size(Grid({"neurons": [min(SECONDS)], "length": ["ci"]})),
)
