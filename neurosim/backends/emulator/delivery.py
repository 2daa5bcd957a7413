"""What spikes send along synapses: event-driven, one row of weights for each spike."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from neurosim.backends.emulator.compiled import kernel
from neurosim.program.fixed import RELEASE_BITS, RELEASE_UNIT

UNIT, PAYLOAD_UNIT = float(RELEASE_UNIT), float(RELEASE_UNIT >> RELEASE_BITS)
"""One in the integers of short-term plasticity, and one of a payload."""


@kernel
def active(words, row, start, size, index):
    """Local indices of the spiking neurons of a population; eight silent ones are passed in one comparison.

    Among eight of which one spiked there is no branch, which would be mispredicted.
    """
    count = 0
    for w in range(start // 8, (start + size + 7) // 8):
        if words[w] != 0:
            for i in range(8 * w, 8 * w + 8):
                index[count] = i - start
                count += row[i] != 0
    return count


@kernel
def _add_dense(weight, first, n, index, count, acc):
    """Sum the weight rows of the spiking neurons, four at a time to spare passes over `acc`."""
    q = 0
    while q + 4 <= count:
        w0 = weight[first + index[q] * n : first + index[q] * n + n]
        w1 = weight[first + index[q + 1] * n : first + index[q + 1] * n + n]
        w2 = weight[first + index[q + 2] * n : first + index[q + 2] * n + n]
        w3 = weight[first + index[q + 3] * n : first + index[q + 3] * n + n]
        for i in range(n):
            acc[i] = (((acc[i] + w0[i]) + w1[i]) + w2[i]) + w3[i]
        q += 4
    for r in range(q, count):
        w = weight[first + index[r] * n : first + index[r] * n + n]
        for i in range(n):
            acc[i] += w[i]


@kernel
def _add_sparse(weight, column, row, first, index, count, acc):
    for q in range(count):
        for s in range(first + row[index[q]], first + row[index[q] + 1]):
            acc[column[s]] += weight[s]


@kernel
def add_graded(weight, column, row, first, dense, index, count, payload, acc):
    """Sum the weights of the spiking neurons, times what each of them sends."""
    n = acc.size
    for q in range(count):
        value = payload[index[q]]
        if dense:
            for i in range(n):
                acc[i] += weight[first + index[q] * n + i] * value
        else:
            for s in range(first + row[index[q]], first + row[index[q] + 1]):
                acc[column[s]] += weight[s] * value


@kernel
def add_transposed(weight, first, payload, acc):
    """Weights (post, pre) times the payloads of all pre neurons."""
    n = payload.size
    for i in range(acc.size):
        w = weight[first + i * n : first + i * n + n]
        for j in range(n):
            acc[i] += w[j] * payload[j]


@kernel
def sum_transposed(weight, first, n, index, count, acc):
    """Weights (post, n) summed over the spiking pre neurons."""
    for i in range(acc.size):
        for q in range(count):
            acc[i] += weight[first + i * n + index[q]]


@kernel
def deliver(arithmetic, acc, gain, arriving):
    """Shift the summed weights as an arithmetic shift does, within 32 bits, and put them on the ring."""
    if arithmetic == 0:
        for i in range(acc.size):
            arriving[i] += acc[i]
    elif gain < 1.0:
        for i in range(acc.size):
            arriving[i] += np.int32(np.floor(acc[i] * gain))
    else:
        times = np.int32(np.int64(gain))
        for i in range(acc.size):
            arriving[i] += np.int32(np.int32(acc[i]) * times)


@kernel
def sum_rows(weight, column, row, first, first_row, channel, feed, index, count, acc):
    """Sum into `acc` what the spiking neurons send along one projection."""
    acc[:] = 0
    if channel >= 0:
        add_graded(weight, column, row[max(first_row, 0) :], first, first_row < 0, index, count, feed[channel:], acc)
    elif first_row < 0:
        _add_dense(weight, first, acc.size, index, count, acc)
    else:
        _add_sparse(weight, column, row[first_row:], first, index, count, acc)


@kernel
def release_into(arithmetic, deficit, excess, base, jump, index, count, amount):
    """What the spiking neurons release, into `amount`: a fraction, or in integers a payload of 8 bits."""
    for q in range(count):
        i = index[q]
        u = base + excess[i]
        if arithmetic == 0:
            released = u * (1.0 - deficit[i])
            amount[i] = released
            excess[i] += jump * (1.0 - u)
        else:
            released = np.floor(u * (UNIT - deficit[i]) / UNIT)
            amount[i] = min(np.floor(released / PAYLOAD_UNIT), 255.0)
            excess[i] += np.floor(jump * (UNIT - u) / UNIT)
        deficit[i] += released
