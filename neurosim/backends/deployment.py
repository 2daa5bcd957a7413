"""Deployment of a network to a chip: its float and integer programs, the report of losses, and the ways to run it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.checks.described import checked
from neurosim.chip.quantise.payloads import known_payloads
from neurosim.chip.quantise.quantise import quantise
from neurosim.chip.report import Loss, QuantisationReport
from neurosim.chip.resources.design_rules import findings
from neurosim.chip.resources.needs import Needs, needs_of
from neurosim.errors import NetworkError, QuantisationError, UnsupportedError
from neurosim.files.atomic import atomic_folder
from neurosim.network.network import Network
from neurosim.network.roundings import roundings
from neurosim.neurons.step_form import OWN
from neurosim.program.fixed import ALIGN_SHIFT, FixedProgram
from neurosim.program.lower import lower
from neurosim.program.run_arguments import run_arguments
from neurosim.program.step import StepPopulation, StepProgram
from neurosim.program.unit_conversion import described
from neurosim.results.recording import Recording

if TYPE_CHECKING:
    from neurosim.backends.running.run import Running
    from neurosim.chip.placement.fit import Fit
    from neurosim.chip.placement.placement import Placement
    from neurosim.chip.price.price import Price
    from neurosim.chip.target import Target

ALLOWABLE = {
    "reset_to_rest": "a reset to a value other than rest becomes a reset to rest",
    "weight_transport": "weight transport: synapses transmit backwards, too; a process on a CPU does this, but no chip can",
    "does_not_fit": "the network runs on the emulator and in Lava, but fits on no number of cores of the chip",
}
"""Exceptions that a user can allow by name, each with a text for the report that explains the effect."""


_WAYS = {
    "own_process": "not a process of Lava, but one that neurosim exports",
    "chip_only": "supported by the chip, but without a fixed-point model in Lava",
}
"""Texts of the report for `DynamicsEntry.way`."""
_RESETTING = ("lif", "refractory_lif", "adaptive_lif", "lif_reset")
"""Dynamics that reset to a level."""


@dataclass(frozen=True)
class Deployment:
    """A network lowered and quantised for a target.

    Attributes
    ----------
    network : Network
        The described network.
    target : Target
        The chip.
    float_program : StepProgram
        The difference equations before quantisation.
    program : FixedProgram
        The program in the integers of the chip.
    report : QuantisationReport
        Every rounding, clip, saturation and allowed exception, and the limits of the chip with their use.
    """

    network: Network
    target: Target
    float_program: StepProgram
    program: FixedProgram
    report: QuantisationReport

    @checked
    def emulate(
        self,
        duration: Any,
        *,
        images: Any = None,
        labels: Any = None,
        signals: Mapping[str, Any] | None = None,
        arithmetic: str = "fixed",
    ) -> Recording:
        """Run the deployed network on the emulator.

        Parameters
        ----------
        duration : time
            Duration of one sample.
        images : array (samples, n), optional
            Intensities 0..1 for the image input.
        labels : array (samples,), optional
            Classes for the label input.
        signals : mapping, optional
            Third factors of plasticity rules: name -> number, or array (steps,), (samples, steps) or (samples, steps, n_post).
        arithmetic : str
            "fixed" (integer arithmetic of Lava), "loihi1" (integer arithmetic of the first Loihi chip) or "float" (the
            difference equations before quantisation).

        Returns
        -------
        Recording
            Recording in which states, weights, tags and traces are in described units, for every arithmetic.
        """
        from neurosim.backends.running.whole import emulated

        program = self.float_program if arithmetic == "float" else self.program
        return emulated(self.network, program, arithmetic, duration, images, labels, signals)

    @checked
    def run_lava(
        self,
        duration: Any,
        *,
        images: Any = None,
        labels: Any = None,
        signals: Mapping[str, Any] | None = None,
        arithmetic: str = "fixed",
        timeout: float | None = None,
    ) -> Recording:
        """Run the network as a Lava process graph, ``fixed_pt`` or (arithmetic="float") ``floating_pt``, in a child process.

        Raises
        ------
        UnsupportedError
            If lava-nc is not installed, or has no process for a part of the network.
        LavaError
            If Lava fails, or takes longer than `timeout` seconds.
        """
        from neurosim.backends.lava.runner import run_lava

        program = self.float_program if arithmetic == "float" else self.program
        given = run_arguments(self.network, duration, images, labels, signals)
        return described(run_lava(program, **given, timeout=timeout), self.network, program)

    @checked
    def start(self, on: str = "fixed") -> Running:
        """Start the deployed network; it then runs in stretches, between which its state is read and set.

        Parameters
        ----------
        on : str
            "fixed", "loihi1" or "float" on the emulator, as for `emulate`, or "lava" for Lava's ``fixed_pt`` models.

        Returns
        -------
        Running
            The running network, in described units. What is set is rounded to the numbers of the chip.
        """
        from neurosim.backends.running.run import start

        return start(self, on=on)

    def write_lava(self, folder: str | Path) -> Path:
        """Write a standalone Lava script with its weights, which needs only lava-nc, and return its path."""
        from neurosim.backends.lava.export import write_graph

        with atomic_folder(folder) as partial:
            write_graph(self.program, partial)
        return Path(folder) / "graph.py"

    @cached_property
    def needs(self) -> Needs:
        """What each population and projection needs of a core: compartments, synapses in their formats, axons and tables."""
        return needs_of(self.program, self.target)

    @cached_property
    def fit(self) -> Fit:
        """Whether the network fits on the chip, and a placement without spike counts; ``print`` shows the answer in words."""
        from neurosim.chip.placement.fit import fit_of

        return fit_of(self.needs, self.target)

    @checked
    def place(self, activity: Recording | None = None) -> Placement:
        """Place the network on cores of the chip: fewest cores first, then the least traffic between them.

        Parameters
        ----------
        activity : Recording, optional
            A run of this network, whose spikes weigh the traffic. If it is left out, each neuron counts as one spike.

        Returns
        -------
        Placement
            The cores with their utilisation; ``print`` it for the table, and `Placement.plot` draws it.

        Raises
        ------
        QuantisationError
            If the network does not fit on any number of cores; the message names the parts and the remedies.
        NetworkError
            If the recording is of another network.
        """
        from neurosim.chip.placement.place import place
        from neurosim.chip.placement.traffic import activity_of

        sizes = {p.name: p.n for p in self.program.populations}
        if activity is not None and dict(activity.sizes) != sizes:
            found = dict(activity.sizes)
            raise NetworkError(f"Recording: its populations are {found}, expected those of the network: {sizes}.")
        if not self.fit.fits:
            raise QuantisationError(str(self.fit))
        if activity is None and self.fit.placement is not None:
            return self.fit.placement
        return place(self.needs, self.target, None if activity is None else activity_of(activity, self.needs))

    @checked
    def price(self, recording: Recording) -> Price:
        """Estimate what a run costs on the chip, from published energies of events; ``print`` it for the table.

        Parameters
        ----------
        recording : Recording
            A run of this network, whose spikes are counted.

        Returns
        -------
        Price
            Events, energies by each table of constants with its source, and the same network on a processor.

        Raises
        ------
        QuantisationError
            If the network does not fit on the chip.
        NetworkError
            If the recording is of another network.
        """
        from neurosim.chip.price import price

        return price(self.program, self.target, self.place(activity=recording), recording)

    def scale_of(self, population: str) -> float:
        """Scale of the voltage of `population`: state integers per described unit."""
        return self.program.population(population).scale * (1 << ALIGN_SHIFT)


@checked
def deploy(
    network: Network,
    target: str | Path | Target = "loihi2",
    *,
    weight_bits: int = 8,
    clip: float | None = None,
    allow: Set[str] = frozenset(),
) -> Deployment:
    """Lower `network` to difference equations, check every limit of `target`, and quantise.

    Parameters
    ----------
    target : str, path or Target
        "loihi1", "loihi2", or the path of your own TOML file.
    weight_bits : int
        Number of bits of a stored weight.
    clip : float, optional
        Absolute value at which weights are clipped before scaling.
    allow : set of str
        Names of the losses and exceptions that you accept: "reset_to_rest", "weight_transport", "does_not_fit".

    Raises
    ------
    UnsupportedError
        If the network needs something that the target does not support; the message names it and the remedy.
    QuantisationError
        If a value does not fit the target's fields, or if a neuron does not fit on an empty core. All parts that break a design
        rule are named at once.
    """
    # Only reading a target needs pydantic, so `import neurosim` does not wait for it.
    from neurosim.chip.target import Target, load_target

    chip = target if isinstance(target, Target) else load_target(target)
    unknown = set(allow) - set(ALLOWABLE)
    if unknown:
        raise UnsupportedError(f"allow = {sorted(unknown)}: expected names from {', '.join(ALLOWABLE)}.")
    program = lower(network)
    _check_dynamics(program, chip)
    program, losses = _reset_to_rest(program, allow)
    losses += _weight_transport(program, chip, allow)
    integers, report = quantise(
        program, chip, weight_bits=weight_bits, clip=clip, payloads=known_payloads(network, program, chip)
    )
    notes = losses + _time_roundings(network) + _own_processes(program, chip)
    made = Deployment(network, chip, program, integers, replace(report, losses=(*notes, *report.losses)))
    unfit = _does_not_fit(made, allow)
    return replace(made, report=replace(made.report, losses=(*unfit, *made.report.losses))) if unfit else made


def _check_dynamics(program: StepProgram, target: Target) -> None:
    for population in program.populations:
        name = population.neuron.dynamics
        if name and name not in target.dynamics:
            what = f"{population.neuron.step.name}, a neuron written as a step" if name == OWN else f"the dynamics {name}"
            raise UnsupportedError(
                f"Population {population.name!r}: {target.title} does not support {what}; use one of "
                f"{', '.join(sorted(target.dynamics))}."
            )


def _reset_to_rest(program: StepProgram, allow: Set[str]) -> tuple[StepProgram, list[Loss]]:
    """The program with all resets at rest, if the user allowed this, and the losses by it."""
    elsewhere = [p for p in program.populations if np.any(_reset_of(p) != 0)]
    if elsewhere and "reset_to_rest" not in allow:
        raise UnsupportedError(
            f"Population {elsewhere[0].name!r}: v_reset differs from v_rest, but the chip resets only to rest. "
            'Set v_reset = v_rest, or accept a reset to rest with allow={"reset_to_rest"}.'
        )
    losses = [
        Loss("allowed", p.name, "v_reset", float(np.max(_reset_of(p))), 0.0, ALLOWABLE["reset_to_rest"])
        for p in elsewhere
    ]
    return replace(program, populations=tuple(_at_rest(p) for p in program.populations)), losses


def _weight_transport(program: StepProgram, target: Target, allow: Set[str]) -> list[Loss]:
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


def _does_not_fit(deployment: Deployment, allow: Set[str]) -> list[Loss]:
    """Entries of the report for the design rules that are broken, if the user allowed this."""
    # Not `deployment.needs`, which is kept: a deployment that is never placed stays small.
    needs = needs_of(deployment.program, deployment.target)
    broken = [finding for finding in findings(needs, deployment.target) if not finding.ok]
    if broken and "does_not_fit" not in allow:
        raise QuantisationError(
            f"The network does not fit on {deployment.target.title}. {' '.join(str(finding) for finding in broken)} "
            f'To run it all the same on the emulator or in Lava, use allow={{"does_not_fit"}}.'
        )
    text = ALLOWABLE["does_not_fit"]
    return [Loss("allowed", f.where, f.rule, float(f.used), float(f.allowed), text) for f in broken]


def _at_rest(population: StepPopulation) -> StepPopulation:
    values = {**population.neuron.values, "v_reset": np.zeros(())}
    moved = np.any(_reset_of(population))
    return replace(population, neuron=replace(population.neuron, values=values)) if moved else population


def _reset_of(population: StepPopulation) -> Any:
    """Where stock neurons reset; those that were written as a step do on a chip what they say."""
    return population.neuron.values["v_reset"] if population.neuron.dynamics in _RESETTING else np.zeros(())


def _time_roundings(network: Network) -> list[Loss]:
    text = f"times are rounded to whole steps of {network.step_seconds:g} s"
    return [Loss("rounding", r.part, r.what, r.wanted, r.got, text) for r in roundings(network)]


def _own_processes(program: StepProgram, target: Target) -> list[Loss]:
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
