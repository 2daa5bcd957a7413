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

PRE, POST, EVERY = 0, 1, 2
TRACE_MAX = 127
TRACE_LOW, TRACE_HIGH, SYNAPTIC_LOW, SYNAPTIC_HIGH = -128, 127, -512, 511
ACC_LOW, ACC_HIGH = -32769, 32767
BOTTOM = -257
FRACTION_BITS = 7
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
        out = post[m]
        for j in range(out.size):
            out[j] = mantissa if gate != POST or last_post[j] > 0 else 0
        step = m if gate == PRE else epoch
        _part(out, first, end, 1, kind, which, constant, start, history, last_post if gate == POST else never, step, signal)
    is_open = False
    for m in range(1, post_last + 1):
        is_open = is_open or _any(post[m])
    if not is_open:
        return False
    for m in range(1, pre_last + 1):
        out = pre[m]
        for i in range(out.size):
            out[i] = 1 if gate != PRE or last_pre[i] > 0 else 0
        step = m if gate == POST else epoch
        _part(out, first, end, 0, kind, which, constant, start, history, last_pre if gate == PRE else never, step, signal)
    return True


@njit(cache=True)
def _scaled(product, shift, exponent):
    """To 15 bits, then to the exponent, then clipped; in 32 bits, which wrap."""
    moved = np.int32(np.int64(np.int32(product) >> shift) << exponent)
    return _clip(moved, ACC_LOW, ACC_HIGH)


@njit(cache=True)
def _rounded(acc, up_above, low, high):
    """The accumulator without its 7 more bits, rounded up where these exceed the random number."""
    return _clip((acc >> FRACTION_BITS) + (1 if (acc & 127) > up_above else 0), low, high)


@njit(cache=True)
def _widen(variable, out):
    for j in range(variable.size):
        out[j] = max(np.int32(variable[j]) << FRACTION_BITS, ACC_LOW)


@njit(cache=True)
def _narrow(acc, up_above, low, high, out):
    """Returns the smallest value."""
    least = np.int32(0)
    for j in range(out.size):
        value = _rounded(acc[j], up_above, low, high)
        out[j] = value
        least = min(least, value)
    return least


@njit(cache=True)
def _row(p0, p1, i, epoch, first_factor, kind, which, constant, target, gate, shift, exponent, used,
         pre, post, is_open, last_pre, last_post, acc, term, w, tag, aux, up_above, low, high):  # fmt: skip
    """All products on the synapses of pre neuron `i` to all post neurons; returns the smallest tag."""
    n = w.size
    _widen(w, acc[0, :n])
    if used[1]:
        _widen(tag, acc[1, :n])
    if used[2]:
        _widen(aux, acc[2, :n])
    for p in range(p0, p1):
        if not is_open[p - p0]:
            continue
        if gate[p] == POST and epoch > 1:
            for j in range(n):
                a = pre[p - p0, last_post[j], i] if last_post[j] > 0 else 0
                term[j] = np.int32(a * post[p - p0, 1, j])
        else:
            a = pre[p - p0, 1, i]
            if a == 0:
                continue
            part = post[p - p0, last_pre[i] if gate[p] == PRE else 1, :n]
            for j in range(n):
                term[j] = np.int32(a * part[j])
        for f in range(first_factor[p], first_factor[p + 1]):
            if kind[f] == 3:
                variable = w if which[f] == 0 else tag if which[f] == 1 else aux
                for j in range(n):
                    factor = _clip(np.int32(variable[j]) + constant[f], SYNAPTIC_LOW, SYNAPTIC_HIGH)
                    term[j] = np.int32(term[j] * factor)
        out = acc[target[p], :n]
        for j in range(n):
            out[j] = _clip(out[j] + _scaled(term[j], shift[p], exponent[p]), ACC_LOW, ACC_HIGH)
    if used[0]:
        _narrow(acc[0, :n], up_above, low[0], high[0], w)
    if used[2]:
        _narrow(acc[2, :n], up_above, low[2], high[2], aux)
    return _narrow(acc[1, :n], up_above, low[1], high[1], tag) if used[1] else np.int32(0)


