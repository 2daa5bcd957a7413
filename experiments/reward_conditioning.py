"""Does reward that comes late teach a choice by R-STDP, and teach it anew when the choice is turned around?

Reward-modulated STDP with an eligibility tag (Izhikevich 2007, doi:10.1093/cercor/bhl152; Florian 2007,
doi:10.1162/neco.2007.19.6.1468) in a task of two choices: in each of 400 trials one of two cues (25 inputs each) fires for
200 ms at 40 Hz, two groups of ten neurons answer, and the group that spikes more is the choice. 400 ms after the cue all
synapses get the same reward for 50 ms, +1 if the choice was right, else -1, and 150 ms later the next trial begins. From
trial 200 on the other choice is the right one. Inputs also fire at 1 Hz all the time, and noise makes the neurons explore.

The control draws the reward at random; nothing else differs. The task and its sizes are this package's.

What to see: correct choices rise from chance to nearly all within 50 trials, fall to nearly none at the reversal, because
what was learnt is wrong now, and rise again, since reward -1 unlearns what the tags still remember. With random reward they
stay about half.
"""

from functools import cache

import numpy as np
from matplotlib.figure import Figure

from neurosim import LIF, AllToAll, Network, OneToOne, Population, Projection, SpikeRaster, Uniform
from neurosim.analysis.plots import COLOURS
from neurosim.backends.emulator import Session
from neurosim.plasticity import reward_stdp
from neurosim.program.lower import lower
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study
from neurosim.study.figures import curve
from neurosim.units import ms

PER_CUE, PER_ACTION = 25, 10
INPUTS, NEURONS = 2 * PER_CUE, 2 * PER_ACTION
CUE, DELAY, REWARD, PAUSE = 200, 400, 50, 150
"""Steps of 1 ms: the parts of a trial."""
REVERSAL, BLOCK = 200, 25
BLOCKS = 2 * REVERSAL // BLOCK
CUE_RATE, IDLE_RATE, NOISE_RATE = 0.04, 0.001, 0.02
"""Probability of a spike in a step."""
REWARDS = {
    "contingent": lambda right, rng: 1.0 if right else -1.0,
    "random": lambda right, rng: rng.choice([-1.0, 1.0]),
}


def network(seed):
    """Cues to both groups of neurons, which inhibit each other; noise to each neuron."""
    group = np.repeat([0, 1], PER_ACTION)
    rule = reward_stdp(eta=0.002, a_plus=0.01, a_minus=0.002, tau_e=500 * ms, bounds=(0, 0.3))
    return Network(
        "conditioning",
        [
            Population("cues", INPUTS, SpikeRaster(np.zeros((1, INPUTS)))),
            Population("noise", NEURONS, SpikeRaster(np.zeros((1, NEURONS)))),
            Population("neurons", NEURONS, LIF(tau_m=20 * ms, v_th=1.0)),
        ],
        [
            Projection("cues", "neurons", AllToAll(Uniform(0.108, 0.132)), plasticity=rule),
            Projection("noise", "neurons", OneToOne(0.5)),
            Projection("neurons", "neurons", np.where(group[:, None] != group, -0.3, 0.0)),
        ],
        seed=seed,
    )


def spikes(cue, rng):
    """Inputs of a trial, {source: (steps, n)}."""
    steps = CUE + DELAY + REWARD + PAUSE
    rate = np.full((steps, INPUTS), IDLE_RATE)
    rate[:CUE, cue * PER_CUE : (cue + 1) * PER_CUE] = CUE_RATE
    return {"cues": rng.random(rate.shape) < rate, "noise": rng.random((steps, NEURONS)) < NOISE_RATE}


def choose(session, inputs, rng):
    """Show the cue; the group that spikes more, drawn where both spike as often."""
    shown = {name: raster[:CUE] for name, raster in inputs.items()}
    counts = session.run(CUE, inputs=shown, signals={"M": np.zeros(CUE)}).counts("neurons").reshape(2, PER_ACTION).sum(axis=1)
    return int(rng.integers(2)) if counts[0] == counts[1] else int(np.argmax(counts))


