"""Executions that support a rule, found by asking each of them about small networks that use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.errors import NetworkError, QuantisationError, UnitError, UnsupportedError
from neurosim.plasticity.desire import DesireSignal
from neurosim.plasticity.feedback import Tied
from neurosim.plasticity.measured import measured_in
from neurosim.plasticity.rule import PlasticityRule

if TYPE_CHECKING:
    from neurosim.backends.deployment import Deployment
    from neurosim.backends.executions import Workload
    from neurosim.chip.target import Target
    from neurosim.network.network import Network
    from neurosim.neurons import Neuron

REFUSALS = (NetworkError, QuantisationError, UnsupportedError)
"""Errors with which a description, a chip or a backend refuses a rule."""

PROJECTION = "plastic"
"""Name of the projection that has the rule."""
IN_TRAINING = "in a training loop, neurosim.train"
"""Note of an execution whose arithmetic a training loop uses."""
TRAINS = ("Brian2 step", "emulator float")
"""Executions with the difference equations that the two engines of `neurosim.train` compute."""


@dataclass(frozen=True)
class Support:
    """Whether one execution supports a rule; `note` explains how it runs, or why it does not."""

    name: str
    runs: bool
    note: str = ""


@dataclass(frozen=True)
class RuleProbe:
    """Small networks with a rule, of which each execution says whether it runs them.

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
    def workloads(self) -> tuple[Workload, ...]:
        """Two inputs connected to two neurons with typical weights, once for each neuron that has what the rule needs.

        Empty if the rule needs a third factor that only a training loop computes.
        """
        from neurosim.backends.executions import Workload

        neurons = tuple(_neurons(self.rule, 2 * abs(self.weight)))
        return tuple(Workload(self._network(neuron), self.target) for neuron in neurons)

    @property
    def signals(self) -> dict[str, float]:
        """Values for the third factors that a run of a workload has to be given."""
        return dict.fromkeys(self.rule.signals, 1.0)

    @property
    def deployment(self) -> Deployment:
        """The deployment of the first network to the chip.

        Raises
        ------
        UnsupportedError
            If the chip refuses the rule, or if the rule needs a training loop.
        """
        if not self.workloads:
            raise UnsupportedError(_needs_training(self.rule))
        return self.workloads[0].deployment(self.target.name)

    def executions(self) -> tuple[Support, ...]:
        """One entry per execution, in the order of the registry."""
        from neurosim.backends.executions import EXECUTIONS

        return tuple(self._support(name) for name in EXECUTIONS)

    def running(self, name: str) -> Workload | None:
        """The first of the workloads that the execution called `name` runs, or None."""
        from neurosim.backends.executions import reasons

        return next((workload for workload in self.workloads if not reasons(name, workload)), None)

    def _support(self, name: str) -> Support:
        try:
            if self.running(name) is not None:
                return Support(name, True)
            if self.rule.needs_training_loop and name in TRAINS:
                return self._training(name)
            return Support(name, False, self._reason(name))
        except REFUSALS as error:
            return Support(name, False, " ".join(str(error).split()))

    def _reason(self, name: str) -> str:
        from neurosim.backends.executions import reasons

        return " ".join(reasons(name, self.workloads[0])) if self.workloads else _needs_training(self.rule)

    def _training(self, name: str) -> Support:
        """The support if a training loop trains a chain with the rule."""
        from neurosim.network.encoders import RateCoding
        from neurosim.network.inputs import ImageInput
        from neurosim.neurons import SoftResetLIF, per_step
        from neurosim.train.desire.chain import chain_of

        neuron, encoder = SoftResetLIF(tau_m=per_step(0.75), v_th=2 * abs(self.weight)), RateCoding(10)
        assert chain_of(self._network(neuron, ImageInput(encoder)))  # type: ignore[arg-type]
        return Support(name, True, IN_TRAINING)

    def _network(self, neuron: Neuron, source: Any = None) -> Network:
        from neurosim.network.connectivity import OneToOne
        from neurosim.network.inputs import PoissonInput
        from neurosim.network.network import Network, Population, Projection
        from neurosim.units import Hz, as_quantity

        receptor = "default" if "default" in neuron.weight_units else next(iter(neuron.weight_units))
        unit = neuron.weight_units[receptor]
        # Weights of volts would drive a voltage that is compared with those of cells to where none is.
        size = 1e-3 if self.rule.post_states and unit == "volt" else 1.0
        rule = measured_in(self.rule, unit, size)
        weights = as_quantity(np.full((2, 2), self.weight * (1.0 if rule is self.rule else size)), unit)
        # A neuron that repeats spikes emits none by itself.
        driver = [Projection("pre", "post", OneToOne(1.0), receptor="repeated")] if "repeated" in neuron.weight_units else []
        return Network(
            name=f"probe_{self.rule.name}",
            populations=[Population("pre", 2, source or PoissonInput(400 * Hz)), Population("post", 2, neuron)],
            projections=[Projection("pre", "post", weights, receptor=receptor, plasticity=rule, name=PROJECTION), *driver],
        )


