"""How well and how fast are networks placed on the cores of a chip?

Measured are the cores, the lower bound by synapse memory, and CPU time and memory of the placer, which needs the program in
integers and no run. Networks: layers that are connected all to all; recurrent networks with random connections; and columns,
which connect to themselves (80 synapses per neuron) and to the next column (20).

In the large random network, every neuron has other inputs, so input axons are what is short, and its bound by memory cannot be
reached. How many cores such a network needs at least follows from counting: the e synapses of s neurons come from A given
neurons with a probability of at most (A / n)^e, so with ln C(n, s) + ln C(n, A) + e ln(A / n) far below 0, no s neurons with e
synapses have at most A inputs, whoever chooses them. A core thus holds at most so many synapses, a concave function of s.
"""

from __future__ import annotations

import resource
import time

import numpy as np
from matplotlib.figure import Figure
from scipy import sparse
from scipy.special import gammaln

from neurosim import LIF, FixedProbability, Network, PoissonInput, Population, Projection, deploy
from neurosim.chip.placement import place
from neurosim.chip.resources import needs_of
from neurosim.chip.target import load_target
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study, Timing, Trial
from neurosim.units import Hz, ms

CELL = LIF(tau_m=20 * ms, v_th=1.0)
FAN_OUT = 100
MOST_SECONDS, MOST_MIB, MOST_RATIO, MOST_OF_ALL = 60, 4096, 1.15, 1.35
DENSE = ("1000-1000", "784-512-10", "784-1600-800-10")


def build(name: str) -> Network:
    """A network by its name: sizes of layers, or a kind with the number of neurons."""
    if name in DENSE:
        return layers([int(n) for n in name.split("-")])
    kind, neurons = name.split(" ")
    return {"recurrent": recurrent, "random": random, "columns": columns}[kind](int(neurons))


def layers(sizes: list[int]) -> Network:
    """Connected all to all; the first layer of more than two is on the host."""
    first = PoissonInput(20 * Hz) if len(sizes) > 2 else CELL
    populations = [Population(f"l{i}", n, CELL if i else first) for i, n in enumerate(sizes)]
    weights = [np.full((a, b), 0.01) for a, b in zip(sizes, sizes[1:], strict=False)]
    return Network("layers", populations, [Projection(f"l{i}", f"l{i + 1}", w) for i, w in enumerate(weights)])


def recurrent(n: int) -> Network:
    """Each pair with a probability of 10 %."""
    return Network("recurrent", [Population("p", n, CELL)], [Projection("p", "p", FixedProbability(0.1, 0.1))])


def random(n: int) -> Network:
    """A hundred random targets per neuron."""
    return Network("random", [Population("p", n, CELL)], [Projection("p", "p", _targets(n, n, FAN_OUT, 0))])


def columns(n: int, each: int = 500) -> Network:
    """Columns of 500 neurons."""
    names = [f"c{k}" for k in range(n // each)]
    own = [Projection(name, name, _targets(each, each, 80, k)) for k, name in enumerate(names)]
    pairs = zip(names, names[1:], strict=False)
    following = [Projection(a, b, _targets(each, each, 20, n + k)) for k, (a, b) in enumerate(pairs)]
    return Network("columns", [Population(name, each, CELL) for name in names], own + following)


def _targets(n_pre: int, n_post: int, fan_out: int, number: int) -> sparse.csr_array:
    rows = np.repeat(np.arange(n_pre), fan_out)
    chosen = stream(number, "targets", str(number)).integers(0, n_post, len(rows))
    matrix = sparse.csr_array((np.ones(len(rows)), (rows, chosen)), shape=(n_pre, n_post))
    matrix.data[:] = 0.1
    return matrix


def least_by_axons(n: int, fan_out: int, in_axons: int) -> int:
    """Cores for `n` neurons with `fan_out` random targets each, if a core has `in_axons` input axons.

    Of networks that are drawn like this, at most one in 10^9 needs fewer.
    """

    def choices(k: float) -> float:
        return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))

    rare = np.log(1e9) + 2 * np.log(n) + np.log(fan_out)  # one for each number of neurons and of synapses
    for cores in range(1, n):
        held = (choices(n / cores) + choices(in_axons) + rare) / np.log(n / in_axons)
        if cores * held >= n * fan_out:
            return cores
    return n