@njit(cache=True)
def _synapse(p0, p1, only, i, j, s, epoch, first_factor, kind, which, constant, target, gate, shift, exponent, used,
             pre, post, is_open, last_pre, last_post, w, tag, aux, up_above, low, high):  # fmt: skip
    """Products on one synapse: all, or (`only`) those of one gate; returns its tag."""
    acc_w = np.int32(w[s]) << FRACTION_BITS
    acc_tag = max(np.int32(tag[s]) << FRACTION_BITS, ACC_LOW) if used[1] else 0
    acc_aux = np.int32(aux[s]) << FRACTION_BITS if used[2] else 0
    for p in range(p0, p1):
        if not is_open[p - p0] or (only >= 0 and gate[p] != only):
            continue
        if gate[p] == PRE:
            x = pre[p - p0, 1, i] * post[p - p0, last_pre[i], j] if last_pre[i] > 0 else 0
        elif gate[p] == POST:
            x = pre[p - p0, last_post[j], i] * post[p - p0, 1, j] if last_post[j] > 0 else 0
        else:
            x = pre[p - p0, 1, i] * post[p - p0, 1, j]
        if x == 0:
            continue
        term = np.int32(x)
        for f in range(first_factor[p], first_factor[p + 1]):
            if kind[f] == 3:
                held = np.int32(w[s]) if which[f] == 0 else np.int32(tag[s]) if which[f] == 1 else np.int32(aux[s])
                term = np.int32(term * _clip(held + constant[f], SYNAPTIC_LOW, SYNAPTIC_HIGH))
        change = _scaled(term, shift[p], exponent[p])
        if target[p] == 0:
            acc_w = _clip(acc_w + change, ACC_LOW, ACC_HIGH)
        elif target[p] == 1:
            acc_tag = _clip(acc_tag + change, ACC_LOW, ACC_HIGH)
        else:
            acc_aux = _clip(acc_aux + change, ACC_LOW, ACC_HIGH)
    if used[0]:
        w[s] = _rounded(acc_w, up_above, low[0], high[0])
    if used[2]:
        aux[s] = _rounded(acc_aux, up_above, low[2], high[2])
    if used[1]:
        tag[s] = _rounded(acc_tag, up_above, low[1], high[1])
        return np.int32(tag[s])
    return np.int32(0)


