"""Integration step by step: the difference equations that emulator and chip execute, written for Brian2.

A step of Brian2 runs the slots groups, thresholds, synapses, resets, end. Slot 'groups' updates ``u`` and ``v``;
synapses add to ``a``, which is not read before the next step, so a spike of step k with d steps of delay
arrives in step k + 1 + d.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.backends.brian2.blueprint import Blueprint, Cells, Readout, Wires
from neurosim.backends.brian2.step_words import own_name, words_of
from neurosim.network.network import Network
from neurosim.neurons.base import Equations
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.program.lower import lower
from neurosim.program.step import StepPopulation, StepProgram, StepProjection
from neurosim.step_language.declaration import Declaration
from neurosim.step_language.kinds import FLAG, STATES, WHOLE
from neurosim.units import FloatArray


def step_blueprint(network: Network) -> Blueprint:
    """The difference equations of `network`.

    Raises
    ------
    UnsupportedError
        If a neuron has no difference equations.
    """
    # Rules are left out here: a step program cannot contain a rule that is not a polynomial, but Brian2 can run it.
    program = lower(_without_rules(network))
    cells = [p for p in program.populations if not p.neuron.is_source]
    return Blueprint(
        dt=program.dt,
        cells=tuple(_cells(p, network.population(p.name).model) for p in cells),
        wires=tuple(_wires(network, p, program) for p in program.projections),
    )


def _without_rules(network: Network) -> Network:
    if all(p.plasticity is None for p in network.projections):
        return network
    return replace(network, projections=tuple(replace(p, plasticity=None) for p in network.projections), probes=())


def _cells(population: StepPopulation, model: Any) -> Cells:
    neuron = population.neuron
    declaration, values = neuron.step, neuron.values
    words = words_of(declaration)
    parameters = {own_name(name): values[name] for name in declaration.parameters}
    seed = {"draw_seed": float(neuron.seed)} if declaration.draws else {}
    return Cells(
        name=population.name,
        n=population.n,
        equations=Equations(
            model=words.model,
            threshold=words.threshold,
            reset=words.reset,
            parameters={name: (value, "1") for name, value in {**parameters, **seed}.items()},
            initial={own_name(state): (_numbers(declaration, state, x), "1") for state, x in population.initial.items()},
            events=words.events,
            modulators=words.modulators,
            payload=words.payload,
        ),
        update=words.update,
        readouts={name: _readout(neuron, name) for name in model.variables},
        functions=words.functions,
    )


def _numbers(declaration: Declaration, state: str, values: FloatArray) -> Any:
    """Initial numbers of a state; Brian2 holds whole numbers and truth values in integers."""
    return values.astype(np.int32) if STATES[declaration.states[state]].type in (WHOLE, FLAG) else values


def _readout(neuron: ProgramNeuron, variable: str) -> Readout:
    how = neuron.reading(variable)
    offset = how.offset + (neuron.values[how.added] if how.added else 0.0)
    return Readout(own_name(how.state), scale=how.unit, offset=offset)


def _wires(network: Network, projection: StepProjection, program: StepProgram) -> Wires:
    post = program.population(projection.post).neuron
    return Wires(
        name=projection.name,
        pre=projection.pre,
        post=projection.post,
        weights=network.weights(network.projection(projection.name)),
        unit="1",
        variable=own_name(post.step.inputs[projection.receptor][0]),
        delays=projection.delays * program.dt,
        gain=post.gain_at(projection.receptor),
        short_term=network.projection(projection.name).short_term,
        channel=projection.channel,
    )
