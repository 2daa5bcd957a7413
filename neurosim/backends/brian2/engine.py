"""The steps of `simulate` after Brian2 is loaded: check, lower, run, assemble."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from neurosim.backends.brian2.assemble import info, recording
from neurosim.backends.brian2.blueprint import Blueprint
from neurosim.backends.brian2.build import BuildRequest
from neurosim.backends.brian2.error_context import ErrorContext
from neurosim.backends.brian2.exact import exact_blueprint
from neurosim.backends.brian2.noise import with_noise
from neurosim.backends.brian2.plasticity_setup import learners, watches, with_learning
from neurosim.backends.brian2.rule_text import synapse_code
from neurosim.backends.brian2.stepwise import step_blueprint
from neurosim.backends.brian2.targets import TARGETS, Job, Outcome
from neurosim.backends.brian2.timed import check_timed
from neurosim.checks.grid import tell
from neurosim.errors import UnsupportedError, UsageError, unknown_name
from neurosim.network.inputs import Input
from neurosim.network.network import Network, Probe
from neurosim.network.roundings import roundings
from neurosim.processes.stopwatch import now
from neurosim.program.inputs import count_steps, input_rasters
from neurosim.results.recording import Recording
from neurosim.rng import stream
from neurosim.terminal.progress import fraction_bar

INTEGRATIONS: Mapping[str, Callable[[Network], Blueprint]] = {
    "exact": exact_blueprint,
    "step": step_blueprint,
}


def run(
    network: Network,
    duration: Any,
    images: Any,
    labels: Any,
    signals: Mapping[str, Any] | None,
    integration: str,
    target: str,
    progress: bool,
    build_dir: str | os.PathLike[str] | None,
) -> Recording:
    """Run `network` and return the recording; arguments and errors are those of `simulate`."""
    execute = _known("target", target, TARGETS)
    return run_with(execute, network, duration, images, labels, signals, integration, target, progress, build_dir)


def run_with(
    execute: Callable[[Job], Outcome],
    network: Network,
    duration: Any,
    images: Any,
    labels: Any,
    signals: Mapping[str, Any] | None,
    integration: str,
    target: str,
    progress: bool,
    build_dir: str | os.PathLike[str] | None,
) -> Recording:
    """Run `network` with the function `execute`, which `target` names in the recording; other arguments are those of `run`."""
    begun, lower = now(), _known("integration", integration, INTEGRATIONS)
    steps, rounded = count_steps(network, duration), tell(roundings(network), network.step_seconds)
    samples = 1 if images is None else len(images)
    rasters = input_rasters(network, steps, images, labels)
    described = lower(network)
    _check_payloads(network)
    blueprint = with_noise(with_learning(described, network, samples, steps, signals), samples * steps)
    check_timed(blueprint.cells, blueprint.dt, steps)
    probes, watched = state_probes(network), watches(network, samples, steps)
    request = BuildRequest(blueprint, probes, ErrorContext.of(network), watched, seed_of(network))
    with fraction_bar(f"simulating {network.name}", progress) as advance:
        job = Job(request, rasters, samples, steps, advance, None if build_dir is None else Path(build_dir))
        outcome = execute(job)
    setting = {"integration": integration, "target": target}
    seconds = {"build": now().since(begun).since(outcome.run), "run": outcome.run}
    return recording(network, job, outcome.samples, info(network, setting, seconds) | rounded)


def check_supported(network: Network, integration: str) -> None:
    """Raise the UnsupportedError with which a run of `network` would be refused, without making any object of Brian2."""
    blueprint = _known("integration", integration, INTEGRATIONS)(network)
    _check_payloads(network)
    silent = {f"{p.name}.{name}": 0.0 for p in learners(network) if p.plasticity for name in p.plasticity.signals}
    learning = with_learning(blueprint, network, 1, 1, silent)
    for wires in learning.wires:
        if wires.learning is not None:
            synapse_code(wires.name, wires.learning, learning.dt, transmission="")
    watches(network, 1, 1)


def seed_of(network: Network) -> int:
    """Seed of the random numbers that neurons draw in a run; it follows from the network's seed."""
    return int(stream(network.seed, "brian2").integers(2**31))


def _known(kind: str, name: str, registry: Mapping[str, Any]) -> Any:
    if name not in registry:
        raise UsageError("simulate: " + unknown_name(kind, name, registry))
    return registry[name]


def _check_payloads(network: Network) -> None:
    for p in network.projections:
        model = network.population(p.pre).model
        if p.graded and not isinstance(model, Input) and p.channel in model.graded_channels:
            raise UnsupportedError(
                f"Projection {p.name!r}: spikes of neurons in Brian2 have no payload, but {p.pre!r} sends graded spikes; "
                "use the emulator."
            )


def state_probes(network: Network) -> tuple[Probe, ...]:
    """Probes of states of populations."""
    return tuple(p for p in network.probes if p.variable != "spike" and not network.records_synapses(p))
