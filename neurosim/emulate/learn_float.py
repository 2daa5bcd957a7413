"""Learning in float: the meaning of a step as `neurosim.plasticity.rule` defines it, event by event.

Each product is a presynaptic part times a postsynaptic part times powers of synaptic variables. The two parts are vectors,
computed once a step; then only synapses of neurons that spiked are visited: rows of pre neurons, and columns of post neurons
except where the row was visited. Only an ``every`` update whose modulators are not zero visits all.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from numba import njit

from neurosim.emulate.lines import choose_lines, gather, place_line, scatter, spread, synapses_of

PRE, POST, EVERY, PHASE = 0, 1, 2, 3
TINY = 1e-100


@njit(cache=True)
def _follow(value, fired, kept, impulse, mode):
    """One step of a trace."""
    if mode == 0:
        for i in range(value.size):
            value[i] = value[i] * kept + fired[i] * impulse
    elif mode == 1:
        for i in range(value.size):
            value[i] = impulse if fired[i] else value[i] * kept
    else:
        for i in range(value.size):
            value[i] = value[i] * kept
            value[i] += fired[i] * impulse * (1.0 - value[i])


@njit(cache=True)
def _fade(variable, scale, kept, which):
    """One step of decay of a synaptic variable: of its scale, unless that becomes too small."""
    scale[which] *= kept
    if scale[which] < TINY:
        for s in range(variable.size):
            variable[s] *= scale[which]
        scale[which] = 1.0


@njit(cache=True)
def _pre_part(gate, first, end, kind, which, start, values, fired, out):
    for i in range(fired.size):
        out[i] = fired[i] if gate == PRE else 1.0
    for f in range(first, end):
        if kind[f] == 0:
            v0 = start[which[f]]
            for i in range(fired.size):
                out[i] *= values[v0 + i]


@njit(cache=True)
def _factor_scale(target, first, end, kind, which, scale):
    """What the stored tags of a product have to be multiplied by."""
    out = 1.0 / scale[target - 1] if target > 0 else 1.0
    for f in range(first, end):
        if kind[f] == 3 and which[f] > 0:
            out *= scale[which[f] - 1]
    return out


@njit(cache=True)
def _post_part(gate, first, end, kind, which, start, coefficient, values, fired, signals, column, wide, out):
    """Returns whether any entry differs from zero."""
    for f in range(first, end):
        if kind[f] == 2 and wide[which[f]] == 0:
            coefficient *= signals[column[which[f]]]
    if coefficient == 0.0:
        return False
    for j in range(fired.size):
        out[j] = coefficient * fired[j] if gate == POST else coefficient
    for f in range(first, end):
        if kind[f] == 1:
            v0 = start[which[f]]
            for j in range(fired.size):
                out[j] *= values[v0 + j]
        elif kind[f] == 2 and wide[which[f]] == 1:
            c0 = column[which[f]]
            for j in range(fired.size):
                out[j] *= signals[c0 + j]
    for j in range(fired.size):
        if out[j] != 0.0:
            return True
    return False


@njit(cache=True)
def _visit(
    p0, p1, n_rows, n_lines, n_pre, n_post, dense, used, tagged, low, high, first_factor, kind, which, target, gate, parts,
    is_open, lines, quiet, held, sums, term, other, row_start, column, column_start, column_place, column_pre, w, tag, aux,
):  # fmt: skip
    """Apply the open products to the synapses of all lines."""
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
                sums[v, :size] = held[v, :size]
        own, line = 0 if is_row else 1, term[:size]
        for p in range(p0, p1):
            a = parts[p - p0, own, 0, mine]
            if a == 0.0 or not is_open[p - p0] or not (is_row or gate[p] == POST):
                continue
            spread(a, parts[p - p0, 1 - own, 0], other, dense, line)
            for f in range(first_factor[p], first_factor[p + 1]):
                if kind[f] == 3:
                    _multiply(line, held[which[f]])
            _add(line, sums[target[p]])
        if used[0]:
            _limit(sums[0, :size], low, high)
            scatter(sums[0, :size], w, first, stride, column_place, indirect, is_row, other, quiet)
        if used[1]:
            scatter(sums[1, :size], tag, first, stride, column_place, indirect, is_row, other, quiet)
        if used[2]:
            scatter(sums[2, :size], aux, first, stride, column_place, indirect, is_row, other, quiet)


@njit(cache=True)
def _multiply(line, factor):
    for q in range(line.size):
        line[q] *= factor[q]


@njit(cache=True)
def _add(line, out):
    for q in range(line.size):
        out[q] += line[q]


@njit(cache=True)
def _limit(line, low, high):
    for q in range(line.size):
        line[q] = min(max(line[q], low), high)


@njit(cache=True)
def _learn(learning, q, t, k, phase, before, after, row_start, column, weight):
    """One step of projection `q`, after its traces."""
    places, rules, scratch = learning.places, learning.rules, learning.scratch
    n_pre, n_post, values, signals, scale = before.size, after.size, learning.values, learning.signals[t], learning.scale[q]
    first_factor, kind, which, target, gate = rules.first_factor, rules.kind, rules.which, rules.target, rules.gate
    parts, is_open, start = scratch.parts, scratch.open, rules.first_value
    p0, p1 = rules.first_product[q], rules.first_product[q + 1]
    everywhere, listens, some = False, False, False
    for p in range(p0, p1):
        on = gate[p] == PHASE if phase else gate[p] != PHASE and (gate[p] != EVERY or (k + 1) % rules.period[p] == 0)
        first, end = first_factor[p], first_factor[p + 1]
        if on:
            size = learning.coefficient[p] * _factor_scale(target[p], first, end, kind, which, scale)
            on = _post_part(
                gate[p], first, end, kind, which, start, size, values, after, signals, rules.signal_column, rules.signal_wide,
                parts[p - p0, 1, 0],
            )  # fmt: skip
        if on:
            _pre_part(gate[p], first, end, kind, which, start, values, before, parts[p - p0, 0, 0])
            everywhere = everywhere or gate[p] >= EVERY
            listens = listens or gate[p] == POST
        is_open[p - p0] = on
        some = some or on
    if not some:
        return
    n_rows, n_lines = choose_lines(everywhere, listens, before, after, scratch.lines, scratch.quiet)
    dense, tagged = places.first_row[q] < 0, learning.tag.size > 1
    rows = row_start[max(places.first_row[q], 0) :]
    here = synapses_of(places.first_weight[q], n_pre, n_post, dense, rows)
    tags, auxes = (learning.tag[here], learning.aux[here]) if tagged else (learning.tag, learning.aux)
    _visit(
        p0, p1, n_rows, n_lines, n_pre, n_post, dense, learning.used[q], tagged, learning.low[q], learning.high[q],
        first_factor, kind, which, target, gate, parts, is_open, scratch.lines, scratch.quiet, scratch.held, scratch.sums,
        scratch.term, scratch.other, rows, column[here], places.column_start[max(places.first_column[q], 0) :],
        places.column_place, places.column_pre, weight[here], tags, auxes,
    )  # fmt: skip


@njit(cache=True)
def learn_float(learning, t, k, phase, fired, row_start, column, weight):
    """Learning of all plastic projections in step `k` (counted through all samples), or at the end of a sample (`phase`)."""
    places, rules, spikes, values, scale = learning.places, learning.rules, learning.spikes, learning.values, learning.scale
    ring = spikes.shape[0]
    if not phase:
        spikes[k % ring] = fired
    for q in range(places.pre.size):
        n_pre, n_post = places.n_pre[q], places.n_post[q]
        before = spikes[k % ring, places.pre[q] : places.pre[q] + n_pre]
        after = spikes[k % ring, places.post[q] : places.post[q] + n_post]
        if not phase:
            for r in range(rules.first_trace[q], rules.first_trace[q + 1]):
                v0 = rules.first_value[r]
                if rules.side[r] == 0:
                    seen = spikes[(k - rules.lag[r]) % ring, places.pre[q] : places.pre[q] + n_pre]
                    _follow(values[v0 : v0 + n_pre], seen, rules.kept[r], rules.impulse[r], rules.mode[r])
                else:
                    _follow(values[v0 : v0 + n_post], after, rules.kept[r], rules.impulse[r], rules.mode[r])
            rows = row_start[max(places.first_row[q], 0) :]
            here = synapses_of(places.first_weight[q], n_pre, n_post, places.first_row[q] < 0, rows)
            if learning.kept[q, 0] != 1.0:
                _fade(learning.tag[here], scale[q], learning.kept[q, 0], 0)
            if learning.kept[q, 1] != 1.0:
                _fade(learning.aux[here], scale[q], learning.kept[q, 1], 1)
        _learn(learning, q, t, k, phase, before, after, row_start, column, weight)
