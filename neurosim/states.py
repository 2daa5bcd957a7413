"""Between a network's probes and the variables of its step program: names and units."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.deploy.program import ALIGN_SHIFT, FixedPopulation, FixedProgram
from neurosim.network import Network, Probe
from neurosim.recording import Recording
from neurosim.step import StepPopulation, StepProgram
from neurosim.units import FloatArray

_PROGRAM_NAME = {"v": "v", "theta": "theta"}
"""Described variable -> program variable; every synaptic current is the program's u."""


def _state_probes(network: Network) -> list[Probe]:
    return [p for p in network.probes if p.variable not in ("w", "spike")]


def program_probes(network: Network) -> list[tuple[str, str]]:
    """The network's state probes in the names of the step program."""
    return [(p.of, _PROGRAM_NAME.get(p.variable, "u")) for p in _state_probes(network)]


def described(raw: Recording, network: Network, program: StepProgram | FixedProgram) -> Recording:
    """`raw`, with states under the described names, in described units, of the probed neurons."""
    states = {}
    for probe in _state_probes(network):
        name = _PROGRAM_NAME.get(probe.variable, "u")
        values = raw.states[probe.of, name] * _unit(network, program, probe.of, name)
        if name == "v":
            values = values + program.population(probe.of).neuron.v_rest if isinstance(program, StepProgram) else (
                values + program.population(probe.of).v_rest
            )
        states[probe.of, probe.variable] = values if probe.neurons is None else values[:, :, list(probe.neurons)]
    return replace(raw, states=states)


def _unit(network: Network, program: StepProgram | FixedProgram, population: str, name: str) -> FloatArray:
    """Described units in one unit of the program's state."""
    model: Any = network.population(population).model
    gain = model.step(network.step_seconds).gain if name == "u" else np.ones(())
    return np.asarray(_scale(program.population(population)) / gain)


def _scale(population: StepPopulation | FixedPopulation) -> float:
    return 1.0 / (population.scale * (1 << ALIGN_SHIFT)) if isinstance(population, FixedPopulation) else 1.0
