"""Scale of a receptor whose voltage is multiplied, as the dendrite of burst neurons is: the product is a shift on the chip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurosim.chip.quantise.parameters import PROBABILITY_BITS
from neurosim.chip.quantise.weights import largest_possible
from neurosim.errors import QuantisationError
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.program.step import StepProjection
from neurosim.program.widths import Widths

_ROOM = 3
"""Spare bits: v_d can exceed the range of the burst probability by a factor of 2^3 before it saturates."""


def shifted_scale(
    who: str, neuron: ProgramNeuron, receptor: str, ending: Sequence[StepProjection], widest: float, widths: Widths
) -> float:
    """Stored weight per unit of the step program at a receptor with a scale of its own: at most `widest`.

    If a parameter of that scale is a number per unit of the voltage, it becomes a power of two, so that v is only shifted.

    Raises
    ------
    QuantisationError
        If the weights are so large that the voltage would have to be shifted left.
    """
    kinds = neuron.step.parameters
    slopes = [float(np.max(neuron.values[name])) for name in neuron.step.apart[receptor] if kinds.get(name) == "per_level"]
    if not slopes:
        return widest
    unit = 2.0 ** (PROBABILITY_BITS - widths.align_shift) * slopes[0]
    most = widths.state_bits - 1 - PROBABILITY_BITS - _ROOM
    if not any(largest_possible(p) > 0 for p in ending):
        return float(unit * 2.0**most)
    shift = min(most, int(np.floor(np.log2(widest / unit) + 1e-9)))
    if shift < 0:
        raise QuantisationError(
            f"{who}: the largest weight is about {2.0**-shift:.3g} times too large for a burst probability of "
            f"{PROBABILITY_BITS} bits; make the weights smaller or p_span wider."
        )
    return float(unit * 2.0**shift)
