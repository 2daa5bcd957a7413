"""A running network on the emulator, in float or in the integers of a chip."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.backends.emulator.rule_layout import listeners
from neurosim.backends.emulator.session import Session
from neurosim.backends.running.engine import Engine, with_rules
from neurosim.checks.matrices import Matrix
from neurosim.network.inputs import Raster
from neurosim.network.network import Network
from neurosim.plasticity.rule import PlasticityRule
from neurosim.program.engine_rule import ChipRule
from neurosim.program.fixed import FixedProgram
from neurosim.program.signals import Listener
from neurosim.program.step import StepProgram
from neurosim.program.unit_conversion import described, program_probes, state_unit, synapse_unit, weight_unit
from neurosim.results.recording import Recording

Program = StepProgram | FixedProgram


class EmulatorEngine(Engine):
    """A session of the emulator in described units.

    Parameters
    ----------
    network : Network
        The described network.
    lowered : function
        Function ``lowered(network)`` that makes the program; it is called again when rules change.
    arithmetic : str
        "float", "fixed" or "loihi1".
    """

    def __init__(self, network: Network, lowered: Any, arithmetic: str) -> None:
        self.network, self._lowered = network, lowered
        self.program: Program = lowered(network)
        self.session = Session(self.program, arithmetic=arithmetic)
        self.name = f"emulator {arithmetic}"

    @property
    def _whole(self) -> bool:
        return isinstance(self.program, FixedProgram)

    def listeners(self) -> tuple[Listener, ...]:
        return tuple(listeners(self.program))

    def advance(self, inputs: Mapping[str, Raster], signals: Mapping[tuple[str, str], Any], steps: int) -> Recording:
        given = {f"{projection}.{name}": values for (projection, name), values in signals.items()}
        raw = self.session.run(steps, inputs=inputs, signals=given, probes=program_probes(self.network))
        return described(raw, self.network, self.program)

    def weights(self, projection: str) -> Matrix:
        return _scaled(self.session.weights(projection), weight_unit(self.network, self.program, projection))

    def set_weights(self, projection: str, values: Any) -> None:
        stored = _scaled(values, 1 / weight_unit(self.network, self.program, projection))
        self.session.set_weights(projection, _rounded(stored) if self._whole else stored)

    def synapses(self, projection: str, variable: str) -> Any:
        return self.session.variable(projection, variable) * synapse_unit(self.program, projection, variable)

    def set_synapses(self, projection: str, variable: str, values: Any) -> None:
        stored = np.asarray(values, np.float64) / synapse_unit(self.program, projection, variable)
        self.session.set_variable(projection, variable, np.rint(stored) if self._whole else stored)

    def state(self, population: str, variable: str) -> Any:
        how = state_unit(self.network, self.program, population, variable)
        return how.described(self.session.state(population, how.state))

    def set_state(self, population: str, variable: str, values: Any) -> None:
        how = state_unit(self.network, self.program, population, variable)
        self.session.set_state(population, how.state, how.stored(values, self._whole))

    def set_rules(self, rules: Mapping[str, PlasticityRule], frozen: bool) -> None:
        program = self._lowered(with_rules(self.network, rules))
        self.session.replace_rules(_frozen(program) if frozen else program)
        self.program = program

    def rest(self, keep: Collection[str]) -> None:
        self.session.rest(keep)

    def end_sample(self) -> None:
        self.session.end_sample()

    def memory(self) -> dict[str, Any]:
        return self.session.memory()

    def restore(self, memory: Mapping[str, Any]) -> None:
        self.session.restore(memory)


def _scaled(matrix: Any, factor: Any) -> Any:
    """A dense or sparse matrix times one number, or one per column."""
    return sparse.csr_array(matrix.multiply(factor)) if sparse.issparse(matrix) else np.asarray(matrix) * factor


def _rounded(stored: Any) -> Any:
    if not sparse.issparse(stored):
        return np.rint(stored)
    whole = sparse.csr_array(stored)
    whole.data = np.rint(whole.data)
    return whole


def _frozen(program: Program) -> Program:
    """The program with the same products, of which those that change weights are zero."""
    return replace(program, projections=tuple(replace(p, rule=_without_weights(p.rule)) for p in program.projections))  # type: ignore[arg-type]


def _without_weights(rule: Any) -> Any:
    if rule is None:
        return None
    zero: dict[str, Any] = {"mantissa": 0} if isinstance(rule, ChipRule) else {"coefficient": 0.0}
    still = tuple(replace(p, **zero) if p.target == "w" else p for p in rule.products)
    if isinstance(rule, ChipRule) or rule.normalise is None:
        return replace(rule, products=still)
    return replace(rule, products=still, normalise=replace(rule.normalise, to=0.0))
