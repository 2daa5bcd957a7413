"""Burst neurons: what BURST_LIF does behind u and v; see `neurosim.neurons.burst_step.Burst`.

Random numbers are a function of a population's seed, the step and the neuron, so that no order of drawing matters and any other
program can have the same: the finaliser of MurmurHash3, in 32 bits, once over the step, once more with the seed, once more with
the neuron.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from enum import IntEnum
from functools import singledispatch
from typing import Any

import numpy as np

from neurosim.backends.emulator.arithmetic import integrate
from neurosim.backends.emulator.compiled import kernel
from neurosim.backends.emulator.modulator_codes import SUPPLIES
from neurosim.neurons.burst_step import BASELINE_BITS, DRAW_BITS, PROBABILITY_BITS, Burst, FixedBurst
from neurosim.program.fixed import DECAY_UNIT

U_D, V_D, DRIFT, DUE = range(4)
"""Rows of the further variables."""
VARIABLES = 4


class Column(IntEnum):
    """Columns of the table of groups."""

    DELAY = 0
    SPREAD = 1
    SEED = 2
    IN_LANE = 3
    """First lane of receptor "dendrite"."""
    EVENT_LANE = 4
    BURST_LANE = 5


class Level(IntEnum):
    """Columns of the table of numbers, in units of the arithmetic."""

    MIDDLE = 0
    SLOPE = 1
    START = 2
    SHARE = 3
    """What an event takes of P."""
    RISE = 4
    """What a burst adds."""
    UNIT = 5
    """P of 1."""


DELAY, SPREAD, SEED = int(Column.DELAY), int(Column.SPREAD), int(Column.SEED)
IN_LANE, EVENT_LANE, BURST_LANE = int(Column.IN_LANE), int(Column.EVENT_LANE), int(Column.BURST_LANE)
MIDDLE, SLOPE, START = int(Level.MIDDLE), int(Level.SLOPE), int(Level.START)
SHARE, RISE, UNIT = int(Level.SHARE), int(Level.RISE), int(Level.UNIT)
EVENT, BURST, BASELINE = (SUPPLIES.index(name) for name in ("event", "burst", "burst_probability"))
TOP_PROBABILITY = float((1 << PROBABILITY_BITS) - 1)
TOP_SENT = 127.0

# All of one type: numba makes a float of a signed and an unsigned number.
MASK, ONE, EIGHT, BYTE = np.uint64(0xFFFFFFFF), np.uint64(1), np.uint64(8), np.uint64(255)
HIGH, MIDST, FIRST, SECOND = np.uint64(16), np.uint64(13), np.uint64(0x85EBCA6B), np.uint64(0xC2B2AE35)
GOLDEN = np.uint64(0x9E3779B9)
FINE, COARSE = np.uint64(32 - DRAW_BITS), np.uint64(32 - PROBABILITY_BITS)


def row(burst: Burst | FixedBurst | None, in_lane: int, event_lane: int, burst_lane: int) -> tuple[int, ...]:
    """The table's row of a group; zeros where it is of another kind."""
    if burst is None:
        return (0,) * len(Column)
    return burst.delay, burst.spread, burst.seed, in_lane, event_lane, burst_lane


@singledispatch
def levels(burst: Any) -> tuple[float, ...]:
    """Row of the table of numbers."""
    return (0.0,) * len(Level)


@levels.register
def _(burst: Burst) -> tuple[float, ...]:
    whole, share = float(1 << DRAW_BITS), 2.0**-burst.average if burst.average else 0.0
    return burst.middle * whole, burst.slope * whole, burst.start, share, share, 1.0


@levels.register
def _(burst: FixedBurst) -> tuple[float, ...]:
    unit, share = float(1 << BASELINE_BITS), 2.0**-burst.average if burst.average else 0.0
    return float(burst.middle), 2.0**-burst.slope, float(burst.start), share, np.floor(unit * share), unit


