"""Desire backpropagation through convolutions, compiled: at each place, a dense layer on the trains under the kernel.

A layer with shared weights keeps its neurons place by place, so that the channels of a place are one row of `(rows, columns)`
tables, as the columns of a block of a dense layer are; a kernel is a matrix `(channels_in * k * k, channels)`, with columns of
zeros up to a whole number of stretches. What a sample changes is summed over places before it is added to the kernel. With one
place, each layer computes what a dense layer of up to 128 neurons computes, bit for bit.

Samples of a batch run on threads, since the places of a sample share the sums of its kernel. The order of every sum is fixed.

Floor of a sample (`cost.least_cost`): as for dense layers, an addition for each spike and synapse that it reaches.
"""

# mypy: disable-error-code="no-untyped-def,call-arg,unreachable,var-annotated"
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import prange
from numpy.typing import NDArray

from neurosim.train.desire.compiled import kernel
from neurosim.train.desire.kernel_cache import cached
from neurosim.train.desire.kernels import (
    count_spikes,
    descend,
    find_active,
    forward_layer,
    integrate,
    learn_layer,
    output_desire,
    post_traces,
    update,
    wish,
)
from neurosim.train.desire.vectors import PART, dot


class Scratch(NamedTuple):
    """Arrays that a sample of a batch fills at a place."""

    stretch: NDArray[np.float64]
    """As in `neurosim.train.desire.vectors`; the width of each kernel is a multiple of it."""
    trains: NDArray[np.uint64]
    """(samples, rows of a kernel) under the kernel"""
    active: NDArray[np.int64]
    """(samples, rows of a kernel)"""
    tables: NDArray[np.floating[Any]]
    """(samples, rows of a train, columns)"""
    potentials: NDArray[np.floating[Any]]
    """(samples, columns)"""
    totals: NDArray[np.floating[Any]]
    """(samples, n_l): sums on the way down"""


class Places(NamedTuple):
    """Where the neurons of each layer lie; where there is one array per link, the first is that of the input."""

    windows: tuple[NDArray[np.int64], ...]
    """(places, rows of the kernel): neuron of the layer below; without places for a dense layer"""
    order: tuple[NDArray[np.int64], ...]
    """(n_l,): where each neuron of layer l lies"""
    changes: tuple[NDArray[np.floating[Any]], ...]
    """(samples, rows of the kernel, channels): what each sample changes"""
    scratch: Scratch


@kernel
def gather(window, trains, here):
    """Trains under the kernel."""
    for t in range(window.size):
        here[t] = trains[window[t]]


@cached(parallel=True)
def forward_shared(weights, windows, trains, scale, masks, kept, threshold, scratch, out, counts):
    """A layer through all samples."""
    columns, width, rows = PART * scratch.stretch.ndim, weights.shape[1], windows.shape[1]
    for b in prange(trains.shape[0]):
        for p in range(windows.shape[0]):
            here, active = scratch.trains[b, :rows], scratch.active[b]
            gather(windows[p], trains[b], here)
            count, start = find_active(here, active), p * width
            for column in range(0, width, columns):
                integrate(
                    scratch.stretch, weights, column, here, active, count, scale, masks[b, start : start + width], kept,
                    threshold, scratch.tables[b], scratch.potentials[b], out[b, start : start + width],
                )  # fmt: skip
        count_spikes(out[b], counts[b])


@kernel
def pass_down(stretch, weights, windows, passed_from, counts, mask, silent_matter, totals):
    """What reaches each neuron from the places above it that pass something down."""
    width = weights.shape[1]
    for i in range(counts.size):
        totals[i] = 0
    for p in range(windows.shape[0]):
        above, something = passed_from[p * width : (p + 1) * width], False
        for j in range(width):
            something |= above[j] != 0
        if something:
            for t in range(weights.shape[0]):
                i = windows[p, t]
                if mask[i] != 0 and (counts[i] != 0 or silent_matter):
                    totals[i] += dot(stretch, weights, t, above)


@cached(parallel=True)
def descend_shared(
    weights, windows, learns, passed_from, counts, masks, silent_matter, denominator, threshold, most, scratch, desire, passed
):  # fmt: skip
    """Desire of the layer below shared weights, for the samples that learn."""
    for b in prange(learns.size):
        if learns[b]:
            totals = scratch.totals[b]
            pass_down(scratch.stretch, weights, windows, passed_from[b], counts[b], masks[b], silent_matter, totals)
            for i in range(counts.shape[1]):
                desire[b, i] = 0
                passed[b, i] = 0
                if masks[b, i] != 0 and (counts[b, i] != 0 or silent_matter):
                    wish(i, totals[i], counts[b], denominator, threshold, most, desire[b], passed[b])


@kernel
def sum_changes(stretch, window, trains, here, active, out, desire, trace_decay, eta, floor, table, changes):
    """Add what the neurons of a place change to `changes`; most places have nobody who wants a change."""
    columns, count = PART * stretch.ndim, -1
    for column in range(0, changes.shape[1], columns):
        end = column + columns
        wanted = post_traces(stretch, out[column:end], desire[column:end], trace_decay, eta, floor, table)
        if wanted != 0 and count < 0:
            gather(window, trains, here)
            count = find_active(here, active)
        if wanted != 0:
            update(stretch, changes, column, here, active, count, wanted, -np.inf, np.inf, table)