@njit(cache=True)
def _apply(learning, q, everywhere, up_above, row_start, column, weight):
    """Visit the synapses of projection `q`; returns whether a tag is at the bottom."""
    places, rules, scratch = learning.places, learning.rules, learning.scratch
    pre, post, is_open, quiet, acc, active = (
        scratch.pre, scratch.post, scratch.open, scratch.quiet, scratch.row, scratch.active,
    )  # fmt: skip
    first_factor, kind, which, constant, target, gate = (
        rules.first_factor, rules.kind, rules.which, rules.constant, rules.target, rules.gate,
    )  # fmt: skip
    shift, exponent, low, high, used = learning.shift, learning.exponent, learning.low[q], learning.high[q], learning.used[q]
    p0, p1, epoch = rules.first_product[q], rules.first_product[q + 1], learning.epoch[q]
    n_pre, n_post, first = places.n_pre[q], places.n_post[q], places.first_weight[q]
    last_pre = learning.last_pre[learning.first_pre[q] : learning.first_pre[q] + n_pre]
    last_post = learning.last_post[learning.first_post[q] : learning.first_post[q] + n_post]
    dense = places.first_row[q] < 0
    size = n_pre * n_post if dense else row_start[places.first_row[q] + n_pre]
    tagged = learning.tag.size > 1
    w = weight[first : first + size]
    tag = learning.tag[first : first + size] if tagged else learning.tag
    aux = learning.aux[first : first + size] if tagged else learning.aux
    term, deep, count = acc[3], False, 0
    for i in range(n_pre):
        quiet[i] = not (everywhere or last_pre[i] > 0)
        if not quiet[i]:
            active[count] = i
            count += 1
    for c in range(count):
        i = active[c]
        if dense:
            lo, hi = i * n_post, (i + 1) * n_post
            least = _row(
                p0, p1, i, epoch, first_factor, kind, which, constant, target, gate, shift, exponent, used,
                pre, post, is_open, last_pre, last_post, acc, term, w[lo:hi], tag[lo:hi] if tagged else tag,
                aux[lo:hi] if tagged else aux, up_above, low, high,
            )  # fmt: skip
            deep = deep or least == BOTTOM
        else:
            for s in range(row_start[places.first_row[q] + i], row_start[places.first_row[q] + i + 1]):
                least = _synapse(
                    p0, p1, -1, i, column[first + s], s, epoch, first_factor, kind, which, constant, target, gate, shift,
                    exponent, used, pre, post, is_open, last_pre, last_post, w, tag, aux, up_above, low, high,
                )  # fmt: skip
                deep = deep or least == BOTTOM
    if everywhere:
        return deep
    listens = False
    for p in range(p0, p1):
        listens = listens or (is_open[p - p0] and gate[p] == POST)
    if not listens:
        return deep
    for j in range(n_post):
        if last_post[j] == 0:
            continue
        if dense:
            for i in range(n_pre):
                if quiet[i]:
                    least = _synapse(
                        p0, p1, POST, i, j, i * n_post + j, epoch, first_factor, kind, which, constant, target, gate, shift,
                        exponent, used, pre, post, is_open, last_pre, last_post, w, tag, aux, up_above, low, high,
                    )  # fmt: skip
                    deep = deep or least == BOTTOM
        else:
            at = places.first_column[q] + j
            for c in range(places.column_start[at], places.column_start[at + 1]):
                i = places.column_pre[c]
                if quiet[i]:
                    least = _synapse(
                        p0, p1, POST, i, j, places.column_place[c], epoch, first_factor, kind, which, constant, target, gate,
                        shift, exponent, used, pre, post, is_open, last_pre, last_post, w, tag, aux, up_above, low, high,
                    )  # fmt: skip
                    deep = deep or least == BOTTOM
    return deep


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
def _learn(learning, q, t, k, fired, row_start, column, weight):
    """The learning phase of projection `q`."""
    places, rules, scratch, epoch = learning.places, learning.rules, learning.scratch, learning.epoch[q]
    n_pre, n_post = places.n_pre[q], places.n_post[q]
    after = fired[places.post[q] : places.post[q] + n_post]
    last_pre = learning.last_pre[learning.first_pre[q] : learning.first_pre[q] + n_pre]
    last_post = learning.last_post[learning.first_post[q] : learning.first_post[q] + n_post]
    signal = scratch.signal[:, :n_post]
    if rules.first_signal[q + 1] > rules.first_signal[q]:
        _signal_rows(rules, q, learning.signals[t], after, learning.post_decay[t, q], signal)
    everywhere = learning.deep[q]
    p0, p1, passed = rules.first_product[q], rules.first_product[q + 1], (k + 1) // epoch
    for p in range(p0, p1):
        is_on = rules.gate[p] != EVERY or passed % rules.period[p] == 0
        scratch.open[p - p0] = _prepare(
            p, rules.gate[p], is_on, rules, learning.mantissa[p], epoch, last_pre, last_post, learning.history, signal,
            scratch.pre[p - p0, :, :n_pre], scratch.post[p - p0, :, :n_post],
        )  # fmt: skip
        everywhere = everywhere or (scratch.open[p - p0] and rules.gate[p] == EVERY)
    up_above = np.int64(np.floor(learning.rounding[t, q] * 128))
    learning.deep[q] = _apply(learning, q, everywhere, up_above, row_start, column, weight)
    last_pre[:] = 0
    last_post[:] = 0


@njit(cache=True)
def learn_fixed(learning, t, k, fired, row_start, column, weight):
    """Learning of all plastic projections in step `k`, counted through all samples; `t` is its row of random numbers."""
    for q in range(learning.places.pre.size):
        _note_spikes(learning, q, t, k, fired)
        if (k + 1) % learning.epoch[q] == 0:
            _follow(learning, q, t, fired)
            _learn(learning, q, t, k, fired, row_start, column, weight)
