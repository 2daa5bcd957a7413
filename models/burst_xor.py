"""Five pools of pyramidal cells that learn the exclusive or (XOR) from bursts, with a teacher at the output's dendrites.

Paper: Payeur, Guerguiev, Zenke, Richards, Naud (2021), "Burst-dependent synaptic plasticity can coordinate learning in
hierarchical circuits", doi:10.1038/s41593-021-00857-x, figure 4.

The pools input1, input2, hidden1, hidden2 and output have `cells` cells each (`BurstPoisson`). They are connected at random,
so that a cell has 100 inputs of each kind from a pool. Events are transmitted upwards, by excitation that learns with the
adaptive burst-dependent rule and by inhibition that does not learn. Bursts of the output are transmitted down to the dendrites
of the hidden pools, with more excitation to hidden1 and more inhibition to hidden2. An example lasts 8 s. In its last 0.8 s
synapses learn, and the teacher excites or inhibits the output's dendrites in proportion to the distance of each cell from 10
or 2 Hz.

Expected: the output's event rate is nearly the same for all four inputs before training (3.9 to 5.0 Hz). After 500 epochs it is
above 6 Hz for (1,0) and (0,1) and below 6 Hz for (0,0) and (1,1). 125 epochs are sufficient (`experiments/burst_xor.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neurosim import FixedProbability, Network, Population, Projection, Timed
from neurosim.errors import NetworkError
from neurosim.neurons import BurstAverage, BurstPoisson, PoissonNoise, RateTeacher
from neurosim.plasticity import adaptive_ebcp, gated
from neurosim.plasticity.traces import post_modulator
from neurosim.rng import stream
from neurosim.units import Hz, ms, mV, pA, second

EXAMPLES = ((0, 0), (1, 0), (0, 1), (1, 1))
TARGETS = (-1, 1, 1, -1)
"""Direction of the teacher for each example: 1 for more events, -1 for fewer."""
EXAMPLE, LESSON, BURN_IN = 20, 2, 15
"""Slots of an example, of the lesson at its end, and of silence at the start (three time constants of the averages)."""
ON, OFF = 150, -350
"""Somatic currents for an input of 1 and of 0, in pA."""
INPUTS = 100
UP, DOWN = 0.234, 0.25
"""Initial weights of the upward connections: excitation, which learns, and inhibition."""
FEEDBACK = {"hidden1": (0.26, 0.06), "hidden2": (0.026, 0.27)}
"""Weights of excitation and inhibition by bursts of the output."""


def slots(epochs: int, tests: Sequence[int] = (0, 0)) -> tuple[np.ndarray, np.ndarray]:
    """Example of each slot (-1: none), and whether the slot is a lesson; `tests` rounds before and after have no lessons."""
    rounds = np.repeat([False, True, False], (tests[0], epochs, tests[1]))
    example = np.tile(np.repeat(np.arange(4), EXAMPLE), len(rounds))
    late = np.tile(np.arange(EXAMPLE) >= EXAMPLE - LESSON, 4 * len(rounds))
    lesson = late & np.repeat(rounds, 4 * EXAMPLE)
    return np.concatenate([np.full(BURN_IN, -1), example]), np.concatenate([np.zeros(BURN_IN, bool), lesson])


def pool(soma: tuple[float, float, float], gate: Timed, v_start: Any, **more: Any) -> BurstPoisson:
    """Neuron model of a pool; `soma` holds the weights (excitation, inhibition) and the rate (Hz) of the noise at the soma."""
    excitation, inhibition, rate = soma
    return BurstPoisson(
        average=BurstAverage(alpha=BURN_IN / 3 * gate.every, E_min=2 * Hz, E_max=10 * Hz, gate=gate),
        noise=[
            PoissonNoise("soma_exc", rate * Hz, excitation),
            PoissonNoise("soma_inh", rate * Hz, inhibition),
            PoissonNoise("dend_exc", 500 * Hz, 0.05),
            PoissonNoise("dend_inh", 500 * Hz, 0.05),
        ],
        v_start=v_start,
        **more,
    )


def build(
    cells: int = 500,
    epochs: int = 500,
    tests: Sequence[int] = (1, 1),
    eta: Sequence[float] = (8e-3, 4e-3),
    dt: float = 0.1,
    slot: float = 0.4,
    seed: int = 0,
) -> Network:
    """Build a network with `cells` cells per pool.

    The run consists of `epochs` rounds of all examples with lessons, and of `tests` rounds without lessons before and after.
    `eta` holds the learning rates of the synapses onto hidden and onto output cells; `dt` is in ms. An example lasts 20 slots
    of `slot` seconds.
    """
    if cells < INPUTS:
        raise NetworkError(f"burst_xor: cells = {cells}; expected at least {INPUTS}, the inputs that a cell has from a pool.")
    example, lesson = slots(epochs, tests)
    every, rng = slot * second, stream(seed, "start")
    shown = example >= 0
    current = np.where(shown[:, None], np.where(np.array(EXAMPLES)[example] == 1, ON, OFF), 0) * pA
    gate, teacher = Timed(lesson.astype(float), every), RateTeacher(lesson=Timed(lesson * np.array(TARGETS)[example], every))
    more = {
        "input1": {"soma": (0.35, 0.35, 500), "I_s": Timed(current[:, 0], every)},
        "input2": {"soma": (0.35, 0.35, 500), "I_s": Timed(current[:, 1], every)},
        "hidden1": {"soma": (0.385, 0.49, 150)},
        "hidden2": {"soma": (0.385, 0.49, 150), "I_d": 500 * pA},
        "output": {"soma": (0.35, 0.35, 150), "I_d": 400 * pA, "teacher": teacher},
    }
    starts = {name: rng.normal(-70, 5, cells) * mV for name in more}
    p = INPUTS / cells
    return Network(
        name="burst_xor",
        populations=[Population(name, cells, pool(gate=gate, v_start=starts[name], **more[name])) for name in more],
        projections=[
            *(one for pre, post, rate in _ways_up(eta) for one in up(pre, post, rate, p)),
            *(one for post, weights in FEEDBACK.items() for one in down(post, weights, p)),
        ],
        dt=dt * ms,
        seed=seed,
    )


def _ways_up(eta: Sequence[float]) -> list[tuple[str, str, float]]:
    hidden = tuple(FEEDBACK)
    return [(a, b, eta[0]) for a in ("input1", "input2") for b in hidden] + [(a, "output", eta[1]) for a in hidden]


def up(pre: str, post: str, rate: float, p: float) -> list[Projection]:
    """Upward projections of events: excitation, which learns, and inhibition."""
    # Without growth, like the authors' program (see `adaptive_ebcp`). Growth would be up to half as strong as a lesson.
    rule = gated(adaptive_ebcp(rate, growth=0), post_modulator("gate"))
    return [
        Projection(pre, post, FixedProbability(UP, p), plasticity=rule, receptor="soma_exc", channel="event"),
        Projection(pre, post, FixedProbability(DOWN, p), receptor="soma_inh", channel="event", name=f"{pre}_{post}_inhibition"),
    ]


def down(post: str, weights: tuple[float, float], p: float) -> list[Projection]:
    """Downward projections of the output's bursts to dendrites."""
    receptors = ("dend_exc", "dend_inh")
    return [
        Projection("output", post, FixedProbability(w, p), receptor=receptor, channel="burst", name=f"output_{post}_{receptor}")
        for w, receptor in zip(weights, receptors, strict=True)
    ]
