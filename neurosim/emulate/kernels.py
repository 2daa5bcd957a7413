"""The compiled step loop: neurons, spikes, synapses. Event-driven along synapses, dense over neurons.

Cost of a step: about 40 bytes read and 25 written a neuron, plus one weight row (or its non-zero entries) a spike.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from neurosim.emulate.arithmetic import decay, integrate
from neurosim.step import Dynamics

SOURCE = int(Dynamics.SOURCE)
LIF = int(Dynamics.LIF)
SOFT_RESET = int(Dynamics.SOFT_RESET_LIF)
REFRACTORY = int(Dynamics.REFRACTORY_LIF)
ADAPTIVE = int(Dynamics.ADAPTIVE_LIF)
LIF_RESET = int(Dynamics.LIF_RESET)


class Packed(NamedTuple):
    """A step program as flat arrays. Populations lie one behind the other, each padded to a multiple of 8 neurons."""

    # one entry a population
    start: NDArray[np.int64]
    size: NDArray[np.int64]
    dynamics: NDArray[np.int64]
    refractory: NDArray[np.int32]
    reset_interval: NDArray[np.int64]
    reset_offset: NDArray[np.int64]
    feed_column: NDArray[np.int64]
    # one entry a neuron
    kept_u: NDArray[np.float64]
    kept_v: NDArray[np.float64]
    bias: NDArray[np.float64]
    threshold: NDArray[np.float64]
    reset: NDArray[np.float64]
    kept_theta: NDArray[np.float64]
    jump: NDArray[np.float64]
    # one entry a projection (a projection with several delays is one entry a delay)
    pre: NDArray[np.int64]
    post: NDArray[np.int64]
    delay: NDArray[np.int64]
    graded: NDArray[np.bool_]
    gain: NDArray[np.float64]
    first_weight: NDArray[np.int64]
    first_row: NDArray[np.int64]
    """Into `row`, or -1 for a dense projection."""
    # synapses
    weight: NDArray[np.generic]
    column: NDArray[np.int32]
    row: NDArray[np.int64]
    sums: NDArray[np.generic]
    """Empty; its type is the one in which weights are summed."""


class State(NamedTuple):
    """Dynamic variables of one sample."""

    u: NDArray[np.float64]
    v: NDArray[np.float64]
    theta: NDArray[np.float64]
    held: NDArray[np.int32]
    arriving: NDArray[np.float64]
    """Ring of (longest delay + 1) rows of input sums."""


@njit(cache=True)
def _fire(dynamics, v, target, theta, held, threshold, reset, jump, refractory, fired):
    """Threshold and reset of one population; `fired` gets 0 or 1."""
    if dynamics == SOFT_RESET:
        for i in range(v.size):
            spike = target[i] >= threshold[i]
            fired[i] = spike
            v[i] = target[i] - threshold[i] if spike else target[i]
    elif dynamics == REFRACTORY:
        for i in range(v.size):
            if held[i] > 0:
                held[i] -= 1
                fired[i] = 0
                continue
            spike = target[i] > threshold[i]
            fired[i] = spike
            v[i] = reset[i] if spike else target[i]
            if spike:
                held[i] = refractory
    elif dynamics == ADAPTIVE:
        for i in range(v.size):
            spike = target[i] > threshold[i] + theta[i]
            fired[i] = spike
            v[i] = reset[i] if spike else target[i]
            theta[i] += jump[i] if spike else 0.0
    else:
        for i in range(v.size):
            spike = target[i] > threshold[i]
            fired[i] = spike
            v[i] = reset[i] if spike else target[i]


@njit(cache=True)
def _update(arithmetic, net, p, k, state, a, target, fired):
    """One step of population `p`: integrate, compare, reset."""
    lo, hi = net.start[p], net.start[p] + net.size[p]
    u, v, theta = state.u[lo:hi], state.v[lo:hi], state.theta[lo:hi]
    kind = net.dynamics[p]
    if kind == LIF_RESET and (k + 1) % net.reset_interval[p] == net.reset_offset[p]:
        u[:] = 0.0
        v[:] = 0.0
    if kind == ADAPTIVE:
        decay(arithmetic, theta, net.kept_theta[lo:hi])
    goal = target[lo:hi]
    integrate(arithmetic, u, v, a[lo:hi], net.kept_u[lo:hi], net.kept_v[lo:hi], net.bias[lo:hi], goal)
    _fire(
        kind, v, goal, theta, state.held[lo:hi],
        net.threshold[lo:hi], net.reset[lo:hi], net.jump[lo:hi], net.refractory[p], fired[lo:hi],
    )  # fmt: skip


@njit(cache=True)
def _active(words, row, start, size, index):
    """Local indices of the spiking neurons of a population; eight silent ones are passed in one comparison."""
    count = 0
    for w in range(start // 8, (start + size + 7) // 8):
        if words[w] != 0:
            for i in range(8 * w, 8 * w + 8):
                if row[i]:
                    index[count] = i - start
                    count += 1
    return count


@njit(cache=True)
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


@njit(cache=True)
def _add_sparse(net, j, index, count, acc):
    first, rows = net.first_weight[j], net.first_row[j]
    for q in range(count):
        row = rows + index[q]
        for s in range(first + net.row[row], first + net.row[row + 1]):
            acc[net.column[s]] += net.weight[s]


@njit(cache=True)
def _add_graded(net, j, index, count, payload, n, acc):
    first, rows = net.first_weight[j], net.first_row[j]
    for q in range(count):
        value = payload[index[q]]
        if rows < 0:
            for i in range(n):
                acc[i] += net.weight[first + index[q] * n + i] * value
        else:
            row = rows + index[q]
            for s in range(first + net.row[row], first + net.row[row + 1]):
                acc[net.column[s]] += net.weight[s] * value


@njit(cache=True)
def _deliver(arithmetic, acc, gain, arriving):
    """Scale the summed weights (floor, as an arithmetic shift does) and put them on the ring."""
    if arithmetic == 0:
        for i in range(acc.size):
            arriving[i] += acc[i]
    else:
        for i in range(acc.size):
            arriving[i] += np.floor(acc[i] * gain)


@njit(cache=True)
def _transmit(arithmetic, net, k, state, feed, words, row, index, sums):
    """Send the spikes of this step along every projection."""
    ring = state.arriving.shape[0]
    source = -1
    count = 0
    for j in range(net.pre.size):
        p = net.pre[j]
        if p != source:
            count = _active(words, row, net.start[p], net.size[p], index)
            source = p
        if count == 0:
            continue
        n = net.size[net.post[j]]
        acc = sums[:n]
        acc[:] = 0
        if net.graded[j] and net.feed_column[p] >= 0:
            _add_graded(net, j, index, count, feed[net.feed_column[p] :], n, acc)
        elif net.first_row[j] < 0:
            _add_dense(net.weight, net.first_weight[j], n, index, count, acc)
        else:
            _add_sparse(net, j, index, count, acc)
        lo = net.start[net.post[j]]
        _deliver(arithmetic, acc, net.gain[j], state.arriving[(k + 1 + net.delay[j]) % ring, lo : lo + n])


@njit(cache=True, nogil=True)
def run_sample(arithmetic, net, first_step, state, feed, raster, words, probe_kind, probe_neuron, probed):
    """Run `len(raster)` steps of one sample.

    `feed` (steps, fed channels) are payloads of the sources, `raster` (steps, padded neurons) gets spikes and `words` is the
    same memory eight neurons at a time, `probed` (steps, probes) gets states.
    """
    target = np.zeros(state.u.size)
    index = np.empty(raster.shape[1], np.int64)
    sums = np.zeros(raster.shape[1], net.sums.dtype)
    ring = state.arriving.shape[0]
    for t in range(raster.shape[0]):
        k = first_step + t
        a = state.arriving[k % ring]
        fired = raster[t]
        for p in range(net.start.size):
            lo, n = net.start[p], net.size[p]
            if net.dynamics[p] == SOURCE:
                column = net.feed_column[p]
                for i in range(n):
                    fired[lo + i] = feed[t, column + i] != 0
            else:
                _update(arithmetic, net, p, k, state, a, target, fired)
        a[:] = 0.0
        _transmit(arithmetic, net, k, state, feed[t], words[t], fired, index, sums)
        for q in range(probe_kind.size):
            i = probe_neuron[q]
            if probe_kind[q] == 0:
                probed[t, q] = state.u[i]
            elif probe_kind[q] == 1:
                probed[t, q] = state.v[i]
            else:
                probed[t, q] = state.theta[i]


@njit(cache=True, parallel=True)
def run_batch(arithmetic, net, first_step, state, feed, raster, words, probe_kind, probe_neuron, probed):
    """`run_sample` for every sample of a batch, over threads; all arrays have the sample as first axis."""
    for s in prange(raster.shape[0]):
        one = State(state.u[s], state.v[s], state.theta[s], state.held[s], state.arriving[s])
        run_sample(
            arithmetic, net, first_step, one, feed[s], raster[s], words[s], probe_kind, probe_neuron, probed[s]
        )
