"""Learning in the chip's integers, bit for bit as lava-nc 0.10.0's ``fixed_pt`` ("bit approximate") learning computes it.

At the end of an epoch every product is multiplied in 32 bits, shifted right to 15 bits, shifted left by its exponent, clipped,
and added to the variable, which is held with 7 more bits; then that is rounded at random, with one random number for all
synapses. A synapse that no product reaches stays as it is, so only those of neurons that spiked are visited, and all where a
``u`` product opens. One exception: a tag at -257 leaves the range of the accumulator (-32769...) by itself; it sets `deep`, and
all are visited.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np
from numba import njit

from neurosim.emulate.lines import choose_lines, gather, place_line, scatter, spread, synapses_of

PRE, POST, EVERY = 0, 1, 2
TRACE_MAX = 127
TRACE_LOW, TRACE_HIGH = np.int32(-128), np.int32(127)
SYNAPTIC_LOW, SYNAPTIC_HIGH = np.int32(-512), np.int32(511)
ACC_LOW, ACC_HIGH = np.int32(-32769), np.int32(32767)
BOTTOM = -257
FRACTION_BITS = np.int32(7)
SENT_KEPT = np.exp(-1.0 / 65535)
"""Lava's three-factor rule decays what the neuron sends with this time constant."""


@njit(cache=True)
def _decayed(value, kept, random):
    exact = kept * value
    whole = np.floor(exact)
    return np.int32(whole) + (1 if random < exact - whole else 0)


@njit(cache=True)
def _bumped(value, whole, fraction, random):
    return min(max(value + whole + (1 if random < fraction else 0), 0), TRACE_MAX)


@njit(cache=True)
def _within_epoch(values, last, fired, offset, whole, fraction, random):
    """A further spike of the same epoch acts at once, on all traces of its side."""
    for i in range(values.size):
        if fired[i] and last[i] > 0:
            values[i] = _bumped(values[i], whole, fraction, random)


@njit(cache=True)
def _trace_history(history, values, last, epoch, kept, whole, fraction, random_decay, random_impulse):
    """The trace in every step of the epoch, and after it."""
    history[0] = values
    for m in range(1, epoch + 1):
        for i in range(values.size):
            value = _decayed(history[m - 1, i], kept, random_decay)
            history[m, i] = _bumped(value, whole, fraction, random_impulse) if last[i] == m else value
    values[:] = history[epoch]


@njit(cache=True)
def _sent_history(history, values, fired, kept, whole, fraction, random_decay, random_impulse):
    """A trace of the neuron, and what the connection makes of it: one epoch of one step."""
    for i in range(values.size):
        value = _decayed(values[i], kept, random_decay)
        values[i] = _bumped(value, whole, fraction, random_impulse) if fired[i] else value
        history[1, i] = _decayed(values[i], SENT_KEPT, random_decay)


@njit(cache=True)
def _clip(value, low, high):
    return min(max(value, low), high)


@njit(cache=True)
def _times_traces(out, history, constant, when, step):
    """Multiply by a trace, as it was in step `when[i]` of the epoch (or in `step`, where `when` is empty)."""
    for i in range(out.size):
        at = when[i] if when.size else step
        out[i] = np.int32(out[i] * _clip(history[at, i] + constant, TRACE_LOW, TRACE_HIGH))


@njit(cache=True)
def _part(out, first, last_factor, wanted, kind, which, constant, start, history, when, step, signal):
    """Multiply one side's factors of a product into `out`."""
    n = out.size
    for f in range(first, last_factor):
        if kind[f] == wanted:
            v0 = start[which[f]]
            _times_traces(out, history[:, v0 : v0 + n], constant[f], when, step)
        elif kind[f] == 2 and wanted == 1:
            for j in range(n):
                out[j] = np.int32(out[j] * _clip(signal[which[f], j] + constant[f], TRACE_LOW, TRACE_HIGH))


