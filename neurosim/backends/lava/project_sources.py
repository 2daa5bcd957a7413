"""What the sources of an exported graph send, as data: the harness of the graph encodes images and draws spikes from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any

import numpy as np

from neurosim.backends.lava.graph_learning import GraphLearning
from neurosim.backends.lava.kinds import Program
from neurosim.checks.grid import whole_steps
from neurosim.network.encoders import LatencyCoding, PoissonCoding, RateCoding
from neurosim.network.inputs import ImageInput, LabelInput, PoissonCounts, PoissonInput, SpikeArray, SpikeRaster
from neurosim.network.network import Network
from neurosim.network.rates import checked_rates
from neurosim.neurons.timed import Timed
from neurosim.program.engine_rule import TRACE_MAX, ChipRule, Sending
from neurosim.program.fixed import FixedProgram

Entry = dict[str, Any]
FROM_FILE: Entry = {"kind": "file"}
"""A source whose payloads only a file can hold, because neurosim's own code would be needed to draw them."""


def source_entry(population: Any, program: Program) -> Entry:
    """A source of a program without its network: payloads come from a file."""
    return {"name": population.name, "n": population.n, **FROM_FILE, **_range(population, program)}


def _range(population: Any, program: Program) -> Entry:
    """The smallest and the largest payload that every graded projection from a source carries; nothing without one."""
    if not isinstance(program, FixedProgram):
        return {}
    graded = (p for p in program.projections if p.pre == population.name and p.graded and p.release is None)
    bits = [p.message_bits for p in graded]
    return {"range": [1 - (1 << min(bits)), (1 << min(bits)) - 1]} if bits else {}


def described_sources(network: Network, program: Program) -> tuple[list[Entry], dict[str, Any]]:
    """Sources with what they send when a file has nothing for them, and the arrays that this needs."""
    entries: list[Entry] = []
    arrays: dict[str, Any] = {}
    for population in program.populations:
        if population.neuron.is_source:
            model = network.population(population.name).model
            entry, own = SENT.get(type(model), _unknown)(model, network)
            entries.append(source_entry(population, program) | entry)
            arrays |= {f"{population.name}.{name}": values for name, values in own.items()}
    return entries, arrays


Sent = tuple[Entry, dict[str, Any]]


def _unknown(model: Any, network: Network) -> Sent:
    return FROM_FILE, {}


def _images(model: ImageInput, network: Network) -> Sent:
    coding = CODES.get(type(model.encoder))
    return (FROM_FILE if coding is None else {"kind": "images", **coding(model.encoder)}), {}


def _labels(model: LabelInput, network: Network) -> Sent:
    return {"kind": "labels", "step": int(model.step)}, {}


def _rates(kind: str) -> Callable[[Any, Network], Sent]:
    def sent(model: Any, network: Network) -> Sent:
        who, timed = type(model).__name__, isinstance(model.rate, Timed)
        every = whole_steps(model.rate.period, network.step_seconds, who) if timed else 0
        return {"kind": kind, "every": int(every)}, {"rates": checked_rates(model.rate, who)}

    return sent


def _spikes(model: SpikeArray | SpikeRaster, network: Network) -> Sent:
    return {"kind": "spikes"}, {"spikes": np.stack(model.events(network.step_seconds), axis=1)}


SENT: Mapping[type, Callable[[Any, Network], Sent]] = {
    ImageInput: _images,
    LabelInput: _labels,
    PoissonInput: _rates("poisson"),
    PoissonCounts: _rates("counts"),
    SpikeArray: _spikes,
    SpikeRaster: _spikes,
}
"""Input -> its entry and its arrays. A class that is derived from one of these may send something else, and is not here."""

CODES: Mapping[type, Callable[[Any], Entry]] = {
    RateCoding: lambda e: {"coding": "rate", "steps": int(e.steps)},
    PoissonCoding: lambda e: {"coding": "poisson", "steps": int(e.steps), "max_probability": float(e.max_probability)},
    LatencyCoding: lambda e: {"coding": "latency", "steps": int(e.steps), "threshold": float(e.threshold)},
}
"""Encoder -> what the harness needs to know of it."""


def signal_entries(program: Program, graph: GraphLearning) -> list[Entry]:
    """The third factors that rules receive from outside, each with the source that sends it and its encoding."""
    entries = []
    for projection in program.projections:
        learning = graph.rules.get(projection.name)
        for slot, sent in (learning.sent if learning else {}).items():
            if sent.modulator:
                post = program.population(projection.post)
                source = f"{graph.senders[post.name].projection}.{slot}"
                who = {"projection": projection.name, "factor": sent.modulator, "source": source, "n": post.n}
                entries.append({**who, "how": _how(projection.rule, slot)})
    return entries


@singledispatch
def _how(rule: Any, slot: str) -> Entry | None:
    """How values become payloads; None if they are sent as they are."""
    return None


@_how.register
def _(rule: ChipRule, slot: str) -> Entry | None:
    how = rule.sending.get(slot, Sending())
    return {"scale": float(how.scale), "offset": int(how.offset), "low": int(how.low), "high": TRACE_MAX}
