"""Spiking version of BurstCCN's target task: bursts teach the lower layer until the upper layer fires at the target rate.

Paper: Greedy, Zhu, Pemberton, Mellor, Costa (2022), doi:10.48550/arXiv.2206.11769, for the task: 100 + 100 cells, a target of
10 Hz for 50 s and of 5 Hz for 50 s, a teacher from 20 to 40 s and from 60 to 80 s. Payeur, Guerguiev, Zenke, Richards,
Naud (2021), doi:10.1038/s41593-021-00857-x, for the cell.

Expected: the event rate of the output is within 1 Hz of the target, both at the end of the time with a teacher and at the end
of the block. `experiments/burstccn_target.py` runs the model on every execution.

Everything, including the teacher, is part of the network:

* Spikes of `drive` excite the somata of `input` through plastic synapses, and events of `input` excite the somata of `output`.
  Noise of both signs keeps the cells from synchronising.
* Bursts of `output` excite the dendrites of `input`, and its events inhibit them by P_B times as much. The two cancel if the
  share of bursts is P_B. Events arrive 8 ms later, together with the bursts that they may become.
* `teacher` spikes at the target rate, at even intervals, and excites the dendrites of `output`. The events of `output` inhibit
  these dendrites by the same amount, through `relay`. It has one LIF neuron per cell, which forwards an event only while `gate`
  spikes. While there is a teacher, the dendrites therefore receive a current that follows target - rate; otherwise they receive
  none.
* A burst of `input` increases the weights of the sources that have spiked before, and an event decreases them by P_B times this
  change (`burst_dependent` with a steady baseline).

The model differs from the published task in the following points:

* `BurstLIF` replaces the biophysical cell, with P_B = 0.5 instead of 0.375, because its burst probability is a straight line
  from 0 to 1 and noise must not be clipped more on one side than on the other.
* A population of spiking sources with plastic synapses replaces a weighted current.
* The rule has a presynaptic trace.
* There is no current that falls with the burst probability (143 pA at the somata) or with the rate (1.71 pA per Hz at the
  output dendrites), because in this cell a burst does not reach the soma.
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
"""Burst probability at which nothing is learned, which is also the burst probability of a dendrite at rest."""
LATE = 8 * ms
"""Delay of events on their way down: about `burst_delay` plus half of `burst_jitter`."""
TARGETS = (10, 5)
"""Target rates in Hz, one per block."""
TAUGHT = ((0.4, 0.8), (1.2, 1.6))
"""Start and end of the teacher for each target, in blocks."""
NOISE = 60
"""Number of noise sources."""


@dataclass(frozen=True)
class Currents:
    """Weights and constant inputs in mV, and the corresponding values of the published task.

    Attributes
    ----------
    drive : float
        Initial weight from `drive`. 100 sources of 40 Hz over 5 ms give 20 times this value, 6 mV; published is 0.4 * 200 pA *
        16 ms / 370 pF = 3.5 mV.
    highest : float
        Largest weight. On the chip it is 255, and a burst adds about 4.
    eta : float
        Weight change of a burst if the trace is 1; the mean of the trace is 2.
    bias_input, bias_output : float
        Constant input of the somata. The initial rates are near 3 and 4 Hz; the published ones are near 6 Hz.
    noise : float
        Standard deviation of the noise weights: 7 mV on the membrane; published 7.7 mV.
    up : float
        Weight of an input event at an output soma: 5 mV * 5 ms; published 0.22 nA * 1 ms * 16 ms / 370 pF, 0.4 times that.
    down : float
        Weight of an output burst at an input dendrite: 18 mV * 5 ms; published 0.924 nA * 1 ms * 7 ms / 170 pF, 0.4 times that.
        The larger this weight, the smaller `eta` may be.
    taught : float
        Weight of a spike of the teacher, and of an event that counteracts it: 3.3 mV per Hz, as 80 pA * 7 ms / 170 pF.
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
    """Build a network of `n` + `n` cells, with a block of `block` seconds for each of `TARGETS`."""
    own = Currents() if currents is None else currents
    steps = round(block * 1000) * len(TARGETS)
    # Longer time constants than the 7 ms of the cell, so that single spikes of 100 cells do not fill the range of p.
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
            # An input of 0.6 in every step settles at 0.8; an event alone also gives 0.8.
            Projection("gate", "relay", AllToAll(0.6)),
            Projection("output", "relay", OneToOne(0.8), channel="event"),
        ],
        probes=[Probe("drive_input", "w", every=block / 50 * second)],
        dt=1 * ms,
        seed=seed,
    )


def windows(block: float) -> list[tuple[float, float, float]]:
    """Times with a teacher, as (target in Hz, start in seconds, end in seconds)."""
    return [(target, begin * block, end * block) for target, (begin, end) in zip(TARGETS, TAUGHT, strict=True)]


def teacher(n: int, block: float) -> NDArray[np.uint8]:
    """Spikes (steps, n) of the teacher at the target rate, as even as steps of 1 ms allow."""
    spikes = np.zeros((round(block * 1000) * len(TARGETS), n), np.uint8)
    for target, begin, end in windows(block):
        count = np.arange(round((end - begin) * target * n))
        spikes[np.floor(1000 * begin + 1000 * count / (target * n)).astype(int), count % n] = 1
    return spikes


def gate(block: float, steps: int) -> NDArray[np.uint8]:
    """Spikes (steps, 1) of the gate, one in every step with a teacher."""
    open_at = np.zeros((steps, 1), np.uint8)
    for _, begin, end in windows(block):
        open_at[round(1000 * begin) : round(1000 * end)] = 1
    return open_at


def noise(to: str, n: int, size: float, seed: int) -> Any:
    """Weights of both signs whose sum is zero at each neuron."""
    drawn = stream(seed, "noise", to).normal(0, size, (NOISE, n))
    return (drawn - drawn.mean(axis=0)) * mV
