"""Networks from NIR: read, open inner graphs, find shapes, join nodes without a state, and decide what NIR leaves open."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from neurosim.arrays import whole_number
from neurosim.errors import DataError, NetworkError, unknown_name
from neurosim.network.encoders import RateCoding
from neurosim.network.inputs import ImageInput, Input, PoissonInput
from neurosim.nir.building import Builder, Imported, plain
from neurosim.nir.choices import Choices, decide
from neurosim.nir.flat import Flat, flat
from neurosim.nir.reading import read_graph
from neurosim.nir.side_file import rules_beside
from neurosim.units import as_quantity

_PROBABILITY = 0.1
"""Chance of a spike in each step of an input for which the user gives none."""
def from_nir(
    source: Any,
    *,
    producer: str | None = None,
    dt: Any = None,
    inputs: Any = None,
    images: int | None = None,
    name: str | None = None,
    **choices: Any,
) -> Imported:
    """Read a network from NIR.

    Parameters
    ----------
    source : path or nir.NIRGraph
        A NIR file, or a graph of the package `nir`. If a file ``net.rules.json`` lies beside ``net.nir``, its plasticity rules
        are read too.
    producer : str, optional
        The program that wrote the graph, whose defaults hold: "nir", "snntorch", "norse", "sinabs", "rockpool",
        "spikingjelly" or "neurosim". NIR does not say which one it was; "nir" by default.
    dt : time, optional
        Time step, as a time or in seconds.
    inputs : Input or mapping, optional
        What the inputs send: one `Input` for all, or one for each Input node by name. Random spikes by default.
    images : int, optional
        Instead, show images, each for so many steps with `RateCoding`.
    name : str, optional
        Name of the network; that of the file by default.
    **choices
        What NIR leaves open, as text: decay, membrane_input, synapse_input, integrator_input, reset, threshold, spikes,
        extra_step; see `neurosim.nir.choices.MEANINGS`.

    Raises
    ------
    DataError
        If the file is missing, damaged or not NIR, or an edge names no node.
    NetworkError
        If a node, or the way nodes are joined, cannot be expressed; names the node and the remedy.

    Notes
    -----
    Pedersen et al. (2024), doi:10.1038/s41467-024-52259-9.
    """
    where = str(source) if isinstance(source, str | os.PathLike) else "NIR graph"
    graph = flat(read_graph(source), where)
    given = {**choices, **({} if dt is None else {"dt": dt})}
    try:
        decided, by, report = decide(producer, given, {k: plain(v) for k, v in graph.metadata.items()})
        builder = Builder(graph, decided, frozenset(given), by, list(report))
        made = builder.build(name or _name_of(source), _inputs_of(inputs, images, graph, decided))
    except (DataError, NetworkError) as error:
        raise type(error)(f"{where}: {error}") from None
    return replace(made, network=rules_beside(source, made.network))


def _name_of(source: Any) -> str:
    stem = Path(source).stem if isinstance(source, str | os.PathLike) else "nir"
    return "".join(c for c in stem if c.isprintable() and c not in "/\\")[:120] or "nir"


def _inputs_of(given: Any, images: int | None, graph: Flat, choices: Choices) -> dict[str, Input]:
    """What each Input node sends."""
    nodes = [name for name, node in graph.nodes.items() if node.kind == "Input"]
    if not nodes:
        raise NetworkError("the graph has no Input node, so nothing reaches it; expected at least one.")
    usual: Input = PoissonInput(as_quantity(_PROBABILITY / choices.dt, "hertz"))
    if images is not None:
        if given is not None:
            raise NetworkError("from_nir: inputs and images are both given; expected one of them.")
        encoder: Any = RateCoding(whole_number(images, "from_nir: images", 1))
        usual = ImageInput(encoder)
    if not isinstance(given, Mapping):
        given = {} if given is None else dict.fromkeys(nodes, given)
    for name, value in given.items():
        if name not in nodes:
            raise NetworkError("from_nir: inputs: " + unknown_name("Input node", str(name)[:60], nodes[:20]))
        if not isinstance(value, Input):
            raise NetworkError(f"from_nir: inputs[{name!r}] is {value!r}; expected an Input such as SpikeRaster(values).")
    return {name: given.get(name, usual) for name in nodes}
