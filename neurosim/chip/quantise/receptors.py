"""Further receptors on the chip: each has its own scale, independent of the scale of the voltage."""

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
from neurosim.program.fixed import FixedProjection, store
from neurosim.program.step import StepProgram, StepProjection

if TYPE_CHECKING:
    from neurosim.chip.target import Target


def is_further(program: StepProgram, projection: StepProjection) -> bool:
    """Whether the projection ends at a receptor that has a scale of its own."""
    post = program.population(projection.post).neuron
    return not post.is_source and projection.receptor in post.step.apart


def check_backwards(program: StepProgram) -> None:
    """Raise UnsupportedError if transposed weights end at a first receptor, where the voltage determines the scale."""
    for projection in program.projections:
        if projection.transposed and not is_further(program, projection):
            raise UnsupportedError(
                f"Projection {projection.name!r}: it uses the transposed integers of {projection.transposed!r} and ends at "
                f"receptor {projection.receptor!r} of {projection.post!r}, where integers have the scale of that "
                "population's voltage. A chip supports this only at a separate receptor, such as 'feedback' of DesireLIF. Give "
                "the projection its own weights."
            )


def receptor_scale(
    who: str, ending: Sequence[StepProjection], forward: Mapping[str, tuple[FixedProjection, float]], bits: int
) -> float:
    """Stored weight per unit of the step program, the same for all projections `ending` at one receptor.

    `forward` contains the projections whose weights others may use transposed, with the scales of their post populations.

    Raises
    ------
    UnsupportedError
        If transposed weights, whose scale is fixed, end at the same receptor as other weights.
    """
    transposed = [p for p in ending if p.transposed]
    if transposed and len(ending) > 1:
        raise UnsupportedError(
            f"{who}: {', '.join(repr(p.name) for p in ending)} end there, and {transposed[0].name!r} uses the weights of "
            "another projection, whose unit is fixed; it must be the only projection at its receptor."
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
    """The projection in integers with exponent 0, and its rounding losses.

    Raises
    ------
    QuantisationError
        If its delay is longer than the target allows.
    UnsupportedError
        If its synapses have short-term plasticity.
    """
    if projection.release is not None:
        raise UnsupportedError(
            f"Projection {projection.name!r}: it has short-term plasticity and ends at receptor {projection.receptor!r}; a "
            "chip supports this only at the first receptor. Leave short-term plasticity out."
        )
    longest, most = int(np.max(projection.delays, initial=0)), target.limits.delay_max.value
    if longest > most:
        raise QuantisationError(
            f"{projection.name}: the delay is {longest} steps; the target allows {most}. Shorten the delay or lengthen dt."
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
    text = f"rounding of {error.size} weights at receptor {projection.receptor!r}; a weight of 1 is stored as {scale:.4g}"
    ends = float(wanted.flat[worst]) / scale, float(held.flat[worst]) / scale
    return fixed, [Loss("rounding", projection.name, "weights", *ends, text)]


def feedback_losses(where: str, program: StepProgram, ending: Sequence[FixedProjection], target: Target) -> list[Loss]:
    """The loss if all neurons that send numbers to a population send their largest ones, and their sum is too large."""
    worst = 0.0
    for projection in (p for p in ending if p.graded):
        pre = program.population(projection.pre).neuron
        most = () if pre.is_source else pre.step.channels[projection.channel].most
        worst += worst_sum(projection.stored_weights) * max((float(np.max(pre.values[name])) for name in most), default=0.0)
    room = 2.0**target.limits.accumulator_bits.value
    if worst < room:
        return []
    text = "if all neurons of the layer above send their largest desire, the accumulator overflows"
    return [Loss("saturation", where, "feedback", worst, room, text)]
