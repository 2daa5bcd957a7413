"""Learning in the chip's integers, bit for bit as lava-nc 0.10.0's ``fixed_pt`` ("bit approximate") learning computes it.

At the end of an epoch every product is multiplied in 32 bits, shifted right to 15 bits, shifted left by its exponent, clipped,
and added to the variable, which is held with 7 more bits; then that is rounded at random, with one random number for all
synapses. A synapse that no product reaches stays as it is, so only those of neurons that spiked are visited, and all where a
``u`` product opens. One exception: a tag at -257 leaves the range of the accumulator (-32769...) by itself; it sets
`tag_underflow`, and all are visited.

Floor of a step: each visited synapse read and written, 2 bytes each, and a cache line for each synapse of a column. With 784
x 100 synapses and 5 % of both sides spiking that is 8 000 synapses. On a core at 2.5 GHz that had other work, a step of
additive pair STDP took 32 us (`learn_float`: 28), of which 5 are there without a spike; copying the same columns out and
back, and nothing else, took 8.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from neurosim.backends.emulator.compiled import inlined, kernel
from neurosim.backends.emulator.fixed_blocks import visit_blocks
from neurosim.backends.emulator.fixed_lines import visit
from neurosim.backends.emulator.fixed_traces import EVERY, POST, PRE, follow, prepare, signal_rows
from neurosim.backends.emulator.synapse_visits import in_order, places_of, synapses_of


@kernel
def _reachable(p0, p1, gate, parts, is_open, epoch, last_pre, wanted):
    """Pre neurons whose synapses a column changes: without a spike, and with a part that is not zero."""
    wanted[:] = 0
    for p in range(p0, p1):
        if is_open[p - p0] and gate[p] == POST:
            for m in range(1, epoch + 1):
                part = parts[p - p0, 0, m, : wanted.size]
                for i in range(part.size):
                    wanted[i] |= part[i] != 0
    for i in range(last_pre.size):
        wanted[i] &= last_pre[i] == 0


@inlined
def _open(learning, q, t, k, some_pre, some_post, last_pre, last_post):
    """Prepare the products of projection `q`; returns whether one opens everywhere, at a post spike, at all."""
    rules, parts, is_open, epoch = learning.rules, learning.scratch.parts, learning.scratch.open, learning.epoch[q]
    gate, p0, signal, passed = rules.gate, rules.first_product[q], learning.scratch.signal, (k + 1) // epoch
    m0, m1 = rules.first_signal[q], rules.first_signal[q + 1]
    if m1 > m0:
        columns, wide = rules.signal_column, rules.signal_wide
        signal_rows(m0, m1, columns, wide, learning.signals[t], last_post, learning.post_decay[t, q], signal)
    everywhere, listens, some = False, False, False
    for p in range(p0, rules.first_product[q + 1]):
        due = some_pre if gate[p] == PRE else some_post if gate[p] == POST else passed % rules.period[p] == 0
        now = due and prepare(
            gate[p], rules.first_factor[p], rules.first_factor[p + 1], rules.kind, rules.which, rules.constant,
            rules.first_value, learning.mantissa[p], epoch, last_pre, last_post, learning.history, signal,
            parts[p - p0, 0], parts[p - p0, 1],
        )  # fmt: skip
        is_open[p - p0] = now
        everywhere, listens, some = everywhere or (now and gate[p] == EVERY), listens or (now and gate[p] == POST), some or now
    return everywhere, listens, some


@inlined
def _choose_rest(learning, q, last_pre):
    """Pre neurons whose synapses columns visit; returns how many."""
    rules, parts, is_open, wanted = learning.rules, learning.scratch.parts, learning.scratch.open, learning.scratch.wanted
    p0, p1, epoch = rules.first_product[q], rules.first_product[q + 1], learning.epoch[q]
    _reachable(p0, p1, rules.gate, parts, is_open, epoch, last_pre, wanted[: last_pre.size])
    count = places_of(wanted[: last_pre.size], learning.scratch.rest)
    rest = learning.scratch.rest[:count]
    for p in range(p0, p1):
        if is_open[p - p0] and rules.gate[p] == POST:
            for m in range(1, epoch + 1):
                in_order(parts[p - p0, 0, m], rest, parts[p - p0, 2, m])
    return count


@kernel
def _touched(learning, q):
    """Which variables the open products read, and which they change."""
    rules, reads, used = learning.rules, learning.scratch.reads, learning.scratch.used
    p0 = rules.first_product[q]
    for v in range(3):
        reads[v], used[v] = False, False
    for p in range(p0, rules.first_product[q + 1]):
        if learning.scratch.open[p - p0]:
            used[rules.target[p]] = True
            for f in range(rules.first_factor[p], rules.first_factor[p + 1]):
                if rules.kind[f] == 3:
                    reads[rules.which[f]] = True
    return reads, used


@inlined
def _learn(learning, q, t, k, last_pre, last_post, row_start, column, weight):
    """The learning phase of projection `q`."""
    places, rules, scratch, lines = learning.places, learning.rules, learning.scratch, learning.scratch.lines
    n_pre, n_post, dense = last_pre.size, last_post.size, places.first_row[q] < 0
    n_rows = places_of(last_pre, lines)
    n_columns = places_of(last_post, lines[n_rows:])
    everywhere, listens, some = _open(learning, q, t, k, n_rows > 0, n_columns > 0, last_pre, last_post)
    tag_underflow = learning.tag_underflow[q]
    if not (some or tag_underflow):
        return
    if everywhere or tag_underflow:
        n_rows, n_columns = n_pre, 0
        for i in range(n_pre):
            lines[i] = i
    n_rest = 0
    if not listens:
        n_columns = 0
    if n_columns > 0:
        n_rest = _choose_rest(learning, q, last_pre)
    rows = row_start[max(places.first_row[q], 0) :]
    here = synapses_of(places.first_weight[q], n_pre, n_post, dense, rows)
    tags, auxes = (learning.tag[here], learning.aux[here]) if learning.tag.size > 1 else (learning.tag, learning.aux)
    up_above = np.int32(np.floor(learning.rounding[t, q] * 128))
    v = learning.plain[q]
    if v >= 0 and not (everywhere or tag_underflow):
        visit_blocks(
            rules.first_product[q], rules.first_product[q + 1], lines[:n_rows], scratch.rest[:n_rest],
            lines[n_rows : n_rows + n_columns], n_post, rules.gate, scratch.open, scratch.parts, learning.shift,
            learning.exponent, scratch.sums, up_above, learning.low[q, v], learning.high[q, v], learning.change,
            weight[here] if v == 0 else auxes,
        )  # fmt: skip
        return
    reads, used = (learning.reads[q], learning.used[q]) if tag_underflow else _touched(learning, q)
    learning.tag_underflow[q] = visit(
        rules.first_product[q], rules.first_product[q + 1], lines, n_rows, n_columns, scratch.rest[:n_rest], scratch.wanted,
        n_post, dense, tag_underflow, learning.epoch[q], reads, used, learning.low[q], learning.high[q],
        up_above, rules.first_factor, rules.kind, rules.which, rules.constant, rules.target, rules.gate, learning.shift,
        learning.exponent, scratch.parts, scratch.open, last_pre, last_post, scratch.held, scratch.sums, scratch.term,
        scratch.place, scratch.other, rows, column[here], places.column_start[max(places.first_column[q], 0) :],
        places.column_place, places.column_pre, weight[here], tags, auxes,
    )  # fmt: skip


@kernel
def learn_fixed(learning, t, k, fired, row_start, column, weight):
    """Learning of all plastic projections in step `k`, counted through all samples; `t` is its row of random numbers."""
    places, rules = learning.places, learning.rules
    for q in range(places.pre.size):
        n_pre, n_post, epoch = places.n_pre[q], places.n_post[q], learning.epoch[q]
        before, after = fired[places.pre[q] : places.pre[q] + n_pre], fired[places.post[q] : places.post[q] + n_post]
        last_pre = learning.last_pre[learning.first_pre[q] : learning.first_pre[q] + n_pre]
        last_post = learning.last_post[learning.first_post[q] : learning.first_post[q] + n_post]
        follow(
            t, q, k, rules.first_trace[q], rules.first_trace[q + 1], epoch, rules.side, rules.first_value, rules.kept,
            rules.impulse, learning.fraction, learning.sent, learning.values, learning.history, last_pre, last_post,
            before, after, learning.pre_decay, learning.pre_impulse, learning.post_decay, learning.post_impulse,
            learning.post_again,
        )  # fmt: skip
        if (k + 1) % epoch == 0:
            _learn(learning, q, t, k, last_pre, last_post, row_start, column, weight)
            last_pre[:] = 0
            last_post[:] = 0
