"""What burst neurons do besides their soma, in float and in a chip's integers; `neurosim.program.step` holds the soma."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neurosim.units import FloatArray

PROBABILITY_BITS, BASELINE_BITS = 7, 12
"""Of a chip: of the burst probability and of the random number that it is compared with; of the baseline P."""
DRAW_BITS = 16
"""Of the random number in float."""


@dataclass(frozen=True)
class Burst:
    """What BURST_LIF does in a step, behind ``u`` and ``v``; r is a random number of its own for each step and neuron.

    1. ``u_d <- u_d * (1 - du) + a_d`` with what arrives at receptor "dendrite"; ``v_d <- v_d * (1 - dv) + u_d + bias``.
    2. ``theta <- theta * (1 - dtheta)``; ``v <- v - theta``.
    3. The second spike, where one is due: on channels "spike" and "burst". It resets nothing.
    4. An event where ``v > v_th`` and the neuron had no spike in the last `refractory` steps, second ones included: on channels
       "spike" and "event". Then ``v <- 0``, ``theta <- theta + theta_jump``, and where ``r < middle + slope * v_d``, a second
       spike is due `delay` + 0..`spread` steps later, by other bits of r.
    5. Third factors: "event" and "burst" are 1 where there is one; "burst_probability" is P at an event. Then
       ``P <- P - P * 2^-average`` at an event and ``P <- P + 2^-average`` at a burst; or P stays, where `average` is 0.

    Attributes
    ----------
    du, dv, bias : float or array
        Of the dendrite, one or one a neuron.
    gain : float or array
        Dendritic current per unit of a described weight.
    middle, slope : float
        Burst probability at v_d = 0, and how it rises with v_d.
    delay, spread : int
        Steps; their sum is at most the `refractory` of the neuron.
    start : float
        P at rest. The state "drift" is what P differs by.
    average : int
        k of 2^-k, or 0.
    seed : int
        Of the population, 32 bits.
    """

    du: FloatArray = field(default_factory=lambda: np.ones(()))
    dv: FloatArray = field(default_factory=lambda: np.zeros(()))
    bias: FloatArray = field(default_factory=lambda: np.zeros(()))
    gain: FloatArray = field(default_factory=lambda: np.ones(()))
    middle: float = 0.5
    slope: float = 1.0
    delay: int = 1
    spread: int = 0
    start: float = 0.5
    average: int = 0
    seed: int = 0


@dataclass(frozen=True)
class FixedBurst:
    """`Burst` in integers.

    `du` and `dv` are 12-bit decays as those of a soma; `bias` is in units of the state. The burst probability is
    ``clip(middle + (v_d >> slope), 0, 127)`` in 128ths and compared with 7 bits; `start` is in 4096ths, ``P >> average`` rounds
    down. v_d is 64 * `scale` times the described voltage.
    """

    du: NDArray[np.int64]
    dv: NDArray[np.int64]
    bias: NDArray[np.int64]
    middle: int
    slope: int
    delay: int
    spread: int
    start: int
    average: int
    seed: int
    scale: float = 1.0
