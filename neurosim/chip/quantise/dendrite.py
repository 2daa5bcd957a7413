"""Burst neurons on the chip: the scale of the dendrite, and the rounding of burst probability and baseline."""

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
"""Spare bits: v_d can exceed the range of the burst probability by a factor of 2^3 before it saturates."""
_LARGEST_SHIFT = STATE_BITS - 1 - PROBABILITY_BITS - _ROOM
_PER_SHIFT = 2.0 ** (PROBABILITY_BITS - ALIGN_SHIFT)


def dendrite_scale(who: str, burst: Burst, ending: Sequence[StepProjection], widest: float) -> float:
    """Stored weight per unit of the step program: at most `widest`, so that the burst probability is v_d shifted right.

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
            f"{who}: the largest weight is about {2.0**-shift:.3g} times too large for a burst probability of "
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
    """The population with its dendrite in integers; losses are added to `log`."""
    wanted, name = described.neuron.burst, population.name
    if wanted is None:
        return population
    parts, unit = 1 << PROBABILITY_BITS, 1 << BASELINE_BITS
    middle, start = round(wanted.middle * parts), round(wanted.start * unit)
    log.lose("rounding", name, "p_mid", wanted.middle, middle / parts, f"p_mid is stored in steps of 1/{parts}")
    log.lose("rounding", name, "baseline", wanted.start, start / unit, f"the baseline is stored in steps of 1/{unit}")
    text = (
        f"the burst probability is rounded down to steps of 1/{parts}, and is at most {parts - 1}/{parts}; the random number "
        f"that it is compared with has {PROBABILITY_BITS} bits"
    )
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
