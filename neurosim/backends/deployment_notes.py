"""Entries of a deployment's report about rounded times, and about neurons that a chip has no ready process for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurosim.chip.report import Loss
from neurosim.network.network import Network
from neurosim.network.roundings import roundings
from neurosim.neurons.step_form import OWN
from neurosim.program.step import StepProgram

if TYPE_CHECKING:
    from neurosim.chip.target import Target

_WAYS = {
    "own_process": "not a process of Lava, but one that neurosim exports",
    "chip_only": "supported by the chip, but without a fixed-point model in Lava",
}
"""Texts of the report for `DynamicsEntry.way`."""


def time_roundings(network: Network) -> list[Loss]:
    """Times that became whole steps."""
    text = f"times are rounded to whole steps of {network.step_seconds:g} s"
    return [Loss("rounding", r.part, r.what, r.wanted, r.got, text) for r in roundings(network)]


def own_processes(program: StepProgram, target: Target) -> list[Loss]:
    """Notes on populations without a stock process: they run on Lava's CPU backend, and a chip needs microcode for them."""
    losses = []
    for population in program.populations:
        dynamics = population.neuron.dynamics
        entry = target.dynamics.get(dynamics)
        if entry is not None and entry.way != "stock":
            name = population.neuron.step.name if dynamics == OWN else dynamics
            text = f"{name} is {_WAYS[entry.way]}. {entry.note or entry.source}"
            losses.append(Loss("note", population.name, "dynamics", 0.0, 0.0, text))
    return losses
