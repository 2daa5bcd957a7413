"""Desire backpropagation, compiled: one sample at a time, event-driven, float32 or float64.

Row k of a spike record is step k; a layer integrates in row k what the layer before it emitted in row k - 1. The record has
T + 1 rows, row T of the input is silent. Weights are `(n_pre, n_post)`, so that a spike adds one contiguous row.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def _gather(row, index):
    """Indices of the non-zero entries of `row` into `index`; returns their number."""
    count = 0
    for i in range(row.size):
        index[count] = i
        count += row[i] != 0
    return count


@njit(cache=True)
def _sum_rows(weights, index, count, out):
    """Sum of weight rows in rising order of `index`, four a pass."""
    out[:] = 0
    q = 0
    while q + 4 <= count:
        w0, w1, w2, w3 = weights[index[q]], weights[index[q + 1]], weights[index[q + 2]], weights[index[q + 3]]
        for j in range(out.size):
            out[j] = (((out[j] + w0[j]) + w1[j]) + w2[j]) + w3[j]
        q += 4
    for r in range(q, count):
        w = weights[index[r]]
        for j in range(out.size):
            out[j] += w[j]


@njit(cache=True)
def forward(weights, before, scale, mask, kept, threshold, spikes, counts):
    """One layer over all rows: leak, integrate `scale` times the input, spike at >= threshold where `mask`, subtract."""
    n = weights.shape[1]
    v = np.zeros(n, weights.dtype)
    current = np.zeros(n, weights.dtype)
    index = np.empty(weights.shape[0] + 1, np.int64)
    counts[:] = 0
    spikes[0] = 0
    for k in range(1, spikes.shape[0]):
        _sum_rows(weights, index, _gather(before[k - 1], index), current)
        row = spikes[k]
        for j in range(n):
            x = v[j] * kept + current[j] * scale
            z = np.uint8((x >= threshold) & (mask[j] != 0))
            row[j] = z
            counts[j] += z
            v[j] = x - threshold * z


@njit(cache=True)
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


@njit(cache=True)
def hidden_desire(weights, passed_from, counts, mask, denominator, threshold, desire, passed):
    """Desire of a layer from what the layer above passes down through the forward weights."""
    index = np.empty(passed_from.size + 1, np.int64)
    count = _gather(passed_from, index)
    for i in range(counts.size):
        total = weights[i, 0] * 0
        for q in range(count):
            total += weights[i, index[q]] * passed_from[index[q]]
        wants = (mask[i] != 0) & (abs(total) >= threshold)
        desire[i] = 0 if not wants else 1 if total > 0 else -1
        passed[i] = desire[i] * abs((desire[i] > 0) - counts[i] / denominator)


@njit(cache=True)
def update(weights, before, spikes, counts, desire, trace_decay, eta):
    """W += eta * D * sum over post spikes of the pre trace, for the neurons that want a change and spiked."""
    active = np.empty(counts.size, np.int64)
    n = 0
    for j in range(counts.size):
        if desire[j] != 0 and counts[j] > 0:
            active[n] = j
            n += 1
    if n == 0:
        return
    rows = spikes.shape[0]
    fired = np.empty((rows, n), weights.dtype)
    for k in range(rows):
        for q in range(n):
            fired[k, q] = spikes[k, active[q]]
    trace = np.empty(rows, weights.dtype)
    tag = np.empty(n, weights.dtype)
    for i in range(weights.shape[0]):
        x = weights.dtype.type(0)
        for k in range(1, rows):
            x = x * trace_decay + before[k - 1, i]
            trace[k] = x
        if x == 0:
            continue
        tag[:] = 0
        for k in range(1, rows):
            if trace[k] != 0:
                row = fired[k]
                for q in range(n):
                    tag[q] += trace[k] * row[q]
        out = weights[i]
        for q in range(n):
            out[active[q]] += eta * desire[active[q]] * tag[q]


@njit(cache=True, nogil=True)
def train_samples(
    weights, inputs, labels, masks, scales, kept, thresholds, trace_decay, signal, eta, spikes, counts, desires, passed, out
):
    """Online training over a block of samples, weights in place.

    `inputs` (samples, T + 1, n_0) uint8; `masks[l]` (samples, n_l) uint8 of neurons that take part; `scales[l]` what a spike
    of layer l counts; `signal` = (denominator, output threshold, hidden threshold); `spikes[l]` (T + 1, n_l), `counts`,
    `desires`, `passed` are work space; `out` (samples, n_last) gets the output counts.
    """
    layers = len(weights)
    denominator, output_threshold, hidden_threshold = signal
    for b in range(inputs.shape[0]):
        first = spikes[0]
        for k in range(first.shape[0]):
            for i in range(first.shape[1]):
                first[k, i] = inputs[b, k, i] & masks[0][b, i]
        for layer in range(layers):
            forward(
                weights[layer], spikes[layer], scales[layer], masks[layer + 1][b], kept, thresholds[layer],
                spikes[layer + 1], counts[layer + 1],
            )  # fmt: skip
        out[b] = counts[layers]
        if output_desire(
            counts[layers], labels[b], denominator, output_threshold, desires[layers], passed[layers]
        ) == 0:  # fmt: skip
            continue
        for up in range(layers - 1):
            layer = layers - 1 - up
            hidden_desire(
                weights[layer], passed[layer + 1], counts[layer], masks[layer][b], denominator, hidden_threshold,
                desires[layer], passed[layer],
            )  # fmt: skip
        for layer in range(layers):
            update(
                weights[layer], spikes[layer], spikes[layer + 1], counts[layer + 1], desires[layer + 1], trace_decay, eta
            )  # fmt: skip
