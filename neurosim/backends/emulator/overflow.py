"""Numbers that leave their register in a run are counted, as (sample, step, neuron); `guard` chooses the populations."""

from __future__ import annotations

COUNTS = (
    "current_wraps",
    "voltage_saturations",
    "accumulator_wraps",
    "sum_overflows",
    "dendrite_current_wraps",
    "dendrite_voltage_saturations",
)
"""Names in `Recording.info["overflows"]`, in the order of the table of counts.

u left 24 bits; v stood at its limit of either sign; the first chip's dendritic accumulator left 22 bits; a sum left the 32 bits
of Lava's integers; u and v of a dendrite.
"""
WRAPS, SATURATIONS, ACCUMULATOR, SUMS, DENDRITE = range(5)
IN_PRODUCTS = 2
