"""Lowering of a network to a step program: the difference equations of its description."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.checks.dimensions import PLAIN
from neurosim.checks.grid import nearest
from neurosim.checks.matrices import Matrix
from neurosim.errors import UnsupportedError
from neurosim.network.connectivity import Transposed
from neurosim.network.inputs import Input
from neurosim.network.network import Network, Population, Projection
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.plasticity.products import STATE, PostState, StepRule, StepTrace, in_weight_unit
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import Trace
from neurosim.plasticity.variables import own_variables
from neurosim.program.courses import courses_of
from neurosim.program.initial import initial_states
from neurosim.program.modulators import as_supplied
from neurosim.program.step import StepPopulation, StepProgram, StepProjection
from neurosim.rng import stream
from neurosim.units import FloatArray


def lower(network: Network) -> StepProgram:
    """The difference equations of `network`.

    Raises
    ------
    UnsupportedError
        If a neuron has no difference equations or several synaptic currents, or if a rule reads a factor where it is not known.
    """
    dt = network.step_seconds
    neurons = {p.name: neuron_of(p, dt, network.seed) for p in network.populations}
    return StepProgram(
        name=network.name,
        dt=dt,
        populations=tuple(_population(network, p, neurons[p.name]) for p in network.populations),
        projections=tuple(_projection(network, p, neurons[p.post]) for p in network.projections),
    )


def _population(network: Network, population: Population, neuron: ProgramNeuron) -> StepPopulation:
    initial = {} if neuron.is_source else initial_states(network, population.name, neuron)
    return StepPopulation(population.name, population.n, neuron, initial)


def neuron_of(population: Population, dt: float, seed: int) -> ProgramNeuron:
    """The neurons of a population in steps of `dt` seconds, for the `seed` of a network; errors are those of `lower`."""
    return _seeded(_neuron(population, dt), seed, population.name)


def _neuron(population: Population, dt: float) -> ProgramNeuron:
    if isinstance(population.model, Input):
        return ProgramNeuron()
    try:
        return replace(population.model.step_form(dt), courses=courses_of(population, dt))
    except UnsupportedError as error:
        raise UnsupportedError(f"Population {population.name!r}: {error}") from None


def _seeded(neuron: ProgramNeuron, seed: int, name: str) -> ProgramNeuron:
    """The neuron with the seed of its own random numbers, which follows from `seed` and the population's `name`."""
    if neuron.is_source or not (neuron.step.draws or neuron.noise):
        return neuron
    # Bursts have a stream of their own, as they had before other neurons drew.
    kind = "bursts" if neuron.step.marked else "noise" if neuron.noise else "draws"
    return replace(neuron, seed=int(stream(seed, kind, name).integers(1 << 32)))


def _projection(network: Network, projection: Projection, post: ProgramNeuron) -> StepProjection:
    if isinstance(projection.weights, Transposed) and len({float(np.mean(g)) for g in post.gains.values()}) > 1:
        raise UnsupportedError(
            f"Projection {projection.name!r}: {projection.post!r} has burst neurons, whose compartments scale weights by their "
            f"own time constants, while the weights of {projection.weights.of!r} are scaled already. Give the projection "
            "its own weights; to keep both equal, copy the weights from time to time (Session.set_weights)."
        )
    return StepProjection(
        name=projection.name,
        pre=projection.pre,
        post=projection.post,
        weights=_scaled(network.weights(projection), post.gain_at(projection.receptor)),
        delays=nearest(network.delays(projection), network.step_seconds).astype(np.int32),
        graded=projection.graded,
        rule=_rule(network, projection, post),
        release=None if projection.short_term is None else projection.short_term.step(network.step_seconds),
        channel=projection.channel,
        receptor=projection.receptor,
        transposed=projection.weights.of if isinstance(projection.weights, Transposed) else "",
    )


def _supplied(rule: PlasticityRule, post: ProgramNeuron) -> dict[str, str]:
    """Modulator -> the third factor of `post` that it is."""
    return {name: m.asks for name, m in rule.modulators.items() if not m.broadcast and m.asks in post.sends}


def _states(rule: PlasticityRule, post: ProgramNeuron, n: int) -> dict[str, PostState]:
    """Modulator -> the state of the `n` post neurons that it is; also those that only traces read."""
    named = {name: m.state for name, m in rule.modulators.items() if m.state}
    named |= {STATE + t.of: t.of for t in rule.traces.values() if t.of}
    return {name: _post_state(post, state, n) for name, state in named.items()}


def _followed(trace: Trace, dt: float) -> dict[str, Any]:
    """The state that a trace follows, and how late; nothing for a trace of spikes."""
    return {"of": STATE + trace.of, "late": int(nearest(trace.delay, dt))} if trace.of else {}


def _post_state(post: ProgramNeuron, state: str, n: int) -> PostState:
    how = post.reading(state)
    offset = how.offset + (post.values[how.added] if how.added else 0.0)
    return PostState(how.state, *(np.broadcast_to(np.asarray(x, np.float64), n) for x in (how.unit, offset)))


def _rule(network: Network, projection: Projection, post: ProgramNeuron) -> StepRule | None:
    """The rule in steps, for weights in units of the step program; None where it waits for a training loop."""
    rule, dt, gain = projection.plasticity, network.step_seconds, post.gain_at(projection.receptor)
    states = {} if rule is None else _states(rule, post, network.population(projection.post).n)
    if rule is None or set(rule.modulators) - set(rule.signals) - set(_supplied(rule, post)) - set(states):
        return None
    if np.ptp(gain) > 0:
        raise UnsupportedError(
            f"Projection {projection.name!r}: its post neurons have different values of tau_m or tau_syn, so their weights "
            "have different units, but one rule applies to all of them; give the neurons the same time constants."
        )
    traces = tuple(
        StepTrace(name, t.side, t.channel, t.kept(dt), t.impulse, t.mode, t.peak, **_followed(t, dt))
        for name, t in rule.traces.items()
        if t.side != "synapse"
    )
    timed = rule.in_steps(dt)
    decaying = {name: t for name, t in rule.traces.items() if t.side == "synapse"}
    unit = network.weight_unit(projection)
    # A peak of 1 is a sensible default only for variables without a unit.
    usual = {name for name, dimension in rule.units(unit).items() if dimension == PLAIN}
    described = StepRule(
        name=rule.name,
        traces=traces,
        modulators={**{name: m.peak for name, m in rule.modulators.items()}, **dict.fromkeys(states, 1.0)},
        products=timed.products,
        kept={name: t.kept(dt) for name, t in decaying.items() if t.decay != 1},
        peaks={name: t.peak for name, t in decaying.items() if name in usual or t.dimension is not None},
        bounds=rule.bounds,
        supplied=_supplied(rule, post),
        unit=unit,
        varied=network.varied(projection),
        variables={name: rule.traces[name].start for name in own_variables(rule.traces)},
        normalise=None if timed.normalise is None else timed.normalise.step,
        states=states,
    )
    try:
        own = as_supplied(described, post.sends)
    except UnsupportedError as error:
        raise UnsupportedError(f"Projection {projection.name!r}: {error}") from None
    own = replace(own, supplied={**own.supplied, **{name: STATE + of.state for name, of in states.items()}})
    return in_weight_unit(own, float(np.mean(gain)))


def _scaled(weights: Matrix, gain: FloatArray) -> Matrix:
    # A sparse matrix times one gain per neuron comes back in coordinate form.
    if isinstance(weights, sparse.csr_array):
        return sparse.csr_array(weights * gain)
    return np.asarray(weights, np.float64) * gain
