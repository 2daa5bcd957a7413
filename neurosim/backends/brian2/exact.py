"""Continuous time: each neuron's differential equations, integrated by Brian2."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurosim.backends.brian2.blueprint import Blueprint, Cells, Wires
from neurosim.errors import NeurosimError
from neurosim.network.network import Network, Population, Projection
from neurosim.neurons.base import Equations, Neuron


def exact_blueprint(network: Network) -> Blueprint:
    """The differential equations of `network`.

    Raises
    ------
    UnsupportedError
        If a neuron has no differential equations.
    """
    equations = {p.name: _equations(network, p, p.model) for p in network.populations if isinstance(p.model, Neuron)}
    return Blueprint(
        dt=network.step_seconds,
        cells=tuple(Cells(name, network.population(name).n, e, functions=e.functions) for name, e in equations.items()),
        wires=tuple(_wires(network, p, equations[p.post]) for p in network.projections),
    )


def _equations(network: Network, population: Population, neuron: Neuron) -> Equations:
    try:
        found = neuron.equations(network.step_seconds)
    except NeurosimError as error:
        raise type(error)(f"Population {population.name!r}: {error}") from None
    own = {name: (values, neuron.variable_unit(name)) for name, values in network.initial(population.name).items()}
    return replace(found, initial={**found.initial, **own})


def _wires(network: Network, projection: Projection, post: Equations) -> Wires:
    neuron = network.population(projection.post).model
    assert isinstance(neuron, Neuron)
    return Wires(
        name=projection.name,
        pre=projection.pre,
        post=projection.post,
        weights=network.weights(projection),
        unit=neuron.weight_units[projection.receptor],
        variable=post.receptors[projection.receptor],
        delays=network.delays(projection),
        gain=np.asarray(post.weight_scale),
        short_term=projection.short_term,
        channel=projection.channel,
    )
