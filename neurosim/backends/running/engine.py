"""What a running network needs from an execution. All values are in described units, that is SI numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.backends.running.digest import digest
from neurosim.checks.matrices import Matrix
from neurosim.errors import NetworkError, UnsupportedError, unknown_name
from neurosim.network.inputs import Input, Raster
from neurosim.network.network import Network, Population
from neurosim.neurons.timed import Timed
from neurosim.plasticity.rule import PlasticityRule
from neurosim.program.fixed import FixedProgram
from neurosim.program.signals import Listener
from neurosim.program.step import StepProgram
from neurosim.results.recording import Recording
from neurosim.units import as_quantity, si, unit_of

UNDER_WAY = ("arriving", "deficit", "excess")
"""Names of what is under way in synapses: input on its way, and short-term plasticity."""


class Engine(ABC):
    """A network on one execution, whose state persists from one stretch to the next.

    A method that an execution does not override raises `UnsupportedError`, which names the execution and what it cannot do.
    """

    name: str = ""
    """Name of the execution, as in ``neurosim executions``."""
    origin: StepProgram | FixedProgram | None = None
    """The program of a deployment with which the engine began; None for that of the network itself."""

    @property
    def options(self) -> dict[str, str]:
        """Options of `neurosim.start` with which this engine was made."""
        return {}

    @property
    def program_digest(self) -> str:
        """Digest of the program of a deployment with which the engine began; "" for that of the network itself."""
        return "" if self.origin is None else digest(self.origin)

    @abstractmethod
    def listeners(self) -> tuple[Listener, ...]:
        """The projections that learn, with the third factors that a run has to give them."""

    @abstractmethod
    def advance(self, inputs: Mapping[str, Raster], signals: Mapping[tuple[str, str], Any], steps: int) -> Recording:
        """Run `steps` steps.

        Parameters
        ----------
        inputs : mapping
            Source -> payloads (steps, n).
        signals : mapping
            (projection, third factor) -> values (steps, 1 or n_post).

        Returns
        -------
        Recording
            One sample with the spikes and the states of the probed neurons in all of these steps, counted from 0; what thinned
            probes leave out is removed afterwards.
        """

    def weights(self, projection: str) -> Matrix:
        """Weights (n_pre, n_post)."""
        raise self._refusal("read weights between stretches")

    def set_weights(self, projection: str, values: Any) -> None:
        """Replace weights."""
        raise self._refusal("set weights between stretches")

    def synapses(self, projection: str, variable: str) -> Any:
        """Tag or aux (n_pre, n_post), or a trace (n,)."""
        raise self._refusal("read tags and traces between stretches")

    def set_synapses(self, projection: str, variable: str, values: Any) -> None:
        """Replace a tag, aux or a trace."""
        raise self._refusal("set tags and traces between stretches")

    def state(self, population: str, variable: str) -> Any:
        """State (n,) of a population."""
        raise self._refusal("read states between stretches")

    def set_state(self, population: str, variable: str, values: Any) -> None:
        """Replace a state of a population."""
        raise self._refusal("set states between stretches")

    def set_current(self, population: Population, since: int) -> None:
        """Replace the current of a population, which is that of `population`; a course begins `since` steps after rest."""
        raise self._refusal("set currents between stretches")

    def set_rules(self, rules: Mapping[str, PlasticityRule], frozen: bool) -> None:
        """Continue with rules that have other constants; if `frozen`, no rule changes a weight."""
        raise self._refusal("change rules between stretches")

    def rest(self, keep: Collection[str]) -> None:
        """Begin a sample, also with rows of currents; weights, and states named in `keep`, stay."""
        raise self._refusal("return to rest between stretches")

    def end_sample(self) -> None:
        """Apply the updates of rules at "sample_end"."""
        raise self._refusal("end a sample between stretches")

    def memory(self) -> dict[str, Any]:
        """Copy of the complete state as arrays by name."""
        raise self._refusal("save its state")

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Continue from a `memory` of the same network on the same execution."""
        raise self._refusal("restore a state")

    def _refusal(self, action: str) -> UnsupportedError:
        return UnsupportedError(f"{self.name} cannot {action}; use on='emulator' or on='brian2'.")


def kept_states(network: Network, who: str, keep: Collection[str], more: Collection[str] = ()) -> list[tuple[str, str]]:
    """The (population, variable) of states named in `keep`; names in `more` are known, too, and are left out.

    Raises
    ------
    NetworkError
        If no population has a variable of that name.
    UnsupportedError
        If the name is of what is under way in synapses, and the execution `who` does not keep it.
    """
    cells = [(p.name, p.model.variables) for p in network.populations if not isinstance(p.model, Input)]
    known = {variable for _, variables in cells for variable in variables}
    for name in set(keep) - known - set(more):
        if name in UNDER_WAY:
            raise UnsupportedError(
                f"{who} cannot keep {name!r} at rest, because what is under way in synapses begins anew; leave it out, or use "
                "on='emulator'."
            )
        raise NetworkError("Running.rest: " + unknown_name("state", str(name), sorted({*known, *more})))
    return [(population, variable) for population, variables in cells for variable in variables if variable in keep]


def with_rules(network: Network, rules: Mapping[str, PlasticityRule]) -> Network:
    """The network with other rules, by projection."""
    parts = tuple(replace(p, plasticity=rules.get(p.name, p.plasticity)) for p in network.projections)
    return replace(network, projections=parts)


def with_population(network: Network, population: Population) -> Network:
    """The network with another population of that name."""
    return replace(network, populations=tuple(population if p.name == population.name else p for p in network.populations))


def spread(population: Population) -> Population:
    """The population with a constant current as one number per neuron."""
    current = population.current
    if current is None or isinstance(current, Timed):
        return population
    unit = unit_of(current)
    each = np.array(np.broadcast_to(si(current, unit, f"Population {population.name!r}: current"), population.n))
    return replace(population, current=as_quantity(each, unit))
