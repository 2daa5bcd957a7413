"""Learning in a Lava run: third factors as inputs, and weights, tags and traces as results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.backends.lava.graph_learning import GraphLearning
from neurosim.backends.lava.kinds import Program
from neurosim.errors import NetworkError, UnsupportedError, unknown_name
from neurosim.network.probes import SynapseProbe
from neurosim.plasticity.products import StepRule
from neurosim.program.engine_rule import ChipRule
from neurosim.program.signals import Listener, complete_signals
from neurosim.results.run_data import WeightTrace


class Look(NamedTuple):
    """A probe of synapses, and the name of the Var that it records."""

    probe: SynapseProbe
    var: str


def lava_watch(graph: GraphLearning, watch: Sequence[SynapseProbe]) -> list[Look]:
    """The probes with their Vars, and the final weights of every plastic projection that has no probe of w.

    Raises
    ------
    NetworkError
        If a probe names a projection that is not plastic, or a variable that its rule does not have.
    """
    for probe in watch:
        if probe.projection not in graph.rules:
            raise NetworkError(
                f"Probe of {probe.projection!r}: in Lava, only projections that learn can be probed, which are "
                f"{', '.join(graph.rules) or 'none'}; leave the probe out, because fixed weights do not change."
            )
        known = graph.rules[probe.projection].variables
        if probe.variable not in known:
            raise NetworkError(f"watch of {probe.projection!r}: " + unknown_name("variable", probe.variable, known))
    probed = {probe.projection for probe in watch if probe.variable == "w"}
    final = [SynapseProbe(name, "w", 0) for name in graph.rules if name not in probed]
    return [Look(probe, graph.rules[probe.projection].variables[probe.variable]) for probe in [*watch, *final]]


def third_factors(
    program: Program, graph: GraphLearning, fed: Mapping[str, Any], steps: int, signals: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    """Data of the sources of third factors: "projection.slot" -> (samples, steps, n_post).

    Raises
    ------
    NetworkError
        If a signal does not fit the rules.
    UnsupportedError
        If two projections need different values from one population, or if the length of a sample is not a multiple of the
        period of a neuron.
    """
    samples = max((len(raster) for raster in fed.values()), default=1)
    _check_beat(program, samples, steps)
    rules = {p.name: p.rule for p in program.projections if p.rule is not None}
    posts = {p.name: p.post for p in program.projections}
    n = {name: program.population(posts[name]).n for name in rules}
    given = complete_signals(lava_listeners(program), samples, steps, signals)
    out: dict[str, NDArray[Any]] = {}
    for name, learning in graph.rules.items():
        sender = graph.senders[posts[name]].projection if learning.sent else name
        for slot, sent in learning.sent.items():
            if not sent.modulator:
                continue
            values = np.broadcast_to(encoded(rules[name], slot, given[name, sent.modulator]), (samples, steps, n[name]))
            if not np.array_equal(out.setdefault(f"{sender}.{slot}", values), values):
                raise UnsupportedError(
                    f"Projection {name!r}, third factor {sent.modulator!r}: its signal differs from that of {sender!r}, but "
                    f"population {posts[name]!r} can send only one. Give both the same signal, or use the emulator."
                )
    return out


def lava_listeners(program: Program) -> list[Listener]:
    """The projections that learn, and the third factors that they receive from outside."""
    learning = (p for p in program.projections if p.rule is not None)
    return [Listener(p.name, program.population(p.post).n, peaks(p.rule)) for p in learning]


def _check_beat(program: Program, samples: int, steps: int) -> None:
    """Raise UnsupportedError if samples are not whole periods of a neuron, and synapses learn or neurons draw random numbers.

    Between such samples, Lava runs silent steps until the period is complete. In these steps synapses would go on learning, and
    the count of steps for random numbers would go on.
    """
    neurons = [p.neuron for p in program.populations if not p.neuron.is_source]
    draws = any(neuron.step.draws for neuron in neurons)
    if samples == 1 or not (draws or any(p.rule is not None for p in program.projections)):
        return
    for p in program.populations:
        interval = int(np.max(p.neuron.values.get("interval", 1))) if p.neuron.dynamics == "lif_reset" else 1
        if steps % interval:
            raise UnsupportedError(
                f"Population {p.name!r}: it is reset every {interval} steps, and samples of {steps} steps are "
                "not a multiple of it; in Lava, resets continue from sample to sample while synapses learn or neurons draw "
                "random numbers. Use a multiple as the length of samples, one sample per run, or the emulator."
            )


@singledispatch
def peaks(rule: Any) -> Mapping[str, float]:
    """Third factor -> its largest absolute value."""
    raise TypeError(f"expected a StepRule or a ChipRule, found {rule!r}.")


@peaks.register
def _(rule: StepRule) -> Mapping[str, float]:
    return {name: peak for name, peak in rule.modulators.items() if name not in rule.supplied}


@peaks.register
def _(rule: ChipRule) -> Mapping[str, float]:
    # Values above the peak for which the rule was scaled are clipped when they are encoded.
    return {name: np.inf for name in rule.sent.values() if name not in rule.supplied}


@singledispatch
def encoded(rule: Any, slot: str, values: Any) -> NDArray[Any]:
    """A third factor in the encoding in which the post neurons send it."""
    raise TypeError(f"expected a StepRule or a ChipRule, found {rule!r}.")


@encoded.register
def _(rule: StepRule, slot: str, values: Any) -> NDArray[Any]:
    return np.asarray(values, np.float64)


@encoded.register
def _(rule: ChipRule, slot: str, values: Any) -> NDArray[Any]:
    return rule.encoded(slot, values)


def learned(
    looks: Sequence[Look], results: Mapping[str, Any]
) -> tuple[dict[str, WeightTrace], dict[tuple[str, str], WeightTrace]]:
    """Weights by projection, and other variables by (projection, variable), from the results of the exported script."""
    weights, synapses = {}, {}
    for probe, var in looks:
        place = f"{probe.projection}.{var}"
        steps, values = results[f"synapse_steps/{place}"], results[f"synapse/{place}"]
        trace = WeightTrace(steps.astype(np.int64), values.astype(np.float64))
        if probe.variable == "w":
            weights[probe.projection] = trace
        else:
            synapses[probe.projection, probe.variable] = trace
    return weights, synapses
