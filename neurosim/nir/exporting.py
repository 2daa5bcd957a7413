"""Networks to NIR files, with what NIR leaves open in the metadata, so that a network comes back as it was."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from neurosim._version import __version__
from neurosim.errors import UnsupportedError
from neurosim.network import Network, Projection
from neurosim.network.connectivity import Transposed
from neurosim.network.inputs import Input
from neurosim.nir.choices import PRODUCERS
from neurosim.nir.images import Image, as_image, channel_bias, convolution_node, flatten_node, images_of
from neurosim.nir.side_file import write_rules
from neurosim.nir.step_nodes import StepNode, step_node
from neurosim.nir.writing import write_graph
from neurosim.units import FloatArray

Data = dict[str, Any]


def to_nir(network: Network, path: str | os.PathLike[str]) -> Path:
    """Write a network to a NIR file, and its plasticity rules to a file beside it (``net.rules.json`` for ``net.nir``).

    A population becomes a node LIF, CubaLIF, IF, LI or CubaLI; a projection becomes Conv2d, Linear or Affine, with a Delay
    where it has one; inputs become Input, and populations that lead nowhere lead to Output. The metadata of the graph and its
    nodes hold the time step, the resets and comparisons, and the exact numbers of a step, from which `from_nir` makes the same
    network again. The spikes of inputs and the probes of the network are not part of NIR.

    Parameters
    ----------
    network : Network
        The network.
    path : path
        File to write; its suffix is usually ``.nir``.

    Returns
    -------
    path
        The file.

    Raises
    ------
    UnsupportedError
        If a neuron or a connection has no form in NIR; names it and the remedy.

    Notes
    -----
    Pedersen et al. (2024), doi:10.1038/s41467-024-52259-9.
    """
    where = Path(path)
    graph = graph_data(network)
    write_rules(where, network)
    write_graph(where, graph)
    return where


def graph_data(network: Network) -> Data:
    """The graph of a network as nested mappings, as NIR stores it; errors are those of `to_nir`."""
    dt = network.step_seconds
    nodes: dict[str, Data] = {}
    edges: list[tuple[str, str]] = []
    steps: dict[str, StepNode] = {}
    for population in network.populations:
        if isinstance(population.model, Input):
            nodes[population.name] = {"type": "Input", "shape": np.array([population.n])}
        else:
            steps[population.name] = step_node(population, dt)
            nodes[population.name] = steps[population.name].data
    images = images_of(network, steps)
    for name, image in images.items():
        nodes[name] = as_image(nodes[name], image)
    writer = _Writer(network, steps, images, nodes, edges)
    for projection in network.projections:
        writer.add(projection)
    writer.check_inflows()
    writer.add_outputs()
    return {"type": "NIRGraph", "nodes": nodes, "edges": edges, "metadata": _metadata(dt)}


def _metadata(dt: float) -> Data:
    usual = PRODUCERS["neurosim"].defaults
    names = ("decay", "membrane_input", "synapse_input", "integrator_input", "extra_step")
    return {"producer": "neurosim", "neurosim_version": __version__, "dt": dt} | {n: getattr(usual, n) for n in names}


@dataclass
class _Writer:
    """Adds the projections of a network to the nodes and edges of a graph."""

    network: Network
    steps: Mapping[str, StepNode]
    images: Mapping[str, Image]
    nodes: dict[str, Data]
    edges: list[tuple[str, str]]

    def __post_init__(self) -> None:
        self.waiting = {name: step.inflow for name, step in self.steps.items() if np.any(step.inflow)}

    def add(self, projection: Projection) -> None:
        """Add one projection: a Delay where it has one, and its weights."""
        _check(projection, self.steps)
        data = self._convolution(projection) if projection.post in self.images else self._linear(projection)
        name = projection.name if projection.name not in self.nodes else self._free(projection.name)
        self.nodes[name] = data
        before, after = self._delays(projection)
        if before is not None and projection.post in self.images:
            before = before.reshape(self.images[projection.pre])
        early, late = self._delay_node(name, "before", before), self._delay_node(name, "after", after)
        self._chain([projection.pre, *self._flattened(projection, name), *early, name, *late, projection.post])

    def _flattened(self, projection: Projection, name: str) -> list[str]:
        """The node that makes a row of an image, before weights that are no convolution."""
        if projection.pre not in self.images or projection.post in self.images:
            return []
        own = self._free(f"{name}_flat") if f"{name}_flat" in self.nodes else f"{name}_flat"
        self.nodes[own] = flatten_node(self.images[projection.pre])
        return [own]

    def _convolution(self, projection: Projection) -> Data:
        step, unit = self.steps[projection.post], self.network.weight_unit(projection)
        bias = channel_bias(self.waiting.pop(projection.post, np.zeros(())), self.images[projection.post])
        assert bias is not None
        node = convolution_node(projection.weights, unit, step.scale, bias)
        return {**node, "metadata": {"graded": 1}} if projection.graded else node

    def _linear(self, projection: Projection) -> Data:
        weights: Any = self.network.weights(projection)
        post = self.steps[projection.post]
        scattered = isinstance(weights, sparse.csr_array)
        values = np.asarray(weights.toarray() if scattered else weights, np.float64) * post.scale
        stored = {name: 1 for name, true in (("sparse", scattered), ("graded", projection.graded)) if true}
        data: Data = {"type": "Linear", "weight": np.ascontiguousarray(values.T)}
        bias = self.waiting.pop(projection.post, None)
        if bias is not None:
            data = {**data, "type": "Affine", "bias": np.broadcast_to(bias, (values.shape[1],)).copy()}
        return {**data, "metadata": stored} if stored else data

    def _chain(self, names: list[str]) -> None:
        self.edges.extend(zip(names, names[1:], strict=False))

    def _free(self, name: str) -> str:
        number = 2
        while f"{name}_{number}" in self.nodes:
            number += 1
        return f"{name}_{number}"

    def _delay_node(self, name: str, side: str, delay: FloatArray | None) -> list[str]:
        if delay is None:
            return []
        own = self._free(f"{name}_{side}") if f"{name}_{side}" in self.nodes else f"{name}_{side}"
        self.nodes[own] = {"type": "Delay", "delay": delay}
        return [own]

    def _delays(self, projection: Projection) -> tuple[FloatArray | None, FloatArray | None]:
        """Delays of the neurons that send and of those that receive, whose sums are the delays of the synapses."""
        delays = self.network.delays(projection)
        if not np.any(delays):
            return None, None
        if delays.ndim == 1 and np.any(delays != delays[0]):
            raise _no_delays(projection)
        if delays.ndim < 2:
            return np.full(self.network.population(projection.pre).n, float(delays.flat[0])), None
        early, late = delays[:, 0], delays[0] - delays[0, 0]
        if not np.allclose(early[:, None] + late, delays, rtol=0, atol=1e-3 * self.network.step_seconds):
            raise _no_delays(projection)
        # A delay is not below 0, so the smallest of those that receive is counted to those that send.
        least = late.min()
        early, late = early + least, late - least
        return (early if np.any(early) else None), (late if np.any(late) else None)

    def check_inflows(self) -> None:
        """Raise UnsupportedError if a constant input has no node to which it can be given."""
        for name in self.waiting:
            raise UnsupportedError(
                f"to_nir: population {name!r} has a constant current but no projection that ends at it, and in NIR a current "
                "is the bias of weights; add a projection with weights of 0 from an input."
            )

    def add_outputs(self) -> None:
        """Lead populations that send to no other to outputs."""
        sending = {p.pre for p in self.network.projections if p.pre != p.post}
        last = [p for p in self.network.populations if p.name in self.steps and p.name not in sending]
        for population in last or self.network.populations[-1:]:
            name = self._free("output") if "output" in self.nodes else "output"
            shape = np.array(self.images.get(population.name, (population.n,)))
            self.nodes[name] = {"type": "Output", "shape": shape}
            self.edges.append((population.name, name))


def _no_delays(projection: Projection) -> UnsupportedError:
    return UnsupportedError(
        f"to_nir: projection {projection.name!r} has delays that differ from synapse to synapse; a Delay of NIR belongs to the "
        "neurons at one end. Give one delay, or one for each neuron."
    )


def _check(projection: Projection, steps: Mapping[str, StepNode]) -> None:
    """Raise UnsupportedError for what a connection of NIR does not have."""
    who = f"to_nir: projection {projection.name!r}"
    if isinstance(projection.weights, Transposed):
        raise UnsupportedError(f"{who} has the weights of {projection.weights.of!r}; NIR has no shared weights. Leave it out.")
    if projection.short_term is not None:
        raise UnsupportedError(f"{who} has short-term plasticity, which NIR does not have; leave short_term out.")
    if projection.receptor not in steps[projection.post].receptors:
        raise UnsupportedError(f"{who} ends at the receptor {projection.receptor!r}; a node of NIR has one input.")
    allowed = steps[projection.pre].channel if projection.pre in steps else "spike"
    if projection.channel != allowed:
        raise UnsupportedError(f"{who} carries the channel {projection.channel!r}; NIR's edges carry {allowed!r}.")