@cached(parallel=True)
def learn_shared(weights, windows, learns, trains, trace_decay, out, desire, eta, limits, scratch, changes):
    """The weight changes of a layer, sample after sample; `limits` = (lowest and highest weight, floor)."""
    low, high, floor = limits
    rows, width = weights.shape
    for b in prange(learns.size):
        if learns[b]:
            changes[b] = 0
            for p in range(windows.shape[0]):
                start, end = p * width, (p + 1) * width
                sum_changes(
                    scratch.stretch, windows[p], trains[b], scratch.trains[b, :rows], scratch.active[b], out[b, start:end],
                    desire[b, start:end], trace_decay, eta, floor, scratch.tables[b], changes[b],
                )  # fmt: skip
    for i in prange(rows):
        for b in range(learns.size):
            if learns[b]:
                for j in range(width):
                    changed = weights[i, j] + changes[b, i, j]
                    changed = low if changed < low else changed
                    weights[i, j] = high if changed > high else changed


@cached()
def show(trains, labels, masks, start, work, places):
    """Copy a batch from sample `start` on into the work space."""
    samples = work.labels.size
    work.labels[:] = labels[start : start + samples]
    for layer in range(len(masks)):
        order, shown, mask = places.order[layer], masks[layer], work.masks[layer]
        for b in range(samples):
            for i in range(order.size):
                mask[b, order[i]] = shown[start + b, i]
    for b in range(samples):
        for i in range(trains.shape[1]):
            work.trains[0][b, i] = trains[start + b, i] if masks[0][start + b, i] else np.uint64(0)


@cached()
def forward(weights, work, scales, kept, thresholds, places):
    """All layers through all samples."""
    for i in range(len(weights)):
        if places.windows[i].shape[0] > 0:
            forward_shared(
                weights[i], places.windows[i], work.trains[i], scales[i], work.masks[i + 1], kept, thresholds[i],
                places.scratch, work.trains[i + 1], work.counts[i + 1],
            )  # fmt: skip
        else:
            forward_layer(
                weights[i], work.trains[i], work.active[i], work.n_active[i], scales[i], work.masks[i + 1], kept,
                thresholds[i], work.tables, work.potentials, work.trains[i + 1], work.counts[i + 1],
            )  # fmt: skip


@cached()
def spread_desire(feedback, work, classes, signal, floor, places):
    """Who wants to change: the output by the labels, the others by what comes down through `feedback`."""
    layers = len(work.trains) - 1
    denominator, output_threshold, hidden_threshold, most = signal
    for b in range(work.labels.size):
        work.learns[b] = 0 != output_desire(
            work.counts[layers][b, :classes], work.labels[b], denominator, output_threshold, work.desires[layers][b],
            work.passed[layers][b],
        )  # fmt: skip
    for i in range(layers - 1, 0, -1):
        silent_matter = i > 1 or floor > 0
        if places.windows[i].shape[0] > 0:
            descend_shared(
                feedback[i], places.windows[i], work.learns, work.passed[i + 1], work.counts[i], work.masks[i], silent_matter,
                denominator, hidden_threshold, most, places.scratch, work.desires[i], work.passed[i],
            )  # fmt: skip
        else:
            descend(
                feedback[i], work.learns, work.passed[i + 1], work.counts[i], work.masks[i], silent_matter, denominator,
                hidden_threshold, most, work.desires[i], work.passed[i],
            )  # fmt: skip


@cached()
def learn(weights, work, trace_decay, etas, limits, places):
    """Change the weights of all layers."""
    for i in range(len(weights)):
        if places.windows[i].shape[0] > 0:
            learn_shared(
                weights[i], places.windows[i], work.learns, work.trains[i], trace_decay, work.trains[i + 1],
                work.desires[i + 1], etas[i], limits, places.scratch, places.changes[i],
            )  # fmt: skip
        else:
            learn_layer(
                weights[i], work.learns, work.trains[i], work.active[i], work.n_active[i], trace_decay, work.trains[i + 1],
                work.desires[i + 1], etas[i], limits, work.tables,
            )  # fmt: skip


@cached()
def train_with_places(
    weights, feedback, work, trains, labels, masks, scales, kept, thresholds, trace_decay, signal, etas, limits, places, out
):  # fmt: skip
    """The same as `kernels.train_samples`, for chains in which places share weights."""
    for start in range(0, labels.size, work.labels.size):
        show(trains, labels, masks, start, work, places)
        forward(weights, work, scales, kept, thresholds, places)
        out[start : start + work.labels.size] = work.counts[len(weights)][:, : out.shape[1]]
        if max(etas) != 0 or min(etas) != 0:
            spread_desire(feedback, work, out.shape[1], signal, limits[2], places)
            learn(weights, work, trace_decay, etas, limits, places)
