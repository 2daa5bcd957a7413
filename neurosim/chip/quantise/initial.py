"""Initial states on a chip: rounded to its integers, and reported."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurosim.chip.quantise.fields import Log
from neurosim.program.fixed import FixedPopulation
from neurosim.program.step import StepPopulation
from neurosim.program.unit_conversion import numbers_per_unit
from neurosim.step_language.kinds import STATES

_WIDE = 2.0**31 - 1


def with_initial(described: StepPopulation, fixed: FixedPopulation, log: Log) -> FixedPopulation:
    """The population with the initial states of the step program as integers; QuantisationError if one has no place."""
    whole = {}
    for state, values in described.initial.items():
        unit, kind = numbers_per_unit(fixed, state), STATES[fixed.neuron.step.states[state]]
        whole[state] = np.rint(values * unit)
        limit = float(fixed.widths.top) if kind.bounded else _WIDE
        largest = float(np.max(np.abs(whole[state]), initial=0.0))
        log.check(f"initial {state}", fixed.name, largest, limit, "Begin closer to rest, or make the weights larger.")
        text = f"the initial {state} is stored in steps of {1 / unit:.4g}"
        log.lose("rounding", fixed.name, f"initial {state}", values, whole[state] / unit, text)
    return replace(fixed, initial=whole)
