"""Desire backpropagation, compiled: a batch of samples at the same weights, event-driven, float32 or float64.

The spikes of a neuron in a sample are one number, its *train*: bit k is row k. A layer integrates in row k what the layer
before it emitted in row k - 1; a sample of T steps has the rows 0 to T, and row T of the input is silent. Weights are
`(n_pre, n_post)`, with columns of zeros up to a multiple of `COLUMNS`.

Work is cut into blocks of columns (or of rows, on the way down), each for all samples of the batch, so that a block of weights
comes from memory once a batch; blocks may run on threads, and the result does not depend on how many: the order of every sum is
fixed. A batch of one gives what the samples one by one give.

Floor of a sample (`cost.least_cost`): an addition for each spike and post neuron, 5.4 million for 784-1600-800-10 at its start,
with a load and a store of the table of currents, which stays in the first cache, and 0.9 million to change weights. Bytes bind
less: 2.1 MB of weights are read. A batch of 8, which reads them once, takes nearly as long.
"""

# mypy: disable-error-code="no-untyped-def,call-arg,unreachable,var-annotated"
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import prange
from numpy.typing import NDArray

from neurosim.train.desire.compiled import kernel
from neurosim.train.desire.kernel_cache import cached
from neurosim.train.desire.vectors import COLUMNS, PART, REGISTER_BYTES, WIDE, add_changes, add_rows, dot

ROWS_DOWN = 32
"""Pre neurons in a block on the way down."""


class Work(NamedTuple):
    """Arrays that a batch fills; where there is one per layer, layer 0 is the input."""

    labels: NDArray[np.int64]
    """(samples,)"""
    masks: tuple[NDArray[np.uint8], ...]
    """(samples, n_l): who takes part"""
    trains: tuple[NDArray[np.uint64], ...]
    """(samples, n_l)"""
    counts: tuple[NDArray[np.int64], ...]
    """(samples, n_l) spikes"""
    desires: tuple[NDArray[np.int8], ...]
    """(samples, n_l)"""
    passed: tuple[NDArray[np.floating[Any]], ...]
    """(samples, n_l): what goes down"""
    active: tuple[NDArray[np.int64], ...]
    """(samples, n_l): the neurons that spike, as many as `n_active[l]` says"""
    n_active: tuple[NDArray[np.int64], ...]
    learns: NDArray[np.uint8]
    """(samples,): whether any output neuron wants a change"""
    tables: NDArray[np.floating[Any]]
    """(blocks, rows, COLUMNS): currents on the way up, then what a spike of each row changes"""
    potentials: NDArray[np.floating[Any]]
    """(blocks, COLUMNS)"""


@kernel
def find_active(trains, active):
    """Indices of the neurons that spike; returns how many."""
    count = 0
    for i in range(trains.size):
        active[count] = i
        count += trains[i] != 0
    return count


@cached()
def group(trains, active):
    """Brings neurons with the same train together."""
    active[:] = active[np.argsort(trains[active], kind="mergesort")]


@kernel
def integrate(stretch, weights, column, trains, active, count, scale, mask, kept, threshold, table, v, out):
    """A block of columns through a sample: leak, integrate `scale` * input, spike at >= threshold where `mask`, subtract."""
    rows, columns = table.shape[0], PART * stretch.ndim
    for k in range(rows):
        for j in range(columns):
            table[k, j] = 0
    q = 0
    while q < count:
        first, train = q, trains[active[q]]
        while q < count and trains[active[q]] == train:
            q += 1
        add_rows(stretch, weights, active, first, q, count, column, train, table)
    here, allowed = out[column : column + columns], mask[column : column + columns]
    for j in range(columns):
        v[j] = 0
        here[j] = 0
    for k in range(1, rows):
        current, bit = table[k - 1], np.uint64(1) << np.uint64(k)
        for j in range(columns):
            x = v[j] * kept + current[j] * scale
            fires = (x >= threshold) & (allowed[j] != 0)
            v[j] = x - threshold if fires else x
            here[j] |= bit if fires else np.uint64(0)


@kernel
def count_spikes(trains, counts):
    """Spikes of each train."""
    for i in range(counts.size):
        bits, n = trains[i], 0
        while bits:
            bits &= bits - np.uint64(1)
            n += 1
        counts[i] = n


