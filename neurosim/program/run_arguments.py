"""The arguments of a run of a step program, from those of a run of its network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurosim.network.network import Network
from neurosim.program.inputs import count_steps, input_rasters
from neurosim.program.unit_conversion import program_probes


def run_arguments(
    network: Network, duration: Any, images: Any = None, labels: Any = None, signals: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Keyword arguments with which both the emulator and Lava run the program of `network`.

    Raises
    ------
    NetworkError
        If duration, images or labels do not fit the network.
    """
    steps = count_steps(network, duration)
    return {
        "steps": steps,
        "inputs": input_rasters(network, steps, images, labels),
        "probes": program_probes(network),
        "signals": signals,
        "watch": network.synapse_probes(),
    }
