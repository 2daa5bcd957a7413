"""Further receptors on the chip: each has a scale of its own, apart from that of the voltage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from neurosim.chip.quantise.weights import (
    grid,
    largest_possible,
    largest_stored,
    mode_of,
    top_of,
    values,
    with_values,
    worst_sum,
)
from neurosim.chip.report import Loss
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.neurons.step_form import Desire
from neurosim.program.fixed import FixedPopulation, FixedProjection, store
from neurosim.program.step import StepPopulation, StepProgram, StepProjection

if TYPE_CHECKING:
    from neurosim.chip.target import Target


def is_further(program: StepProgram, projection: StepProjection) -> bool:
    """Whether it ends at another receptor than the first, unless all have the scale of the voltage, as those of own neurons."""
    post = program.population(projection.post).neuron
    return post.own is None and projection.receptor != post.receptors[0]


def check_backwards(program: StepProgram) -> None:
    """Raise UnsupportedError if weights are read backwards at a first receptor: there the voltage sets the scale."""
    for projection in program.projections:
        if projection.transposed and not is_further(program, projection):
            raise UnsupportedError(
                f"Projection {projection.name!r}: it reads the integers of {projection.transposed!r} backwards and ends at "
                f"receptor {projection.receptor!r} of {projection.post!r}, where integers have the scale of that population's "
                "voltage. On a chip that works at a receptor of its own only, such as 'feedback' of DesireLIF. Give it weights "
                "of its own."
            )


def receptor_scale(
    who: str, ending: Sequence[StepProjection], forward: Mapping[str, tuple[FixedProjection, float]], bits: int
) -> float:
    """Stored weight a unit of the step program, the same for all projections `ending` at one receptor.

    `forward` has the projections that others may read backwards, with the scales of their post populations.

    Raises
    ------
    UnsupportedError
        If transposed weights, whose scale is given, meet others at one receptor.
    """
    transposed = [p for p in ending if p.transposed]
    if transposed and len(ending) > 1:
        raise UnsupportedError(
            f"{who}: {', '.join(repr(p.name) for p in ending)} end there, and {transposed[0].name!r} reads the weights of "
            "another projection in their own unit; leave it alone at its receptor."
        )
    if transposed:
        fixed, scale = forward[transposed[0].transposed]
        return float(scale / 2.0**fixed.weight_exp)
    largest = max((largest_possible(p) for p in ending), default=0.0)
    top = min((top_of(p, bits) for p in ending), default=1)
    return top / largest if largest > 0 else 1.0


def further_projection(
    projection: StepProjection, scale: float, forward: Mapping[str, tuple[FixedProjection, float]], target: Target, bits: int
) -> tuple[FixedProjection, list[Loss]]:
    """The projection in integers with exponent 0, and what was rounded.

    Raises
    ------
    QuantisationError
        If it has a delay that the target does not have.
    UnsupportedError
        If its synapses have short-term plasticity.
    """
    if projection.release is not None:
        raise UnsupportedError(
            f"Projection {projection.name!r}: it has short-term plasticity and ends at receptor {projection.receptor!r}; on a "
            "chip that works at the first receptor only. Leave it out."
        )
    longest, most = int(np.max(projection.delays, initial=0)), target.limits.delay_max.value
    if longest > most:
        raise QuantisationError(
            f"{projection.name}: delay in steps is {longest}; the target allows {most}. Shorten the delay or lengthen dt."
        )
    message = target.limits.payload_bits.value if projection.graded else 0
    fixed = FixedProjection(
        projection.name,
        projection.pre,
        projection.post,
        projection.weights,
        projection.delays,
        message_bits=message,
        channel=projection.channel,
        receptor=projection.receptor,
        transposed=projection.transposed,
    )
    if projection.transposed:
        read = forward[projection.transposed][0]
        return replace(fixed, weights=read.weights.T, sign_mode=read.sign_mode), []
    mode = mode_of(projection)
    wanted, step, top = values(projection.weights) * scale, grid(mode, bits), largest_stored(mode, bits)
    held = store(np.clip(np.round(wanted / step).astype(np.int32) * step, -top, top), mode, bits)
    fixed = replace(fixed, weights=with_values(projection.weights, held), sign_mode=mode, weight_bits=bits)
    error = np.abs(wanted - held)
    if not error.size or not error.any():
        return fixed, []
    worst = int(np.argmax(error))
    text = f"{error.size} weights of receptor {projection.receptor!r}, one unit stored as {scale:.4g}"
    ends = float(wanted.flat[worst]) / scale, float(held.flat[worst]) / scale
    return fixed, [Loss("rounding", projection.name, "weights", *ends, text)]


def in_stored_units(desire: Desire, scale: float) -> Desire:
    """With whole thresholds: of counts, or of what arrives with `scale` stored units each."""
    if desire.above == 0:
        return replace(desire, threshold=float(np.floor(desire.threshold + 1e-9)))
    return replace(desire, threshold=float(np.ceil(desire.threshold * scale - 1e-9)))


def with_desire(
    population: FixedPopulation, described: StepPopulation, scale: float, ending: Sequence[FixedProjection], target: Target
) -> tuple[FixedPopulation, list[Loss]]:
    """The population with the thresholds of its desire in integers, and what that loses."""
    wanted, name = described.neuron.desire, population.name
    if wanted is None:
        return population, []
    own = in_stored_units(wanted, scale)
    found = replace(population, neuron=replace(population.neuron, desire=own))
    unit = 1.0 if wanted.above == 0 else scale
    text = "in counts, or in stored weights times counts"
    losses = [Loss("rounding", name, "threshold of desire", wanted.threshold, own.threshold / unit, text)]
    room = 2.0**target.limits.accumulator_bits.value
    worst = sum(worst_sum(p.stored_weights) for p in ending if p.graded) * max(wanted.steps, wanted.denominator)
    if worst >= room:
        text = "if all neurons above want the most, the accumulator overflows"
        losses.append(Loss("saturation", name, "feedback", worst, room, text))
    return found, [loss for loss in losses if loss.wanted != loss.got]
