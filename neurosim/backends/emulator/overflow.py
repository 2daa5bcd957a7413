"""Counts numbers that leave their register in a run, as (sample, step, neuron); `guard` chooses the populations."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from neurosim.backends.emulator.arithmetic import ACCUMULATOR_HALF, HALF, TOP, wrap
from neurosim.backends.emulator.compiled import kernel
from neurosim.chip.bounds import ALIGN, SUM_LIMIT

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


@kernel
def count_wraps(arithmetic, u, a, kept_u, at, counts):
    """Before u takes in `a`: what will leave its register; `at` is 0, or the first count of a dendrite."""
    for i in range(u.size):
        kept, arrived = np.trunc(np.float64(u[i]) * kept_u[i]), np.float64(a[i]) * ALIGN
        if arithmetic == 1:
            x = kept + arrived
            counts[SUMS] += x >= SUM_LIMIT or x < -SUM_LIMIT
            counts[at + WRAPS] += x > HALF or x <= -HALF
        else:
            counts[ACCUMULATOR] += arrived >= ACCUMULATOR_HALF or arrived < -ACCUMULATOR_HALF
            x = kept + wrap(arrived, ACCUMULATOR_HALF)
            counts[at + WRAPS] += x >= HALF or x < -HALF


@kernel
def count_sums(u, bias, counts):
    """On the first chip u + bias wraps, too; behind the update of u."""
    for i in range(u.size):
        x = np.float64(u[i]) + np.float64(bias[i])
        counts[WRAPS] += x >= HALF or x < -HALF


@kernel
def count_saturations(v, at, counts):
    """Behind the update of v: neurons at its limit. Returns the largest size of v."""
    most = np.int32(0)
    for i in range(v.size):
        most = max(most, np.int32(abs(v[i])))
    if most >= TOP:
        for i in range(v.size):
            counts[at + SATURATIONS] += v[i] == TOP or v[i] == -TOP
    return most


@kernel
def add_wide(weight, column, row, first, dense, index, count, payload, wide, total, counts):
    """Sum the weights of the spiking neurons times what each of them sends, in 64 bits; products wrap where Lava's do."""
    for q in range(count):
        value = np.int64(payload[index[q]])
        lo = first + (index[q] * total.size if dense else row[index[q]])
        hi = lo + total.size if dense else first + row[index[q] + 1]
        for s in range(lo, hi):
            product = np.int64(weight[s]) * value
            short = np.int64(np.int32(product)) if wide == IN_PRODUCTS else product
            counts[SUMS] += short != product
            total[s - lo if dense else column[s]] += short


@kernel
def deliver_wide(wide, total, gain, arriving, counts):
    """As `delivery.deliver`, and count what 32 bits do not hold."""
    for i in range(total.size):
        held = total[i] if wide == IN_PRODUCTS else np.int64(np.int32(total[i]))
        shifted = np.int64(np.floor(np.float64(held) * gain)) if gain < 1.0 else held * np.int64(gain)
        now = np.int64(arriving[i]) + shifted
        arriving[i] = np.int32(now)
        counts[SUMS] += held != total[i] or np.int64(np.int32(now)) != now


@kernel
def widen(acc, total):
    """The same sums in 64 bits."""
    for i in range(acc.size):
        total[i] = np.int64(acc[i])