@kernel
def output_desire(counts, label, denominator, threshold, desire, passed):
    """Desire of the output layer and the graded value passed down; returns how many neurons want a change."""
    wanting = 0
    for j in range(counts.size):
        over = counts[j] / denominator
        error = 1 - over if j == label else over
        desire[j] = 0 if error <= threshold else 1 if j == label else -1
        passed[j] = desire[j] * error
        wanting += desire[j] != 0
    return wanting


@kernel
def wish(i, total, counts, denominator, threshold, most, desire, passed):
    """Desire of neuron i, to which the neurons above pass down `total`; nobody with `most` spikes wants more."""
    if abs(total) >= threshold and not (total > 0 and counts[i] >= most):
        desire[i] = 1 if total > 0 else -1
        passed[i] = desire[i] * abs((desire[i] > 0) - counts[i] / denominator)


@kernel
def hidden_desire(
    weights, first, last, passed_from, counts, mask, silent_matter, denominator, threshold, most, desire, passed
):  # fmt: skip
    """Desire of neurons first..last from what the neurons above pass down.

    That of a neuron without spikes is left out where it would change nothing.
    """
    for i in range(first, last):
        desire[i] = 0
        passed[i] = 0
        if mask[i] == 0 or (counts[i] == 0 and not silent_matter):
            continue
        wish(i, dot(WIDE, weights, i, passed_from), counts, denominator, threshold, most, desire, passed)


