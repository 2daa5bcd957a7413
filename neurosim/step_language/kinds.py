"""Kinds of the parameters and states of a neuron: each carries its type, and what it is in the integers of a chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LEVEL, FRACTION, PER_LEVEL, WHOLE, FLAG, BITS, LITERAL = "level", "fraction", "per_level", "whole", "flag", "bits", "literal"
"""Types of expressions. A level has the unit of v, per_level is one over that, and a fraction is a plain number."""

GRID_BITS = 12
"""A fraction is a whole number of 2^-12 on a chip."""
STATE_BITS = 24
"""Width of levels and currents on a chip, with the sign."""


@dataclass(frozen=True)
class Kind:
    """What a name in a step stands for.

    Attributes
    ----------
    type : str
        Type of the expression that the name is.
    bounded : bool
        Whether it lies within 24 bits on a chip.
    keeps : str
        What an assignment does on a chip to a number that may be wider: "saturate", "wrap" (as Lava's u), or "".
    """

    type: str
    bounded: bool = False
    keeps: str = ""


PARAMETERS: Mapping[str, Kind] = {
    "decay": Kind(FRACTION),
    "current_decay": Kind(FRACTION),
    "level": Kind(LEVEL, bounded=True),
    "threshold": Kind(LEVEL, bounded=True),
    "bias": Kind(LEVEL, bounded=True),
    "fraction": Kind(FRACTION),
    "probability": Kind(FRACTION),
    "count": Kind(FRACTION),
    "sum": Kind(FRACTION),
    "per_level": Kind(PER_LEVEL),
    "whole": Kind(WHOLE),
    "held": Kind(WHOLE),
}
"""A threshold is a level of 0 or more, in the register of a chip's thresholds. A probability is a multiple of 2^-7; "count" and
"sum" are compared with numbers of spikes, and with sums of weights times such numbers. "held" is a refractory time in steps. A
decay is a time or the factor that is kept; on a chip it is a field of 12 bits, which counts from one for a current."""
STATES: Mapping[str, Kind] = {
    "level": Kind(LEVEL, bounded=True, keeps="saturate"),
    "current": Kind(LEVEL, bounded=True, keeps="wrap"),
    "wide": Kind(LEVEL),
    "fraction": Kind(FRACTION),
    "whole": Kind(WHOLE),
    "flag": Kind(FLAG),
}
"""A level saturates at 24 bits, a current wraps there as Lava's does, a wide level has 32 bits that nothing checks."""
INPUTS: Mapping[str, Kind] = {"input": Kind(LEVEL), "counts": Kind(WHOLE)}
"""Synaptic input: a level, shifted by 6 bits against the weights on a chip; or a sum of weights times counts as it is."""
GIVEN: Mapping[str, Kind] = {"step": Kind(WHOLE), "run_step": Kind(WHOLE), "draw": Kind(BITS)}
"""Steps since the neuron was at rest, and since the run began; 32 random bits of (seed, run_step, neuron)."""
PRODUCTS: Mapping[frozenset[str], str] = {
    frozenset({FRACTION, LEVEL}): LEVEL,
    frozenset({PER_LEVEL, LEVEL}): FRACTION,
    frozenset({FRACTION}): FRACTION,
}
"""Types that are multiplied -> type of the product, which is rounded to the grid of that type."""