@njit(cache=True)
def _signal_rows(rules, q, signals, after, random, out):
    """Third factors as the connection holds them."""
    for m in range(rules.first_signal[q], rules.first_signal[q + 1]):
        column, wide = rules.signal_column[m], rules.signal_wide[m]
        for j in range(after.size):
            value = _decayed(signals[column + j * wide], SENT_KEPT, random)
            out[m, j] = _clip(value, 0, TRACE_MAX) if after[j] else value


@njit(cache=True)
def _any(values):
    for j in range(values.size):
        if values[j] != 0:
            return True
    return False


@njit(cache=True)
def _prepare(p, gate, is_on, rules, mantissa, epoch, last_pre, last_post, history, signal, pre, post):
    """Parts of product `p`, indexed by the step of the epoch in which the other side spiked; returns whether it is open."""
    if not is_on:
        return False
    first, end = rules.first_factor[p], rules.first_factor[p + 1]
    kind, which, constant, start = rules.kind, rules.which, rules.constant, rules.first_value
    never = last_pre[:0]
    pre_last = epoch if gate == POST else 1
    post_last = epoch if gate == PRE else 1
    for m in range(1, post_last + 1):
        out = post[m, : last_post.size]
        for j in range(out.size):
            out[j] = mantissa if gate != POST or last_post[j] > 0 else 0
        step = m if gate == PRE else epoch
        _part(out, first, end, 1, kind, which, constant, start, history, last_post if gate == POST else never, step, signal)
    is_open = False
    for m in range(1, post_last + 1):
        is_open = is_open or _any(post[m, : last_post.size])
    if not is_open:
        return False
    for m in range(1, pre_last + 1):
        out = pre[m, : last_pre.size]
        for i in range(out.size):
            out[i] = 1 if gate != PRE or last_pre[i] > 0 else 0
        step = m if gate == POST else epoch
        _part(out, first, end, 0, kind, which, constant, start, history, last_pre if gate == PRE else never, step, signal)
    return True


@njit(cache=True)
def _visit(
    p0, p1, n_rows, n_lines, n_pre, n_post, dense, epoch, used, tagged, low, high, up_above, first_factor, kind, which,
    constant, target, gate, shift, exponent, parts, is_open, last_pre, last_post, lines, quiet, held, sums, term, other,
    row_start, column, column_start, column_place, column_pre, w, tag, aux,
):  # fmt: skip
    """Apply the open products to the synapses of all lines; returns whether a tag is at the bottom."""
    deep = False
    for n in range(n_lines):
        mine, is_row = lines[n], n < n_rows
        first, stride, size = place_line(
            is_row, mine, n_pre, n_post, dense, row_start, column, column_start, column_place, column_pre, other
        )
        indirect = not dense and not is_row
        gather(w, first, stride, column_place, indirect, held[0, :size])
        if tagged:
            gather(tag, first, stride, column_place, indirect, held[1, :size])
            gather(aux, first, stride, column_place, indirect, held[2, :size])
        for v in range(3):
            if used[v]:
                _widen(held[v, :size], sums[v])
        line = term[:size]
        for p in range(p0, p1):
            if not is_open[p - p0] or not (is_row or gate[p] == POST):
                continue
            if gate[p] == POST and is_row and epoch > 1:
                for q in range(size):
                    j = q if dense else other[q]
                    a = parts[p - p0, 0, last_post[j], mine] if last_post[j] > 0 else np.int32(0)
                    line[q] = np.int32(a * parts[p - p0, 1, 1, j])
            else:
                a = parts[p - p0, 0 if is_row else 1, 1, mine]
                if a == 0:
                    continue
                when = last_pre[mine] if gate[p] == PRE else 1 if is_row else last_post[mine]
                spread(a, parts[p - p0, 1 if is_row else 0, when], other, dense, line)
            for f in range(first_factor[p], first_factor[p + 1]):
                if kind[f] == 3:
                    _multiply(line, held[which[f]], constant[f])
            _add(line, shift[p], exponent[p], sums[target[p]])
        for v in range(3):
            if used[v]:
                _narrow(sums[v, :size], up_above, low[v], high[v])
        if used[0]:
            scatter(sums[0, :size], w, first, stride, column_place, indirect, is_row, other, quiet)
        if used[1]:
            for q in range(size):
                deep = deep or sums[1, q] == BOTTOM
            scatter(sums[1, :size], tag, first, stride, column_place, indirect, is_row, other, quiet)
        if used[2]:
            scatter(sums[2, :size], aux, first, stride, column_place, indirect, is_row, other, quiet)
    return deep


