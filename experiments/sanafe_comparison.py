"""Are the spikes and the energy of a placed network on Loihi those that SANA-FE computes?

SANA-FE 2.2.9 (Boyle et al., IEEE TCAD, 2025) computes a chip step by step, with constants that its authors fitted to
measurements of Loihi. neurosim runs the same network on the emulator, and multiplies counted events with the same constants.
Spikes, and the energies of synapses and of the network-on-chip have to be equal. For neurons they are not, because "active" is
defined in another way: neurosim counts a neuron in a step in which a spike reaches it or in which it spikes, SANA-FE also in
each step that it begins with a voltage other than 0 or in which it has a bias. The neurons that are active by that definition
are counted here from the recording, so that the whole difference is explained.

The networks are layers, a recurrent network with inhibition, and one that is spread over several tiles, each with three drives.
The study needs an environment of its own: ``pip install sanafe==2.2.9`` there, and its Python in NEUROSIM_SANAFE_PYTHON.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy import sparse

from neurosim import LIF, Network, Population, Probe, Projection, deploy, per_step
from neurosim.backends.deployment import Deployment
from neurosim.backends.sanafe_run import VERSION, run_sanafe, sanafe_missing
from neurosim.errors import UnsupportedError
from neurosim.results.recording import Recording
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study, Trial
from neurosim.units import ms

CELL = LIF(tau_m=per_step(0.97), v_th=1.0)
SIZES = {"layers": (300, 200, 10), "recurrent": (400,), "tiles": (3000, 3000)}
DENSITY = {"layers": 0.5, "recurrent": 0.1, "tiles": 0.005}
STEPS = 100
PARTS = ("synapse", "network", "soma")


def build(name: str, drive: float, seed: int) -> Network:
    """Layers that a current drives from the first one on; a single layer is connected to itself."""
    rng, sizes = stream(seed, "sanafe_comparison", name), SIZES[name]
    names = [f"l{k}" for k in range(len(sizes))]
    current = 0.03 * drive * rng.uniform(0.8, 2.0, sizes[0])
    populations = [Population(names[0], sizes[0], CELL, current=current)]
    populations += [Population(own, n, CELL) for own, n in zip(names[1:], sizes[1:], strict=True)]
    ends = list(zip(names, names[1:], strict=False)) or [(names[0], names[0])]
    projections = [Projection(a, b, _weights(rng, SIZES[name], k, DENSITY[name])) for k, (a, b) in enumerate(ends)]
    return Network(name, populations, projections, probes=[Probe(own, "v") for own in names])


def _weights(rng: np.random.Generator, sizes: tuple[int, ...], k: int, density: float) -> Any:
    shape = (sizes[k], sizes[min(k + 1, len(sizes) - 1)])
    weights = rng.uniform(-0.2, 0.3, shape) * (rng.random(shape) < density)
    return weights if density > 0.2 else sparse.csr_array(weights)


def active_in_sanafe(made: Deployment, recording: Recording) -> int:
    """Number of (step, neuron) with a voltage before the step, a bias or input: SANA-FE's active neurons."""
    total = 0
    for p in made.program.populations:
        v = recording.states[p.name, "v"][0]
        active = np.vstack([np.zeros((1, p.n)), v[:-1]]) != 0
        active |= np.broadcast_to(p.neuron.values["bias"], (p.n,)) != 0
        for k in made.program.projections:
            if k.post == p.name:
                there = sparse.csr_array(k.stored_weights)
                there.data[:] = 1
                active[1:] |= (_raster(recording, k.pre)[:-1] @ there) > 0
        total += int(active.sum())
    return total


def _raster(recording: Recording, name: str) -> Any:
    spikes = recording.spikes[name]
    raster = np.zeros((recording.steps, recording.sizes[name]), np.int64)
    raster[spikes.step, spikes.neuron] = 1
    return raster


def trial(t: Trial) -> dict[str, float]:
    missing = sanafe_missing()
    if missing:
        raise UnsupportedError(f"The study compares with SANA-FE. {missing}")
    made = deploy(build(t.parameters["case"], t.parameters["drive"], t.seed), "loihi1")
    recording = made.emulate(STEPS * ms)
    placement = made.place(activity=recording)
    theirs = run_sanafe(made.program, placement, STEPS)
    estimate = made.price(recording).estimates[1]
    lines = {line.event: line for line in estimate.lines}
    update = lines["neuron update, active"]
    always = lines["neuron access"].joule + lines["spike"].joule
    ours = {
        "synapse": sum(lines[f"synaptic operation, {way}"].joule for way in ("dense", "sparse")),
        "network": sum(lines[event].joule for event in ("message", "hop east or west", "hop north or south")),
        "soma": always + update.joule,
    }
    by_its_rule = active_in_sanafe(made, recording)
    found = {
        "cores": placement.cores,
        "spikes": sum(len(spikes) for spikes in recording.spikes.values()),
        "spikes_differ": sum(_differ(recording, name, rows) for name, rows in theirs.spikes.items()),
        "active": update.count,
        "active_sanafe": (theirs.joule["soma"] - always) / (update.picojoule * 1e-12),
        "active_by_its_rule": by_its_rule,
        "soma_by_its_rule": 1e9 * (always + by_its_rule * update.picojoule * 1e-12),
        "time": 1e6 * estimate.second / STEPS,
        "time_sanafe": 1e6 * theirs.second / STEPS,
    }
    return found | {f"{p}": 1e9 * ours[p] for p in PARTS} | {f"{p}_sanafe": 1e9 * theirs.joule[p] for p in PARTS}


def _differ(recording: Recording, name: str, rows: Any) -> int:
    """Number of spikes that only one of the two has."""
    own = recording.spikes[name]
    ours = set(zip(own.step.tolist(), own.neuron.tolist(), strict=True))
    return len(ours ^ {(int(step), int(neuron)) for step, neuron in rows})


