"""Which synapses a learning step visits, line by line: rows of pre neurons and columns of post neurons.

A line is copied into short arrays, on which loops vectorise, and back.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from numba import njit


@njit(cache=True)
def choose_lines(everywhere, listens, before, after, lines, quiet):
    """Rows of active pre neurons, then columns of active post neurons; returns the number of rows and that of all lines."""
    count = 0
    for i in range(before.size):
        quiet[i] = not (everywhere or before[i])
        if not quiet[i]:
            lines[count] = i
            count += 1
    rows = count
    if listens and not everywhere:
        for j in range(after.size):
            if after[j]:
                lines[count] = j
                count += 1
    return rows, count


@njit(cache=True)
def place_line(is_row, mine, n_pre, n_post, dense, row_start, column, column_start, column_place, column_pre, other):
    """First synapse, stride and size of a line; of a sparse one first entry, and `other` gets the neurons at its other end.

    A dense line meets all neurons of the other side in order, and `other` stays as it is.
    """
    if dense:
        return (mine * n_post, 1, n_post) if is_row else (mine, n_post, n_pre)
    start = row_start if is_row else column_start
    first, size = start[mine], start[mine + 1] - start[mine]
    ends = column if is_row else column_pre
    for q in range(size):
        other[q] = ends[first + q]
    return first, 1, size


# Slices before loops: an index that numba cannot prove to be positive keeps a loop from being vectorised.


@njit(cache=True)
def gather(values, first, stride, place, indirect, out):
    """Copy a line; where `indirect`, entry q lies at ``place[first + q]``."""
    if indirect:
        here = place[first : first + out.size]
        for q in range(out.size):
            out[q] = values[here[q]]
    elif stride == 1:
        row = values[first : first + out.size]
        for q in range(out.size):
            out[q] = row[q]
    else:
        line = values[first::stride]
        for q in range(out.size):
            out[q] = line[q]


@njit(cache=True)
def scatter(line, values, first, stride, place, indirect, is_row, other, quiet):
    """Copy a line back; of a column only what no row has taken care of."""
    if is_row:
        row = values[first : first + line.size]
        for q in range(line.size):
            row[q] = line[q]
    elif indirect:
        here = place[first : first + line.size]
        for q in range(line.size):
            if quiet[other[q]]:
                values[here[q]] = line[q]
    else:
        column = values[first::stride]
        for q in range(line.size):
            if quiet[q]:
                column[q] = line[q]


@njit(cache=True)
def spread(a, part, other, dense, out):
    """``a`` times a part of a product, along a line."""
    if dense:
        here = part[: out.size]
        for q in range(out.size):
            out[q] = a * here[q]
    else:
        for q in range(out.size):
            out[q] = a * part[other[q]]


@njit(cache=True)
def synapses_of(first_weight, n_pre, n_post, dense, rows):
    """Where the synapses of a projection lie; `rows` are the row starts of a sparse one."""
    size = n_pre * n_post if dense else rows[n_pre]
    return slice(first_weight, first_weight + size)
