"""The chip's integers where no product reads a synapse: changes are computed once a line, not once a synapse.

One product adds the same to all synapses of a post neuron, whatever their weights, that have the same presynaptic factor, and
the other way round. The accumulator starts at a multiple of 128, so rounding at random concerns the change alone, and clipping
to the range of weights covers clipping to that of the accumulator: ``w -> min(max(w + d, low), high)`` in 16 bits, with `d`
from the product. Additive pair STDP needs one line of `d` for all rows of spikes, and one for all columns.

The synapses of a dense projection that a step visits are three blocks: pre neurons that spiked x post neurons that did not, the
reverse, and those that both did, where products add up before anything is rounded.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from neurosim.emulate.compiled import kernel
from neurosim.emulate.fixed_lines import FRACTION_BITS, added, change_of, narrowed
from neurosim.emulate.fixed_traces import NONE, PRE

AT_ONCE = 64
"""Rows whose columns are visited together: their synapses stay in the first cache."""


@kernel
def _changes(a, part, right, left, up_above, out):
    """What a product changes the weights of a line by: ``a * part``."""
    for q in range(out.size):
        out[q] = np.int16(narrowed(change_of(np.int32(a * part[q]), right, left), up_above))


@kernel
def _change_row(row, d, low, high):
    for j in range(row.size):
        row[j] = min(max(np.int16(row[j] + d[j]), low), high)


@kernel
def _change_column(w, place, d, low, high):
    for q in range(place.size):
        at = np.uint64(place[q])
        w[at] = min(max(np.int16(w[at] + d[q]), low), high)


@kernel
def _visit_rows(pre, post, right, left, rows, columns, up_above, low, high, change, w):
    """A product that presynaptic spikes open, but for the columns of spikes."""
    n_post, d, held = post.size, change[: post.size], NONE
    for q in range(rows.size):
        i = rows[q]
        if q == 0 or pre[i] != held:
            held = pre[i]
            _changes(held, post, right, left, up_above, d)
            for c in range(columns.size):
                d[columns[c]] = 0
        _change_row(w[i * n_post : (i + 1) * n_post], d, low, high)


@kernel
def _silent_rows(pre, last_pre, n_post, place, part):
    """Where the rows begin that a column changes, those of spikes apart, and their part of the product; returns how many."""
    count = 0
    for i in range(last_pre.size):
        place[count], part[count] = i * n_post, pre[i]
        count += (pre[i] != 0) & (last_pre[i] == 0)
    return count


@kernel
def _visit_columns(part, post, right, left, place, columns, up_above, low, high, change, w):
    """A product that postsynaptic spikes open, at the rows that begin at `place`."""
    for first in range(0, place.size, AT_ONCE):
        last = min(first + AT_ONCE, place.size)
        d, held = change[: last - first], NONE
        for c in range(columns.size):
            j = columns[c]
            if c == 0 or post[j] != held:
                held = post[j]
                _changes(held, part[first:last], right, left, up_above, d)
            _change_column(w[j:], place[first:last], d, low, high)


@kernel
def _visit_both(p0, p1, rows, columns, n_post, is_open, parts, shift, exponent, up_above, low, high, w):
    """All open products, where both sides spiked."""
    for q in range(rows.size):
        for c in range(columns.size):
            at = np.uint64(rows[q] * n_post + columns[c])
            held = np.int32(np.int32(w[at]) << FRACTION_BITS)
            for p in range(p0, p1):
                if is_open[p - p0]:
                    product = np.int32(parts[p - p0, 0, 1, rows[q]] * parts[p - p0, 1, 1, columns[c]])
                    held = added(held, change_of(product, shift[p], exponent[p]))
            w[at] = np.int16(min(max(narrowed(held, up_above), low), high))


@kernel
def visit_blocks(
    p0, p1, rows, columns, n_post, last_pre, gate, is_open, parts, shift, exponent, up_above, low, high, line, place, change, w
):  # fmt: skip
    """Apply the open products of a dense projection, at most one a gate; no columns where none waits for them."""
    least, most = np.int16(low), np.int16(high)
    for p in range(p0, p1):
        pre, post, right, left = parts[p - p0, 0, 1], parts[p - p0, 1, 1, :n_post], shift[p], exponent[p]
        if is_open[p - p0] and gate[p] == PRE:
            _visit_rows(pre, post, right, left, rows, columns, up_above, least, most, change, w)
        elif is_open[p - p0]:
            count = _silent_rows(pre, last_pre, n_post, place, line)
            _visit_columns(line, post, right, left, place[:count], columns, up_above, least, most, change, w)
    _visit_both(p0, p1, rows, columns, n_post, is_open, parts, shift, exponent, up_above, low, high, w)
