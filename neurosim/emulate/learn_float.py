"""Learning in float: the meaning of a step as `neurosim.plasticity.rule` defines it, event by event.

Each product is a presynaptic part times a postsynaptic part times powers of synaptic variables. The two parts are vectors,
computed once a step; then only synapses of neurons that spiked are visited: rows of pre neurons, and columns of post neurons
except where the row was visited. Only an ``every`` update whose modulators are not zero visits all.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from numba import njit

PRE, POST, EVERY, PHASE = 0, 1, 2, 3
TINY = 1e-100


@njit(cache=True)
def spiking(fired, start, size, index):
    """Local indices of the spiking neurons of a population."""
    count = 0
    for i in range(size):
        if fired[start + i]:
            index[count] = i
            count += 1
    return count


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
def _pre_part(rules, p, values, fired, out):
    gate, first, kind, which, start = rules.gate[p], rules.first_factor, rules.kind, rules.which, rules.first_value
    for i in range(out.size):
        out[i] = 1.0
    if gate == PRE:
        for i in range(out.size):
            out[i] = fired[i]
    for f in range(first[p], first[p + 1]):
        if kind[f] == 0:
            trace = values[start[which[f]] : start[which[f]] + out.size]
            for i in range(out.size):
                out[i] *= trace[i]


@njit(cache=True)
def _post_part(rules, p, coefficient, values, fired, signals, scale, out):
    """Returns whether any entry differs from zero."""
    gate, first, kind, which, start = rules.gate[p], rules.first_factor, rules.kind, rules.which, rules.first_value
    target = rules.target[p]
    if target > 0:
        coefficient /= scale[target - 1]
    for f in range(first[p], first[p + 1]):
        if kind[f] == 3 and which[f] > 0:
            coefficient *= scale[which[f] - 1]
        elif kind[f] == 2 and rules.signal_wide[which[f]] == 0:
            coefficient *= signals[rules.signal_column[which[f]]]
    if coefficient == 0.0:
        return False
    for j in range(out.size):
        out[j] = coefficient
    if gate == POST:
        for j in range(out.size):
            out[j] = coefficient * fired[j]
    for f in range(first[p], first[p + 1]):
        if kind[f] == 1:
            trace = values[start[which[f]] : start[which[f]] + out.size]
            for j in range(out.size):
                out[j] *= trace[j]
        elif kind[f] == 2 and rules.signal_wide[which[f]] == 1:
            column = rules.signal_column[which[f]]
            for j in range(out.size):
                out[j] *= signals[column + j]
    for j in range(out.size):
        if out[j] != 0.0:
            return True
    return False


@njit(cache=True)
def _limit(w, low, high):
    return min(max(w, low), high)


@njit(cache=True)
def _row(rules, p0, p1, i, pre, post, is_open, row, w, tag, aux, low, high):
    """All products on the synapses of pre neuron `i` to all post neurons."""
    n = w.size
    wide = tag.size == n
    row[:, :n] = 0.0
    for p in range(p0, p1):
        a = pre[p - p0, i]
        if a == 0.0 or not is_open[p - p0]:
            continue
        part, out = post[p - p0, :n], row[rules.target[p], :n]
        synaptic, only_w = 0, True
        for f in range(rules.first_factor[p], rules.first_factor[p + 1]):
            if rules.kind[f] == 3:
                synaptic += 1
                only_w = only_w and rules.which[f] == 0
        if synaptic == 0:
            for j in range(n):
                out[j] += a * part[j]
        elif synaptic == 1 and only_w:
            for j in range(n):
                out[j] += a * part[j] * w[j]
        else:
            for j in range(n):
                x = a * part[j]
                for f in range(rules.first_factor[p], rules.first_factor[p + 1]):
                    if rules.kind[f] == 3:
                        x *= w[j] if rules.which[f] == 0 else tag[j] if rules.which[f] == 1 else aux[j]
                out[j] += x
    for j in range(n):
        w[j] = min(max(w[j] + row[0, j], low), high)
    if wide:
        for j in range(n):
            tag[j] += row[1, j]
            aux[j] += row[2, j]


@njit(cache=True)
def _synapse(rules, p0, p1, gate, i, j, s, pre, post, is_open, w, tag, aux, low, high):
    """Products on one synapse: all, or those of one gate."""
    dw, dtag, daux = 0.0, 0.0, 0.0
    for p in range(p0, p1):
        if not is_open[p - p0] or (gate >= 0 and rules.gate[p] != gate):
            continue
        x = pre[p - p0, i] * post[p - p0, j]
        if x == 0.0:
            continue
        for f in range(rules.first_factor[p], rules.first_factor[p + 1]):
            if rules.kind[f] == 3:
                x *= w[s] if rules.which[f] == 0 else tag[s] if rules.which[f] == 1 else aux[s]
        if rules.target[p] == 0:
            dw += x
        elif rules.target[p] == 1:
            dtag += x
        else:
            daux += x
    if dw != 0.0:
        w[s] = _limit(w[s] + dw, low, high)
    if dtag != 0.0:
        tag[s] += dtag
    if daux != 0.0:
        aux[s] += daux


@njit(cache=True)
def _prepare(rules, p0, p1, k, phase, n_pre, n_post, values, before, after, signals, scale, coefficient, pre, post, is_open):
    """Parts of all open products; returns whether all synapses have to be visited."""
    everywhere = False
    for p in range(p0, p1):
        gate = rules.gate[p]
        on = gate == PHASE if phase else gate != PHASE and (gate != EVERY or (k + 1) % rules.period[p] == 0)
        is_open[p - p0] = on and _post_part(rules, p, coefficient[p], values, after, signals, scale, post[p - p0, :n_post])
        if is_open[p - p0]:
            _pre_part(rules, p, values, before, pre[p - p0, :n_pre])
            everywhere = everywhere or gate >= EVERY
    return everywhere


@njit(cache=True)
def _apply(places, q, rules, everywhere, before, after, row_start, column, weight, learning):
    """Visit the synapses of projection `q`."""
    scratch = learning.scratch
    pre, post, is_open, quiet, row, active = (
        scratch.pre, scratch.post, scratch.open, scratch.quiet, scratch.row, scratch.active,
    )  # fmt: skip
    p0, p1 = rules.first_product[q], rules.first_product[q + 1]
    n_pre, n_post, first, low, high = (
        places.n_pre[q], places.n_post[q], places.first_weight[q], learning.low[q], learning.high[q],
    )  # fmt: skip
    tag, aux = learning.tag, learning.aux
    dense = places.first_row[q] < 0
    size = n_pre * n_post if dense else row_start[places.first_row[q] + n_pre]
    w = weight[first : first + size]
    has_tags = tag.size > 1
    t = tag[first : first + size] if has_tags else tag
    x = aux[first : first + size] if has_tags else aux
    count = 0
    for i in range(n_pre):
        quiet[i] = not (everywhere or before[i])
        if not quiet[i]:
            active[count] = i
            count += 1
    for c in range(count):
        i = active[c]
        if dense:
            lo, hi = i * n_post, (i + 1) * n_post
            tags, auxes = (t[lo:hi], x[lo:hi]) if has_tags else (t, x)
            _row(rules, p0, p1, i, pre, post, is_open, row, w[lo:hi], tags, auxes, low, high)
        else:
            for s in range(row_start[places.first_row[q] + i], row_start[places.first_row[q] + i + 1]):
                _synapse(rules, p0, p1, -1, i, column[first + s], s, pre, post, is_open, w, t, x, low, high)
    if everywhere:
        return
    listens = False
    for p in range(p0, p1):
        listens = listens or (is_open[p - p0] and rules.gate[p] == POST)
    if not listens:
        return
    for j in range(n_post):
        if not after[j]:
            continue
        if dense:
            for i in range(n_pre):
                if quiet[i]:
                    _synapse(rules, p0, p1, POST, i, j, i * n_post + j, pre, post, is_open, w, t, x, low, high)
        else:
            at = places.first_column[q] + j
            for c in range(places.column_start[at], places.column_start[at + 1]):
                i = places.column_pre[c]
                if quiet[i]:
                    _synapse(rules, p0, p1, POST, i, j, places.column_place[c], pre, post, is_open, w, t, x, low, high)


@njit(cache=True)
def learn_float(learning, t, k, phase, fired, row_start, column, weight):
    """Learning of all plastic projections in step `k` (counted through all samples), or at the end of a sample (`phase`)."""
    places, rules, scratch, spikes = learning.places, learning.rules, learning.scratch, learning.spikes
    values, scale, signals = learning.values, learning.scale, learning.signals[t]
    ring = spikes.shape[0]
    if not phase:
        spikes[k % ring] = fired
    for q in range(places.pre.size):
        n_pre, n_post = places.n_pre[q], places.n_post[q]
        before = spikes[(k - places.delay[q]) % ring, places.pre[q] : places.pre[q] + n_pre]
        after = spikes[k % ring, places.post[q] : places.post[q] + n_post]
        if not phase:
            for r in range(rules.first_trace[q], rules.first_trace[q + 1]):
                v0 = rules.first_value[r]
                if rules.side[r] == 0:
                    seen = spikes[(k - rules.lag[r]) % ring, places.pre[q] : places.pre[q] + n_pre]
                    _follow(values[v0 : v0 + n_pre], seen, rules.kept[r], rules.impulse[r], rules.mode[r])
                else:
                    _follow(values[v0 : v0 + n_post], after, rules.kept[r], rules.impulse[r], rules.mode[r])
            if learning.kept[q, 0] != 1.0:
                _fade(_of(learning.tag, places, q, row_start), scale[q], learning.kept[q, 0], 0)
            if learning.kept[q, 1] != 1.0:
                _fade(_of(learning.aux, places, q, row_start), scale[q], learning.kept[q, 1], 1)
        everywhere = _prepare(
            rules, rules.first_product[q], rules.first_product[q + 1], k, phase, n_pre, n_post, values, before, after,
            signals, scale[q], learning.coefficient, scratch.pre, scratch.post, scratch.open,
        )  # fmt: skip
        _apply(places, q, rules, everywhere, before, after, row_start, column, weight, learning)


@njit(cache=True)
def _of(variable, places, q, row_start):
    """The part of a synaptic variable that belongs to projection `q`."""
    first, n_pre = places.first_weight[q], places.n_pre[q]
    size = n_pre * places.n_post[q] if places.first_row[q] < 0 else row_start[places.first_row[q] + n_pre]
    return variable[first : first + size]
