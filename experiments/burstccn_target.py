"""The target task of the spiking BurstCCN on every execution: does the output come to fire as it is told?

Greedy, Zhu, Pemberton, Mellor, Costa 2022 (doi:10.48550/arXiv.2206.11769): 100 + 100 cells; the output shall fire at 10 Hz for
50 s, then at 5 Hz for 50 s, with a teacher from 20 to 40 s and from 60 to 80 s. The network is `models/burstccn_target.py`,
which says how it differs from the published one. Teacher, gate and comparison are in the network, so that every execution runs
the same description: the emulator in float, the emulator in a chip's integers with 8-bit weights and 7-bit traces, and Brian2
with ``integration="step"``. A test in `tests/conformance` runs shorter blocks in Lava, every spike and weight equal.

What to see: without a teacher the burst probability stays at 0.5 and nothing changes but by chance. With one it rises above 0.5
in the output, then in the input; weights and rates rise until the output fires at 10 Hz, and the probability is back at
0.5. With the target of 5 Hz all of it the other way round. What was learned stays when the teacher goes.

Event rate, burst probability and weight are means over a twentieth of the run, 5 s. The check looks at the last 5 s with a
teacher, and at the last 5 s of each block: 45 to 50 s and 95 to 100 s, when the teacher has been gone for 5 and 15 s.
"""

import numpy as np
from matplotlib.figure import Figure

from neurosim import deploy, emulate_network, simulate
from neurosim.analysis.plots import COLOURS
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study
from neurosim.units import second

TARGETS = {range(1, 11): 10, range(11, 21): 5}
"""Twentieths of the run -> Hz; as in the model."""
TAUGHT = [(5, 8), (13, 16)]
"""First and last twentieth with a teacher."""
AT_ONCE, AFTER = (8, 16), (10, 20)
"""Twentieths that the check looks at: the last with a teacher, and the last of a block."""
PARTS = range(1, 21)
EVENT, BURST = 1, 2
"""Payloads of a burst neuron's spikes in a recording."""


def in_brian2(network, duration):
    return simulate(network, duration, integration="step", target="cython", progress=False)


def in_integers(network, duration):
    return deploy(network).emulate(duration)


EXECUTIONS = {"emulator float": emulate_network, "emulator fixed": in_integers, "Brian2": in_brian2}


def counts(recording, population, kind):
    """Events or second spikes of all cells in each part of the run."""
    spikes = recording.spikes[population]
    edges = np.linspace(0, recording.steps, len(PARTS) + 1)
    return np.histogram(spikes.step[spikes.payload == kind], edges)[0]


def trial(t):
    block = t.parameters["block"]
    network = load_model("burstccn_target", block=block, seed=t.seed)
    recording = EXECUTIONS[t.parameters["execution"]](network, 2 * block * second)
    found = {}
    for name in ("input", "output"):
        events, bursts = (counts(recording, name, kind) for kind in (EVENT, BURST))
        found[f"{name}_rate"] = events / network.population(name).n / (2 * block / len(PARTS))
        found[f"{name}_p"] = bursts / np.maximum(events, 1)
    # Looked at 100 times a run, before steps; the value at the end is left out.
    weights = 1e3 * recording.weights["drive_input"].values[:-1].mean(axis=(1, 2))
    found["weight"] = weights.reshape(len(PARTS), -1).mean(axis=1)
    # The last bits depend on the processor, and results shall be the same everywhere.
    return {f"{name}_{k}": round(float(v), 6) for name, values in found.items() for k, v in zip(PARTS, values, strict=True)}


def target(part):
    return next(hz for parts, hz in TARGETS.items() if part in parts)


def curves(rows, name):
    """One row a seed, one column a part."""
    return np.array([rows.values(f"{name}_{k}") for k in PARTS]).T


def by_execution(table):
    return {execution: rows for (execution,), rows in table.by("execution")}


def worst(rows):
    """Largest distance from the target in what the check looks at: while taught, and afterwards; over all seeds."""
    return [max(np.abs(rows.values(f"output_rate_{k}") - target(k)).max() for k in parts) for parts in (AT_ONCE, AFTER)]


