"""Do depressing and facilitating synapses settle where their equations say, in Brian2, in float and in the chip's integers?

Tsodyks, Pawelzik, Markram 1998 (doi:10.1162/089976698300017502): under a regular train of spikes the release u x of a synapse
comes to rest at a value that follows from U, tau_d, tau_f and f in closed form. Each trial sends one such train through one
synapse and reads the last jump of the post neuron, which keeps nothing from step to step. The parameters are of this study.

What to see: releases of all executions on the lines of the closed form. The depressing ones fall as 1/rate, so that the post
neuron no longer sees the rate (u x times rate is flat); the facilitating ones rise to a maximum and fall again, a band-pass. In
integers the release is a payload of 8 bits, and what is lost is a unit of it.
"""

import numpy as np
from matplotlib.figure import Figure

from neurosim import (
    LIF,
    Network,
    Population,
    Probe,
    Projection,
    ShortTermPlasticity,
    SpikeRaster,
    deploy,
    emulate_network,
    per_step,
    simulate,
)
from neurosim.analysis.plots import COLOURS
from neurosim.study import Grid, Measure, Size, Study
from neurosim.units import Hz, ms

SYNAPSES = {
    "depressing": ShortTermPlasticity(U=0.5, tau_d=800 * ms),
    "depressing, recovering faster": ShortTermPlasticity(U=0.45, tau_d=200 * ms, tau_f=50 * ms),
    "facilitating": ShortTermPlasticity(U=0.05, tau_d=50 * ms, tau_f=500 * ms),
    "facilitating, f apart": ShortTermPlasticity(U=0.02, tau_d=100 * ms, tau_f=100 * ms, f=0.1),
}
RATES = [1, 2, 5, 10, 20, 50, 100]
WEIGHT = 100.0
PAYLOAD = 1 / 256
"""A unit of what the chip sends."""


def network(synapse, rate):
    """One regular train, long enough to forget its beginning."""
    interval = round(1000 / rate)
    raster = np.zeros((max(12 * interval, 6000) // interval * interval + 1, 1), np.uint8)
    raster[::interval] = 1
    post = LIF(tau_m=per_step(0.0), v_th=2 * WEIGHT)
    populations = [Population("pre", 1, SpikeRaster(raster)), Population("post", 1, post)]
    synapses = Projection("pre", "post", np.full((1, 1), WEIGHT), short_term=synapse)
    return Network("release", populations, [synapses], [Probe("post", "v")]), len(raster) * ms


def trial(t):
    synapse, rate = SYNAPSES[t.parameters["synapse"]], t.parameters["rate"]
    described, duration = network(synapse, rate)
    recordings = {
        "brian2": simulate(described, duration, integration="step", progress=False),
        "emulator": emulate_network(described, duration),
        "chip": deploy(described).emulate(duration),
    }
    wanted = float(synapse.steady_state(rate * Hz))
    # A spike arrives one step later; that of the last step has not yet.
    last = {name: r.states["post", "v"][0, 1 :: 1000 // rate, 0][-1] / WEIGHT for name, r in recordings.items()}
    return {
        "release": wanted,
        **{f"release_{name}": value for name, value in last.items()},
        **{f"error_{name}": 100 * (last[name] / wanted - 1) for name in ("brian2", "emulator")},
        "error_chip": (last["chip"] - wanted) / PAYLOAD,
    }


def figure(table):
    drawn = Figure(figsize=(9.5, 3.8), layout="constrained")
    left, right = drawn.subplots(1, 2)
    rates = np.geomspace(RATES[0], RATES[-1], 200)
    for (name, synapse), colour in zip(SYNAPSES.items(), COLOURS, strict=False):
        rows = table.where(synapse=name)
        at = np.array([float(rate) for (rate,), _ in rows.by("rate")])
        steady = synapse.steady_state(rates * Hz)
        left.plot(rates, steady, color=colour, lw=1, label=name)
        right.plot(rates, steady * rates, color=colour, lw=1)
        for execution, mark in (("brian2", "o"), ("emulator", "+"), ("chip", "x")):
            values = np.array([group.values(f"release_{execution}").mean() for _, group in rows.by("rate")])
            kind = {"marker": mark, "color": colour, "ls": "none", "ms": 7 if mark == "o" else 6, "mfc": "none"}
            left.plot(at, values, **kind)
            right.plot(at, values * at, **kind)
    left.set(xscale="log", yscale="log", xlabel="rate (Hz)", ylabel="release u x of a spike")
    right.set(xscale="log", yscale="log", xlabel="rate (Hz)", ylabel="release a second (1/s)")
    for execution, mark in (("Brian2", "o"), ("emulator", "+"), ("chip's integers", "x")):
        right.plot([], [], mark, color="0.3", mfc="none", label=execution)
    left.legend(frameon=False, fontsize=8, title="closed form", title_fontsize=8)
    right.legend(frameon=False, fontsize=8)
    return drawn


def _largest(table, measure):
    return float(np.abs(table.values(measure)).max())


def answer(table):
    brian2, emulator, chip = (_largest(table, f"error_{name}") for name in ("brian2", "emulator", "chip"))
    return (
        f"Brian2 and the emulator meet the closed form within {brian2:.2g} % and {emulator:.2g} %, the chip's integers within "
        f"{chip:.2g} units of their 8-bit payload."
    )


def check(table):
    worst = {m: _largest(table, m) for m in ("error_brian2", "error_emulator", "error_chip")}
    if max(worst["error_brian2"], worst["error_emulator"]) > 1 or worst["error_chip"] > 2.5:
        raise ValueError(f"largest errors: {worst}")


STUDY = Study(
    name="stp_steady_state",
    question="Do short-term plastic synapses settle where their closed form says, on every execution?",
    trial=trial,
    parameters=Grid({"synapse": list(SYNAPSES), "rate": RATES}),
    seeds=1,
    measures={
        "release": Measure("1", "u x of the closed form"),
        "release_brian2": Measure("1", "u x of the last spike, in Brian2"),
        "release_emulator": Measure("1", "u x of the last spike, on the emulator in float"),
        "release_chip": Measure("1", "u x of the last spike, in the chip's integers"),
        "error_brian2": Measure("%", "from the closed form"),
        "error_emulator": Measure("%", "from the closed form"),
        "error_chip": Measure("1", "from the closed form, in units of the payload, 1/256"),
    },
    figure=figure,
    answer=answer,
    expected="Brian2 and the emulator within 1 % (they compute the same exponentials); integers within two payload units.",
    check=check,
    ci=Size(Grid({"synapse": list(SYNAPSES)[:3:2], "rate": [5, 50]})),
)
