"""What the learning kernels share: flat arrays of plastic projections, in float and in the chip's integers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Places(NamedTuple):
    """Where the plastic projections lie in the packed program; one entry a projection."""

    pre: Ints
    n_pre: Ints
    post: Ints
    n_post: Ints
    first_weight: Ints
    first_row: Ints
    """Into the packed `row`, or -1 for a dense projection."""
    first_column: Ints
    """Into `column_start`, or -1 for a dense projection."""
    column_start: Ints
    """Of a sparse projection, by post neuron: first entry of `column_place` and `column_pre`."""
    column_place: Ints
    """Place of the synapse behind the projection's first weight."""
    column_pre: NDArray[np.int32]


class Rules(NamedTuple):
    """Traces and products of all plastic projections, one behind the other."""

    # one entry a projection, and the end
    first_trace: Ints
    first_product: Ints
    first_signal: Ints
    # one entry a trace
    side: Ints
    """0 pre, 1 post."""
    first_value: Ints
    """Into the values of all traces."""
    lag: Ints
    """Steps after which a presynaptic spike reaches the trace."""
    mode: Ints
    kept: NDArray[np.float64]
    impulse: NDArray[Any]
    # one entry a product, and the end
    target: Ints
    """0 w, 1 tag, 2 aux."""
    gate: Ints
    period: Ints
    first_factor: Ints
    # one entry a factor
    kind: Ints
    """0 pre trace, 1 post trace, 2 signal, 3 synaptic variable."""
    which: Ints
    """The trace, the signal, or the variable (0 w, 1 tag, 2 aux)."""
    constant: NDArray[np.int32]
    """What is added to the factor."""
    # one entry a signal
    signal_column: Ints
    signal_wide: Ints
    """1 where each post neuron has a signal of its own."""


class Scratch(NamedTuple):
    """Memory that the kernels write on; n is the larger of n_pre and n_post."""

    parts: NDArray[Any]
    """Presynaptic and postsynaptic part of each product, and the presynaptic one in the order of `rest`; (products, 3, steps of
    an epoch + 1, n)."""
    open: NDArray[np.bool_]
    """Products that change something in this step."""
    lines: Ints
    """Pre neurons whose row, and post neurons whose column of synapses is visited."""
    wanted: NDArray[np.uint8]
    """Pre neurons whose synapses columns visit, as flags."""
    rest: Ints
    """The same as indices."""
    held: NDArray[Any]
    """w, tag and aux of a line before the update, (3, n)."""
    sums: NDArray[Any]
    """What is added to them, or in integers their accumulators, (3, n)."""
    term: NDArray[Any]
    """One product along a line."""
    place: Ints
    """Synapses of a column."""
    other: NDArray[np.int32]
    """Pre neurons of a sparse column."""
    signal: NDArray[np.int32]
    """Third factors as the connection holds them, (signals, n)."""
    reads: NDArray[np.bool_]
    """Which of w, tag, aux the open products read, and which they change."""
    used: NDArray[np.bool_]


class Supplies(NamedTuple):
    """Third factors that neurons write in the run; one entry a signal."""

    table: Ints
    """(signals, 4): packed neuron at which the population begins, its size, the signal, and what (`supplies.SUPPLIES`)."""
    scale: NDArray[np.float64]
    floor: NDArray[np.float64]


class FloatPlasticity(NamedTuple):
    """Learning in float."""

    places: Places
    rules: Rules
    supplies: Supplies
    scratch: Scratch
    reads: NDArray[np.bool_]
    """(projections, 3): whether some product has the factor w, tag, aux."""
    used: NDArray[np.bool_]
    """(projections, 3): whether the rule changes w, tag, aux."""
    coefficient: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    kept: NDArray[np.float64]
    """(projections, 2): of tag and aux."""
    values: NDArray[np.float64]
    """Of all traces."""
    tag: NDArray[np.float64]
    aux: NDArray[np.float64]
    scale: NDArray[np.float64]
    """(projections, 2): a tag is its stored value times this, so that the decay of all costs one multiplication."""
    spikes: NDArray[np.uint8]
    """Ring of the last rows of spikes."""
    signals: NDArray[np.float64]
    """(steps, columns)."""


class FixedPlasticity(NamedTuple):
    """Learning in the chip's integers."""

    places: Places
    rules: Rules
    supplies: Supplies
    scratch: Scratch
    mantissa: NDArray[np.int32]
    shift: NDArray[np.int32]
    exponent: NDArray[np.int32]
    """Left shift: the exponent of the string plus 7."""
    reads: NDArray[np.bool_]
    """(projections, 3): whether some product has the factor w, tag, aux."""
    used: NDArray[np.bool_]
    """(projections, 3): whether the rule changes w, tag, aux."""
    plain: Ints
    """For dense projections, the variable to which all changes at spikes are added (see `fixed_blocks`), or -1."""
    change: NDArray[np.int16]
    """Memory for what a line of synapses of these changes by, and between which bounds; (3, n)."""
    low: NDArray[np.int32]
    """(projections, 3): of w, tag, aux."""
    high: NDArray[np.int32]
    fraction: NDArray[np.int64]
    """Of a trace's impulse, in 1/256."""
    sent: NDArray[np.bool_]
    """Postsynaptic traces that the neuron computes and sends: Lava decays them once more on arrival."""
    epoch: Ints
    values: NDArray[np.int32]
    history: NDArray[np.int32]
    """(steps of an epoch + 1, values of all traces)."""
    last_pre: NDArray[np.int32]
    """Step of the epoch (1...) in which a pre neuron spiked last, or 0; by projection, `n_pre` behind each other."""
    last_post: NDArray[np.int32]
    first_pre: Ints
    first_post: Ints
    tag_underflow: NDArray[np.bool_]
    """Projections with a tag at the one value that Lava's accumulator cannot hold; see `learn_fixed`."""
    tag: NDArray[np.int16]
    aux: NDArray[np.int16]
    signals: NDArray[np.int32]
    pre_decay: NDArray[np.float64]
    """(steps, projections): random numbers of the step, see `neurosim.backends.emulator.randoms`."""
    pre_impulse: Ints
    post_decay: NDArray[np.float64]
    post_impulse: Ints
    post_again: Ints
    rounding: NDArray[np.float64]
