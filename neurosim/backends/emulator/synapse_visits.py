"""Which synapses a learning step visits, line by line: rows of active pre neurons, then columns of active post neurons.

A row lies in one piece. The synapses of a column are named one by one: of `place`, only those that no row has taken care of and
that something reaches. Either is copied into short arrays, on which loops vectorise, and back.

What keeps a loop from being vectorised, hence the slices before loops and the casts in `fixed_lines`: an index that numba
cannot prove to be positive, integers of different widths (int32 + int32 is int64 in numba), and many arrays at once.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from neurosim.backends.emulator.compiled import kernel


@kernel
def places_of(flags, out):
    """Write the indices at which `flags` are not zero; returns how many. Without a branch, which would be mispredicted."""
    count = 0
    for i in range(flags.size):
        out[count] = i
        count += flags[i] != 0
    return count


@kernel
def copy(values, out):
    """``out[:] = values``, which numba would do with a copy in between."""
    for i in range(out.size):
        out[i] = values[i]


@kernel
def in_order(values, index, out):
    """``values[index]``."""
    for q in range(index.size):
        out[q] = values[np.uint64(index[q])]


@kernel
def column_of(mine, n_post, rest, wanted, dense, column_start, column_place, column_pre, place, other):
    """Places of the wanted synapses of post neuron `mine`; returns how many.

    Of a dense projection these are those of the pre neurons `rest`; of a sparse one, `other` gets their pre neurons.
    """
    if dense:
        for q in range(rest.size):
            place[q] = rest[q] * n_post + mine
        return rest.size
    count, first, last = 0, column_start[mine], column_start[mine + 1]
    at, pre = column_place[first:last], column_pre[first:last]
    for q in range(at.size):
        place[count], other[count] = at[q], pre[q]
        count += wanted[np.uint64(pre[q])] != 0
    return count


@kernel
def take(values, is_row, first, place, out):
    """Copy a line: from `first` on, or the synapses at `place`."""
    if is_row:
        row = values[first : first + out.size]
        for q in range(out.size):
            out[q] = row[q]
    else:
        for q in range(out.size):
            out[q] = values[np.uint64(place[q])]


@kernel
def put(line, values, is_row, first, place):
    """Copy a line back."""
    if is_row:
        row = values[first : first + line.size]
        for q in range(line.size):
            row[q] = line[q]
    else:
        for q in range(line.size):
            values[np.uint64(place[q])] = line[q]


@kernel
def spread(part, direct, other, out):
    """A part of a product along a line: in order, or of the neurons `other`."""
    if direct:
        for q in range(out.size):
            out[q] = part[q]
    else:
        for q in range(out.size):
            out[q] = part[np.uint64(other[q])]


@kernel
def any_of(values):
    """Whether one of `values` is not zero; without an early exit, so that it vectorises."""
    found = False
    for i in range(values.size):
        found |= values[i] != 0
    return found


@kernel
def any_stored(values):
    """The same of integers of 16 bits, which stay so: twice as many at once."""
    found = np.int16(0)
    for i in range(values.size):
        found = np.int16(found | values[i])
    return found != 0


@kernel
def synapses_of(first_weight, n_pre, n_post, dense, rows):
    """Where the synapses of a projection lie; `rows` are the row starts of a sparse one."""
    size = n_pre * n_post if dense else rows[n_pre]
    return slice(first_weight, first_weight + size)
