"""Flat arrays of plastic projections for the learning kernels, in float and in the integers of the chip."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Places(NamedTuple):
    """Places of the plastic projections in the packed program; one entry per projection."""

    pre: Ints
    n_pre: Ints
    post: Ints
    n_post: Ints
    first_weight: Ints
    first_row: Ints
    """First index into the packed `row`, or -1 for a dense projection."""
    first_column: Ints
    """First index into `column_start`, or -1 for a dense projection."""
    column_start: Ints
    """First entry of `column_place` and `column_pre` for each post neuron of a sparse projection."""
    column_place: Ints
    """Place of the synapse, counted from the projection's first weight."""
    column_pre: NDArray[np.int32]


class Rules(NamedTuple):
    """Traces and products of all plastic projections, one after the other."""

    # one entry per projection, and the end
    first_trace: Ints
    first_product: Ints
    first_signal: Ints
    # one entry per trace
    side: Ints
    """0 pre, 1 post."""
    first_value: Ints
    """First index into the values of all traces."""
    lag: Ints
    """Steps after which a presynaptic spike reaches the trace."""
    mode: Ints
    kept: NDArray[np.float64]
    impulse: NDArray[Any]
    # one entry per product, and the end
    target: Ints
    """0 w, 1 tag, 2 aux."""
    gate: Ints
    period: Ints
    first_factor: Ints
    # one entry per factor
    kind: Ints
    """0 pre trace, 1 post trace, 2 signal, 3 synaptic variable."""
    which: Ints
    """The trace, the signal, or the variable (0 w, 1 tag, 2 aux)."""
    constant: NDArray[np.int32]
    """Constant that is added to the factor."""
    # one entry per signal
    signal_column: Ints
    signal_wide: Ints
    """1 where each post neuron has its own signal."""


class Scratch(NamedTuple):
    """Working memory of the kernels; n is the larger of n_pre and n_post."""

    parts: NDArray[Any]
    """Presynaptic and postsynaptic part of each product, and the presynaptic one in the order of `rest`; (products, 3, steps of
    an epoch + 1, n)."""
    open: NDArray[np.bool_]
    """Whether each product changes something in this step."""
    lines: Ints
    """Pre neurons whose row, and post neurons whose column of synapses is visited."""
    wanted: NDArray[np.uint8]
    """Flags of the pre neurons whose synapses are visited by columns."""
    rest: Ints
    """Indices of the same pre neurons."""
    held: NDArray[Any]
    """w, tag and aux of a line before the update, (3, n)."""
    sums: NDArray[Any]
    """Sums that are added to w, tag and aux, or in integers their accumulators, (3, n)."""
    term: NDArray[Any]
    """Values of one product along a line."""
    place: Ints
    """Synapses of a column."""
    other: NDArray[np.int32]
    """Pre neurons of a sparse column."""
    signal: NDArray[np.int32]
    """Third factors as stored at the connection, (signals, n)."""
    reads: NDArray[np.bool_]
    """Whether the open products read w, tag, aux (`reads`), and whether they change them (`used`)."""
    used: NDArray[np.bool_]


class Supplies(NamedTuple):
    """Third factors that neurons supply during the run; one entry per signal."""

    table: Ints
    """(signals, 4): first packed neuron of the population, its size, the signal, and its code (`modulator_codes.SUPPLIES`)."""
    scale: NDArray[np.float64]
    floor: NDArray[np.float64]


class FloatPlasticity(NamedTuple):
    """Arrays for learning in float."""

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
    """(projections, 2): fractions of tag and aux that remain after a step."""
    values: NDArray[np.float64]
    """Values of all traces."""
    tag: NDArray[np.float64]
    aux: NDArray[np.float64]
    scale: NDArray[np.float64]
    """(projections, 2): a tag is its stored value times this scale, so that the decay of all tags costs one multiplication."""
    spikes: NDArray[np.uint8]
    """Ring buffer of the last rows of spikes."""
    signals: NDArray[np.float64]
    """Values of all signals, (steps, columns)."""


class FixedPlasticity(NamedTuple):
    """Arrays for learning in the integers of the chip."""

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
    """Working memory for the changes of a line of such synapses and their bounds; (3, n)."""
    low: NDArray[np.int32]
    """(projections, 3): smallest w, tag, aux."""
    high: NDArray[np.int32]
    fraction: NDArray[np.int64]
    """Fraction of a trace's impulse, in units of 1/256."""
    sent: NDArray[np.bool_]
    """Postsynaptic traces that the neuron computes and sends: Lava decays them once more on arrival."""
    epoch: Ints
    values: NDArray[np.int32]
    history: NDArray[np.int32]
    """(steps of an epoch + 1, values of all traces)."""
    last_pre: NDArray[np.int32]
    """Step of the epoch (1...) in which a pre neuron spiked last, or 0; for each projection, `n_pre` entries in a row."""
    last_post: NDArray[np.int32]
    first_pre: Ints
    first_post: Ints
    tag_underflow: NDArray[np.bool_]
    """Projections with a tag at the one value that Lava's accumulator cannot represent; see `learn_fixed`."""
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
