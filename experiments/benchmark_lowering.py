"""What does describing a network cost? The same networks, described in neurosim and written by hand for Brian2.

Measured is Brian2's loop over the steps, after everything is built and compiled: the two take turns, and the best of
several repeats counts. Expected: the same spikes, and a ratio of at most 1.05 (CPU time). On a machine with other
work, the best of one may fall into a quieter moment than the best of the other: see `ratio_of_pairs`, the median over
repeats, too.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import brian2
import numpy as np
from brian2 import Hz, cm, mS, ms, msiemens, mV, nS, uF, um
from scipy import sparse

from neurosim import LIF, EquationNeuron, Network, PoissonInput, Population, Projection, RefractoryLIF, Sparse, simulate
from neurosim.program.inputs import input_rasters
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study, Timing, Trial

TARGETS = {"ci": "numpy", "full": "cython"}
REPEATS = {"ci": 6, "full": 15}

Spikes = dict[str, tuple[Any, Any]]
"""Population -> steps and neurons."""


@dataclass(frozen=True)
class Case:
    """A network twice: `network` for neurosim, `by_hand(clock)` makes Brian2's objects and its monitors by population."""

    network: Network
    milliseconds: float
    by_hand: Callable[[Any], tuple[list[Any], dict[str, Any]]]


def run(size: str = "ci") -> dict[str, Any]:
    """Ratio of run times of every case; `size` is "ci" (small, NumPy) or "full" (Cython)."""
    cases = {name: measure_case(name, size) for name in CASES}
    return {"cases": cases, "machine": machine(), "target": TARGETS[size]}


def measure_case(name: str, size: str) -> dict[str, Any]:
    brian2.prefs.codegen.target = TARGETS[size]
    return measure(CASES[name](size), TARGETS[size], REPEATS[size])


def trial(t: Trial) -> dict[str, float]:
    found = measure_case(t.parameters["network"], t.parameters["length"])
    return {name: found[name] for name in STUDY.measures}


def measure(case: Case, target: str, repeats: int) -> dict[str, Any]:
    ways = {"neurosim": lambda: run_described(case, target), "handwritten": lambda: run_by_hand(case)}
    seconds: dict[str, list[Any]] = {way: [] for way in ways}
    spikes = []
    for k in range(repeats):
        # Whoever comes second finds warmer caches and more garbage; so they swap places.
        for way in list(ways)[:: 1 - 2 * (k % 2)]:
            spent, found = ways[way]()
            seconds[way].append(spent)
            spikes.append(found)
    best = {way: np.min(all_, axis=0) for way, all_ in seconds.items()}
    pairs = np.array(seconds["neurosim"]) / np.array(seconds["handwritten"])
    wall, cpu = best["neurosim"] / best["handwritten"]
    return {
        "ratio": float(cpu),
        "ratio_wall": float(wall),
        "ratio_of_pairs": float(np.median(pairs[:, 1])),
        **{f"{way}_s": float(best[way][1]) for way in ways},
        **{f"{way}_wall_s": float(best[way][0]) for way in ways},
        "spikes": {name: len(steps) for name, (steps, _) in spikes[0].items()},
        "spikes_equal": all(equal(spikes[0], other) for other in spikes),
    }


def run_described(case: Case, target: str) -> tuple[tuple[float, float], Spikes]:
    found = simulate(case.network, case.milliseconds * ms, target=target, progress=False)
    seconds = found.info["seconds"]["run"]
    neurons = [p.name for p in case.network.populations if not isinstance(p.model, PoissonInput)]
    return (seconds["wall"], seconds["cpu"]), {name: (found.spikes[name].step, found.spikes[name].neuron) for name in neurons}


class Loop:
    """Brian2 calls it when its loop begins and when it ends."""

    def __call__(self, elapsed: Any, completed: float, start: Any, duration: Any) -> None:
        now = np.array([time.perf_counter(), time.process_time()])
        if completed == 0:
            self.begun = now
        self.seconds = now - self.begun


def run_by_hand(case: Case) -> tuple[tuple[float, float], Spikes]:
    clock = brian2.Clock(case.network.step_seconds * brian2.second)
    parts, monitors = case.by_hand(clock)
    loop = Loop()
    brian2.Network(*parts, *monitors.values()).run(case.milliseconds * ms, report=loop, namespace={})
    return tuple(loop.seconds), {name: ordered(m, clock) for name, m in monitors.items()}


def ordered(monitor: Any, clock: Any) -> tuple[Any, Any]:
    step, neuron = np.rint(monitor.t / clock.dt).astype(int), np.array(monitor.i)
    order = np.lexsort((neuron, step))
    return step[order], neuron[order]


def equal(one: Spikes, other: Spikes) -> bool:
    return all(np.array_equal(a, b) for name in one for a, b in zip(one[name], other[name], strict=True))


