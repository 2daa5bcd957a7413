"""The number systems of the emulator, as compiled updates of u and v.

Chip integers are stored in int32. A decay is computed in float64, which holds it exactly: a state times a 12-bit decay needs 44
of its 53 bits, and truncation toward zero is one instruction. All sums wrap at 32 bits, as those of numpy in Lava do.

`FLOAT` equals Lava's ``floating_pt``. `FIXED` equals lava-nc 0.10.0's ``fixed_pt`` bit for bit, its oddities included.
`LOIHI1` is the first chip as nengo-loihi 1.1.0 and brian2-loihi 0.5.2 emulate it: the weight exponent floors each synapse,
the dendritic accumulator wraps at 21 bits and sign, u and u + bias wrap at 24 bits by true modulo. v saturates in both.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from neurosim.backends.emulator.compiled import kernel


class Arithmetic(IntEnum):
    """Codes of the number systems inside the kernels."""

    FLOAT = 0
    FIXED = 1
    LOIHI1 = 2


HALF = 8388608.0
"""2**23: the sign bit of a 24-bit state."""
ALIGN = 64.0
"""Currents and thresholds are shifted left by 6 bits against the state."""
HALF_TURN, TURN, TOP, ALIGNED = np.int32(1 << 23), np.int32(1 << 24), np.int32((1 << 23) - 1), np.int32(1 << 6)
"""The same in 32 bits: the sign bit, a whole turn, the largest voltage, and the shift by 6 bits."""
ACCUMULATOR_HALF = 2097152.0
"""2**21: the sign bit of Loihi 1's dendritic accumulator."""


# Short loops with few arrays each: LLVM gives up vectorising where it would have to compare more than eight pairs of arrays.


@kernel
def _integrate_float(u, v, a, kept_u, kept_v, bias):  # type: ignore[no-untyped-def]
    for i in range(u.size):
        u[i] = u[i] * kept_u[i] + a[i]
    for i in range(u.size):
        v[i] = v[i] * kept_v[i] + u[i] + bias[i]


@kernel
def _integrate_fixed(u, v, a, kept_u, kept_v, bias):  # type: ignore[no-untyped-def]
    for i in range(u.size):
        x = np.int32(np.int32(np.float64(u[i]) * kept_u[i]) + np.int32(np.int32(a[i]) * ALIGNED))
        # Lava's wrap: strictly above 2**23, at or below -2**23, one turn only, the second from the unwrapped value.
        over = np.int32(x - TURN) if x > HALF_TURN else x
        u[i] = np.int32(x + TURN) if over <= -HALF_TURN else over
    for i in range(u.size):
        y = np.int32(np.int32(np.float64(v[i]) * kept_v[i]) + np.int32(np.int32(u[i]) + np.int32(bias[i])))
        v[i] = min(max(y, -TOP), TOP)


@kernel
def wrap(x, half):  # type: ignore[no-untyped-def]
    """Two's complement with the sign bit at `half`."""
    return x - 2 * half * np.floor((x + half) / (2 * half))


@kernel
def _integrate_loihi1(u, v, a, kept_u, kept_v, bias):  # type: ignore[no-untyped-def]
    for i in range(u.size):
        x = np.trunc(np.float64(u[i]) * kept_u[i]) + wrap(np.float64(a[i]) * ALIGN, ACCUMULATOR_HALF)
        u[i] = np.int32(wrap(x, HALF))
    for i in range(u.size):
        y = np.trunc(np.float64(v[i]) * kept_v[i]) + wrap(np.float64(u[i]) + np.float64(bias[i]), HALF)
        y = y if y > 1 - HALF else 1 - HALF
        v[i] = np.int32(y if y < HALF - 1 else HALF - 1)


@kernel
def integrate(arithmetic, u, v, a, kept_u, kept_v, bias):  # type: ignore[no-untyped-def]
    """u, then v before the threshold, in place."""
    if arithmetic == 0:
        _integrate_float(u, v, a, kept_u, kept_v, bias)
    elif arithmetic == 1:
        _integrate_fixed(u, v, a, kept_u, kept_v, bias)
    else:
        _integrate_loihi1(u, v, a, kept_u, kept_v, bias)


@kernel
def decay(arithmetic, x, kept):  # type: ignore[no-untyped-def]
    """One leak of `x` in place."""
    if arithmetic == 0:
        for i in range(x.size):
            x[i] = x[i] * kept[i]
    else:
        for i in range(x.size):
            x[i] = np.trunc(x[i] * kept[i])