@kernel
def post_traces(stretch, trains, desire, trace_decay, eta, floor, table):
    """What a pre spike of row k changes, into table[k]: eta * D * (decayed spikes of the post neuron after row k).

    The same sum as that of pre traces over post spikes, from the other end. A silent neuron that wants to fire is taken to have
    emitted `floor` spikes in the last row. Returns a bit for each register with neurons that change.
    """
    rows, lanes, wanted, columns = table.shape[0], REGISTER_BYTES // table.itemsize, np.uint64(0), PART * stretch.ndim
    for k in range(rows):
        for j in range(columns):
            table[k, j] = 0
    for j in range(columns):
        bits, step, total = trains[j], eta * desire[j], table[0, j]
        if bits == 0 and desire[j] > 0 and floor > 0:
            bits, step = np.uint64(1) << np.uint64(rows - 1), step * floor
        if desire[j] == 0 or bits == 0:
            continue
        wanted |= np.uint64(1) << np.uint64(j // lanes)
        for k in range(rows - 2, -1, -1):
            total = total * trace_decay + ((bits >> np.uint64(k + 1)) & np.uint64(1)) * step
            table[k, j] = total
    return wanted


@kernel
def update(stretch, weights, column, trains, active, count, wanted, low, high, table):
    """W += what the spikes of the active pre neurons change in a block of columns, within low..high."""
    q = 0
    while q < count:
        first, train = q, trains[active[q]]
        while q < count and trains[active[q]] == train:
            q += 1
        add_changes(stretch, weights, active, first, q, count, column, train, wanted, low, high, table)


@cached(parallel=True)
def forward_layer(weights, trains, active, n_active, scale, masks, kept, threshold, tables, potentials, out, counts):
    """A layer through all samples."""
    for b in prange(trains.shape[0]):
        n_active[b] = find_active(trains[b], active[b])
        # Sorting costs about as much as a block saves by it.
        if weights.shape[1] > COLUMNS:
            group(trains[b], active[b, : n_active[b]])
    for c in prange(weights.shape[1] // COLUMNS):
        for b in range(trains.shape[0]):
            integrate(
                WIDE, weights, c * COLUMNS, trains[b], active[b], n_active[b], scale, masks[b], kept, threshold, tables[c],
                potentials[c], out[b],
            )  # fmt: skip
            count_spikes(out[b, c * COLUMNS : (c + 1) * COLUMNS], counts[b, c * COLUMNS : (c + 1) * COLUMNS])


@cached(parallel=True)
def descend(weights, learns, passed_from, counts, masks, silent_matter, denominator, threshold, most, desire, passed):
    """Desire of a hidden layer, for the samples that learn."""
    for c in prange((counts.shape[1] + ROWS_DOWN - 1) // ROWS_DOWN):
        first, last = c * ROWS_DOWN, min((c + 1) * ROWS_DOWN, counts.shape[1])
        for b in range(learns.size):
            if learns[b]:
                hidden_desire(
                    weights, first, last, passed_from[b], counts[b], masks[b], silent_matter, denominator, threshold, most,
                    desire[b], passed[b],
                )  # fmt: skip


@cached(parallel=True)
def learn_layer(weights, learns, trains, active, n_active, trace_decay, out, desire, eta, limits, tables):
    """The weight changes of a layer, sample after sample; `limits` = (lowest and highest weight, floor)."""
    low, high, floor = limits
    for c in prange(weights.shape[1] // COLUMNS):
        column = c * COLUMNS
        for b in range(learns.size):
            if learns[b]:
                here, wants = out[b, column : column + COLUMNS], desire[b, column : column + COLUMNS]
                wanted = post_traces(WIDE, here, wants, trace_decay, eta, floor, tables[c])
                if wanted:
                    update(WIDE, weights, column, trains[b], active[b], n_active[b], wanted, low, high, tables[c])


@cached()
def show(trains, labels, masks, start, work):
    """Copy a batch from sample `start` on into the work space."""
    samples = work.labels.size
    work.labels[:] = labels[start : start + samples]
    for layer in range(len(masks)):
        work.masks[layer][:, : masks[layer].shape[1]] = masks[layer][start : start + samples]
    for b in range(samples):
        for i in range(trains.shape[1]):
            work.trains[0][b, i] = trains[start + b, i] if masks[0][start + b, i] else np.uint64(0)


@cached()
def forward(weights, work, scales, kept, thresholds):
    """All layers through all samples."""
    for i in range(len(weights)):
        forward_layer(
            weights[i], work.trains[i], work.active[i], work.n_active[i], scales[i], work.masks[i + 1], kept, thresholds[i],
            work.tables, work.potentials, work.trains[i + 1], work.counts[i + 1],
        )  # fmt: skip


@cached()
def spread_desire(feedback, work, classes, signal, floor):
    """Who wants to change: the output by the labels, the others by what comes down through `feedback`."""
    layers = len(work.trains) - 1
    denominator, output_threshold, hidden_threshold, most = signal
    for b in range(work.labels.size):
        work.learns[b] = 0 != output_desire(
            work.counts[layers][b, :classes], work.labels[b], denominator, output_threshold, work.desires[layers][b],
            work.passed[layers][b],
        )  # fmt: skip
    for i in range(layers - 1, 0, -1):
        descend(
            feedback[i], work.learns, work.passed[i + 1], work.counts[i], work.masks[i], i > 1 or floor > 0, denominator,
            hidden_threshold, most, work.desires[i], work.passed[i],
        )  # fmt: skip


@cached()
def learn(weights, work, trace_decay, etas, limits):
    """Change the weights of all layers, each at its rate."""
    for i in range(len(weights)):
        learn_layer(
            weights[i], work.learns, work.trains[i], work.active[i], work.n_active[i], trace_decay, work.trains[i + 1],
            work.desires[i + 1], etas[i], limits, work.tables,
        )  # fmt: skip


@cached()
def train_samples(
    weights, feedback, work, trains, labels, masks, scales, kept, thresholds, trace_decay, signal, etas, limits, out
):  # fmt: skip
    """Train `weights` in place, batch by batch; the number of samples is a multiple of the batch.

    `trains` (samples, n_0) is the input, `masks[l]` (samples, n_l) says who takes part and `scales[l]` what a spike of layer l
    counts; desire goes down to layer l through `feedback[l]`; `signal` = (denominator, output threshold, hidden threshold,
    ceiling); `etas` are the learning rates of the layers; `limits` = (low, high, floor), see `update`;
    `out` (samples, classes) gets the output counts before each update. If all rates are 0, nothing is learned.
    """
    for start in range(0, labels.size, work.labels.size):
        show(trains, labels, masks, start, work)
        forward(weights, work, scales, kept, thresholds)
        out[start : start + work.labels.size] = work.counts[len(weights)][:, : out.shape[1]]
        if max(etas) != 0 or min(etas) != 0:
            spread_desire(feedback, work, out.shape[1], signal, limits[2])
            learn(weights, work, trace_decay, etas, limits)