def _neurons(rule: PlasticityRule, threshold: float) -> Iterator[Neuron]:
    """The neurons that have the channels, modulators and phases that the rule needs, the simplest first.

    If no neuron has them, the simplest of all, so that the error of the network names what is missing; but none if a training
    loop computes what is missing.
    """
    from neurosim.neurons import LIF, BurstLIF, BurstParrot, DesireLIF, ErrorPair, StochasticUnit, TwoWindowLIF, per_step
    from neurosim.units import as_quantity

    plain = LIF(tau_m=per_step(0.75), v_th=threshold)
    if rule.post_states:
        yield from _with_states(rule, plain)
        return
    asked = {m.asks for m in rule.modulators.values() if not m.broadcast}
    needs = {*rule.channels}, asked, {*rule.phases} - {"sample_end"}
    bursting = BurstLIF(v_th=as_quantity(threshold, "volt"))
    known: tuple[Neuron, ...] = (
        bursting,
        BurstParrot(),
        DesireLIF(tau_m=plain.tau_m, v_th=threshold, signal=_signal(rule)),
        TwoWindowLIF(tau_m=plain.tau_m, v_th=threshold, period=as_quantity(0.04, "second"), first=as_quantity(0.02, "second")),
        ErrorPair(tau_m=plain.tau_m, v_th=threshold),
        StochasticUnit(slope=1 / threshold),
    )
    # A neuron may have a channel with the name of a modulator that it does not supply, so each kind is compared alone.
    found = [n for n in known if all(a <= {*b} for a, b in zip(needs, (n.channels, n.modulators, n.phases), strict=True))]
    found = found if any(needs) else [plain]
    yield from found or ([] if rule.needs_training_loop else [plain])


def _with_states(rule: PlasticityRule, plain: Neuron) -> Iterator[Neuron]:
    """Neurons that have the states that the rule reads, in the units that it needs."""
    from neurosim.neurons import LIF, ClopathAdEx, per_step
    from neurosim.units import as_quantity

    # As high as the voltages of cells, with which such rules compare theirs.
    in_volts = LIF(tau_m=per_step(0.75), v_th=as_quantity(-0.05, "volt"), v_rest=as_quantity(-0.07, "volt"))
    asked = {*rule.post_states.values()}
    having = [n for n in (plain, in_volts, ClopathAdEx()) if asked <= {*n.variables}]
    found = [n for n in having if _fits(rule, {name: n.state_unit(name) for name in asked})]
    yield from found or [plain]


def _fits(rule: PlasticityRule, units: Mapping[str, str]) -> bool:
    try:
        rule.units(None, units)
    except UnitError:
        return False
    return True


def _signal(rule: PlasticityRule) -> DesireSignal:
    """The desire of the rule, without its feedback, which is a projection in a network."""
    own = (m.supplier for m in rule.modulators.values() if isinstance(m.supplier, DesireSignal))
    return replace(next(own, DesireSignal()), feedback=Tied())


def _needs_training(rule: PlasticityRule) -> str:
    names = ", ".join(f"{n} ({type(m.supplier).__name__})" for n, m in rule.modulators.items() if not m.broadcast)
    return f"Its third factor {names} comes from a training loop; train first, then deploy the weights."


def starting_weight(bounds: tuple[float, float]) -> float:
    """A typical weight other than 0: the middle of the bounds, 0.5 beside a single bound, or 1 without bounds."""
    low, high = bounds
    if np.isinf(low) and np.isinf(high):
        return 1.0
    low, high = (high - 1 if np.isinf(low) else low), (low + 1 if np.isinf(high) else high)
    return (low + high) / 2 or high
