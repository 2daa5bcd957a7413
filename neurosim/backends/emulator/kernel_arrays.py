"""A step program as flat arrays, and the state of one sample."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class KernelArrays(NamedTuple):
    """A step program as flat arrays.

    Populations follow each other, each padded to a multiple of 8 neurons: first those that integrate, grouped by their
    dynamics, then the sources. Padding never spikes. After them come the further receptors and channels of populations, as
    lanes of the input sums and of the raster.
    """

    # one entry per group of populations with the same dynamics
    group: NDArray[np.int64]
    """Dynamics of the group."""
    group_start: NDArray[np.int64]
    """First neuron of the group, and the end of the last one."""
    desire: NDArray[np.int64]
    """Parameters of groups of DESIRE_LIF, with one population each: see `neurosim.backends.emulator.desire.Column`."""
    desire_threshold: NDArray[np.float64]
    burst: NDArray[np.int64]
    """Parameters of groups of BURST_LIF, with one population each: see `neurosim.backends.emulator.bursts.Column`."""
    burst_level: NDArray[np.float64]
    """Levels of these groups: see `neurosim.backends.emulator.bursts.Level`."""
    # one entry per neuron
    kept_u: NDArray[np.floating[Any]]
    kept_v: NDArray[np.floating[Any]]
    bias: NDArray[Any]
    threshold: NDArray[Any]
    reset: NDArray[Any]
    kept_theta: NDArray[np.floating[Any]]
    jump: NDArray[Any]
    refractory: NDArray[np.int32]
    dendrite_u: NDArray[np.floating[Any]]
    """Fractions of current and voltage that remain after a step in the dendrite of BURST_LIF."""
    dendrite_v: NDArray[np.floating[Any]]
    dendrite_bias: NDArray[Any]
    reset_interval: NDArray[np.int32]
    reset_offset: NDArray[np.int32]
    # one entry per source channel
    channel: NDArray[np.int64]
    """The packed neuron that receives the channel."""
    # one entry per projection (one entry per delay for a projection with several delays)
    pre: NDArray[np.int64]
    pre_size: NDArray[np.int64]
    post: NDArray[np.int64]
    post_size: NDArray[np.int64]
    delay: NDArray[np.int64]
    first_channel: NDArray[np.int64]
    """First column of the payloads for a graded projection from a source; else -1."""
    graded: NDArray[np.int64]
    """1 for a graded projection from a neuron's channel."""
    transposed: NDArray[np.int64]
    """1 where the weights are those of another projection, transposed: they are (post, pre)."""
    gain: NDArray[np.float64]
    release: NDArray[np.int64]
    """First entry of the state of a projection with short-term plasticity; else -1."""
    release_base: NDArray[np.float64]
    release_jump: NDArray[np.float64]
    first_weight: NDArray[np.int64]
    first_row: NDArray[np.int64]
    """First index into `row`, or -1 for a dense projection."""
    # one entry per pre neuron of a projection with short-term plasticity
    kept_deficit: NDArray[np.float64]
    kept_excess: NDArray[np.float64]
    # synapses
    weight: NDArray[Any]
    column: NDArray[np.int32]
    row: NDArray[np.int64]


class State(NamedTuple):
    """Dynamic variables of one sample."""

    u: NDArray[Any]
    v: NDArray[Any]
    theta: NDArray[Any]
    held: NDArray[np.int32]
    arriving: NDArray[Any]
    """Ring buffer of (longest delay + 1) rows of input sums."""
    deficit: NDArray[np.float64]
    """Short-term depression: 1 - x; in integers, in units of 2^-16."""
    excess: NDArray[np.float64]
    """Short-term facilitation: the difference between u and its resting value."""
    more: NDArray[np.int32]
    """Count, label and desire of DESIRE_LIF, (3, neurons), or (3, 0) if there are none."""
    dendrite: NDArray[Any]
    """State of BURST_LIF: u_d, v_d, drift of P, steps until the second spike; (4, neurons), or (4, 0) if there are none."""
