"""Burst neurons on the chip: the dendrite's own scale, and what burst probability and baseline lose in few bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from neurosim.chip.quantise.fields import Log, bias_fields, decay_field
from neurosim.chip.quantise.weights import largest_possible
from neurosim.chip.report import Loss
from neurosim.errors import QuantisationError
from neurosim.neurons.burst_step import BASELINE_BITS, PROBABILITY_BITS, Burst, FixedBurst
from neurosim.program.fixed import ALIGN_SHIFT, STATE_BITS, FixedPopulation, shifted
from neurosim.program.step import StepPopulation, StepProjection

if TYPE_CHECKING:
    from neurosim.chip.target import Target

_ROOM = 3
"""Bits: v_d can leave the range of the burst probability by this factor before it saturates."""
_LARGEST_SHIFT = STATE_BITS - 1 - PROBABILITY_BITS - _ROOM
_PER_SHIFT = 2.0 ** (PROBABILITY_BITS - ALIGN_SHIFT)


def dendrite_scale(who: str, burst: Burst, ending: Sequence[StepProjection], widest: float) -> float:
    """Stored weight a unit of the step program: at most `widest`, and such that the burst probability is v_d shifted right.

    Raises
    ------
    QuantisationError
        If the weights are so large that the probability would need a shift left.
    """
    unit = _PER_SHIFT * burst.slope
    if not any(largest_possible(p) > 0 for p in ending):
        return float(unit * 2.0**_LARGEST_SHIFT)
    shift = min(_LARGEST_SHIFT, int(np.floor(np.log2(widest / unit) + 1e-9)))
    if shift < 0:
        raise QuantisationError(
            f"{who}: the largest weight moves the burst probability through its range {2.0**-shift:.3g} times too often for "
            f"{PROBABILITY_BITS} bits; make the weights smaller or p_span wider."
        )
    return float(unit * 2.0**shift)


def with_burst(
    population: FixedPopulation,
    described: StepPopulation,
    scale: float,
    target: Target,
    log: Log,
) -> FixedPopulation:
    """The population with its dendrite in integers."""
    wanted, name = described.neuron.burst, population.name
    if wanted is None:
        return population
    parts, unit = 1 << PROBABILITY_BITS, 1 << BASELINE_BITS
    middle, start = round(wanted.middle * parts), round(wanted.start * unit)
    log.lose("rounding", name, "p_mid", wanted.middle, middle / parts, f"in steps of 1/{parts}")
    log.lose("rounding", name, "baseline", wanted.start, start / unit, f"in steps of 1/{unit}")
    text = f"in steps of 1/{parts}, rounded down, at most {parts - 1}/{parts}; its random number has {PROBABILITY_BITS} bits"
    log.losses.append(Loss("note", name, "burst probability", 0.0, 0.0, text))
    own = FixedBurst(
        du=decay_field(name, "du of the dendrite", wanted.du, 1, log),
        dv=decay_field(name, "dv of the dendrite", wanted.dv, 0, log),
        bias=shifted(*bias_fields(name, "bias of the dendrite", wanted.bias, scale, target, log)),
        middle=middle,
        slope=round(np.log2(scale / (_PER_SHIFT * wanted.slope))),
        delay=wanted.delay,
        spread=wanted.spread,
        start=start,
        average=wanted.average,
        seed=wanted.seed,
        scale=scale,
    )
    return replace(population, neuron=replace(population.neuron, burst=own))
