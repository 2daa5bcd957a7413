"""States whose overflows are counted, and where."""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.backends.emulator.overflow import COUNTS
from neurosim.neurons.step_form import StepNeuron
from neurosim.program.fixed import FixedNeuron

COUNTED: Mapping[str, int] = {
    name: COUNTS.index(what)
    for name, what in {
        "u": "current_wraps",
        "v": "voltage_saturations",
        "u_d": "dendrite_current_wraps",
        "v_d": "dendrite_voltage_saturations",
    }.items()
}
"""State -> place of its count of overflows."""


def counted_states(neuron: StepNeuron | FixedNeuron) -> Mapping[str, int]:
    """State -> place of its count of overflows."""
    if neuron.own is None:
        return COUNTED
    places = {"current": COUNTS.index("current_wraps"), "level": COUNTS.index("voltage_saturations")}
    return {name: places[kind] for name, kind in neuron.own.declaration.states.items() if kind in places}
