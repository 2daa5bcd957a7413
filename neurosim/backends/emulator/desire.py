"""Neurons of desire backpropagation: what DESIRE_LIF does besides the soft reset; see `neurosim.neurons.step_form.Desire`."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

from neurosim.backends.emulator.kernel_cache import cached
from neurosim.neurons.step_form import Desire

COUNT, LABEL, DESIRE = range(3)
"""Rows of the further variables."""
VARIABLES = 3
TOP = 127.0


class Column(IntEnum):
    """Columns of the table of groups."""

    PERIOD = 0
    STEPS = 1
    TELL = 2
    COMMIT = 3
    DENOMINATOR = 4
    IS_OUTPUT = 5
    IN_LANE = 6
    """First lane of receptor "label" or "feedback"."""
    OUT_LANE = 7
    """First lane of channel "desire"."""
    MOST = 8


PERIOD, STEPS, TELL, COMMIT = int(Column.PERIOD), int(Column.STEPS), int(Column.TELL), int(Column.COMMIT)
DENOMINATOR, IS_OUTPUT = int(Column.DENOMINATOR), int(Column.IS_OUTPUT)
IN_LANE, OUT_LANE, MOST = int(Column.IN_LANE), int(Column.OUT_LANE), int(Column.MOST)


def row(desire: Desire | None, in_lane: int, out_lane: int) -> tuple[int, ...]:
    """The table's row of a group; zeros where it is of another kind."""
    if desire is None:
        return (0,) * len(Column)
    phases = desire.period, desire.steps, desire.tell, desire.commit
    return (*phases, desire.denominator, int(desire.above == 0), in_lane, out_lane, desire.most)


@cached()
def clear_outside_sample(k, table, u, v, a):
    """Before a group integrates: outside the sample, v is 0 and what arrives is dropped."""
    p = k % table[PERIOD]
    if p < 1 or p > table[STEPS]:
        u[:] = 0
        v[:] = 0
        a[:] = 0


@cached()
def _tell(table, threshold, arrived, more, fired, payload):
    """Desire from the label or the feedback, and what is passed down."""
    n, count, label, desire = table[DENOMINATOR], more[COUNT], more[LABEL], more[DESIRE]
    for i in range(desire.size):
        wants = 0
        if table[IS_OUTPUT] == 1:
            if label[i] != 0:
                wants = 1 if n - count[i] > threshold else 0
            elif count[i] > threshold:
                wants = -1
        elif abs(arrived[i]) >= threshold and arrived[i] != 0:
            wants = -1 if arrived[i] < 0 else 1 if count[i] < table[MOST] else 0
        desire[i] = wants
        payload[i] = wants * abs((n if wants > 0 else 0) - count[i])
        fired[i] = payload[i] != 0


@cached()
def follow_phase(k, table, threshold, spikes, arrived, more, fired, payload):
    """After a group has fired; returns the stage in which synapses learn: 0 at commit, 1 one step later, else -1."""
    p = k % table[PERIOD]
    if 1 <= p <= table[STEPS]:
        count, label = more[COUNT], more[LABEL]
        for i in range(spikes.size):
            count[i] += spikes[i]
        if table[IS_OUTPUT] == 1:
            for i in range(spikes.size):
                label[i] |= arrived[i] != 0
    elif p == table[TELL]:
        _tell(table, threshold, arrived, more, fired, payload)
    stage = p - table[COMMIT]
    return stage if 0 <= stage <= 1 else -1


@cached()
def send(arithmetic, stage, first, table, scale, floor, column, desire, out):
    """Write the third factors of the population that begins at neuron `first`, by the codes of `modulator_codes`."""
    for m in range(table.shape[0]):
        what = table[m, 3]
        if table[m, 0] == first and (what == 2) == (stage == 1):
            here = column[table[m, 2]]
            for i in range(table[m, 1]):
                value = scale[m] * (desire[i] if what == 0 else 1)
                out[here + i] = value if arithmetic == 0 else min(max(np.rint(value), floor[m]), TOP)


def threshold_of(desire: Any) -> float:
    """Threshold of a group."""
    return 0.0 if desire is None else float(desire.threshold)
