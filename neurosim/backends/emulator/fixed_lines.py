"""The chip's integers along lines of synapses: accumulators, products, random rounding.

Along a line: the variable with 7 more bits, what each product adds, and back. Every pass is a loop over int32 that vectorises.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from neurosim.backends.emulator.compiled import inlined, kernel
from neurosim.backends.emulator.fixed_traces import NONE, ONE, POST, PRE
from neurosim.backends.emulator.synapse_visits import any_stored, column_of, put, spread, take

SYNAPTIC_LOW, SYNAPTIC_HIGH = np.int32(-512), np.int32(511)
ACC_LOW, ACC_HIGH = np.int32(-32769), np.int32(32767)
BOTTOM = np.int32(-257)
FRACTION_BITS, FRACTION = np.int32(7), np.int32(127)
SHIFTS = np.int32(31)


@kernel
def _widen(line, out):
    for q in range(line.size):
        out[q] = max(np.int32(np.int32(line[q]) << FRACTION_BITS), ACC_LOW)


@kernel
def _load(values, is_row, first, place, reads, used, held, sums):
    """A variable along a line as it is, where a product reads it, and as an accumulator, where one changes it."""
    if is_row and not reads:
        _widen(values[first : first + sums.size], sums)
        return
    take(values, is_row, first, place, held)
    if used:
        _widen(held, sums)


@kernel
def _multiply(line, factor, constant):
    for q in range(line.size):
        held = np.int32(factor[q] + constant)
        line[q] = np.int32(line[q] * min(max(held, SYNAPTIC_LOW), SYNAPTIC_HIGH))


@kernel
def change_of(product, right, left):
    """A product to 15 bits, then to its exponent, then clipped; in 32 bits, which wrap.

    The masks tell the compiler that shifts stay below 32, so that it need not compute in 64 bits.
    """
    change = np.int32(np.int32(product >> (right & SHIFTS)) << (left & SHIFTS))
    return min(max(change, ACC_LOW), ACC_HIGH)


@kernel
def added(held, change):
    """An accumulator with one more change."""
    return min(max(np.int32(held + change), ACC_LOW), ACC_HIGH)


@kernel
def narrowed(held, up_above):
    """An accumulator without its 7 more bits, rounded up where these exceed the random number."""
    return np.int32(np.int32(held >> FRACTION_BITS) + np.int32((held & FRACTION) > up_above))


@kernel
def _add(a, line, right, left, out):
    """``a`` times a line."""
    for q in range(out.size):
        out[q] = added(out[q], change_of(np.int32(a * line[q]), right, left))


@kernel
def _add_held(a, part, held, constant, right, left, out):
    """`_add` with ``part`` times one variable of the synapse, in one pass."""
    for q in range(out.size):
        factor = min(max(np.int32(held[q] + constant), SYNAPTIC_LOW), SYNAPTIC_HIGH)
        line = np.int32(np.int32(part[q] * factor) * a)
        change = np.int32(np.int32(line >> (right & SHIFTS)) << (left & SHIFTS))
        change = min(max(change, ACC_LOW), ACC_HIGH)
        out[q] = min(max(np.int32(out[q] + change), ACC_LOW), ACC_HIGH)


@kernel
def _narrow(line, up_above, low, high):
    for q in range(line.size):
        line[q] = min(max(narrowed(line[q], up_above), low), high)


@kernel
def _reached_bottom(tags):
    found = False
    for q in range(tags.size):
        found |= tags[q] == BOTTOM
    return found


@kernel
def _own_steps(parts, mine, last_post, direct, other, out):
    """A product opened by postsynaptic spikes along a row, each at its own step of the epoch."""
    for q in range(out.size):
        j = q if direct else other[q]
        out[q] = np.int32(parts[0, last_post[j], mine] * parts[1, 1, j]) if last_post[j] > 0 else NONE


@inlined
def _reached(p0, p1, mine, is_row, epoch, gate, parts, is_open):
    """Whether some product reaches a line."""
    found = False
    for p in range(p0, p1):
        if is_open[p - p0] and (is_row or gate[p] == POST):
            found |= parts[p - p0, 0 if is_row else 1, 1, mine] != 0 or (is_row and gate[p] == POST and epoch > 1)
    return found


@inlined
def _still(p0, p1, is_open, first_factor, kind, which, constant, first, size, w, tag, aux):
    """Whether each open product has a factor that is 0 all along a row."""
    still = True
    for p in range(p0, p1):
        if is_open[p - p0]:
            zero = False
            for f in range(first_factor[p], first_factor[p + 1]):
                if kind[f] == 3 and constant[f] == 0 and not zero:
                    held = w if which[f] == 0 else tag if which[f] == 1 else aux
                    zero = not any_stored(held[first : first + size])
            still = still and zero
            if not still:
                break
    return still


@inlined
def _load_line(is_row, first, place, reads, used, held, sums, size, w, tag, aux):
    if reads[0] or used[0]:
        _load(w, is_row, first, place, reads[0], used[0], held[0, :size], sums[0, :size])
    if reads[1] or used[1]:
        _load(tag, is_row, first, place, reads[1], used[1], held[1, :size], sums[1, :size])
    if reads[2] or used[2]:
        _load(aux, is_row, first, place, reads[2], used[2], held[2, :size], sums[2, :size])


@inlined
def _store_line(is_row, first, place, used, sums, size, up_above, low, high, w, tag, aux):
    """Returns whether a tag is at the bottom."""
    tag_underflow = False
    for v in range(3):
        if used[v]:
            _narrow(sums[v, :size], up_above, low[v], high[v])
    if used[0]:
        put(sums[0, :size], w, is_row, first, place)
    if used[1]:
        tag_underflow = _reached_bottom(sums[1, :size])
        put(sums[1, :size], tag, is_row, first, place)
    if used[2]:
        put(sums[2, :size], aux, is_row, first, place)
    return tag_underflow


@inlined
def _change_line(
    p0, p1, mine, is_row, direct, epoch, first_factor, kind, which, constant, target, gate, shift, exponent, parts, is_open,
    last_pre, last_post, held, sums, term, size, other,
):  # fmt: skip
    """Add the open products to the accumulators of one line."""
    line = term[:size]
    for p in range(p0, p1):
        if not is_open[p - p0] or not (is_row or gate[p] == POST):
            continue
        by_step = is_row and gate[p] == POST and epoch > 1
        a = ONE if by_step else parts[p - p0, 0 if is_row else 1, 1, mine]
        if a == 0:
            continue
        when = last_pre[mine] if gate[p] == PRE else last_post[mine] if not is_row else ONE
        part = parts[p - p0, 1 if is_row else 2 if direct else 0, when]
        synaptic, at = 0, 0
        for f in range(first_factor[p], first_factor[p + 1]):
            if kind[f] == 3:
                synaptic, at = synaptic + 1, f
        if direct and not by_step and synaptic == 0:
            _add(a, part, shift[p], exponent[p], sums[target[p], :size])
            continue
        if direct and not by_step and synaptic == 1:
            mine_held = held[which[at], :size]
            _add_held(a, part, mine_held, constant[at], shift[p], exponent[p], sums[target[p], :size])
            continue
        if by_step:
            _own_steps(parts[p - p0], mine, last_post, direct, other, line)
        else:
            spread(part, direct, other, line)
        for f in range(first_factor[p], first_factor[p + 1]):
            if kind[f] == 3:
                _multiply(line, held[which[f]], constant[f])
        _add(a, line, shift[p], exponent[p], sums[target[p], :size])


@kernel
def visit(
    p0, p1, lines, n_rows, n_columns, rest, wanted, n_post, dense, tag_underflow, epoch, reads, used, low, high, up_above,
    first_factor, kind, which, constant, target, gate, shift, exponent, parts, is_open, last_pre, last_post, held, sums, term,
    place, scratch, row_start, column, column_start, column_place, column_pre, w, tag, aux,
):  # fmt: skip
    """Apply the open products to the synapses of all lines; returns whether a tag is at the bottom."""
    found = False
    for n in range(n_rows + n_columns):
        mine, is_row, first, other = lines[n], n < n_rows, 0, scratch
        if not (tag_underflow or _reached(p0, p1, mine, is_row, epoch, gate, parts, is_open)):
            continue
        if not is_row:
            size = column_of(mine, n_post, rest, wanted, dense, column_start, column_place, column_pre, place, scratch)
        elif dense:
            first, size = mine * n_post, n_post
        else:
            first, size = row_start[mine], row_start[mine + 1] - row_start[mine]
            other = column[first : first + size]
        if is_row and not tag_underflow and _still(
            p0, p1, is_open, first_factor, kind, which, constant, first, size, w, tag, aux
        ):  # fmt: skip
            continue
        _load_line(is_row, first, place, reads, used, held, sums, size, w, tag, aux)
        _change_line(
            p0, p1, mine, is_row, dense, epoch, first_factor, kind, which, constant, target, gate, shift, exponent, parts,
            is_open, last_pre, last_post, held, sums, term, size, other,
        )  # fmt: skip
        found |= _store_line(is_row, first, place, used, sums, size, up_above, low, high, w, tag, aux)
    return found
