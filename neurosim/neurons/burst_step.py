"""Dendrite and bursts of burst neurons in the step program, in float and in integers.

`neurosim.program.step` describes the soma.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neurosim.units import FloatArray

PROBABILITY_BITS, BASELINE_BITS = 7, 12
"""Bits on a chip: of the burst probability and the random number with which it is compared; of the baseline P."""
DRAW_BITS = 16
"""Bits of the random number in floating point."""


@dataclass(frozen=True)
class Burst:
    """Part of a step of BURST_LIF after the update of ``u`` and ``v``.

    r is a random number, independent for each step and neuron.

    1. ``u_d <- u_d * (1 - du) + a_d``, where a_d is the synaptic input at receptor "dendrite"; then
       ``v_d <- v_d * (1 - dv) + u_d + bias``.
    2. ``theta <- theta * (1 - dtheta)``; ``v <- v - theta``.
    3. If a second spike is due, it is sent on channels "spike" and "burst". It resets nothing.
    4. If ``v > v_th`` and the neuron had no spike in the last `refractory` steps, second spikes included, an event is sent on
       channels "spike" and "event". Then ``v <- 0`` and ``theta <- theta + theta_jump``. If ``r < middle + slope * v_d``, a
       second spike is due `delay` + 0..`spread` steps later; other bits of r select the step.
    5. Third factors: "event" is 1 at an event, "burst" is 1 at a burst, and "burst_probability" is P at an event. Then
       ``P <- P - P * 2^-average`` at an event and ``P <- P + 2^-average`` at a burst. If `average` is 0, P is constant.

    Attributes
    ----------
    du, dv, bias : float or array
        Decays and bias of the dendrite: one value, or one per neuron.
    gain : float or array
        Dendritic current per unit of a described weight.
    middle, slope : float
        Burst probability at v_d = 0, and its increase per unit of v_d.
    delay, spread : int
        Shortest time to the second spike, and range of the random part, in steps; their sum is at most the `refractory` of the
        neuron.
    start : float
        Initial value of P. The state "drift" is the difference of P from it.
    average : int
        Exponent k of 2^-k, or 0 for a constant P.
    seed : int
        Seed of the population, 32 bits.
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
    """Parameters of `Burst` in integers.

    `du` and `dv` are 12-bit decays, like those of a soma; `bias` is in units of the state. The burst probability is
    ``clip(middle + (v_d >> slope), 0, 127)`` in units of 1/128, and is compared with 7 random bits. `start` is in units of
    1/4096, and ``P >> average`` rounds down. v_d is 64 * `scale` times the described voltage.
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
