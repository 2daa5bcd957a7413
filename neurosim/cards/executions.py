"""Executions that support a rule, found by lowering, compiling and exporting a small network that uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.errors import NetworkError, QuantisationError, UnsupportedError
from neurosim.plasticity.measured import measured_in
from neurosim.plasticity.rule import PlasticityRule

if TYPE_CHECKING:
    from neurosim.backends.deployment import Deployment
    from neurosim.chip.target import Target
    from neurosim.network.network import Network
    from neurosim.neurons import Neuron
    from neurosim.program.fixed import FixedProgram
    from neurosim.program.step import StepProgram

REFUSALS = (NetworkError, QuantisationError, UnsupportedError)
"""Errors with which a description, a chip or a backend refuses a rule."""

PROJECTION = "plastic"
"""Name of the projection that has the rule."""


@dataclass(frozen=True)
class Execution:
    """Whether one execution supports a rule; `note` explains how it runs, or why it does not."""

    name: str
    runs: bool
    note: str = ""


@dataclass(frozen=True)
class RuleProbe:
    """A small network with a rule, and its programs for each execution.

    Parameters
    ----------
    rule : PlasticityRule
        The rule. Its numbers are used unchanged, even if weights in the network have another unit.
    target : Target
        The chip.
    weight : float
        A typical weight, in the rule's unit.
    """

    rule: PlasticityRule
    target: Target
    weight: float

    @cached_property
    def network(self) -> Network:
        """Two inputs connected to two neurons with typical weights; if the rule needs a training loop, a trainable chain."""
        from neurosim.network.encoders import RateCoding
        from neurosim.network.inputs import ImageInput, PoissonInput
        from neurosim.network.network import Network, Population, Projection
        from neurosim.units import Hz, as_quantity

        encoder: Any = RateCoding(10)
        source = ImageInput(encoder) if self.rule.needs_training_loop else PoissonInput(10 * Hz)
        neuron = _post_neuron(self.rule, 2 * abs(self.weight))
        unit = neuron.weight_units["default"]
        weights, rule = as_quantity(np.full((2, 2), self.weight), unit), measured_in(self.rule, unit)
        return Network(
            name=f"probe_{self.rule.name}",
            populations=[Population("pre", 2, source), Population("post", 2, neuron)],
            projections=[Projection("pre", "post", weights, plasticity=rule, name=PROJECTION)],
        )

    @cached_property
    def float_program(self) -> StepProgram:
        """The difference equations of the network."""
        from neurosim.program.lower import lower

        return lower(self.network)

    @cached_property
    def deployment(self) -> Deployment:
        """The deployment of the network to the chip."""
        from neurosim.backends.deployment import deploy

        return deploy(self.network, self.target)

    def executions(self) -> tuple[Execution, ...]:
        """One entry per execution, in a fixed order."""
        attempts = _BY_TRAINING if self.rule.needs_training_loop else _BY_ITSELF
        return tuple(_tried(name, attempt, self) for name, attempt in attempts.items())


def _post_neuron(rule: PlasticityRule, threshold: float) -> Neuron:
    """The simplest neuron that has the channels and modulators that the rule needs; the simplest of all if none has them."""
    from neurosim.neurons import LIF, BurstLIF, BurstParrot, SoftResetLIF, per_step
    from neurosim.units import as_quantity

    plain = SoftResetLIF if rule.needs_training_loop else LIF
    bursting = BurstLIF(v_th=as_quantity(threshold, "volt"))
    known: tuple[Neuron, ...] = (plain(tau_m=per_step(0.75), v_th=threshold), bursting, BurstParrot())
    return next((n for n in known if {*rule.channels, *rule.supplied} <= {*n.channels, *n.modulators}), known[0])


def starting_weight(bounds: tuple[float, float]) -> float:
    """A typical weight other than 0: the middle of the bounds, 0.5 beside a single bound, or 1 without bounds."""
    low, high = bounds
    if np.isinf(low) and np.isinf(high):
        return 1.0
    low, high = (high - 1 if np.isinf(low) else low), (low + 1 if np.isinf(high) else high)
    return (low + high) / 2 or high


def _tried(name: str, attempt: Callable[[RuleProbe], str], probe: RuleProbe) -> Execution:
    try:
        return Execution(name, True, attempt(probe))
    except REFUSALS as error:
        return Execution(name, False, " ".join(str(error).split()))


def _describe(probe: RuleProbe) -> str:
    assert probe.network
    return ""


def _emulate_float(probe: RuleProbe) -> str:
    return _emulate(probe.float_program)


def _emulate_fixed(probe: RuleProbe) -> str:
    _deploy(probe)
    return _emulate(probe.deployment.program)


def _emulate(program: StepProgram | FixedProgram) -> str:
    from neurosim.backends.emulator.session import Session

    # A session that does not run yet refuses what the emulator cannot do, without compiling anything.
    assert Session(program)
    return ""


def _deploy(probe: RuleProbe) -> str:
    if probe.deployment.program.projections[0].rule is None:
        raise UnsupportedError(f"Rule {probe.rule.name!r}: on {probe.deployment.target.title}, the weights would not change.")
    return ""


def _export_float(probe: RuleProbe) -> str:
    return _export(probe.float_program)


def _export_fixed(probe: RuleProbe) -> str:
    _deploy(probe)
    return _export(probe.deployment.program)


def _export(program: StepProgram | FixedProgram) -> str:
    from neurosim.backends.lava.export import write_graph

    with TemporaryDirectory() as folder:
        write_graph(program, Path(folder))
    return ""


def _train(probe: RuleProbe) -> str:
    from neurosim.train.desire.chain import chain_of

    assert chain_of(probe.network)
    return "in a training loop, neurosim.train"


def _refuse(probe: RuleProbe) -> str:
    names = ", ".join(f"{n} ({type(m.supplier).__name__})" for n, m in probe.rule.modulators.items() if not m.broadcast)
    raise UnsupportedError(f"Its third factor {names} comes from a training loop; train first, then deploy the weights.")


_BY_ITSELF: Mapping[str, Callable[[RuleProbe], str]] = {
    "Brian2": _describe,
    "emulator float": _emulate_float,
    "emulator fixed": _emulate_fixed,
    "Lava floating_pt": _export_float,
    "Lava fixed_pt": _export_fixed,
}
_BY_TRAINING: Mapping[str, Callable[[RuleProbe], str]] = {
    "Brian2": _train,
    "emulator float": _train,
    "emulator fixed": _refuse,
    "Lava floating_pt": _refuse,
    "Lava fixed_pt": _refuse,
}
EXECUTIONS = tuple(_BY_ITSELF)
"""Names of the executions, in the order of a card."""
