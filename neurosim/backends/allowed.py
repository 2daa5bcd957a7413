"""What a chip cannot do: refused by name, or accepted by the user and listed in the report."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.chip.report import Loss
from neurosim.chip.resources.design_rules import findings
from neurosim.chip.resources.needs import needs_of
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.neurons.step_form import OWN, ProgramNeuron
from neurosim.program.fixed import FixedProgram
from neurosim.program.step import StepProgram

if TYPE_CHECKING:
    from neurosim.chip.target import Target

ALLOWABLE = {
    "reset_to_rest": "a reset to a value other than rest becomes a reset to rest",
    "weight_transport": "weight transport: synapses transmit backwards, too; a process on a CPU does this, but no chip can",
    "does_not_fit": "the network runs on the emulator and in Lava, but fits on no number of cores of the chip",
}
"""Exceptions that a user can allow by name, each with a text for the report that explains the effect."""
_RESETTING = ("lif", "refractory_lif", "adaptive_lif", "lif_reset")
"""Dynamics that reset to a level."""


def check_allowed(allow: Set[str]) -> None:
    """UnsupportedError for a name that nothing has."""
    if unknown := set(allow) - set(ALLOWABLE):
        raise UnsupportedError(f"allow = {sorted(unknown)}: expected names from {', '.join(ALLOWABLE)}.")


def check_dynamics(program: StepProgram, target: Target) -> None:
    """UnsupportedError for a neuron that the target does not have."""
    for population in program.populations:
        name = population.neuron.dynamics
        if name and name not in target.dynamics:
            what = f"{population.neuron.step.name}, a neuron written as a step" if name == OWN else f"the dynamics {name}"
            raise UnsupportedError(
                f"Population {population.name!r}: {target.title} does not support {what}; use one of "
                f"{', '.join(sorted(target.dynamics))}."
            )


def reset_to_rest(program: StepProgram, allow: Set[str]) -> tuple[StepProgram, list[Loss]]:
    """The program with all resets at rest, if the user allowed this, and the losses by it."""
    elsewhere = [p for p in program.populations if np.any(_reset_of(p.neuron) != 0)]
    if elsewhere and "reset_to_rest" not in allow:
        raise UnsupportedError(
            f"Population {elsewhere[0].name!r}: v_reset differs from v_rest, but the chip resets only to rest. "
            'Set v_reset = v_rest, or accept a reset to rest with allow={"reset_to_rest"}.'
        )
    losses = [
        Loss("allowed", p.name, "v_reset", float(np.max(_reset_of(p.neuron))), 0.0, ALLOWABLE["reset_to_rest"])
        for p in elsewhere
    ]
    return all_at_rest(program), losses


def all_at_rest(program: StepProgram) -> StepProgram:
    """The program with all resets at rest."""
    return replace(program, populations=tuple(replace(p, neuron=at_rest(p.neuron)) for p in program.populations))


def weight_transport(program: StepProgram, target: Target, allow: Set[str]) -> list[Loss]:
    """Entries of the report for synapses that transmit backwards, if the user allowed this."""
    backwards = [p for p in program.projections if p.transposed]
    if backwards and "weight_transport" not in allow:
        raise UnsupportedError(
            f"Projection {backwards[0].name!r}: it uses the transposed weights of {backwards[0].transposed!r}, which "
            f"{target.title} does not support. Give it its own weights, such as fixed random ones (feedback=\"random\" in the "
            "model desire_chip), or accept a process of neurosim that computes this on a CPU with "
            'allow={"weight_transport"}.'
        )
    text = ALLOWABLE["weight_transport"]
    return [Loss("allowed", p.name, "weights", 0.0, 0.0, f"{text}; the weights are of {p.transposed!r}") for p in backwards]


def does_not_fit(program: FixedProgram, target: Target, allow: Set[str]) -> list[Loss]:
    """Entries of the report for the design rules that are broken, if the user allowed this."""
    # Needs are not kept: a deployment that is never placed stays small.
    broken = [finding for finding in findings(needs_of(program, target), target) if not finding.ok]
    if broken and "does_not_fit" not in allow:
        raise QuantisationError(
            f"The network does not fit on {target.title}. {' '.join(str(finding) for finding in broken)} "
            f'To run it all the same on the emulator or in Lava, use allow={{"does_not_fit"}}.'
        )
    text = ALLOWABLE["does_not_fit"]
    return [Loss("allowed", f.where, f.rule, float(f.used), float(f.allowed), text) for f in broken]


def at_rest(neuron: ProgramNeuron) -> ProgramNeuron:
    """The neuron with a reset at rest, which is the only one that a chip has."""
    if not np.any(_reset_of(neuron)):
        return neuron
    return replace(neuron, values={**neuron.values, "v_reset": np.zeros(())})


def _reset_of(neuron: ProgramNeuron) -> Any:
    """Where stock neurons reset; those that were written as a step do on a chip what they say."""
    return neuron.values["v_reset"] if neuron.dynamics in _RESETTING else np.zeros(())
