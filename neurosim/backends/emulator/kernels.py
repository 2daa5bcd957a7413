"""The compiled step loop: neurons, spikes, synapses. Event-driven along synapses, dense over neurons.

Floor of a fixed step: 28 bytes read and 9 written per neuron, and for each spike one row of weights, 2 bytes per synapse.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from neurosim.backends.emulator import bursts
from neurosim.backends.emulator.arithmetic import TOP, Arithmetic, decay, integrate
from neurosim.backends.emulator.compiled import kernel
from neurosim.backends.emulator.delivery import (
    active,
    add_graded,
    add_transposed,
    deliver,
    release_into,
    sum_rows,
    sum_transposed,
)
from neurosim.backends.emulator.desire import DESIRE, IN_LANE, OUT_LANE, clear_outside_sample, follow_phase, send
from neurosim.backends.emulator.kernel_arrays import State
from neurosim.backends.emulator.kernel_cache import cached
from neurosim.backends.emulator.learn_fixed import learn_fixed
from neurosim.backends.emulator.learn_float import learn_float
from neurosim.backends.emulator.overflow import (
    DENDRITE,
    add_wide,
    count_saturations,
    count_sums,
    count_wraps,
    deliver_wide,
    widen,
)
from neurosim.neurons.step_form import Dynamics

SOFT_RESET = int(Dynamics.SOFT_RESET_LIF)
REFRACTORY = int(Dynamics.REFRACTORY_LIF)
ADAPTIVE = int(Dynamics.ADAPTIVE_LIF)
LIF_RESET = int(Dynamics.LIF_RESET)
DESIRE_LIF = int(Dynamics.DESIRE_LIF)
BURST_LIF = int(Dynamics.BURST_LIF)
DENDRITE_IN, EVENT_OUT, BURST_OUT, DRIFT = bursts.IN_LANE, bursts.EVENT_LANE, bursts.BURST_LANE, bursts.DRIFT
U_D, V_D, LOIHI1 = bursts.U_D, bursts.V_D, int(Arithmetic.LOIHI1)
fire_bursts, send_bursts, follow_share = bursts.fire, bursts.send, bursts.follow_share


@kernel
def _hard_reset(v, threshold, reset, fired):
    for i in range(v.size):
        fired[i] = v[i] > threshold[i]
    for i in range(v.size):
        v[i] = reset[i] if v[i] > threshold[i] else v[i]


@kernel
def _soft_reset(v, threshold, fired):
    for i in range(v.size):
        fired[i] = v[i] >= threshold[i]
    for i in range(v.size):
        v[i] = v[i] - threshold[i] if v[i] >= threshold[i] else v[i]


@kernel
def _refractory_reset(v, held, threshold, reset, refractory, fired):
    for i in range(v.size):
        spike = held[i] == 0 and v[i] > threshold[i]
        fired[i] = spike
        v[i] = reset[i] if spike or held[i] > 0 else v[i]
        held[i] = refractory[i] if spike else max(held[i] - 1, 0)


@kernel
def _adaptive_reset(v, theta, threshold, reset, jump, fired):
    for i in range(v.size):
        spike = v[i] > threshold[i] + theta[i]
        fired[i] = spike
        v[i] = reset[i] if spike else v[i]
        theta[i] += jump[i] if spike else 0


@kernel
def _restart(k, u, v, interval, offset):
    """LIF_RESET: u and v from zero at the given steps."""
    for i in range(u.size):
        if (k + 1) % interval[i] == offset[i]:
            u[i] = 0
            v[i] = 0


# Helpers take arrays, not the tuples: each attribute of a tuple costs a pair of atomic reference counts.


@kernel
def _before(arithmetic, k, kind, u, v, theta, kept_theta, interval, offset):
    """What happens to a group before it integrates."""
    if kind == LIF_RESET:
        _restart(k, u, v, interval, offset)
    elif kind == ADAPTIVE or kind == BURST_LIF:
        decay(arithmetic, theta, kept_theta)


@kernel
def _fire(kind, v, theta, held, threshold, reset, jump, refractory, fired):
    """Threshold and reset of a group; `fired` gets 0 or 1."""
    if kind == SOFT_RESET or kind == DESIRE_LIF:
        _soft_reset(v, threshold, fired)
    elif kind == REFRACTORY:
        _refractory_reset(v, held, threshold, reset, refractory, fired)
    elif kind == ADAPTIVE:
        _adaptive_reset(v, theta, threshold, reset, jump, fired)
    else:
        _hard_reset(v, threshold, reset, fired)


@kernel
def _probe(kind, neuron, u, v, theta, more, dendrite, out):
    for q in range(kind.size):
        i = neuron[q]
        if kind[q] < 3:
            out[q] = u[i] if kind[q] == 0 else v[i] if kind[q] == 1 else theta[i]
        else:
            out[q] = more[kind[q] - 3, i] if kind[q] < 6 else dendrite[kind[q] - 6, i]


@cached()
def _run_sample(
    arithmetic, net, guard, floats, fixed, counted, first_step, state, tally, feed, raster, words, probe_kind, probe_neuron,
    probed,
):  # fmt: skip
    """Run `len(raster)` steps of one sample.

    `feed` (steps, fed channels) are payloads of the sources, `raster` (steps, padded neurons) gets spikes and `words` is the
    same memory eight neurons at a time, `probed` (steps, probes) gets states. `floats` and `fixed` are what learns, or None;
    learning and random numbers count their steps through all samples, from `counted` on. `guard` says where overflows are
    counted into `tally` (watched populations, counts).
    """
    index = np.empty(raster.shape[1], np.int64)
    sums = np.zeros(raster.shape[1], state.arriving.dtype)
    u, v, theta, held, arriving, deficit, excess, more, inner = state
    amount = np.zeros(raster.shape[1])
    release, release_base, release_jump = net.release, net.release_base, net.release_jump
    kept_deficit, kept_excess = net.kept_deficit, net.kept_excess
    ring, n = arriving.shape[0], u.size
    group, group_start, channel = net.group, net.group_start, net.channel
    kept_u, kept_v, bias, threshold, reset = net.kept_u, net.kept_v, net.bias, net.threshold, net.reset
    kept_theta, jump, refractory = net.kept_theta, net.jump, net.refractory
    interval, offset = net.reset_interval, net.reset_offset
    pre, pre_size, post, post_size, delay = net.pre, net.pre_size, net.post, net.post_size, net.delay
    gain, first_channel, first_weight, first_row = net.gain, net.first_channel, net.first_weight, net.first_row
    desire, desire_threshold, graded, transposed = net.desire, net.desire_threshold, net.graded, net.transposed
    burst, burst_level = net.burst, net.burst_level
    dendrite_u, dendrite_v, dendrite_bias = net.dendrite_u, net.dendrite_v, net.dendrite_bias
    payload = np.zeros(raster.shape[1], np.int32)
    weight, column, row = net.weight, net.column, net.row
    watched, watched_end, watched_u, watched_into = guard.first, guard.last, guard.wraps, guard.into
    wide, entry, drive = guard.wide, guard.entry, guard.drive
    due = np.zeros(watched.size, np.int64)
    totals = np.zeros(raster.shape[1] if np.any(wide) else 0, np.int64)
    for t in range(raster.shape[0]):
        k = first_step + t
        a, fired = arriving[k % ring], raster[t]
        for g in range(group.size):
            if group[g] == LIF_RESET or group[g] == ADAPTIVE or group[g] == BURST_LIF:
                lo, hi = group_start[g], group_start[g + 1]
                _before(
                    arithmetic, k, group[g], u[lo:hi], v[lo:hi], theta[lo:hi],
                    kept_theta[lo:hi], interval[lo:hi], offset[lo:hi],
                )  # fmt: skip
            elif group[g] == DESIRE_LIF:
                lo, hi = group_start[g], group_start[g + 1]
                clear_outside_sample(k, desire[g], u[lo:hi], v[lo:hi], a[lo:hi])
        for q in range(watched.size):
            if watched_u[q]:
                lo, hi, into = watched[q], watched_end[q], watched_into[q]
                count_wraps(arithmetic, u[lo:hi], a[lo:hi], kept_u[lo:hi], 0, tally[q])
                if into >= 0:
                    arrived = a[into : into + hi - lo]
                    count_wraps(arithmetic, inner[U_D, lo:hi], arrived, dendrite_u[lo:hi], DENDRITE, tally[q])
        integrate(arithmetic, u, v, a[:n], kept_u, kept_v, bias)
        for q in range(watched.size):
            if t >= due[q]:
                most = count_saturations(v[watched[q] : watched_end[q]], 0, tally[q])
                due[q] = t + np.int64(max(1.0, (TOP - most) / drive[q]))
            if arithmetic == LOIHI1 and watched_u[q]:
                count_sums(u[watched[q] : watched_end[q]], bias[watched[q] : watched_end[q]], tally[q])
        for g in range(group.size):
            lo, hi = group_start[g], group_start[g + 1]
            if group[g] == BURST_LIF:
                into, first, second = burst[g, DENDRITE_IN], burst[g, EVENT_OUT], burst[g, BURST_OUT]
                event, again = fired[first : first + hi - lo], fired[second : second + hi - lo]
                fire_bursts(
                    arithmetic, counted + t, burst[g], burst_level[g], a[into : into + hi - lo], dendrite_u[lo:hi],
                    dendrite_v[lo:hi], dendrite_bias[lo:hi], threshold[lo:hi], jump[lo:hi], refractory[lo:hi], v[lo:hi],
                    theta[lo:hi], held[lo:hi], inner[:, lo:hi], fired[lo:hi], event, again,
                )  # fmt: skip
                if floats is not None:
                    s = floats.supplies
                    send_bursts(
                        arithmetic, lo, s.table, s.scale, s.floor, floats.rules.signal_column, burst_level[g], event, again,
                        inner[DRIFT, lo:hi], floats.signals[t],
                    )  # fmt: skip
                if fixed is not None:
                    s = fixed.supplies
                    send_bursts(
                        arithmetic, lo, s.table, s.scale, s.floor, fixed.rules.signal_column, burst_level[g], event, again,
                        inner[DRIFT, lo:hi], fixed.signals[t],
                    )  # fmt: skip
                follow_share(arithmetic, burst_level[g], event, again, inner[DRIFT, lo:hi])
                continue
            _fire(
                group[g], v[lo:hi], theta[lo:hi], held[lo:hi], threshold[lo:hi], reset[lo:hi],
                jump[lo:hi], refractory[lo:hi], fired[lo:hi],
            )  # fmt: skip
            if group[g] == DESIRE_LIF:
                into, out = desire[g, IN_LANE], desire[g, OUT_LANE]
                stage = follow_phase(
                    k, desire[g], desire_threshold[g], fired[lo:hi], a[into : into + hi - lo], more[:, lo:hi],
                    fired[out : out + hi - lo], payload[out : out + hi - lo],
                )  # fmt: skip
                if stage >= 0:
                    if floats is not None:
                        s = floats.supplies
                        send(
                            arithmetic, stage, lo, s.table, s.scale, s.floor, floats.rules.signal_column, more[DESIRE, lo:hi],
                            floats.signals[t],
                        )  # fmt: skip
                    if fixed is not None:
                        s = fixed.supplies
                        send(
                            arithmetic, stage, lo, s.table, s.scale, s.floor, fixed.rules.signal_column, more[DESIRE, lo:hi],
                            fixed.signals[t],
                        )  # fmt: skip
                    more[:, lo:hi] = 0
        for q in range(watched.size):
            if watched_into[q] >= 0:
                count_saturations(inner[V_D, watched[q] : watched_end[q]], DENDRITE, tally[q])
        for c in range(channel.size):
            fired[channel[c]] = feed[t, c] != 0
        a[:] = 0
        if deficit.size:
            decay(arithmetic, deficit, kept_deficit)
            decay(arithmetic, excess, kept_excess)
        source, count = -1, 0
        for j in range(pre.size):
            if pre[j] != source:
                source = pre[j]
                count = active(words[t], fired, source, pre_size[j], index)
            if count > 0:
                acc, slot = sums[: post_size[j]], arriving[(k + 1 + delay[j]) % ring]
                arrives = slot[post[j] : post[j] + post_size[j]]
                if wide[j] > 0 and release[j] < 0 and not transposed[j] and (graded[j] or first_channel[j] >= 0):
                    total, at = totals[: post_size[j]], row[max(first_row[j], 0) :]
                    total[:] = 0
                    if graded[j]:
                        mine = payload[source : source + pre_size[j]]
                        add_wide(
                            weight, column, at, first_weight[j], first_row[j] < 0, index, count, mine, wide[j], total,
                            tally[entry[j]],
                        )  # fmt: skip
                    else:
                        sent = feed[t, first_channel[j] :]
                        add_wide(
                            weight, column, at, first_weight[j], first_row[j] < 0, index, count, sent, wide[j], total,
                            tally[entry[j]],
                        )  # fmt: skip
                    deliver_wide(wide[j], total, gain[j], arrives, tally[entry[j]])
                    continue
                if release[j] >= 0:
                    lo, hi = release[j], release[j] + pre_size[j]
                    base, rise = release_base[j], release_jump[j]
                    release_into(arithmetic, deficit[lo:hi], excess[lo:hi], base, rise, index, count, amount)
                    acc[:] = 0
                    at = row[max(first_row[j], 0) :]
                    add_graded(weight, column, at, first_weight[j], first_row[j] < 0, index, count, amount, acc)
                elif graded[j]:
                    acc[:] = 0
                    mine = payload[source : source + pre_size[j]]
                    if transposed[j]:
                        add_transposed(weight, first_weight[j], mine, acc)
                    else:
                        at = row[max(first_row[j], 0) :]
                        add_graded(weight, column, at, first_weight[j], first_row[j] < 0, index, count, mine, acc)
                elif transposed[j]:
                    acc[:] = 0
                    sum_transposed(weight, first_weight[j], pre_size[j], index, count, acc)
                else:
                    sum_rows(weight, column, row, first_weight[j], first_row[j], first_channel[j], feed[t], index, count, acc)
                if wide[j] > 0:
                    widen(acc, totals[: post_size[j]])
                    deliver_wide(wide[j], totals[: post_size[j]], gain[j], arrives, tally[entry[j]])
                else:
                    deliver(arithmetic, acc, gain[j], arrives)
        if floats is not None:
            learn_float(floats, t, counted + t, False, fired, row, column, weight)
        if fixed is not None:
            learn_fixed(fixed, t, counted + t, fired, row, column, weight)
        _probe(probe_kind, probe_neuron, u, v, theta, more, inner, probed[t])


@cached(nogil=True)
def run_samples(
    arithmetic, net, guard, floats, fixed, counted, first_step, state, tally, feed, raster, words, probe_kind, probe_neuron,
    probed,
):  # fmt: skip
    """`_run_sample` for each sample of a block; all arrays have the sample as first axis, `counted` too.

    Blocks that do not learn may run on threads.
    """
    for s in range(raster.shape[0]):
        one = State(
            state.u[s], state.v[s], state.theta[s], state.held[s], state.arriving[s], state.deficit[s], state.excess[s],
            state.more[s], state.dendrite[s],
        )  # fmt: skip
        _run_sample(
            arithmetic, net, guard, floats, fixed, counted[s], first_step, one, tally[s], feed[s], raster[s], words[s],
            probe_kind, probe_neuron, probed[s],
        )  # fmt: skip
