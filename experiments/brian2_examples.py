"""Does a described network give the numbers of the same network that was written by hand for Brian2, with the same input?

Each file in `experiments/ports` is a port of a network that Brian2 has among its examples, written anew from the paper: the
description, a version by hand in plain Brian2, and numbers to compare. Both receive the same connections, weights, initial
values and input spikes: the version by hand takes them from the description. Where neurons draw noise during the run, Brian2
draws it from the same seed; the emulator draws its own.

What to see: in Brian2, neurosim makes the same spikes as the version by hand, all of them, except where synapses learn from
pairs of spikes in Brian2's usual order, which counts a pair in one time step differently. The emulator makes the same spikes
where a jump of the voltage cannot arrive in the step of a spike: there, Brian2 loses the jump and the emulator keeps it.
"""

from contextlib import contextmanager
from functools import cache

import brian2
import numpy as np
from matplotlib.figure import Figure

from neurosim import Recording
from neurosim.analysis.plots import COLOURS
from neurosim.content.catalogue import content_path
from neurosim.content.user_code import module_of, read_source
from neurosim.network.inputs import Input
from neurosim.results.run_data import Spikes, WeightTrace
from neurosim.study import Grid, Measure, Size, Study

BRIAN2, EMULATOR, BOTH = ("Brian2",), ("emulator",), ("Brian2", "emulator")
PORTS = {
    "cuba": (BOTH, ("rate (Hz)", "CV of the intervals")),
    "cobahh": (BRIAN2, ("rate (Hz)", "CV of the intervals")),
    "brunel_2000": (BOTH, ("rate (Hz)", "CV of the intervals", "synchrony in 2 ms")),
    "brunel_hakim_1999": (BOTH, ("rate (Hz)", "frequency of the oscillation (Hz)", "synchrony in 1 ms")),
    "diesmann_1999": (BOTH, (
        "spikes of the last group", "median time of the last group (ms)", "spread of the last group (ms)",
    )),
    "izhikevich_2003": (EMULATOR, ("rate (Hz)", "rate of excitatory neurons (Hz)", "most spikes in 5 ms")),
    "vogels_2011": (BOTH, (
        "rate of excitatory neurons (Hz)", "rate of inhibitory neurons (Hz)", "CV of the intervals", "mean weight (nS)",
    )),
    "song_abbott": (BOTH, (
        "rate (Hz)", "mean weight (of the largest)", "standard deviation of the weights", "weights in the lowest fifth (%)",
    )),
    "izhikevich_2007": (EMULATOR, (
        "rate (Hz)", "weight of the rewarded synapse (mV)", "mean weight of the others (mV)",
        "standard deviation of the others (mV)",
    )),
    "diehl_cook_2015": (BOTH, (
        "rate (Hz)", "neurons that fired (%)", "standard deviation of the weights (mV)", "largest weight (mV)",
    )),
    "graupner_brunel_2012": (BRIAN2, (
        "mean state after pre before post", "standard deviation after pre before post", "mean state after post before pre",
    )),
    "clopath_2010": (BOTH, (
        "change at 10 Hz, pre first (%)", "change at 50 Hz, pre first (%)", "change at 10 Hz, post first (%)",
        "change at 50 Hz, post first (%)",
    )),
    "spike_based_homeostasis": (BOTH, (
        "rate (Hz)", "rate in the second half (Hz)", "standard deviation over neurons, second half (Hz)",
    )),
    "tsodyks_1998": (BOTH, tuple(
        f"peak at {rate} Hz, {kind} (mV)" for kind in ("depressing", "facilitating") for rate in (10, 50, 100)
    )),
    "nmda": (BRIAN2, (
        "rate (Hz)", "open share of NMDA at inputs of up to 40 Hz", "open share of NMDA at inputs of 80 to 120 Hz",
    )),
    "jeffress_1948": (BOTH, (
        "difference of the arrivals that is found (ms)", "rate of the neuron in the middle (Hz)", "largest rate (Hz)",
    )),
    "brette_2004": (BOTH, (
        "rate (Hz)", "neurons with one spike in each cycle (%)", "neurons with two spikes in each cycle (%)",
    )),
    "reliability": (BRIAN2, (
        "rate (Hz)", "correlation in 5 ms, fluctuating current", "correlation in 5 ms, constant current",
    )),
    "adaptive_threshold": (BOTH, ("rate (Hz)", "rate of the neuron with most input (Hz)", "CV of the intervals")),
    "if_curve_lif": (BOTH, ("smallest drive that makes spikes (mV)", "rate at 20 mV (Hz)", "rate at 40 mV (Hz)")),
    "if_curve_hodgkin_huxley": (BRIAN2, (
        "smallest current that makes several spikes (nA)", "rate at 0.35 nA (Hz)", "rate at 0.7 nA (Hz)",
    )),
    "wang_buzsaki_1996": (BRIAN2, ("rate (Hz)", "rate at 20 uA/cm2 (Hz)", "lowest voltage at 20 uA/cm2 (mV)")),
    "touboul_brette_2008": (BRIAN2, (
        "rate (Hz)", "neurons with two intervals (%)", "neurons with three or four intervals (%)",
    )),
}  # fmt: skip
"""Port -> the executions that run it, and its numbers."""
IN_ANOTHER_ORDER = ("vogels_2011", "song_abbott")
"""Ports whose version by hand counts pairs in one time step differently."""
NEAR, FAR = 25, 80
"""Largest difference (%) of a number from the version by hand at full and at small size, where spikes need not be the same."""
CASES = [f"{name} / {on} / {number}" for name, (where, numbers) in PORTS.items() for on in where for number in numbers]
NOT_SMALL = ("brunel_2000", "touboul_brette_2008", "wang_buzsaki_1996")
"""Ports that are left out of the small version, which shall be short."""


