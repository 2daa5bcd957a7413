"""Execution of a described network in float on the emulator, without a target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurosim.backends.emulator.engine import emulate
from neurosim.checks.described import checked
from neurosim.network.network import Network
from neurosim.program.lower import lower
from neurosim.program.run_arguments import run_arguments
from neurosim.program.unit_conversion import described
from neurosim.results.recording import Recording


@checked
def emulate_network(
    network: Network, duration: Any, *, images: Any = None, labels: Any = None, signals: Mapping[str, Any] | None = None
) -> Recording:
    """Run the difference equations of `network` in float, like Brian2 with ``integration="step"``, but faster.

    Parameters
    ----------
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
    program = lower(network)
    raw = emulate(program, **run_arguments(network, duration, images, labels, signals))
    return described(raw, network, program)