def machine() -> dict[str, Any]:
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "brian2": brian2.__version__,
        "numpy": np.__version__,
    }


def random_pairs(n: int, n_exc: int, p: float) -> tuple[Any, Any]:
    """Which neurons connect: excitatory and inhibitory rows of one random matrix."""
    mask = sparse.random_array((n, n), density=p, rng=stream(0, "pairs"), format="csr")
    return mask[:n_exc], mask[n_exc:]


def weights(rows: Any, first: int, n: int, value: float) -> Any:
    """Sparse (n, n) with `value` (SI) at the pairs of `rows`, which begin at neuron `first`."""
    coo = rows.tocoo()
    return sparse.csr_array((np.full(coo.nnz, value), (coo.row + first, coo.col)), shape=(n, n))


def two_projections(n: int, n_exc: int, p: float, w_exc: float, w_inh: float) -> dict[str, Any]:
    exc, inh = random_pairs(n, n_exc, p)
    return {"exc": weights(exc, 0, n, w_exc), "inh": weights(inh, n_exc, n, w_inh)}


def synapses_by_hand(group: Any, matrices: dict[str, Any], unit: Any, clock: Any) -> list[Any]:
    made = []
    for receptor, matrix in matrices.items():
        coo = matrix.tocoo()
        constant = {"w": coo.data[0] * unit}
        synapses = brian2.Synapses(group, group, on_pre=f"g_{receptor} += w", namespace=constant, clock=clock)
        synapses.connect(i=coo.row, j=coo.col)
        made.append(synapses)
    return made


def cuba(size: str) -> Case:
    """Current-based network of Brette et al. (2007), doi:10.1007/s10827-007-0038-6; all neurons start at rest."""
    n = 4000
    matrices = two_projections(n, 3200, 0.02, 1.62e-3, -9e-3)
    neuron = RefractoryLIF(
        tau_m=20 * ms, v_th=-50 * mV, v_rest=-49 * mV, v_reset=-60 * mV, refractory=5 * ms,
        tau_syn={"exc": 5 * ms, "inh": 10 * ms},
    )  # fmt: skip
    network = Network(
        "cuba",
        [Population("p", n, neuron)],
        [Projection("p", "p", Sparse(matrix, brian2.volt), receptor=name, name=name) for name, matrix in matrices.items()],
        dt=0.1 * ms,
    )

    def by_hand(clock: Any) -> tuple[list[Any], dict[str, Any]]:
        group = brian2.NeuronGroup(
            n,
            """dv/dt = (E_l - v + g_exc + g_inh)/tau_m : volt (unless refractory)
            dg_exc/dt = -g_exc/tau_e : volt
            dg_inh/dt = -g_inh/tau_i : volt""",
            threshold="v > v_t", reset="v = v_r", refractory=5 * ms, method="exact", clock=clock,
            namespace={
                "E_l": -49 * mV, "v_t": -50 * mV, "v_r": -60 * mV, "tau_m": 20 * ms, "tau_e": 5 * ms, "tau_i": 10 * ms,
            },
        )  # fmt: skip
        group.v = -49 * mV
        parts = [group, *synapses_by_hand(group, matrices, brian2.volt, clock)]
        return parts, {"p": brian2.SpikeMonitor(group)}

    return Case(network, {"ci": 100.0, "full": 500.0}[size], by_hand)


HODGKIN_HUXLEY = """
dv/dt = (g_l*(E_l - v) + g_exc*(E_e - v) + g_inh*(E_i - v) - g_na*m**3*h*(v - E_na) - g_k*n**4*(v - E_k))/C : volt
dm/dt = 1.28/exprel((13 - u)/4)/ms*(1 - m) - 1.4/exprel((u - 40)/5)/ms*m : 1
dh/dt = 0.128*exp((17 - u)/18)/ms*(1 - h) - 4/(1 + exp((40 - u)/5))/ms*h : 1
dn/dt = 0.16/exprel((15 - u)/5)/ms*(1 - n) - 0.5*exp((10 - u)/40)/ms*n : 1
dg_exc/dt = -g_exc/tau_e : siemens
dg_inh/dt = -g_inh/tau_i : siemens
u = (v - v_t)/mV : 1
"""