def trial(t):
    name, on, number = t.parameters["case"].split(" / ", 2)
    numbers, same = run_port(name, t.parameters["size"])
    wanted, found = float(numbers["by hand"][number]), float(numbers[on][number])
    return {
        "by_hand": wanted,
        "neurosim": found,
        "difference": 0.0 if found == wanted else 100 * (found - wanted) / (abs(wanted) or 1.0),
        "same_spikes": same[on],
    }


def port(name):
    path = content_path("ports", name)
    return module_of(path, read_source(path))


@cache
def run_port(name, size):
    """Numbers by execution, that of the version by hand included, and the share of common spikes."""
    own = port(name)
    network, duration = own.described(size == "small")
    found = {on: execute(network, duration) for on, execute in own.EXECUTIONS.items()}
    like = next(iter(found.values()))
    with as_a_user_starts():
        by_hand = recorded(network, like.steps, own.by_hand(network, duration, spikes_of_inputs(network, like)))
    numbers = {on: own.numbers(recording) for on, recording in {"by hand": by_hand, **found}.items()}
    return numbers, {on: common(network, by_hand, recording) for on, recording in found.items()}


@contextmanager
def as_a_user_starts():
    """Brian2 as it is after its import, with NumPy; the settings are restored."""
    before = brian2.prefs["codegen.target"], brian2.defaultclock.dt, np.random.get_state()
    brian2.prefs["codegen.target"] = "numpy"
    try:
        yield
    finally:
        brian2.prefs["codegen.target"], brian2.defaultclock.dt = before[:2]
        np.random.set_state(before[2])


def spikes_of_inputs(network, recording):
    """Indices and times of the input spikes that neurosim drew, by population."""
    drawn = {p.name: recording.spikes[p.name] for p in network.populations if isinstance(p.model, Input)}
    return {name: (s.neuron, s.step * recording.dt * brian2.second) for name, s in drawn.items()}


def recorded(network, steps, monitors):
    """A recording of what the version by hand recorded: monitors of spikes and states, and synapses, by name."""
    dt, sizes = network.step_seconds, {p.name: p.n for p in network.populations}
    spikes = {name: spikes_of(m, dt) for name, m in monitors.items() if isinstance(m, brian2.SpikeMonitor)}
    states = {name: states_of(m, name[1]) for name, m in monitors.items() if isinstance(m, brian2.StateMonitor)}
    weights = {n: weights_of(network, n, s) for n, s in monitors.items() if isinstance(s, brian2.Synapses)}
    return Recording(dt, steps, 1, sizes, spikes, states, weights, {}, {})


