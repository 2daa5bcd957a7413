"""A running network in Lava: a graph whose processes go on from one stretch to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.backends.emulator.given import given_state, given_weights
from neurosim.backends.lava.kinds import Program, tag_of
from neurosim.backends.lava.runner_learning import lava_listeners
from neurosim.backends.lava.stretches import LavaStretches
from neurosim.backends.running.engine import Engine
from neurosim.backends.running.limits import FOR_STATES, FOR_WEIGHTS, limits_in
from neurosim.backends.running.matrices import scaled, stored
from neurosim.checks.matrices import Matrix
from neurosim.errors import UnsupportedError
from neurosim.network.inputs import Raster
from neurosim.network.network import Network
from neurosim.program.fixed import FixedProgram
from neurosim.program.signals import Listener
from neurosim.program.unit_conversion import in_described_units, program_probes, state_unit, synapse_unit, weight_unit
from neurosim.results.recording import Recording


class LavaEngine(Engine):
    """A program in Lava, in described units.

    Parameters
    ----------
    network : Network
        The described network.
    program : StepProgram or FixedProgram
        The network for Lava's ``floating_pt`` or ``fixed_pt`` models.
    """

    def __init__(self, network: Network, program: Program) -> None:
        self.network, self.program = network, program
        self.name = f"Lava {tag_of(program)}"
        self._weights = {p.name: p.weights for p in program.projections}
        self._lava = LavaStretches(program, program_probes(network))

    @property
    def _whole(self) -> bool:
        return isinstance(self.program, FixedProgram)

    def listeners(self) -> tuple[Listener, ...]:
        return tuple(lava_listeners(self.program))

    def advance(self, inputs: Mapping[str, Raster], signals: Mapping[tuple[str, str], Any], steps: int) -> Recording:
        given = {f"{projection}.{name}": values for (projection, name), values in signals.items()}
        return in_described_units(self._lava.advance(steps, inputs, given), self.network, self.program)

    def weights(self, projection: str) -> Matrix:
        own = self._projection(projection)
        if own.transposed:
            return np.array(self.weights(own.transposed).T)
        found = None if own.rule is None else self._lava.synapses(projection, "w")
        now, unit = self._weights[projection] if found is None else found, weight_unit(self.network, self.program, projection)
        return scaled(now, unit)

    def set_weights(self, projection: str, values: Any) -> None:
        own = self._projection(projection)
        if sparse.issparse(own.weights) or np.any(own.delays):
            raise UnsupportedError(
                f"Lava cannot set the weights of {projection!r} during a run: it is sparse or has delays, and its process "
                "holds them in another form. Start the network with these weights, or use on='emulator'."
            )
        unit = weight_unit(self.network, self.program, projection)
        with limits_in(f"weights of {projection!r}", values, lambda number: number * unit, FOR_WEIGHTS):
            given = given_weights(own, stored(values, unit, own), own.weights.shape, 1.0)
        self._lava.set_weights(projection, given)
        self._weights[projection] = given

    def synapses(self, projection: str, variable: str) -> Any:
        found = self._lava.synapses(projection, variable)
        if found is None:
            raise UnsupportedError(f"Lava: {variable!r} of {projection!r} can be read after the first stretch; advance first.")
        return found * synapse_unit(self.program, projection, variable)

    def state(self, population: str, variable: str) -> Any:
        how = state_unit(self.network, self.program, population, variable)
        return how.described(self._lava.state(population, how.state))

    def set_state(self, population: str, variable: str, values: Any) -> None:
        how = state_unit(self.network, self.program, population, variable)
        with limits_in(f"{variable!r} of {population!r}", values, how.described, FOR_STATES):
            given = given_state(self.program, population, how.state, how.stored(values, self._whole))
        self._lava.set_state(population, how.state, np.broadcast_to(given, (self.program.population(population).n,)))

    def _projection(self, name: str) -> Any:
        return next(p for p in self.program.projections if p.name == name)