def cobahh(size: str) -> Case:
    """Conductance-based Hodgkin-Huxley network of the same review."""
    n = {"ci": 400, "full": 4000}[size]
    matrices = two_projections(n, n * 4 // 5, 80 / n, 6e-9, 67e-9)
    area, rng = 20000 * um**2, stream(0, "start")
    parameters = {
        "C": 1 * uF / cm**2 * area, "g_l": 0.05 * mS / cm**2 * area, "g_na": 100 * msiemens / cm**2 * area,
        "g_k": 30 * msiemens / cm**2 * area, "E_l": -60 * mV, "E_k": -90 * mV, "E_na": 50 * mV, "v_t": -63 * mV,
        "E_e": 0 * mV, "E_i": -80 * mV, "tau_e": 5 * ms, "tau_i": 10 * ms,
    }  # fmt: skip
    initial = {
        "v": (-65 + 5 * rng.normal(size=n)) * mV,
        "g_exc": (40 + 15 * rng.normal(size=n)) * nS,
        "g_inh": (200 + 120 * rng.normal(size=n)) * nS,
    }
    neuron = EquationNeuron(
        model=HODGKIN_HUXLEY, threshold="v > -20*mV", refractory=3 * ms, parameters=parameters, initial=initial,
        receptors={"exc": "g_exc", "inh": "g_inh"}, weight_unit="siemens",
    )  # fmt: skip
    network = Network(
        "cobahh",
        [Population("p", n, neuron)],
        [Projection("p", "p", Sparse(matrix, brian2.siemens), receptor=name, name=name) for name, matrix in matrices.items()],
        dt=0.1 * ms,
    )

    def by_hand(clock: Any) -> tuple[list[Any], dict[str, Any]]:
        group = brian2.NeuronGroup(
            n, HODGKIN_HUXLEY, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler",
            namespace=parameters, clock=clock,
        )  # fmt: skip
        group.v, group.g_exc, group.g_inh = initial["v"], initial["g_exc"], initial["g_inh"]
        parts = [group, *synapses_by_hand(group, matrices, brian2.siemens, clock)]
        return parts, {"p": brian2.SpikeMonitor(group)}

    return Case(network, {"ci": 10.0, "full": 50.0}[size], by_hand)


def feedforward(size: str) -> Case:
    """784 Poisson inputs, 400 and 10 LIF neurons, all to all with weights of their own."""
    rng = stream(0, "feedforward")
    sizes = {"input": 784, "hidden": 400, "output": 10}
    matrices = {
        "hidden": rng.normal(0.5e-3, 0.5e-3, (784, 400)),
        "output": rng.normal(0.4e-3, 0.5e-3, (400, 10)),
    }
    neuron = LIF(tau_m=20 * ms, v_th=10 * mV, tau_syn=5 * ms)
    network = Network(
        "feedforward",
        [
            Population("input", 784, PoissonInput(20 * Hz)),
            *(Population(name, sizes[name], neuron) for name in matrices),
        ],
        [
            Projection("input", "hidden", matrices["hidden"] * brian2.volt),
            Projection("hidden", "output", matrices["output"] * brian2.volt),
        ],
        dt=0.1 * ms,
    )
    milliseconds = {"ci": 100.0, "full": 500.0}[size]
    raster = input_rasters(network, round(milliseconds * 10))["input"][0]

    def by_hand(clock: Any) -> tuple[list[Any], dict[str, Any]]:
        step, channel = np.nonzero(raster)
        groups = {"input": brian2.SpikeGeneratorGroup(784, channel, step * 0.1 * ms, clock=clock, sorted=True)}
        for name in matrices:
            groups[name] = brian2.NeuronGroup(
                sizes[name], "dv/dt = (g - v)/tau_m : volt\ndg/dt = -g/tau_s : volt",
                threshold="v > v_th", reset="v = 0*mV", method="exact", clock=clock,
                namespace={"tau_m": 20 * ms, "tau_s": 5 * ms, "v_th": 10 * mV},
            )  # fmt: skip
        parts = list(groups.values())
        for pre, post in (("input", "hidden"), ("hidden", "output")):
            synapses = brian2.Synapses(groups[pre], groups[post], "w : volt", on_pre="g += w", clock=clock)
            synapses.connect()
            synapses.w = matrices[post].ravel() * brian2.volt
            parts.append(synapses)
        return parts, {name: brian2.SpikeMonitor(groups[name]) for name in matrices}

    return Case(network, milliseconds, by_hand)


CASES = {"cuba": cuba, "cobahh": cobahh, "feedforward": feedforward}

# With one job only: trials at the same time would disturb each other's times.
STUDY = Study(
    name="benchmark_lowering",
    question="What does describing a network in neurosim cost, against writing it by hand for Brian2?",
    trial=trial,
    parameters=Grid({"network": list(CASES), "length": ["full"]}),
    seeds=1,
    measures={
        "ratio": Timing("1", "neurosim's best CPU time over that of the hand-written network"),
        "ratio_wall": Timing("1", "the same of wall time"),
        "ratio_of_pairs": Timing("1", "median over repeats of the ratio of CPU times"),
        "spikes_equal": Measure("1", "1 if all spikes are the same"),
    },
    expected="the same spikes, and a ratio of at most 1.05",
    ci=Size(Grid({"network": list(CASES), "length": ["ci"]})),
)

if __name__ == "__main__":
    print(json.dumps(run(*sys.argv[1:]), indent=2))