@njit(cache=True)
def _widen(line, out):
    for q in range(line.size):
        out[q] = max(np.int32(line[q] << FRACTION_BITS), ACC_LOW)


@njit(cache=True)
def _multiply(line, factor, constant):
    for q in range(line.size):
        held = np.int32(factor[q] + constant)
        line[q] = np.int32(line[q] * np.int32(min(max(held, SYNAPTIC_LOW), SYNAPTIC_HIGH)))


@njit(cache=True)
def _add(line, right, left, out):
    """A product to 15 bits, then to its exponent, then clipped; in 32 bits, which wrap."""
    for q in range(line.size):
        change = np.int32(np.int32(line[q] >> right) << left)
        change = min(max(change, ACC_LOW), ACC_HIGH)
        out[q] = min(max(np.int32(out[q] + change), ACC_LOW), ACC_HIGH)


@njit(cache=True)
def _narrow(line, up_above, low, high):
    """An accumulator without its 7 more bits, rounded up where these exceed the random number."""
    for q in range(line.size):
        whole = np.int32(line[q] >> FRACTION_BITS)
        up = np.int32((line[q] & np.int32(127)) > up_above)
        line[q] = min(max(np.int32(whole + up), low), high)


@njit(cache=True)
def _note_spikes(learning, q, t, k, fired):
    """What happens in each step of an epoch: further spikes act on the traces at once, and the last ones are noted."""
    places, rules = learning.places, learning.rules
    n_pre, n_post = places.n_pre[q], places.n_post[q]
    before, after = fired[places.pre[q] : places.pre[q] + n_pre], fired[places.post[q] : places.post[q] + n_post]
    last_pre = learning.last_pre[learning.first_pre[q] : learning.first_pre[q] + n_pre]
    last_post = learning.last_post[learning.first_post[q] : learning.first_post[q] + n_post]
    offset = k % learning.epoch[q] + 1
    if offset > 1:
        for r in range(rules.first_trace[q], rules.first_trace[q + 1]):
            whole, fraction, v0 = rules.impulse[r], learning.fraction[r], rules.first_value[r]
            if rules.side[r] == 0:
                _within_epoch(learning.values[v0 : v0 + n_pre], last_pre, before, offset, whole, fraction, 0)
            elif not learning.sent[r]:
                again = learning.post_again[t, q]
                _within_epoch(learning.values[v0 : v0 + n_post], last_post, after, offset, whole, fraction, again)
    for i in range(n_pre):
        if before[i]:
            last_pre[i] = offset
    for j in range(n_post):
        if after[j]:
            last_post[j] = offset


@njit(cache=True)
def _follow(learning, q, t, fired):
    """Traces over the epoch that ends in this step."""
    places, rules, epoch = learning.places, learning.rules, learning.epoch[q]
    n_pre, n_post = places.n_pre[q], places.n_post[q]
    after = fired[places.post[q] : places.post[q] + n_post]
    last_pre = learning.last_pre[learning.first_pre[q] : learning.first_pre[q] + n_pre]
    last_post = learning.last_post[learning.first_post[q] : learning.first_post[q] + n_post]
    for r in range(rules.first_trace[q], rules.first_trace[q + 1]):
        v0, kept, whole, fraction = rules.first_value[r], rules.kept[r], rules.impulse[r], learning.fraction[r]
        n = n_pre if rules.side[r] == 0 else n_post
        history, values = learning.history[:, v0 : v0 + n], learning.values[v0 : v0 + n]
        if rules.side[r] == 0:
            decay, impulse = learning.pre_decay[t, q], learning.pre_impulse[t, q]
            _trace_history(history, values, last_pre, epoch, kept, whole, fraction, decay, impulse)
            continue
        decay, impulse = learning.post_decay[t, q], learning.post_impulse[t, q]
        if learning.sent[r]:
            _sent_history(history, values, after, kept, whole, fraction, decay, impulse)
        else:
            _trace_history(history, values, last_post, epoch, kept, whole, fraction, decay, impulse)


