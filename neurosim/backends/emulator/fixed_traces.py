"""The chip's integers before the synapses: traces, third factors, and the two parts of each product."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from neurosim.backends.emulator.compiled import kernel
from neurosim.backends.emulator.synapse_visits import any_of, copy

PRE, POST, EVERY = 0, 1, 2
NONE, ONE, TRACE_MAX = np.int32(0), np.int32(1), np.int32(127)
TRACE_LOW, TRACE_HIGH = np.int32(-128), np.int32(127)
SENT_KEPT = np.exp(-1.0 / 65535)
"""Lava's three-factor rule decays what the neuron sends with this time constant."""


@kernel
def _decayed(value, kept, random):
    exact = kept * value
    whole = np.floor(exact)
    return np.int32(np.int32(whole) + np.int32(random < exact - whole))


@kernel
def _bumped(value, bump):
    return min(max(np.int32(value + bump), NONE), TRACE_MAX)


@kernel
def _within_epoch(values, last, fired, bump):
    """A further spike of the same epoch acts at once, on all traces of its side."""
    for i in range(values.size):
        if fired[i] and last[i] > 0:
            values[i] = _bumped(values[i], bump)


@kernel
def _follow_step(values, last, step, kept, random, bump, out):
    for i in range(values.size):
        value = _decayed(values[i], kept, random)
        out[i] = _bumped(value, bump) if last[i] == step else value


@kernel
def _follow_epoch(history, values, here, last, epoch, kept, random, bump):
    """The trace in every step of the epoch, and after it."""
    now = values[here]
    for m in range(1, epoch + 1):
        _follow_step(history[m - 1, here] if m > 1 else now, last, m, kept, random, bump, history[m, here])
    copy(history[epoch, here], now)


@kernel
def _follow_sent(values, last, kept, random, bump, out):
    """A trace of the neuron, and what the connection makes of it: one epoch of one step."""
    _follow_step(values, last, 1, kept, random, bump, values)
    for i in range(values.size):
        out[i] = _decayed(values[i], SENT_KEPT, random)


@kernel
def _clip(value, low, high):
    return min(max(value, low), high)


@kernel
def _times(out, values, constant):
    for i in range(out.size):
        out[i] = np.int32(out[i] * _clip(np.int32(values[i] + constant), TRACE_LOW, TRACE_HIGH))


@kernel
def _times_when(out, history, constant, when):
    """Multiply by a trace as it was in step `when[i]` of the epoch."""
    for i in range(out.size):
        out[i] = np.int32(out[i] * _clip(np.int32(history[when[i], i] + constant), TRACE_LOW, TRACE_HIGH))


@kernel
def _part(out, gated, size, first, end, side, kind, which, constant, start, history, last, step, signal):
    """One side of a product: `size` (where its own spike opens it: where that came) times its factors.

    Traces are those of `step`, or where its own spike opens it, of that spike's.
    """
    for i in range(out.size):
        out[i] = size if not gated or last[i] > 0 else NONE
    own_step = gated and step > 1
    for f in range(first, end):
        if kind[f] == side:
            here = slice(start[which[f]], start[which[f]] + out.size)
            if own_step:
                _times_when(out, history[:, here], constant[f], last)
            else:
                _times(out, history[step, here], constant[f])
        elif kind[f] == 2 and side == 1:
            _times(out, signal[which[f], : out.size], constant[f])


@kernel
def prepare(gate, first, end, kind, which, constant, start, mantissa, epoch, last_pre, last_post, history, signal, pre, post):
    """Parts of a product, indexed by the step of the epoch in which the other side spiked; returns whether it is open."""
    is_open = False
    for m in range(1, epoch + 1 if gate == PRE else 2):
        step = m if gate == PRE else epoch
        out = post[m, : last_post.size]
        _part(out, gate == POST, mantissa, first, end, 1, kind, which, constant, start, history, last_post, step, signal)
        is_open |= any_of(out)
    if not is_open:
        return False
    is_open = False
    for m in range(1, epoch + 1 if gate == POST else 2):
        step = m if gate == POST else epoch
        out = pre[m, : last_pre.size]
        _part(out, gate == PRE, ONE, first, end, 0, kind, which, constant, start, history, last_pre, step, signal)
        is_open |= any_of(out)
    return is_open


@kernel
def signal_rows(first, end, column, wide, signals, last_post, random, out):
    """Third factors as the connection holds them."""
    for m in range(first, end):
        if not any_of(signals[column[m] : column[m] + (last_post.size if wide[m] else 1)]):
            out[m, : last_post.size] = 0
            continue
        for j in range(last_post.size):
            value = _decayed(signals[column[m] + j * wide[m]], SENT_KEPT, random)
            out[m, j] = _clip(value, NONE, TRACE_MAX) if last_post[j] > 0 else value


@kernel
def _note_spikes(last, fired, offset):
    for i in range(last.size):
        last[i] = offset if fired[i] != 0 else last[i]


@kernel
def follow(t, q, k, r0, r1, epoch, side, first_value, kept, impulse, fraction, sent, values, history, last_pre, last_post,
            before, after, pre_decay, pre_impulse, post_decay, post_impulse, post_again):  # fmt: skip
    """Traces of projection `q` in step `k`: further spikes of an epoch act at once, all else at its end."""
    offset, ends = k % epoch + 1, (k + 1) % epoch == 0
    if offset > 1:
        for r in range(r0, r1):
            if not sent[r]:
                last, fired = (last_pre, before) if side[r] == 0 else (last_post, after)
                random = 0 if side[r] == 0 else post_again[t, q]
                bump = np.int32(impulse[r] + (random < fraction[r]))
                _within_epoch(values[first_value[r] : first_value[r] + last.size], last, fired, bump)
    _note_spikes(last_pre, before, np.int32(offset))
    _note_spikes(last_post, after, np.int32(offset))
    if not ends:
        return
    for r in range(r0, r1):
        last, decay, random = last_post, post_decay[t, q], post_impulse[t, q]
        if side[r] == 0:
            last, decay, random = last_pre, pre_decay[t, q], pre_impulse[t, q]
        here, bump = slice(first_value[r], first_value[r] + last.size), np.int32(impulse[r] + (random < fraction[r]))
        if sent[r]:
            _follow_sent(values[here], last, kept[r], decay, bump, history[1, here])
        else:
            _follow_epoch(history, values, here, last, epoch, kept[r], decay, bump)