def reward(session, inputs, size):
    """The rest of a trial: wait, reward, pause."""
    given = np.zeros(DELAY + REWARD + PAUSE)
    given[DELAY : DELAY + REWARD] = size
    session.run(len(given), inputs={name: raster[CUE:] for name, raster in inputs.items()}, signals={"M": given})


@cache
def history(seed, kind):
    """Whether each trial's choice was right; one session serves all its blocks."""
    rng, session = stream(seed, "conditioning"), Session(lower(network(seed)))
    right = np.zeros(2 * REVERSAL, bool)
    for k in range(len(right)):
        cue = int(rng.integers(2))
        inputs = spikes(cue, rng)
        choice = choose(session, inputs, rng)
        right[k] = choice == (cue if k < REVERSAL else 1 - cue)
        reward(session, inputs, REWARDS[kind](right[k], rng))
    return right


def trial(t):
    first = t.parameters["block"] * BLOCK
    return {"correct": 100 * history(t.seed, t.parameters["reward"])[first : first + BLOCK].mean()}


def figure(table):
    drawn = Figure(figsize=(7, 4), layout="constrained")
    ax = drawn.subplots()
    for ((kind,), rows), colour in zip(table.by("reward"), COLOURS, strict=False):
        curve(ax, rows, "block", "correct", f"{kind} reward", colour)
    ax.axvline(REVERSAL / BLOCK - 0.5, ls="--", lw=0.8, color="0.4")
    ax.axhline(50, lw=0.6, color="0.6")
    blocks = np.arange(0, BLOCKS + 1, 2)
    ax.set_xticks(blocks - 0.5, blocks * BLOCK)
    ax.set_xlabel("trial (choices are turned around at the dashed line)", fontsize=11)
    ax.set_ylabel("correct choices (%)", fontsize=11)
    ax.legend(frameon=False, fontsize=9, loc="lower right")
    return drawn


def learnt(table, kind):
    """Correct choices (%) of each seed over the last 100 trials before the reversal, and over the last 100 of all."""
    ends = [range(BLOCKS // 2 - 4, BLOCKS // 2), range(BLOCKS - 4, BLOCKS)]
    by_seed = [table.where(reward=kind, seed=seed) for seed in dict.fromkeys(table.column("seed"))]
    return np.array([[np.mean([rows.where(block=b).values("correct")[0] for b in end]) for end in ends] for rows in by_seed])


def answer(table):
    found, chance = learnt(table, "contingent"), learnt(table, "random")
    return (
        f"Over the last 100 trials {found[:, 0].mean():.1f} % correct before and {found[:, 1].mean():.1f} % after the reversal "
        f"(worst seed {found[:, 0].min():.0f} and {found[:, 1].min():.0f} %); with random reward {chance.mean():.0f} %."
    )


def check(table):
    found, chance = learnt(table, "contingent"), learnt(table, "random")
    if not found.min() >= 90:
        raise ValueError(f"Correct choices (%) before and after the reversal, by seed: {found.round(1).tolist()}.")
    if not 30 <= chance.mean() <= 70:
        raise ValueError(f"With random reward {chance.mean():.0f} % are correct; expected about half.")


STUDY = Study(
    name="reward_conditioning",
    question="Does reward that comes late teach a choice by R-STDP, and anew when the choice is turned around?",
    trial=trial,
    parameters=Grid({"reward": list(REWARDS), "block": list(range(BLOCKS))}),
    seeds=5,
    measures={"correct": Measure("%", f"correct choices in a block of {BLOCK} trials")},
    figure=figure,
    answer=answer,
    expected="At least 90 % correct over the last 100 trials before and after the reversal, for every seed; half if random.",
    check=check,
    ci=Size(seeds=2),
)