@njit(cache=True)
def _learn(learning, q, t, k, after, row_start, column, weight):
    """The learning phase of projection `q`."""
    places, rules, scratch, epoch = learning.places, learning.rules, learning.scratch, learning.epoch[q]
    n_pre, n_post, gate, is_open = places.n_pre[q], after.size, rules.gate, scratch.open
    last_pre = learning.last_pre[learning.first_pre[q] : learning.first_pre[q] + n_pre]
    last_post = learning.last_post[learning.first_post[q] : learning.first_post[q] + n_post]
    if rules.first_signal[q + 1] > rules.first_signal[q]:
        _signal_rows(rules, q, learning.signals[t], after, learning.post_decay[t, q], scratch.signal)
    p0, p1, passed = rules.first_product[q], rules.first_product[q + 1], (k + 1) // epoch
    everywhere, listens, some = learning.deep[q], False, learning.deep[q]
    for p in range(p0, p1):
        is_on = gate[p] != EVERY or passed % rules.period[p] == 0
        is_open[p - p0] = _prepare(
            p, gate[p], is_on, rules, learning.mantissa[p], epoch, last_pre, last_post, learning.history, scratch.signal,
            scratch.parts[p - p0, 0], scratch.parts[p - p0, 1],
        )  # fmt: skip
        everywhere = everywhere or (is_open[p - p0] and gate[p] == EVERY)
        listens = listens or (is_open[p - p0] and gate[p] == POST)
        some = some or is_open[p - p0]
    if some:
        _visit_all(learning, q, t, everywhere, listens, last_pre, last_post, row_start, column, weight)
    last_pre[:] = 0
    last_post[:] = 0


@njit(cache=True)
def _visit_all(learning, q, t, everywhere, listens, last_pre, last_post, row_start, column, weight):
    """Choose the lines of projection `q`, and visit them."""
    places, rules, scratch = learning.places, learning.rules, learning.scratch
    n_pre, n_post, p0, p1 = last_pre.size, last_post.size, rules.first_product[q], rules.first_product[q + 1]
    n_rows, n_lines = choose_lines(everywhere, listens, last_pre, last_post, scratch.lines, scratch.quiet)
    dense, tagged = places.first_row[q] < 0, learning.tag.size > 1
    rows = row_start[max(places.first_row[q], 0) :]
    here = synapses_of(places.first_weight[q], n_pre, n_post, dense, rows)
    tags, auxes = (learning.tag[here], learning.aux[here]) if tagged else (learning.tag, learning.aux)
    up_above = np.int32(np.floor(learning.rounding[t, q] * 128))
    learning.deep[q] = _visit(
        p0, p1, n_rows, n_lines, n_pre, n_post, dense, learning.epoch[q], learning.used[q], tagged, learning.low[q],
        learning.high[q], up_above, rules.first_factor, rules.kind, rules.which, rules.constant, rules.target, rules.gate, learning.shift,
        learning.exponent, scratch.parts, scratch.open, last_pre, last_post, scratch.lines, scratch.quiet, scratch.held,
        scratch.sums, scratch.term, scratch.other, rows, column[here], places.column_start[max(places.first_column[q], 0) :],
        places.column_place, places.column_pre, weight[here], tags, auxes,
    )  # fmt: skip


@njit(cache=True)
def learn_fixed(learning, t, k, fired, row_start, column, weight):
    """Learning of all plastic projections in step `k`, counted through all samples; `t` is its row of random numbers."""
    for q in range(learning.places.pre.size):
        _note_spikes(learning, q, t, k, fired)
        if (k + 1) % learning.epoch[q] == 0:
            _follow(learning, q, t, fired)
            after = fired[learning.places.post[q] : learning.places.post[q] + learning.places.n_post[q]]
            _learn(learning, q, t, k, after, row_start, column, weight)