def figure(table: Any) -> Figure:
    """Energy by part of the chip, in pairs of bars; and the active neurons by both definitions."""
    made = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = made.subplots(1, 2, width_ratios=(2, 1))
    cases = list(table.by("case", "drive"))
    places, bottoms = np.arange(len(cases)), {-0.2: np.zeros(len(cases)), 0.2: np.zeros(len(cases))}
    for part, colour in zip(PARTS, ("#0072B2", "#009E73", "#E69F00"), strict=True):
        for shift, measure in ((-0.2, part), (0.2, f"{part}_sanafe")):
            joule = np.array([rows.values(measure).mean() for _, rows in cases]) / 1e3
            label = {"synapse": "synapses", "network": "network-on-chip", "soma": "neurons"}[part] if shift < 0 else None
            left.bar(places + shift, joule, 0.36, bottoms[shift], color=colour, alpha=1 if shift < 0 else 0.55, label=label)
            bottoms[shift] = bottoms[shift] + joule
    label = f"energy of {STEPS} steps (µJ),\nby SANA-FE's constants for Loihi"
    left.set(ylabel=label, xticks=places, title="left bars: neurosim, right and pale: SANA-FE")
    left.set_xticklabels([f"{name}\n{drive:g}" for (name, drive), _ in cases], fontsize="small")
    left.legend(frameon=False)
    for measure, label, marker in (("active", "neurosim", "o"), ("active_by_its_rule", "counted by SANA-FE's rule", "x")):
        right.plot(table.values("active_sanafe"), table.values(measure), marker, fillstyle="none", label=label)
    ends = [float(table.values("active").min()), float(table.values("active_sanafe").max())]
    right.plot(ends, ends, color="0.6", lw=0.8, zorder=0)
    right.set(xscale="log", yscale="log", xlabel="active neurons in SANA-FE", ylabel="active neurons")
    right.legend(frameon=False, fontsize="small")
    return made


def check(table: Any) -> None:
    for row in table.rows:
        found, where = row.measures, f"{row.point['case']}, drive {row.point['drive']:g}, seed {row.seed}"
        if found["spikes_differ"] or not 0 < found["spikes"] < 1e9:
            raise ValueError(f"{where}: {found['spikes_differ']:.0f} of {found['spikes']:.0f} spikes differ, expected none.")
        for one, other in (("synapse", "synapse_sanafe"), ("network", "network_sanafe"), ("soma_by_its_rule", "soma_sanafe")):
            if abs(found[one] - found[other]) > 1e-9 * abs(found[other]):
                raise ValueError(f"{where}: {one} is {found[one]:.9g} nJ, expected {found[other]:.9g} of SANA-FE.")
        if not found["active"] <= found["active_sanafe"] + 1e-3:
            raise ValueError(f"{where}: {found['active']:.0f} active neurons, expected at most {found['active_sanafe']:.0f}.")
        if not 0 < found["time"] <= found["time_sanafe"]:
            raise ValueError(f"{where}: {found['time']:.3g} us per step at least, SANA-FE {found['time_sanafe']:.3g} us.")


def answer(table: Any) -> str:
    total = {who: sum(table.values(f"{p}{who}").sum() for p in PARTS) for who in ("", "_sanafe")}
    spikes, differ = table.values("spikes").sum(), table.values("spikes_differ").sum()
    somas = [table.values(name).sum() / 1e3 for name in ("soma", "soma_sanafe")]
    return (
        f"In {len(table.rows)} runs with {spikes:.0f} spikes, {differ:.0f} spikes differ. Synapses and network-on-chip have "
        f"equal energies; neurons need {somas[0]:.2f} µJ here and {somas[1]:.2f} in SANA-FE, because of what counts as active. "
        f"In total {total[''] / 1e3:.2f} and {total['_sanafe'] / 1e3:.2f} µJ, by the constants of SANA-FE {VERSION} for Loihi."
    )


STUDY = Study(
    name="sanafe_comparison",
    question="Are the spikes and the energy of a placed network on Loihi those that SANA-FE computes?",
    trial=trial,
    parameters=Grid({"case": list(SIZES), "drive": [0.7, 1.0, 1.5]}),
    seeds=3,
    measures={
        "cores": Measure("1", "cores that are used"),
        "spikes": Measure("1", "spikes on the emulator"),
        "spikes_differ": Measure("1", "spikes that only one of the two has"),
        "synapse": Measure("nJ", "energy of synapses"),
        "synapse_sanafe": Measure("nJ", "energy of synapses in SANA-FE"),
        "network": Measure("nJ", "energy of messages and hops"),
        "network_sanafe": Measure("nJ", "energy of messages and hops in SANA-FE"),
        "soma": Measure("nJ", "energy of neurons"),
        "soma_sanafe": Measure("nJ", "energy of neurons in SANA-FE"),
        "soma_by_its_rule": Measure("nJ", "energy of neurons, active as SANA-FE defines it"),
        "active": Measure("1", "active neurons, summed over steps"),
        "active_sanafe": Measure("1", "active neurons in SANA-FE, from its energy"),
        "active_by_its_rule": Measure("1", "active neurons as SANA-FE defines it, from the recording"),
        "time": Measure("us", "time of a step that the busiest core needs at least"),
        "time_sanafe": Measure("us", "time of a step in SANA-FE"),
    },
    answer=answer,
    figure=figure,
    expected=f"SANA-FE {VERSION}: all spikes, and energies of synapses and network-on-chip equal; that of neurons explained",
    check=check,
    ci=Size(Grid({"case": ["layers"], "drive": [1.0]}), seeds=1),
)
