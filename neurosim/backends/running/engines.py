"""The executions on which a network can run in stretches, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from neurosim.backends.allowed import all_at_rest, at_rest
from neurosim.backends.running.emulator import EmulatorEngine
from neurosim.backends.running.engine import Engine
from neurosim.backends.running.run_file import Saved
from neurosim.chip.quantise.fields import Log
from neurosim.chip.quantise.plastic_rule import with_rules
from neurosim.chip.quantise.quantise import requantised
from neurosim.chip.target import Target
from neurosim.errors import DataError, UsageError, unknown_name
from neurosim.network.network import Network
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.program.fixed import FixedProgram
from neurosim.program.lower import lower
from neurosim.program.step import StepProgram


class Deployed(Protocol):
    """What starts on a chip: a `Deployment`."""

    @property
    def network(self) -> Network:
        """The described network."""

    @property
    def target(self) -> Target:
        """The chip."""

    @property
    def float_program(self) -> StepProgram:
        """The difference equations before quantisation."""

    @property
    def program(self) -> FixedProgram:
        """The program in the integers of the chip."""


def _emulator(network: Network) -> Engine:
    return EmulatorEngine(network, lower, "float")


def _brian2(network: Network, integration: str = "exact", target: str = "numpy") -> Engine:
    from neurosim.backends.running.brian2 import Brian2Engine

    return Brian2Engine(network, integration, target)


def _lava(network: Network) -> Engine:
    from neurosim.backends.running.lava import LavaEngine

    return LavaEngine(network, lower(network))


def _lava_chip(deployment: Deployed) -> Engine:
    from neurosim.backends.running.lava import LavaEngine

    return LavaEngine(deployment.network, deployment.program)


def _chip(deployment: Deployed, arithmetic: str) -> Engine:
    def lowered(network: Network) -> Any:
        if network is deployment.network:
            return deployment.program
        # Only the rules differ; a second quantisation would not know the clips, scales and bits that the deployment has.
        return with_rules(lower(network), deployment.program, deployment.target, Log(network.step_seconds))

    def on_chip(own: Any, neuron: ProgramNeuron) -> ProgramNeuron:
        return requantised(own, at_rest(neuron), deployment.target)

    return EmulatorEngine(deployment.network, lowered, arithmetic, on_chip)


def _before_quantisation(deployment: Deployed) -> Engine:
    def lowered(network: Network) -> Any:
        return deployment.float_program if network is deployment.network else all_at_rest(lower(network))

    made = EmulatorEngine(deployment.network, lowered, "float", lambda _, neuron: at_rest(neuron))
    # Without resets elsewhere it is the program of the network itself, with which such a run can go on.
    moved = any(at_rest(p.neuron) is not p.neuron for p in lower(deployment.network).populations)
    made.origin = deployment.float_program if moved else None
    return made


_DESCRIBED: Mapping[str, Callable[..., Engine]] = {"emulator": _emulator, "brian2": _brian2, "lava": _lava}
_DEPLOYED: Mapping[str, Callable[..., Engine]] = {
    **{arithmetic: partial(_chip, arithmetic=arithmetic) for arithmetic in ("fixed", "loihi1")},
    "float": _before_quantisation,
    "lava": _lava_chip,
}


def engine_of(network: Network | Deployed, on: str | None, options: Mapping[str, Any]) -> Engine:
    """The engine called `on`, or else the first one, for a description or a deployment; errors are those of `start`."""
    known = _DESCRIBED if isinstance(network, Network) else _DEPLOYED
    on = next(iter(known)) if on is None else on
    if on not in known:
        raise UsageError("start: " + unknown_name("execution", on, known))
    try:
        return known[on](network, **options)
    except TypeError as error:
        if "keyword argument" not in str(error):
            raise
        found = ", ".join(sorted(options))
        raise UsageError(f"start: on={on!r} has no option {found}; only 'brian2' has some: integration, target.") from None


def engine_saved(network: Network | Deployed, path: Path, saved: Saved) -> Engine:
    """The engine of the run that a file has.

    Raises
    ------
    DataError
        If `network` is not what was saved: a network in place of a deployment, or the reverse, or another deployment.
    """
    family, _, arithmetic = saved.engine.partition(" ")
    described = isinstance(network, Network)
    if described and arithmetic in ("fixed", "loihi1"):
        raise DataError(f"{path} was saved on a chip ({saved.engine}); resume with the deployment instead of the network.")
    on = {"emulator": "emulator" if described else arithmetic, "Brian2": "brian2"}.get(family, family)
    if on not in (_DESCRIBED if described else _DEPLOYED):
        raise DataError(f"{path} was saved in {saved.engine}; resume with the network instead of the deployment.")
    engine = engine_of(network, on, saved.options)
    if saved.program not in (None, engine.program_digest):
        raise DataError(
            f"{path} is of another deployment: what runs on the chip differs. Resume with the deployment that was saved: the "
            "same target, weight_bits, clip, scales and allow."
        )
    return engine
