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
    return [p for p in network.probes if p.variable != "spike" and not network.records_synapses(p)]


def program_probes(network: Network) -> list[tuple[str, str]]:
    """The network's state probes in the names of the step program."""
    return [(p.of, _PROGRAM_NAME.get(p.variable, "u")) for p in _state_probes(network)]


def described(raw: Recording, network: Network, program: StepProgram | FixedProgram) -> Recording:
    """`raw`, with states under the described names, in described units, of the probed neurons."""
    return replace(raw, states={(p.of, p.variable): _values(raw, network, program, p) for p in _state_probes(network)})


def _values(raw: Recording, network: Network, program: StepProgram | FixedProgram, probe: Probe) -> FloatArray:
    name, population = _PROGRAM_NAME.get(probe.variable, "u"), program.population(probe.of)
    values = raw.states[probe.of, name] * _unit(network, population, name)
    values = values + population.v_rest if name == "v" else values
    return values if probe.neurons is None else values[:, :, list(probe.neurons)]


def _unit(network: Network, population: StepPopulation | FixedPopulation, name: str) -> FloatArray:
    """Described units in one unit of the program's state."""
    model: Any = network.population(population.name).model
    gain = model.step(network.step_seconds).gain if name == "u" else np.ones(())
    scale = population.scale * (1 << ALIGN_SHIFT) if isinstance(population, FixedPopulation) else 1.0
    return np.asarray(1.0 / (scale * gain))
