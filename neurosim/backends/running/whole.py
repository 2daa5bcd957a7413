"""A whole run on the emulator, from rest to its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from neurosim.backends.emulator.engine import emulate
from neurosim.backends.running.emulator import EmulatorEngine, Program
from neurosim.backends.running.run import Running
from neurosim.checks.described import checked
from neurosim.network.inputs import ImageInput, LabelInput
from neurosim.network.network import Network
from neurosim.program.inputs import count_steps
from neurosim.program.lower import lower
from neurosim.program.run_arguments import run_arguments
from neurosim.program.signals import complete_signals
from neurosim.program.unit_conversion import described
from neurosim.results.recording import Recording


@checked
def emulate_network(
    network: Network, duration: Any, *, images: Any = None, labels: Any = None, signals: Mapping[str, Any] | None = None
) -> Recording:
    """Run the difference equations of `network` in float, like Brian2 with ``integration="step"``, but faster.

    Parameters
    ----------
    network : Network
        The network to run.
    duration : time
        Duration of one sample.
    images : array (samples, n), optional
        Intensities 0..1 for the image input; samples run in parallel, unless weights learn.
    labels : array (samples,), optional
        Classes for the label input.
    signals : mapping, optional
        Third factors of plasticity rules: name -> number, or array (steps,), (samples, steps) or (samples, steps, n_post).

    Returns
    -------
    Recording
        Recording with states, weights, tags and traces in described units.

    Raises
    ------
    UnsupportedError
        If a neuron has no difference equations.
    """
    return emulated(network, lower(network), "float", duration, images, labels, signals)


def emulated(
    network: Network,
    program: Program,
    arithmetic: str,
    duration: Any,
    images: Any = None,
    labels: Any = None,
    signals: Mapping[str, Any] | None = None,
) -> Recording:
    """Run a program of `network`: one stretch of a running network, or images as samples of which each begins at rest."""
    shown = any(isinstance(p.model, ImageInput | LabelInput) for p in network.populations)
    if shown or images is not None or labels is not None:
        given = run_arguments(network, duration, images, labels, signals)
        return described(emulate(program, **given, arithmetic=arithmetic), network, program)
    wall, cpu = time.perf_counter(), time.process_time()
    engine = EmulatorEngine(network, lambda _: program, arithmetic)
    factors = complete_signals(engine.listeners(), 1, count_steps(network, duration), signals or {})
    run = Running(network, engine)
    run.advance(duration, signals={f"{projection}.{name}": values[0] for (projection, name), values in factors.items()})
    run.end_sample()
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    found = run.recording
    return replace(found, info={**found.info, "seconds": seconds})