def trial(t: Trial) -> dict[str, float]:
    target = load_target(t.parameters["target"])
    program = deploy(build(t.parameters["network"]), target).program
    begin = time.process_time()
    needs = needs_of(program, target)
    placement = place(needs, target)
    spent = time.process_time() - begin
    bound = placement.bound["memory"]
    neurons, in_axons = needs.neurons, target.placement.in_axons_per_core.value
    random_inputs = t.parameters["network"].startswith("random")
    least = max(bound, least_by_axons(neurons, FAN_OUT, in_axons) if random_inputs and neurons > in_axons else 0)
    messages = placement.traffic.sum() + placement.host.sum()
    return {
        "neurons": needs.neurons,
        "synapses": needs.synapses,
        "cores": placement.cores,
        "bound": bound,
        "ratio": placement.cores / bound,
        "least": least,
        "ratio_least": placement.cores / least,
        "in_axons": float(placement.shares[:, 2].max()),
        "memory": float(placement.shares[:, 1].mean()),
        "between_chips": placement.hops["other_chip"] / max(messages, 1),
        "cpu": spent,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def figure(table):
    """Cores and their lower bound, and CPU time."""
    made = Figure(figsize=(9, 4.2), layout="constrained")
    left, right = made.subplots(1, 2)
    cases = [(f"{name}, {target}", rows) for (name, target), rows in table.by("network", "target")]
    places = np.arange(len(cases))
    kinds = (("cores", "used", "o"), ("bound", "least, by memory", "|"), ("least", "least, by memory or input axons", "x"))
    for measure, label, marker in kinds:
        left.plot([rows.values(measure).mean() for _, rows in cases], places, marker, ms=9, label=label)
    left.set(xscale="log", xlabel="cores", yticks=places, yticklabels=[name for name, _ in cases])
    left.legend(frameon=False)
    right.barh(places, [rows.values("cpu").mean() for _, rows in cases], color="#0072B2")
    right.set(xlabel="CPU time of the placer (s)", yticks=[])
    for ax in (left, right):
        ax.invert_yaxis()
    return made


def check(table):
    for (name, target), rows in table.by("network", "target"):
        where = f"{name} on {target}"
        if rows.values("cpu").max() > MOST_SECONDS or rows.values("peak").max() > MOST_MIB:
            raise ValueError(f"{where}: {rows.values('cpu').max():.0f} s and {rows.values('peak').max():.0f} MiB.")
        if name in (*DENSE, "recurrent 2000") and rows.values("ratio").max() > MOST_RATIO + 1e-9:
            raise ValueError(f"{where}: {rows.values('ratio').max():.3f} times the lower bound, expected at most {MOST_RATIO}.")
        ratio = rows.values("ratio_least")
        if ratio.max() > MOST_OF_ALL + 1e-9 or ratio.min() < 1:
            raise ValueError(f"{where}: {ratio.max():.3f} times the least, expected at least 1 and at most {MOST_OF_ALL}.")


def answer(table):
    each = (
        f"{name} on {target}: {rows.values('cores').mean():.0f} cores (at least {rows.values('least').mean():.0f})"
        for (name, target), rows in table.by("network", "target")
    )
    return "; ".join(each) + "."


TARGETS = ["loihi1", "loihi2"]
STUDY = Study(
    name="benchmark_placement",
    question="How well and how fast are networks placed on the cores of a chip?",
    trial=trial,
    parameters=Grid({"network": [*DENSE, "recurrent 2000", "columns 100000", "random 100000"], "target": TARGETS}),
    seeds=1,
    measures={
        "neurons": Measure("1", "neurons on cores"),
        "synapses": Measure("1", "synapses"),
        "cores": Measure("1", "cores that are used"),
        "bound": Measure("1", "cores that synapse memory requires at least"),
        "ratio": Measure("1", "cores over the bound"),
        "least": Measure("1", "the same, or what input axons of a random network require at least"),
        "ratio_least": Measure("1", "cores over that"),
        "in_axons": Measure("1", "largest share of input axons used of a core"),
        "memory": Measure("1", "mean share of memory used of a core"),
        "between_chips": Measure("1", "share of messages between chips"),
        "cpu": Timing("s", "CPU time of the placer"),
        "peak": Timing("MiB", "largest memory of the process"),
    },
    answer=answer,
    figure=figure,
    expected="at most 60 s and 4 GiB; at most 1.15 times the bound where memory is what is short",
    check=check,
    ci=Size(Grid({"network": ["1000-1000", "784-512-10", "recurrent 2000"], "target": TARGETS})),
)
