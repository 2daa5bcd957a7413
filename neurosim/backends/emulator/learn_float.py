"""Learning in float: the meaning of a step as `neurosim.plasticity.rule` defines it, event by event.

Each product is a presynaptic part times a postsynaptic part times powers of synaptic variables. The two parts are vectors,
computed once per step; then only synapses of neurons that spiked are visited: rows of pre neurons, and columns of post neurons
except where the row was visited. Only an ``every`` update whose modulators are not zero visits all.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from neurosim.backends.emulator.compiled import inlined, kernel
from neurosim.backends.emulator.synapse_visits import (
    any_of,
    column_of,
    copy,
    in_order,
    places_of,
    put,
    spread,
    synapses_of,
    take,
)

PRE, POST, EVERY, PHASE = 0, 1, 2, 3
TINY = 1e-100


@kernel
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


@kernel
def _fade(variable, scale, kept, which):
    """One step of decay of a synaptic variable: of its scale, unless that becomes too small."""
    scale[which] *= kept
    if scale[which] < TINY:
        for s in range(variable.size):
            variable[s] *= scale[which]
        scale[which] = 1.0


@kernel
def _pre_part(gate, first, end, kind, which, start, values, fired, out):
    """Returns whether any entry differs from zero."""
    for i in range(out.size):
        out[i] = fired[i] if gate == PRE else 1.0
    for f in range(first, end):
        if kind[f] == 0:
            _multiply(out, values[start[which[f]] : start[which[f]] + out.size])
    return any_of(out)


@kernel
def _factor_scale(target, first, end, kind, which, scale):
    """What the stored tags of a product have to be multiplied by."""
    out = 1.0 / scale[target - 1] if target > 0 else 1.0
    for f in range(first, end):
        if kind[f] == 3 and which[f] > 0:
            out *= scale[which[f] - 1]
    return out


@kernel
def _post_part(gate, first, end, kind, which, start, coefficient, values, fired, signals, column, wide, out):
    """Returns whether any entry differs from zero."""
    for f in range(first, end):
        if kind[f] == 2 and wide[which[f]] == 0:
            coefficient *= signals[column[which[f]]]
    if coefficient == 0.0:
        return False
    for j in range(out.size):
        out[j] = coefficient * fired[j] if gate == POST else coefficient
    for f in range(first, end):
        if kind[f] == 1:
            _multiply(out, values[start[which[f]] : start[which[f]] + out.size])
        elif kind[f] == 2 and wide[which[f]] == 1:
            _multiply(out, signals[column[which[f]] : column[which[f]] + out.size])
    return any_of(out)


@kernel
def _multiply(line, factor):
    for q in range(line.size):
        line[q] *= factor[q]


@kernel
def _add(a, line, out):
    for q in range(out.size):
        out[q] += a * line[q]


@kernel
def _limit(line, low, high):
    for q in range(line.size):
        line[q] = min(max(line[q], low), high)


@kernel
def _load(values, is_row, first, place, reads, used, held, sums):
    """A variable along a line, where a product reads it, and what it becomes, where one changes it."""
    if reads:
        take(values, is_row, first, place, held)
    if used:
        take(values, is_row, first, place, sums)


@inlined
def _reached(p0, p1, mine, is_row, gate, parts, is_open):
    """Whether some product reaches a line."""
    found = False
    for p in range(p0, p1):
        if is_open[p - p0] and (is_row or gate[p] == POST):
            found |= parts[p - p0, 0 if is_row else 1, 0, mine] != 0.0
    return found


@inlined
def _load_line(is_row, first, place, reads, used, held, sums, size, w, tag, aux):
    if reads[0] or used[0]:
        _load(w, is_row, first, place, reads[0], used[0], held[0, :size], sums[0, :size])
    if reads[1] or used[1]:
        _load(tag, is_row, first, place, reads[1], used[1], held[1, :size], sums[1, :size])
    if reads[2] or used[2]:
        _load(aux, is_row, first, place, reads[2], used[2], held[2, :size], sums[2, :size])


@inlined
def _change_line(
    p0, p1, mine, is_row, direct, first_factor, kind, which, target, gate, parts, is_open, held, sums, term, size, other
):
    """Add the open products along one line."""
    line = term[:size]
    for p in range(p0, p1):
        a = parts[p - p0, 0 if is_row else 1, 0, mine]
        if a == 0.0 or not is_open[p - p0] or not (is_row or gate[p] == POST):
            continue
        part = parts[p - p0, 1 if is_row else 2 if direct else 0, 0]
        plain = direct
        for f in range(first_factor[p], first_factor[p + 1]):
            plain = plain and kind[f] != 3
        if plain:
            _add(a, part, sums[target[p], :size])
            continue
        spread(part, direct, other, line)
        for f in range(first_factor[p], first_factor[p + 1]):
            if kind[f] == 3:
                _multiply(line, held[which[f]])
        _add(a, line, sums[target[p], :size])


@kernel
def _visit(
    p0, p1, lines, n_rows, n_columns, rest, wanted, n_post, dense, reads, used, low, high, first_factor, kind, which, target,
    gate, parts, is_open, held, sums, term, place, scratch, row_start, column, column_start, column_place, column_pre, w, tag,
    aux,
):  # fmt: skip
    """Apply the open products to the synapses of all lines."""
    for n in range(n_rows + n_columns):
        mine, is_row, first, other = lines[n], n < n_rows, 0, scratch
        if not _reached(p0, p1, mine, is_row, gate, parts, is_open):
            continue
        if not is_row:
            size = column_of(mine, n_post, rest, wanted, dense, column_start, column_place, column_pre, place, scratch)
        elif dense:
            first, size = mine * n_post, n_post
        else:
            first, size = row_start[mine], row_start[mine + 1] - row_start[mine]
            other = column[first : first + size]
        _load_line(is_row, first, place, reads, used, held, sums, size, w, tag, aux)
        _change_line(
            p0, p1, mine, is_row, dense, first_factor, kind, which, target, gate, parts, is_open, held, sums, term, size, other
        )
        if used[0]:
            _limit(sums[0, :size], low, high)
            put(sums[0, :size], w, is_row, first, place)
        if used[1]:
            put(sums[1, :size], tag, is_row, first, place)
        if used[2]:
            put(sums[2, :size], aux, is_row, first, place)


@kernel
def _choose_rest(p0, p1, gate, parts, is_open, before, wanted, rest):
    """Pre neurons whose synapses columns visit: without a spike, and with a part that is not zero; returns how many."""
    wanted[:] = 0
    for p in range(p0, p1):
        if is_open[p - p0] and gate[p] == POST:
            part = parts[p - p0, 0, 0, : before.size]
            for i in range(before.size):
                wanted[i] |= part[i] != 0.0
    for i in range(before.size):
        wanted[i] &= before[i] == 0
    count = places_of(wanted, rest)
    for p in range(p0, p1):
        if is_open[p - p0] and gate[p] == POST:
            in_order(parts[p - p0, 0, 0], rest[:count], parts[p - p0, 2, 0])
    return count


@kernel
def _open(learning, q, t, k, phase, some_pre, some_post, before, after):
    """Prepare the products of projection `q`; returns whether one opens everywhere, at a post spike, at all."""
    rules, values, signals, scale = learning.rules, learning.values, learning.signals[t], learning.scale[q]
    first_factor, kind, which, target, gate = rules.first_factor, rules.kind, rules.which, rules.target, rules.gate
    parts, is_open, start, p0 = learning.scratch.parts, learning.scratch.open, rules.first_value, rules.first_product[q]
    columns, wide, period = rules.signal_column, rules.signal_wide, rules.period
    everywhere, listens, some = False, False, False
    for p in range(p0, rules.first_product[q + 1]):
        now = some_pre if gate[p] == PRE else some_post if gate[p] == POST else gate[p] == PHASE or (k + 1) % period[p] == 0
        if now and (gate[p] == PHASE) == phase:
            first, end = first_factor[p], first_factor[p + 1]
            size = learning.coefficient[p] * _factor_scale(target[p], first, end, kind, which, scale)
            post, pre = parts[p - p0, 1, 0, : after.size], parts[p - p0, 0, 0, : before.size]
            now = _post_part(gate[p], first, end, kind, which, start, size, values, after, signals, columns, wide, post)
            now = now and _pre_part(gate[p], first, end, kind, which, start, values, before, pre)
        else:
            now = False
        is_open[p - p0] = now
        everywhere, listens, some = everywhere or (now and gate[p] >= EVERY), listens or (now and gate[p] == POST), some or now
    return everywhere, listens, some


@kernel
def _learn(learning, q, t, k, phase, before, after, row_start, column, weight):
    """One step of projection `q`, after its traces."""
    places, rules, scratch, lines = learning.places, learning.rules, learning.scratch, learning.scratch.lines
    n_pre, n_post, gate, dense = before.size, after.size, rules.gate, places.first_row[q] < 0
    p0, p1, wanted = rules.first_product[q], rules.first_product[q + 1], scratch.wanted[:n_pre]
    n_rows = places_of(before, lines)
    n_columns = places_of(after, lines[n_rows:])
    everywhere, listens, some = _open(learning, q, t, k, phase, n_rows > 0, n_columns > 0, before, after)
    if not some:
        return
    if everywhere:
        n_rows, n_columns = n_pre, 0
        for i in range(n_pre):
            lines[i] = i
    n_columns = n_columns if listens else 0
    n_rest = 0
    if n_columns > 0:
        n_rest = _choose_rest(p0, p1, gate, scratch.parts, scratch.open, before, wanted, scratch.rest)
    rows = row_start[max(places.first_row[q], 0) :]
    here = synapses_of(places.first_weight[q], n_pre, n_post, dense, rows)
    tags, auxes = (learning.tag[here], learning.aux[here]) if learning.tag.size > 1 else (learning.tag, learning.aux)
    _visit(
        p0, p1, lines, n_rows, n_columns, scratch.rest[:n_rest], wanted, n_post, dense, learning.reads[q], learning.used[q],
        learning.low[q], learning.high[q], rules.first_factor, rules.kind, rules.which, rules.target, gate, scratch.parts,
        scratch.open, scratch.held, scratch.sums, scratch.term, scratch.place, scratch.other, rows, column[here],
        places.column_start[max(places.first_column[q], 0) :], places.column_place, places.column_pre, weight[here],
        tags, auxes,
    )  # fmt: skip


@kernel
def learn_float(learning, t, k, phase, fired, row_start, column, weight):
    """Learning of all plastic projections in step `k` (counted through all samples), or at the end of a sample (`phase`)."""
    places, rules, spikes, values, scale = learning.places, learning.rules, learning.spikes, learning.values, learning.scale
    ring = spikes.shape[0]
    if not phase:
        copy(fired, spikes[k % ring])
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
