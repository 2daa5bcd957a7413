"""The number systems of the emulator.

Chip integers are stored in int32. A decay is computed in float64, which holds it exactly: a state times a 12-bit decay needs 44
of its 53 bits, and truncation toward zero is one instruction. All sums wrap at 32 bits, as those of numpy in Lava do.

`FLOAT` equals Lava's ``floating_pt``. `FIXED` equals lava-nc 0.10.0's ``fixed_pt`` bit for bit, its oddities included.
`LOIHI1` is the first chip as nengo-loihi 1.1.0 and brian2-loihi 0.5.2 emulate it: the weight exponent floors each synapse,
the dendritic accumulator wraps at 21 bits and sign, u and u + bias wrap at 24 bits by true modulo. v saturates in both.
`UNLIMITED` is `FIXED` with states of 32 bits that neither wrap nor saturate: it shows what the limits of 24 bits do.
"""

from __future__ import annotations

from enum import IntEnum


class Arithmetic(IntEnum):
    """Codes of the number systems inside the kernels."""

    FLOAT = 0
    FIXED = 1
    LOIHI1 = 2
    UNLIMITED = 3


HALF = 8388608.0
"""2**23: the sign bit of a 24-bit state."""
ALIGN = 64.0
"""Currents and thresholds are shifted left by 6 bits against the state."""
ACCUMULATOR_HALF = 2097152.0
"""2**21: the sign bit of Loihi 1's dendritic accumulator."""