def spikes_of(monitor, dt):
    step, neuron = np.rint(np.asarray(monitor.t) / dt).astype(np.int32), np.asarray(monitor.i, np.int32)
    order = np.lexsort((neuron, step))
    return Spikes(np.zeros_like(step), step[order], neuron[order], np.ones_like(step))


def states_of(monitor, variable):
    return np.asarray(getattr(monitor, variable)).T[None]


def weights_of(network, name, synapses):
    matrix = np.zeros(network.weights(name).shape)
    matrix[synapses.i, synapses.j] = synapses.w
    return WeightTrace(np.zeros(1, np.int64), matrix[None])


def common(network, one, other):
    """Share (%) of the spikes of either that both have: neuron and time step."""
    both = total = 0
    for name in one.spikes:
        n = network.population(name).n
        first, second = (set((s.step.astype(np.int64) * n + s.neuron).tolist()) for s in (one.spikes[name], other.spikes[name]))
        both, total = both + len(first & second), total + len(first | second)
    return 100 * both / total if total else 100.0


MARKS = {
    "Brian2": {"marker": "o", "color": COLOURS[0], "ms": 8},
    "emulator": {"marker": "+", "color": COLOURS[1], "ms": 8},
}


def figure(table):
    drawn = Figure(figsize=(13, 11), layout="constrained")
    panels = drawn.subplots(5, 5).ravel()
    cases = [case.split(" / ", 2) for case in table.column("case")]
    differences, same = table.values("difference"), table.values("same_spikes")
    for panel, (name, (executions, _)) in zip(panels, PORTS.items(), strict=False):
        for on in executions:
            mine = [k for k, case in enumerate(cases) if case[:2] == [name, on]]
            if mine:
                label = f"{on}: {same[mine[0]]:.3g} % of the spikes"
                panel.plot(differences[mine], range(len(mine))[::-1], mfc="none", ls="none", label=label, **MARKS[on])
        panel.axvline(0, color="0.8", zorder=0)
        panel.set_title(name, fontsize=9)
        panel.set(xlim=(-NEAR, NEAR), yticks=[], ylim=(-0.6, 8))
        panel.legend(frameon=False, fontsize=7, loc="upper left")
    for panel in panels[len(PORTS) :]:
        panel.axis("off")
    drawn.supxlabel("difference of a number from the version by hand (%)", fontsize=10)
    return drawn


def of(table, execution):
    """Rows of an execution."""
    return [row for row in table.rows if row.point["case"].split(" / ")[1] == execution]


def answer(table):
    said = []
    for on in BOTH:
        rows = of(table, on)
        ports = {row.point["case"].split(" / ")[0]: row.measures["same_spikes"] for row in rows}
        equal = [name for name, same in ports.items() if same == 100]
        largest = max(rows, key=lambda row: abs(row.measures["difference"]))
        name, _, number = largest.point["case"].split(" / ", 2)
        said.append(
            f"{on}: all spikes are the same in {len(equal)} of {len(ports)} ports; the largest difference of a number is "
            f"{largest.measures['difference']:.2g} % ({name}, {number})"
        )
    return ". ".join(said) + "."


def check(table):
    for row in table.rows:
        name, on, _ = row.point["case"].split(" / ", 2)
        exact = on == "Brian2" and name not in IN_ANOTHER_ORDER
        most = 1e-6 if exact else NEAR if row.point["size"] == "full" else FAR
        if abs(row.measures["difference"]) > most or (exact and row.measures["same_spikes"] < 100):
            raise ValueError(f"{row.point['case']}: {row.measures}")


STUDY = Study(
    name="brian2_examples",
    question="Does a described network give the numbers of the same network that was written by hand for Brian2?",
    trial=trial,
    parameters=Grid({"case": CASES, "size": ["full"]}),
    seeds=1,
    measures={
        "by_hand": Measure("1", "number of the version that was written by hand for Brian2"),
        "neurosim": Measure("1", "number of the described network"),
        "difference": Measure("%", "of the described network from the version by hand"),
        "same_spikes": Measure("%", "spikes of either version that both have: same neuron, same time step"),
    },
    figure=figure,
    answer=answer,
    expected="The same spikes in Brian2, except where the order of updates differs; numbers on the emulator within a quarter.",
    check=check,
    ci=Size(Grid({"case": [c for c in CASES if c.split(" / ")[0] not in NOT_SMALL], "size": ["small"]})),
)
