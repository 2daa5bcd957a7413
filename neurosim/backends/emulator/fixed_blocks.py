"""The chip's integers where no product reads a synapse: changes computed for a line, applied to a block of synapses.

Such products add the same to every synapse of a column that the column's spike reaches through the same pre neurons, whatever
the weight. Added and clipped one after the other they are one step ``w -> min(max(w + d, low), high)`` of whole weights: the
accumulator starts at a multiple of 128, so rounding at random concerns the sum of the changes alone, and clipping, adding and
rounding keep the order of what they act on. `d`, `low` and `high` of 16 bits are found once for all lines whose own factors are
the same (of additive pair STDP all rows, and all columns), then each synapse costs one addition and two comparisons.

Three blocks of a dense matrix: pre neurons that spiked x post neurons that did not, the reverse, and those that both did.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from neurosim.backends.emulator.compiled import inlined, kernel
from neurosim.backends.emulator.fixed_lines import ACC_HIGH, ACC_LOW, FRACTION, FRACTION_BITS, SHIFTS
from neurosim.backends.emulator.fixed_traces import NONE, POST, PRE
from neurosim.backends.emulator.synapse_visits import in_order

FAR = np.int32(1 << 30)
"""Beyond all accumulators: no bound yet."""
SHORT_LOW, SHORT_HIGH = np.int32(-(1 << 15)), np.int32((1 << 15) - 1)
NOTHING = np.int16(0)
AT_ONCE = 64
"""Rows of a block whose columns are visited together: their synapses stay in the first cache."""


@kernel
def _fill(line, value):
    for q in range(line.size):
        line[q] = value


@kernel
def _add(a, part, right, left, total, lowest, highest):
    """One more product: to what is added, and to the bounds that clipping has left; as `fixed_lines` adds it."""
    for q in range(part.size):
        change = np.int32(np.int32(np.int32(a * part[q]) >> (right & SHIFTS)) << (left & SHIFTS))
        change = min(max(change, ACC_LOW), ACC_HIGH)
        total[q] = np.int32(total[q] + change)
        lowest[q] = min(max(np.int32(lowest[q] + change), ACC_LOW), ACC_HIGH)
        highest[q] = min(max(np.int32(highest[q] + change), ACC_LOW), ACC_HIGH)


@kernel
def _whole(line, up_above, low, high, out):
    """Without the 7 more bits, rounded up where these exceed the random number."""
    more = np.int32(FRACTION - up_above)
    for q in range(line.size):
        out[q] = np.int16(min(max(np.int32(np.int32(line[q] + more) >> FRACTION_BITS), low), high))


@inlined
def _chosen(p, p0, gate, is_open, only):
    """Whether a product is open, and of the gate `only`, if that is not negative."""
    return is_open[p - p0] and (only < 0 or gate[p] == only)


@kernel
def _changes(p0, p1, only, gate, is_open, parts, side, along, mine, size, shift, exponent, sums, up_above, low, high, out):
    """What the chosen products do to the line of neuron `mine`: `d`, `low` and `high` in `out`."""
    total, lowest, highest = sums[0, :size], sums[1, :size], sums[2, :size]
    _fill(total, NONE)
    _fill(lowest, np.int32(-FAR))
    _fill(highest, FAR)
    for p in range(p0, p1):
        if _chosen(p, p0, gate, is_open, only):
            _add(parts[p - p0, side, 1, mine], parts[p - p0, along, 1, :size], shift[p], exponent[p], total, lowest, highest)
    _whole(total, up_above, SHORT_LOW, SHORT_HIGH, out[0, :size])
    _whole(lowest, up_above, low, high, out[1, :size])
    _whole(highest, up_above, low, high, out[2, :size])


@kernel
def _run(p0, p1, only, gate, is_open, parts, side, lines, first):
    """End of the lines from `first` on that have the same factors of their own, so that the same changes do for them."""
    last = first + 1
    while last < lines.size:
        for p in range(p0, p1):
            own = parts[p - p0, side, 1]
            if _chosen(p, p0, gate, is_open, only) and own[lines[last]] != own[lines[first]]:
                return last
        last += 1
    return last


@kernel
def _change_row(row, d, low, high):
    for j in range(row.size):
        row[j] = min(max(np.int16(row[j] + d[j]), low[j]), high[j])


@kernel
def _change_rows(w, n_post, rows, change):
    for q in range(rows.size):
        first = rows[q] * n_post
        _change_row(w[first : first + n_post], change[0, :n_post], change[1, :n_post], change[2, :n_post])


@kernel
def _change_column(w, n_post, mine, rows, d, low, high):
    for q in range(rows.size):
        at = np.uint64(rows[q] * n_post + mine)
        w[at] = min(max(np.int16(w[at] + d[q]), low[q]), high[q])


@kernel
def _change_columns(w, n_post, columns, rows, change):
    for first in range(0, rows.size, AT_ONCE):
        here = slice(first, min(first + AT_ONCE, rows.size))
        for c in range(columns.size):
            _change_column(w, n_post, columns[c], rows[here], change[0, here], change[1, here], change[2, here])


@kernel
def _visit_rows(p0, p1, rows, columns, n_post, gate, is_open, parts, shift, exponent, sums, up_above, low, high, change, w):
    """Rows of spikes, but for the columns of spikes."""
    first = 0
    while first < rows.size:
        last = _run(p0, p1, PRE, gate, is_open, parts, 0, rows, first)
        _changes(
            p0, p1, PRE, gate, is_open, parts, 0, 1, rows[first], n_post, shift, exponent, sums, up_above, low, high, change
        )  # fmt: skip
        for c in range(columns.size):
            j = columns[c]
            change[0, j], change[1, j], change[2, j] = NOTHING, low, high
        _change_rows(w, n_post, rows[first:last], change)
        first = last


@kernel
def _visit_columns(
    p0, p1, only, rows, columns, n_post, gate, is_open, parts, shift, exponent, sums, up_above, low, high, change, w
):  # fmt: skip
    """Columns of spikes, at `rows`."""
    for p in range(p0, p1):
        if _chosen(p, p0, gate, is_open, only):
            in_order(parts[p - p0, 0, 1], rows, parts[p - p0, 2, 1])
    first = 0
    while first < columns.size:
        last = _run(p0, p1, only, gate, is_open, parts, 1, columns, first)
        _changes(
            p0, p1, only, gate, is_open, parts, 1, 2, columns[first], rows.size, shift, exponent, sums, up_above, low, high,
            change,
        )  # fmt: skip
        _change_columns(w, n_post, columns[first:last], rows, change)
        first = last


@kernel
def visit_blocks(
    p0, p1, rows, rest, columns, n_post, gate, is_open, parts, shift, exponent, sums, up_above, low, high, change, w
):  # fmt: skip
    """Apply the open products that wait for spikes; `rest` are the rows without a spike that a column changes."""
    own = False
    for p in range(p0, p1):
        own |= _chosen(p, p0, gate, is_open, PRE)
    if own:
        _visit_rows(p0, p1, rows, columns, n_post, gate, is_open, parts, shift, exponent, sums, up_above, low, high, change, w)
    if columns.size > 0:
        _visit_columns(
            p0, p1, POST, rest, columns, n_post, gate, is_open, parts, shift, exponent, sums, up_above, low, high, change, w
        )
        _visit_columns(
            p0, p1, -1, rows, columns, n_post, gate, is_open, parts, shift, exponent, sums, up_above, low, high, change, w
        )
