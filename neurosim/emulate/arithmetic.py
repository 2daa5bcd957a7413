"""The three number systems of the emulator, as compiled updates of one population's u and v.

All states are float64. Chip integers stay exact in it: a 24-bit state times a 12-bit decay needs 36 of its 53 bits, and
truncation toward zero is one instruction. `FLOAT` equals Lava's ``floating_pt``; `FIXED` equals lava-nc 0.10.0's ``fixed_pt``
bit for bit, its oddities included.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import njit


class Arithmetic(IntEnum):
    """Codes of the number systems inside the kernels."""

    FLOAT = 0
    FIXED = 1


HALF = 8388608.0
"""2**23: the sign bit of a 24-bit state."""
ALIGN = 64.0
"""Currents and thresholds are shifted left by 6 bits against the state."""


@njit(cache=True, error_model="numpy")
def integrate_float(u, v, a, kept_u, kept_v, bias, target):  # type: ignore[no-untyped-def]
    """u and the voltage before the threshold, into `target`."""
    for i in range(u.size):
        u[i] = u[i] * kept_u[i] + a[i]
        target[i] = v[i] * kept_v[i] + u[i] + bias[i]


@njit(cache=True, error_model="numpy")
def integrate_fixed(u, v, a, kept_u, kept_v, bias, target):  # type: ignore[no-untyped-def]
    """As `integrate_float` in Loihi's integers: u wraps once at 24 bits, v saturates."""
    for i in range(u.size):
        x = np.trunc(u[i] * kept_u[i]) + a[i] * ALIGN
        # Lava's wrap: strictly above 2**23, at or below -2**23, one turn only, the second turn from the unwrapped value.
        over = x - 2 * HALF * (x > HALF)
        x = x + 2 * HALF if over <= -HALF else over
        u[i] = x
        y = np.trunc(v[i] * kept_v[i]) + x + bias[i]
        target[i] = min(max(y, -HALF + 1), HALF - 1)


@njit(cache=True)
def integrate(arithmetic, u, v, a, kept_u, kept_v, bias, target):  # type: ignore[no-untyped-def]
    """Dispatch to the number system's update."""
    if arithmetic == 0:
        integrate_float(u, v, a, kept_u, kept_v, bias, target)
    else:
        integrate_fixed(u, v, a, kept_u, kept_v, bias, target)


@njit(cache=True)
def decay(arithmetic, x, kept):  # type: ignore[no-untyped-def]
    """One leak of `x` in place."""
    if arithmetic == 0:
        for i in range(x.size):
            x[i] = x[i] * kept[i]
    else:
        for i in range(x.size):
            x[i] = np.trunc(x[i] * kept[i])
