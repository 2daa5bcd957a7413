"""The manifest of an exported project: report, placement, units and readout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from neurosim.backends.lava.graph_learning import graph_learning
from neurosim.backends.lava.harness_readout import SPIKES, STATES
from neurosim.errors import NetworkError, unknown_name
from neurosim.network.inputs import ImageInput
from neurosim.network.network import Network
from neurosim.neurons.desire_lif import DesireLIF
from neurosim.neurons.step_lif import LeakyIntegrator
from neurosim.program.fixed import FixedProgram
from neurosim.program.unit_conversion import weight_unit

if TYPE_CHECKING:
    from neurosim.chip.placement.fit import Fit
    from neurosim.chip.placement.placement import Placement
    from neurosim.chip.report import QuantisationReport
    from neurosim.chip.target import Target


class Deployed(Protocol):
    """What a project needs of a `neurosim.backends.deployment.Deployment`."""

    @property
    def network(self) -> Network:
        """The described network."""

    @property
    def target(self) -> Target:
        """The chip."""

    @property
    def program(self) -> FixedProgram:
        """The program in the integers of the chip."""

    @property
    def report(self) -> QuantisationReport:
        """Everything that the integers do not represent exactly."""

    @property
    def fit(self) -> Fit:
        """Whether the network fits, and its placement."""

    def scale_of(self, population: str) -> float:
        """State integers per described unit."""


def project_entries(deployment: Deployed) -> dict[str, Any]:
    """Entries of the manifest that describe a deployment."""
    program, network, fit = deployment.program, deployment.network, deployment.fit
    neurons = [p.name for p in program.populations if not p.neuron.is_source]
    units = {
        "state_per_described_unit": {name: deployment.scale_of(name) for name in neurons},
        "described_unit_per_weight": {p.name: weight_unit(network, program, p.name) for p in program.projections},
    }
    placement = {"fits": fit.fits, "text": str(fit), **({} if fit.placement is None else placed(fit.placement))}
    report = deployment.report.to_dict()
    found = {"seed": network.seed, "target": deployment.target.title, "report": report, "units": units, "placement": placement}
    return {name: plain(value) for name, value in found.items()}


def placed(placement: Placement) -> dict[str, Any]:
    """A placement in numbers, and for each core the neurons of each population on it, as [first, last + 1]."""
    per_chip = placement.target.placement.cores_per_chip.value
    slices = {core: slices_on(placement, core) for core in placement.ids.tolist()}
    cores = [{"core": core % per_chip, "chip": core // per_chip, "slices": found} for core, found in slices.items()]
    return {**placement.to_dict(), "cores_used": cores}


def slices_on(placement: Placement, core: int) -> dict[str, list[list[int]]]:
    """Population -> ranges of its neurons on a core."""
    found = {name: np.flatnonzero(place == core) for name, place in placement.core_of.items()}
    return {name: ranges(neurons) for name, neurons in found.items() if len(neurons)}


def ranges(numbers: Any) -> list[list[int]]:
    """Rising whole numbers as ranges [first, last + 1]."""
    cuts = np.flatnonzero(np.diff(numbers) != 1) + 1
    return [[int(part[0]), int(part[-1]) + 1] for part in np.split(numbers, cuts)]


def plain(value: Any) -> Any:
    """A value for JSON, which has no numbers for infinity and none for arrays; such numbers become text."""
    if isinstance(value, dict):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def readout_name(network: Network, program: FixedProgram, wanted: str | None, taught: Any) -> str:
    """The readout "population.kind": the given one, or of a network that shows images, that of its last population.

    Raises
    ------
    NetworkError
        If the network has no such population, or its neurons no such reading.
    """
    shows = any(isinstance(p.model, ImageInput) for p in network.populations)
    if wanted is None:
        return _usual(network) if shows or getattr(taught, "truth", None) is not None else ""
    population, _, kind = wanted.rpartition(".")
    neurons = {p.name: p for p in program.populations if not p.neuron.is_source}
    if population not in neurons:
        raise NetworkError(f"readout = {wanted!r}: " + unknown_name("population", population, neurons))
    if kind not in {**SPIKES, **STATES}:
        raise NetworkError(f"readout = {wanted!r}: " + unknown_name("kind", kind, {**SPIKES, **STATES}))
    states = graph_learning(program).kind(neurons[population]).states
    if kind in STATES and "v" not in states:
        raise NetworkError(f"readout = {wanted!r}: the neurons have no state 'v'; use one of {', '.join(SPIKES)}.")
    return wanted


def _usual(network: Network) -> str:
    """Spike counts of the output layer or of the last population; its voltage at the end where it never spikes."""
    outputs = [p for p in network.populations if isinstance(p.model, DesireLIF) and p.model.above == 0]
    last = (outputs or network.populations)[-1]
    return f"{last.name}.{'last' if isinstance(last.model, LeakyIntegrator) else 'count'}"
