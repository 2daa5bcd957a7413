"""States of a step program at its start, from the initial values of a network."""

from __future__ import annotations

import numpy as np

from neurosim.errors import NetworkError
from neurosim.network.network import Network
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.step_language.kinds import FLAG, STATES, WHOLE
from neurosim.units import FloatArray

_LARGEST = {WHOLE: 2.0**31 - 1, FLAG: 1.0}


def initial_states(network: Network, population: str, neuron: ProgramNeuron) -> dict[str, FloatArray]:
    """State -> numbers (n,) in the units of the step program; a NetworkError names what does not fit a whole number."""
    out: dict[str, FloatArray] = {}
    for variable, values in network.initial(population).items():
        how = neuron.reading(variable)
        offset = how.offset + (neuron.values[how.added] if how.added else 0.0)
        out[how.state] = np.asarray((values - offset) / how.unit)
        most = _LARGEST.get(STATES[neuron.step.states[how.state]].type, np.inf)
        if np.isfinite(most) and not np.all((np.rint(values) == values) & (np.abs(values) <= most)):
            expected = "0 or 1" if most == 1 else "whole numbers of 32 bits"
            raise NetworkError(f"Population {population!r}: initial[{variable!r}]: expected {expected}.")
    return out
