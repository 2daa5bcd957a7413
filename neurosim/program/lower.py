"""Lowering of a network to a step program: the difference equations of its description."""

from __future__ import annotations

from dataclasses import replace

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
from neurosim.plasticity.products import StepRule, StepTrace, in_weight_unit
from neurosim.plasticity.rule import PlasticityRule
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
        If a neuron has no difference equations or several synaptic currents, or if a rule is not a polynomial.
    """
    dt = network.step_seconds
    neurons = {p.name: _seeded(_neuron(p, dt), network.seed, p.name) for p in network.populations}
    return StepProgram(
        name=network.name,
        dt=dt,
        populations=tuple(_population(network, p, neurons[p.name]) for p in network.populations),
        projections=tuple(_projection(network, p, neurons[p.post]) for p in network.projections),
    )


def _population(network: Network, population: Population, neuron: ProgramNeuron) -> StepPopulation:
    initial = {} if neuron.is_source else initial_states(network, population.name, neuron)
    return StepPopulation(population.name, population.n, neuron, initial)


def _neuron(population: Population, dt: float) -> ProgramNeuron:
    if isinstance(population.model, Input):
        return ProgramNeuron()
    try:
        return population.model.step_form(dt)
    except UnsupportedError as error:
        raise UnsupportedError(f"Population {population.name!r}: {error}") from None


def _seeded(neuron: ProgramNeuron, seed: int, name: str) -> ProgramNeuron:
    """The neuron with the seed of its own random numbers, which follows from `seed` and the population's `name`."""
    if neuron.is_source or not neuron.step.draws:
        return neuron
    # Bursts have a stream of their own, as they had before other neurons drew.
    kind = "bursts" if neuron.step.marked else "draws"
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


def _rule(network: Network, projection: Projection, post: ProgramNeuron) -> StepRule | None:
    """The rule in steps, for weights in units of the step program; None where it waits for a training loop."""
    rule, dt, gain = projection.plasticity, network.step_seconds, post.gain_at(projection.receptor)
    if rule is None or set(rule.modulators) - set(rule.signals) - set(_supplied(rule, post)):
        return None
    if np.ptp(gain) > 0:
        raise UnsupportedError(
            f"Projection {projection.name!r}: its post neurons have different values of tau_m or tau_syn, so their weights "
            "have different units, but one rule applies to all of them; give the neurons the same time constants."
        )
    traces = tuple(
        StepTrace(name, t.side, t.channel, t.kept(dt), t.impulse, t.mode, t.peak)
        for name, t in rule.traces.items()
        if t.side != "synapse"
    )
    decaying = {name: t for name, t in rule.traces.items() if t.side == "synapse"}
    unit = network.weight_unit(projection)
    # A peak of 1 is a sensible default only for variables without a unit.
    usual = {name for name, dimension in rule.units(unit).items() if dimension == PLAIN}
    described = StepRule(
        name=rule.name,
        traces=traces,
        modulators={name: m.peak for name, m in rule.modulators.items()},
        products=rule.products,
        kept={name: t.kept(dt) for name, t in decaying.items() if t.decay != 1},
        peaks={name: t.peak for name, t in decaying.items() if name in usual or t.dimension is not None},
        bounds=rule.bounds,
        supplied=_supplied(rule, post),
        unit=unit,
    )
    try:
        own = as_supplied(described, post.sends)
    except UnsupportedError as error:
        raise UnsupportedError(f"Projection {projection.name!r}: {error}") from None
    return in_weight_unit(own, float(np.mean(gain)))


def _scaled(weights: Matrix, gain: FloatArray) -> Matrix:
    # A sparse matrix times one gain per neuron comes back in coordinate form.
    if isinstance(weights, sparse.csr_array):
        return sparse.csr_array(weights * gain)
    return np.asarray(weights, np.float64) * gain