@singledispatch
def dendrite(burst: Any) -> tuple[Any, Any, Any]:
    """Factors kept of the dendrite's current and voltage, and its bias."""
    return np.zeros(()), np.zeros(()), np.zeros(())


@dendrite.register
def _(burst: Burst) -> tuple[Any, Any, Any]:
    return 1 - np.asarray(burst.du), 1 - np.asarray(burst.dv), burst.bias


@dendrite.register
def _(burst: FixedBurst) -> tuple[Any, Any, Any]:
    unit = float(DECAY_UNIT)
    return (unit - (np.asarray(burst.du) + 1.0)) / unit, (unit - np.asarray(burst.dv)) / unit, burst.bias


@kernel
def mixed(x):
    """32 bits out of 32 bits."""
    x = ((x ^ (x >> HIGH)) * FIRST) & MASK
    x = ((x ^ (x >> MIDST)) * SECOND) & MASK
    return x ^ (x >> HIGH)


@kernel
def of_step(seed, step):
    """What all random numbers of a population in a step begin with."""
    return mixed(np.uint64(seed) ^ mixed(np.uint64(step) & MASK))


@kernel
def drawn(base, neuron):
    """32 random bits of a neuron."""
    return mixed((base + (np.uint64(neuron) + ONE) * GOLDEN) & MASK)


@kernel
def _bursts(arithmetic, bits, v_d, middle, slope):
    """Whether an event becomes a burst."""
    if arithmetic == 0:
        return np.float64(bits >> FINE) < middle + slope * v_d
    probability = min(max(middle + np.floor(slope * v_d), 0.0), TOP_PROBABILITY)
    return np.float64(bits >> COARSE) < probability


@kernel
def fire(
    arithmetic, step, table, level, arrived, kept_u, kept_v, bias, threshold, jump, refractory, v, theta, held, inner, fired,
    event, burst,
):  # fmt: skip
    """The dendrite, then spikes: 0 or 1 in `fired` (any), `event` and `burst`."""
    integrate(arithmetic, inner[U_D], inner[V_D], arrived, kept_u, kept_v, bias)
    base, v_d, due = of_step(table[SEED], step), inner[V_D], inner[DUE]
    for i in range(v.size):
        v[i] -= theta[i]
        second = due[i] == 1
        due[i] = max(due[i] - 1, 0)
        first = held[i] == 0 and v[i] > threshold[i]
        if first:
            v[i] = 0
            theta[i] += jump[i]
            bits = drawn(base, i)
            if _bursts(arithmetic, bits, v_d[i], level[MIDDLE], level[SLOPE]):
                due[i] = table[DELAY] + np.int64(((bits & BYTE) * np.uint64(table[SPREAD] + 1)) >> EIGHT)
        event[i], burst[i], fired[i] = first, second, first or second
        held[i] = refractory[i] if first or second else max(held[i] - 1, 0)


@kernel
def send(arithmetic, first, table, scale, floor, column, level, event, burst, drift, out):
    """Write the third factors of the population that begins at packed neuron `first`, before P moves."""
    for m in range(table.shape[0]):
        what, here = table[m, 3], column[table[m, 2]]
        if table[m, 0] != first or what < EVENT:
            continue
        at = burst if what == BURST else event
        for i in range(table[m, 1]):
            if at[i]:
                value = scale[m] * ((level[START] + drift[i]) / level[UNIT] if what == BASELINE else 1.0)
                out[here + i] = value if arithmetic == 0 else min(max(np.rint(value), floor[m]), TOP_SENT)


@kernel
def follow_share(arithmetic, level, event, burst, drift):
    """P takes in the events and bursts of this step."""
    for i in range(drift.size):
        if event[i]:
            lost = (level[START] + drift[i]) * level[SHARE]
            drift[i] -= lost if arithmetic == 0 else np.floor(lost)
        if burst[i]:
            drift[i] += level[RISE]