PANELS = {
    "output_rate": "events of the output (Hz)",
    "weight": "mean plastic weight (mV)",
    "output_p": "burst probability, output",
    "input_p": "burst probability, input",
}
LOOKS = {
    "Brian2": {"ls": "", "marker": "o", "ms": 6, "mfc": "none", "color": COLOURS[6]},
    "emulator float": {"lw": 1.8, "color": COLOURS[0]},
    "emulator fixed": {"lw": 1.8, "color": COLOURS[1]},
}


def figure(table):
    drawn = Figure(figsize=(9.5, 5.8), layout="constrained")
    part = 2 * table.column("block")[0] / len(PARTS)
    middle, edges = (np.array(PARTS) - 0.5) * part, np.arange(len(PARTS) + 1) * part
    panels = dict(zip(PANELS, drawn.subplots(2, 2, sharex=True).flat, strict=True))
    for name, ax in panels.items():
        for first, last in TAUGHT:
            ax.axvspan(edges[first - 1], edges[last], color="0.93", lw=0)
        for execution, rows in by_execution(table).items():
            values = curves(rows, name)
            ax.plot(middle, values.mean(axis=0), label=execution, **LOOKS[execution])
            ax.fill_between(middle, values.min(axis=0), values.max(axis=0), color=LOOKS[execution]["color"], alpha=0.2, lw=0)
        ax.set_ylabel(PANELS[name])
        ax.spines[["top", "right"]].set_visible(False)
    wanted = [target(k) for k in PARTS]
    panels["output_rate"].stairs(wanted, edges, baseline=None, color="k", lw=1, ls="--", label="target")
    panels["output_rate"].set_ylim(0, None)
    panels["weight"].set_ylim(0, None)
    for name in ("output_p", "input_p"):
        panels[name].axhline(0.5, lw=0.8, ls=":", color="0.4")
        panels[name].set(ylim=(0, 1), xlabel="time (s); grey: with a teacher; bands: all seeds")
    panels["output_rate"].legend(frameon=False, fontsize=8)
    return drawn


def answer(table):
    told = []
    for execution, rows in by_execution(table).items():
        taught, after = worst(rows)
        told.append(f"{execution} {taught:.2f} and {after:.2f} Hz ({len(rows)} seeds)")
    return "Largest distance from the target, taught and afterwards: " + ", ".join(told) + "."


def check(table):
    for execution, rows in by_execution(table).items():
        start, found = curves(rows, "output_rate")[:, 0], worst(rows)
        if not max(found) < 1:
            raise ValueError(f"{execution}: up to {max(found):.2f} Hz off the target; expected less than 1 Hz for every seed.")
        if not start.max() < 6:
            raise ValueError(f"{execution}: {start.max():.1f} Hz at the start; there was nothing to learn.")


STUDY = Study(
    name="burstccn_target",
    question="Does the output of a spiking BurstCCN come to fire as it is told, on every execution?",
    trial=trial,
    parameters=Grid({"execution": list(EXECUTIONS), "block": [50]}),
    measures={
        **{f"output_rate_{k}": Measure("Hz", f"events of an output cell in twentieth {k} of the run") for k in PARTS},
        **{f"input_rate_{k}": Measure("Hz", f"events of an input cell in twentieth {k}") for k in PARTS},
        **{f"output_p_{k}": Measure("1", f"share of output events that become bursts in twentieth {k}") for k in PARTS},
        **{f"input_p_{k}": Measure("1", f"share of input events that become bursts in twentieth {k}") for k in PARTS},
        **{f"weight_{k}": Measure("mV", f"mean plastic weight in twentieth {k}") for k in PARTS},
    },
    figure=figure,
    answer=answer,
    expected="Events of the output within 1 Hz of 10, then of 5 Hz, at the end of teacher and of block, for every seed.",
    check=check,
    ci=Size(Grid({"execution": ["emulator float", "emulator fixed"], "block": [50]}), seeds=1),
)
