"""Integration step by step: the difference equations that emulator and chip execute, written for Brian2.

A step of Brian2 runs the slots groups, thresholds, synapses, resets, end. Slot 'groups' updates ``u`` and ``v``;
synapses add to ``a``, which is not read before the next step, so a spike of step k with d steps of delay
arrives in step k + 1 + d.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from neurosim.backends.brian2.blueprint import Blueprint, Cells, Readout, Wires
from neurosim.backends.brian2.burst_step_text import BURST_WORDS
from neurosim.backends.brian2.own_step_text import own_words
from neurosim.backends.brian2.step_text import ARRIVE, LEAK, Words
from neurosim.errors import UnsupportedError
from neurosim.network.network import Network
from neurosim.neurons.base import Equations
from neurosim.neurons.step_form import Dynamics, StepNeuron
from neurosim.program.lower import lower
from neurosim.program.step import StepPopulation, StepProgram, StepProjection

WORDS: Mapping[Dynamics, Words] = {
    Dynamics.LIF: Words(
        update=f"{ARRIVE}v = {LEAK}",
        threshold="v > v_th",
        reset="v = v_reset",
        parameters=("v_th", "v_reset"),
    ),
    Dynamics.SOFT_RESET_LIF: Words(
        update=f"{ARRIVE}v = {LEAK}",
        threshold="v >= v_th",
        reset="v -= v_th",
        parameters=("v_th",),
    ),
    Dynamics.REFRACTORY_LIF: Words(
        update=f"{ARRIVE}held = int(left > 0)\nleft -= held\nv = held*v + (1 - held)*({LEAK})",
        threshold="v > v_th",
        reset="v = v_reset\nleft = refractory",
        parameters=("v_th", "v_reset", "refractory"),
        states="\nleft : integer",
    ),
    Dynamics.ADAPTIVE_LIF: Words(
        update=f"{ARRIVE}v = {LEAK}\ntheta = theta*(1 - dtheta)",
        threshold="v > v_th + theta",
        reset="v = v_reset\ntheta += theta_jump",
        parameters=("v_th", "v_reset", "dtheta", "theta_jump"),
        states="\ntheta : 1",
    ),
    Dynamics.LIF_RESET: Words(
        update=(
            f"kept = int((t_in_timesteps + 1) % reset_interval != reset_offset)\nu = u*kept\nv = v*kept\n{ARRIVE}v = {LEAK}"
        ),
        threshold="v > v_th",
        reset="v = v_reset",
        parameters=("v_th", "v_reset", "reset_interval", "reset_offset"),
    ),
    Dynamics.BURST_LIF: BURST_WORDS,
}


def step_blueprint(network: Network) -> Blueprint:
    """The difference equations of `network`.

    Raises
    ------
    UnsupportedError
        If a neuron has no difference equations.
    """
    # Rules are left out here: a step program cannot contain a rule that is not a polynomial, but Brian2 can run it.
    program = lower(_without_rules(network))
    cells = [p for p in program.populations if p.neuron.dynamics is not Dynamics.SOURCE]
    return Blueprint(
        dt=program.dt,
        cells=tuple(_cells(p, network.population(p.name).model) for p in cells),
        wires=tuple(_wires(network, p, program) for p in program.projections),
    )


def _words(neuron: StepNeuron) -> Words:
    return WORDS[neuron.dynamics] if neuron.own is None else own_words(neuron.own)


def _without_rules(network: Network) -> Network:
    if all(p.plasticity is None for p in network.projections):
        return network
    return replace(network, projections=tuple(replace(p, plasticity=None) for p in network.projections), probes=())


def _cells(population: StepPopulation, model: Any) -> Cells:
    neuron = population.neuron
    if neuron.dynamics not in WORDS and neuron.own is None:
        raise UnsupportedError(
            f"Population {population.name!r}: the dynamics {neuron.dynamics.name} is not available in Brian2; use one of "
            f"{', '.join(d.name for d in WORDS)}, or the emulator."
        )
    words = _words(neuron)
    return Cells(
        name=population.name,
        n=population.n,
        equations=Equations(
            model=f"{words.common}{words.states}".lstrip("\n"),
            threshold=words.threshold,
            reset=words.reset,
            parameters={name: (value, "1") for name, value in _parameters(words, neuron).items()},
            events=words.events,
            modulators=words.modulators,
            payload=words.payload,
        ),
        update=words.update,
        readouts={name: words.readouts(neuron).get(name) or _readout(name, neuron) for name in model.variables},
        functions=words.functions,
    )


def _parameters(words: Words, neuron: StepNeuron) -> dict[str, Any]:
    return {name: getattr(neuron, name) for name in (*words.every, *words.parameters)} | dict(words.further(neuron))


def _readout(variable: str, neuron: StepNeuron) -> Readout:
    """Readout in described units; a variable that is neither v nor theta is the synaptic current of that receptor."""
    own = {"v": Readout("v", offset=neuron.v_rest), "theta": Readout("theta")}
    return own.get(variable, Readout("u", scale=1 / neuron.gain))


def _wires(network: Network, projection: StepProjection, program: StepProgram) -> Wires:
    post = program.population(projection.post).neuron
    return Wires(
        name=projection.name,
        pre=projection.pre,
        post=projection.post,
        weights=network.weights(network.projection(projection.name)),
        unit="1",
        variable=_words(post).receptors.get(projection.receptor, "a"),
        delays=projection.delays * program.dt,
        gain=post.gain_at(projection.receptor),
        short_term=network.projection(projection.name).short_term,
        channel=projection.channel,
    )
