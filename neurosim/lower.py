"""Network -> step program: the difference equations of a description."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from neurosim.errors import UnsupportedError
from neurosim.inputs import Input
from neurosim.network import Network, Population, Projection
from neurosim.step import Dynamics, Matrix, StepNeuron, StepPopulation, StepProgram, StepProjection
from neurosim.units import FloatArray


def lower(network: Network) -> StepProgram:
    """The difference equations of `network`.

    Raises
    ------
    UnsupportedError
        If a neuron has no difference form, or several synaptic currents.
    """
    dt = network.step_seconds
    neurons = {p.name: _neuron(p, dt) for p in network.populations}
    return StepProgram(
        name=network.name,
        dt=dt,
        populations=tuple(StepPopulation(p.name, p.n, neurons[p.name]) for p in network.populations),
        projections=tuple(_projection(network, p, neurons[p.post]) for p in network.projections),
    )


def _neuron(population: Population, dt: float) -> StepNeuron:
    if isinstance(population.model, Input):
        return StepNeuron(Dynamics.SOURCE)
    try:
        return population.model.step(dt)
    except UnsupportedError as error:
        raise UnsupportedError(f"Population {population.name!r}: {error}") from None


def _projection(network: Network, projection: Projection, post: StepNeuron) -> StepProjection:
    return StepProjection(
        name=projection.name,
        pre=projection.pre,
        post=projection.post,
        weights=_scaled(network.weights(projection), post.gain),
        delays=np.round(network.delays(projection) / network.step_seconds).astype(np.int32),
        graded=projection.graded,
    )


def _scaled(weights: Matrix, gain: FloatArray) -> Matrix:
    # A sparse matrix times one gain a neuron comes back in coordinate form.
    if isinstance(weights, sparse.csr_array):
        return sparse.csr_array(weights * gain)
    return np.asarray(weights, np.float64) * gain
