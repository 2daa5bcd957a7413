"""BurstCCN's target task in spikes: the upper layer's bursts teach the lower layer, until the upper one fires as it is told.

Paper: Greedy, Zhu, Pemberton, Mellor, Costa (2022), doi:10.48550/arXiv.2206.11769, for the task: 100 + 100 cells, a target of
10 Hz for 50 s and of 5 Hz for 50 s, a teacher from 20 to 40 s and from 60 to 80 s. Payeur, Guerguiev, Zenke, Richards,
Naud (2021), doi:10.1038/s41593-021-00857-x, for the cell.

Expected: events of the output within 1 Hz of the target, at the end of the teacher and at the end of the block.
`experiments/burstccn_target.py` runs it on every execution.

Everything is inside the network, the teacher too:

* Spikes of `drive` excite the somata of `input` over plastic synapses; events of `input` excite those of `output`. Noise of
  both signs keeps the cells apart.
* Bursts of `output` excite the dendrites of `input`, and its events inhibit them by P_B as much: nothing is left where the
  share of bursts is P_B. Events arrive 8 ms late, with the bursts that they may become.
* `teacher` spikes at the target rate, evenly, and excites the dendrites of `output`. The events of `output` inhibit them as
  much, by way of `relay`, one LIF neuron a cell, which passes an event on while `gate` spikes, and only then. So the dendrites
  get a current that follows target - rate while there is a teacher, and none else.
* A burst of `input` adds to the weights of what has spiked before, an event takes P_B of that (`burst_dependent` with a steady
  baseline).

Differences to the published task: `BurstLIF` for the biophysical cell, with P_B = 0.5 for 0.375, because its burst probability
is a straight line from 0 to 1 and noise must not be cut on one side more than on the other; a population of spikes with plastic
synapses for a weighted current; a presynaptic trace in the rule; no current that falls with the burst probability (143 pA at
the somata) or with the rate (1.71 pA a Hz at the output dendrites): in this cell a burst does not reach the soma.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim import (
    LIF,
    AllToAll,
    BurstLIF,
    Network,
    OneToOne,
    PoissonInput,
    Population,
    Probe,
    Projection,
    SpikeRaster,
    SteadyBaseline,
    per_step,
)
from neurosim.plasticity import burst_dependent
from neurosim.rng import stream
from neurosim.units import Hz, ms, mV, second

P_B = 0.5
"""Burst probability at which nothing is learned, and that of a dendrite at rest."""
LATE = 8 * ms
"""Of events on their way down: about `burst_delay` and half of `burst_jitter`."""
TARGETS = (10, 5)
"""Hz, one a block."""
TAUGHT = ((0.4, 0.8), (1.2, 1.6))
"""From when to when there is a teacher of each target, in blocks."""
NOISE = 60
"""Channels of noise."""


@dataclass(frozen=True)
class Currents:
    """Weights and drives in mV, and what the published task has in their place.

    Attributes
    ----------
    drive : float
        Weight from `drive` at the start. 100 sources of 40 Hz over 5 ms make 20 times that, 6 mV; published are 0.4 * 200 pA *
        16 ms / 370 pF = 3.5 mV.
    highest : float
        Largest weight. On the chip it is 255, and a burst adds about 4.
    eta : float
        What a burst adds where the trace is 1; the trace is 2 in the mean.
    bias_input, bias_output : float
        Constant drive of somata. The cells start near 3 and 4 Hz; published near 6 Hz.
    noise : float
        Standard deviation of the noise weights: 7 mV on the membrane; published 7.7 mV.
    up : float
        Weight of an input event at an output soma: 5 mV * 5 ms; published 0.22 nA * 1 ms * 16 ms / 370 pF, 0.4 times that.
    down : float
        Weight of an output burst at an input dendrite: 18 mV * 5 ms; published 0.924 nA * 1 ms * 7 ms / 170 pF, 0.4 times that.
        The more, the smaller `eta` may be.
    taught : float
        Weight of a spike of the teacher, and of an event against it: 3.3 mV a Hz, as 80 pA * 7 ms / 170 pF.
    """

    drive: float = 0.3
    highest: float = 1.0
    eta: float = 0.008
    bias_input: float = 4.0
    bias_output: float = 4.5
    noise: float = 5.0
    up: float = 5.0
    down: float = 18.0
    taught: float = 6.6


def build(n: int = 100, block: float = 50.0, seed: int = 0, currents: Currents | None = None) -> Network:
    """`n` + `n` cells; a block of `block` seconds for each of `TARGETS`."""
    own = Currents() if currents is None else currents
    steps = round(block * 1000) * len(TARGETS)
    # Dendrites average longer than the 7 ms of the cell, so that single spikes of 100 cells do not fill the range of p.
    low = BurstLIF(bias=own.bias_input * mV, tau_d=20 * ms, baseline=SteadyBaseline(P_B), p_mid=P_B)
    high = BurstLIF(bias=own.bias_output * mV, tau_d=30 * ms, baseline=SteadyBaseline(P_B), p_mid=P_B)
    share = 100 / n
    up, down, taught = (w * share * mV for w in (own.up, own.down, own.taught))
    rule = burst_dependent(own.eta * share * mV, tau=50 * ms, bounds=(0 * mV, own.highest * share * mV), x_peak=6.0)
    return Network(
        name="burstccn_target",
        populations=[
            Population("drive", n, PoissonInput(40 * Hz)),
            Population("noise", NOISE, PoissonInput(50 * Hz)),
            Population("teacher", n, SpikeRaster(teacher(n, block))),
            Population("gate", 1, SpikeRaster(gate(block, steps))),
            Population("input", n, low),
            Population("output", n, high),
            Population("relay", n, LIF(tau_m=per_step(0.25), v_th=1.0)),
        ],
        projections=[
            Projection("drive", "input", AllToAll(own.drive * share * mV), plasticity=rule),
            Projection("noise", "input", noise("input", n, own.noise, seed)),
            Projection("noise", "output", noise("output", n, own.noise, seed)),
            Projection("input", "output", AllToAll(up), channel="event"),
            Projection("output", "input", AllToAll(down), channel="burst", receptor="dendrite", name="bursts_down"),
            Projection("output", "input", AllToAll(-P_B * down), LATE, None, "dendrite", "event", "events_down"),
            Projection("teacher", "output", AllToAll(taught), receptor="dendrite"),
            Projection("relay", "output", AllToAll(-taught), receptor="dendrite"),
            # 0.6 every step settles at 0.8; an event alone is 0.8, too.
            Projection("gate", "relay", AllToAll(0.6)),
            Projection("output", "relay", OneToOne(0.8), channel="event"),
        ],
        probes=[Probe("drive_input", "w", every=block / 50 * second)],
        dt=1 * ms,
        seed=seed,
    )


def windows(block: float) -> list[tuple[float, float, float]]:
    """(target in Hz, seconds from, to) with a teacher."""
    return [(target, begin * block, end * block) for target, (begin, end) in zip(TARGETS, TAUGHT, strict=True)]


def teacher(n: int, block: float) -> NDArray[np.uint8]:
    """Spikes (steps, n) at the target rate while it is taught, as even as steps of 1 ms let them be."""
    spikes = np.zeros((round(block * 1000) * len(TARGETS), n), np.uint8)
    for target, begin, end in windows(block):
        count = np.arange(round((end - begin) * target * n))
        spikes[np.floor(1000 * begin + 1000 * count / (target * n)).astype(int), count % n] = 1
    return spikes


def gate(block: float, steps: int) -> NDArray[np.uint8]:
    """A spike (steps, 1) in every step with a teacher."""
    open_at = np.zeros((steps, 1), np.uint8)
    for _, begin, end in windows(block):
        open_at[round(1000 * begin) : round(1000 * end)] = 1
    return open_at


def noise(to: str, n: int, size: float, seed: int) -> Any:
    """Weights of both signs whose sum is zero at each neuron."""
    drawn = stream(seed, "noise", to).normal(0, size, (NOISE, n))
    return (drawn - drawn.mean(axis=0)) * mV
