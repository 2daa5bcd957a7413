"""Exclusive or, learned by bursts: five pools of pyramidal cells, a teacher at the output's dendrites, one kind of synapse.

Paper: Payeur, Guerguiev, Zenke, Richards, Naud (2021), "Burst-dependent synaptic plasticity can coordinate learning in
hierarchical circuits", doi:10.1038/s41593-021-00857-x, figure 4.

Pools input1, input2, hidden1, hidden2, output of `cells` cells each (`BurstPoisson`), joined at random so that a cell has 100
inputs of each kind from a pool. Events go up: excitation that learns by the adaptive burst-dependent rule, and inhibition that
does not. Bursts of the output go down to the dendrites of the hidden pools: with more excitation to hidden1, with more
inhibition to hidden2. An example lasts 8 s; in its last 0.8 s synapses learn, and the teacher drives the dendrites of the output
up or down, by how far each cell is from 10 or 2 Hz.

Expected: the output's event rate is nearly the same for all four inputs before training (3.9 to 5.0 Hz), and after 500 epochs
above 6 Hz for (1,0) and (0,1), below for (0,0) and (1,1).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurosim import FixedProbability, Network, Population, Projection, Timed
from neurosim.neurons import BurstAverage, BurstPoisson, PoissonNoise, RateTeacher
from neurosim.plasticity import adaptive_ebcp, gated
from neurosim.rng import stream
from neurosim.units import Hz, ms, mV, pA, second

EXAMPLES = ((0, 0), (1, 0), (0, 1), (1, 1))
TARGETS = (-1, 1, 1, -1)
"""More events, or fewer."""
DT, SLOT, EXAMPLE, LESSON, BURN_IN = 1e-4, 0.4, 20, 2, 15
"""Seconds of a step and of a slot; slots of an example, of the lesson that ends it, and of silence at the start."""
ON, OFF = 150, -350
"""Somatic current of an input of 1 and of 0, in pA."""
INPUTS = 100
UP, DOWN = 0.234, 0.25
"""Weights up at the start: excitation that learns, inhibition."""
FEEDBACK = {"hidden1": (0.26, 0.06), "hidden2": (0.026, 0.27)}
"""Excitation and inhibition by bursts of the output."""


def slots(epochs: int, tests: tuple[int, int] = (0, 0)) -> tuple[np.ndarray, np.ndarray]:
    """Example of each slot (-1: none), and whether it is a lesson; `tests` rounds without lessons come before and after."""
    rounds = np.repeat([False, True, False], (tests[0], epochs, tests[1]))
    example = np.tile(np.repeat(np.arange(4), EXAMPLE), len(rounds))
    late = np.tile(np.arange(EXAMPLE) >= EXAMPLE - LESSON, 4 * len(rounds))
    lesson = late & np.repeat(rounds, 4 * EXAMPLE)
    return np.concatenate([np.full(BURN_IN, -1), example]), np.concatenate([np.zeros(BURN_IN, bool), lesson])


def duration(epochs: int, tests: tuple[int, int] = (0, 0)) -> float:
    """Seconds of a run."""
    return len(slots(epochs, tests)[0]) * SLOT


def signals(epochs: int, tests: tuple[int, int] = (0, 0)) -> dict[str, np.ndarray]:
    """The gate of plasticity, for `simulate`."""
    return {"M": np.repeat(slots(epochs, tests)[1].astype(float), round(SLOT / DT))}


def cell(excitation: float, inhibition: float, rate: float, cells: int, rng: np.random.Generator, **more: object) -> BurstPoisson:
    """A cell with noise: weights and rate of the soma's."""
    return BurstPoisson(
        average=BurstAverage(alpha=2 * second, E_min=2 * Hz, E_max=10 * Hz),
        noise=[
            PoissonNoise("soma_exc", rate * Hz, excitation),
            PoissonNoise("soma_inh", rate * Hz, inhibition),
            PoissonNoise("dend_exc", 500 * Hz, 0.05),
            PoissonNoise("dend_inh", 500 * Hz, 0.05),
        ],
        v_start=rng.normal(-70, 5, cells) * mV,
        **more,
    )


def build(
    cells: int = 500, epochs: int = 500, tests: tuple[int, int] = (1, 1), eta: Sequence[float] = (8e-3, 4e-3), seed: int = 0
) -> Network:
    """`cells` a pool, at least 100; `eta` of the synapses onto hidden and output cells."""
    if cells < INPUTS:
        raise ValueError(f"burst_xor: cells = {cells}; expected at least {INPUTS}, so that a cell has {INPUTS} inputs from a pool.")
    example, lesson = slots(epochs, tests)
    bits, rng = np.array([*EXAMPLES, (0, 0)]), stream(seed, "start")
    given = np.where(example[:, None] < 0, 0, np.where(bits[example] == 1, ON, OFF))
    teacher = RateTeacher(lesson=Timed(np.where(lesson, np.array([*TARGETS, 0])[example], 0), SLOT * second))
    noise = {"input": (0.35, 0.35, 500), "hidden": (0.385, 0.49, 150), "output": (0.35, 0.35, 150)}
    pools = {
        "input1": cell(*noise["input"], cells, rng, I_s=Timed(given[:, 0] * pA, SLOT * second)),
        "input2": cell(*noise["input"], cells, rng, I_s=Timed(given[:, 1] * pA, SLOT * second)),
        "hidden1": cell(*noise["hidden"], cells, rng),
        "hidden2": cell(*noise["hidden"], cells, rng, I_d=500 * pA),
        "output": cell(*noise["output"], cells, rng, I_d=400 * pA, teacher=teacher),
    }
    p = INPUTS / cells

    def up(pre: str, post: str, rate: float) -> list[Projection]:
        rule = gated(adaptive_ebcp(rate))
        learns = FixedProbability(UP, p)
        return [
            Projection(pre, post, learns, channel="event", receptor="soma_exc", plasticity=rule, name=f"{pre}_{post}"),
            Projection(pre, post, FixedProbability(DOWN, p), channel="event", receptor="soma_inh", name=f"{pre}_{post}_inhibition"),
        ]

    def down(post: str, weights: tuple[float, float]) -> list[Projection]:
        return [
            Projection("output", post, FixedProbability(w, p), channel="burst", receptor=f"dend_{kind}", name=f"output_{post}_{kind}")
            for w, kind in zip(weights, ("exc", "inh"), strict=True)
        ]

    hidden = ("hidden1", "hidden2")
    return Network(
        name="burst_xor",
        populations=[Population(name, cells, neuron) for name, neuron in pools.items()],
        projections=[
            *(p for pre in ("input1", "input2") for post in hidden for p in up(pre, post, eta[0])),
            *(p for pre in hidden for p in up(pre, "output", eta[1])),
            *(p for post in hidden for p in down(post, FEEDBACK[post])),
        ],
        dt=DT * 1000 * ms,
        seed=seed,
    )
