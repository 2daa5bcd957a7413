"""Deployment of a network to a chip: its float and integer programs, the report of losses, and the ways to run it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.backends.deployment_notes import own_processes, time_roundings
from neurosim.backends.deployment_view import html, losses_text
from neurosim.checks.described import checked
from neurosim.chip.quantise.payloads import known_payloads
from neurosim.chip.quantise.quantise import quantise
from neurosim.chip.report import Loss, QuantisationReport
from neurosim.chip.resources.design_rules import findings
from neurosim.chip.resources.needs import Needs, needs_of
from neurosim.display.short import LONGEST, Short, cut
from neurosim.errors import NetworkError, QuantisationError, UnsupportedError
from neurosim.network.network import Network
from neurosim.neurons.step_form import OWN
from neurosim.program.fixed import FixedProgram
from neurosim.program.lower import lower
from neurosim.program.run_arguments import run_arguments
from neurosim.program.step import StepPopulation, StepProgram
from neurosim.program.unit_conversion import described
from neurosim.results.recording import Recording

if TYPE_CHECKING:
    from neurosim.analysis.drift import Drift
    from neurosim.backends.calibrated import Calibration
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
_RESETTING = ("lif", "refractory_lif", "adaptive_lif", "lif_reset")
"""Dynamics that reset to a level."""


@dataclass(frozen=True)
class Deployment(Short):
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
    calibration : Calibration or None
        How clips and scales were chosen, if `neurosim.calibrate` did.
    """

    network: Network
    target: Target
    float_program: StepProgram
    program: FixedProgram
    report: QuantisationReport
    calibration: Calibration | None = None

    def __repr__(self) -> str:
        return cut(f"<{self._title}: {losses_text(self.report)}>", LONGEST)

    def _repr_html_(self) -> str:
        # A placement takes time; it is shown only if somebody asked for it.
        return html(self._title, self.report, self.__dict__.get("fit"))

    @property
    def _title(self) -> str:
        return f"Deployment of {self.network.name!r} to {self.target.title}"

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
            "fixed" (integer arithmetic of Lava), "loihi1" (integer arithmetic of the first Loihi chip), "unlimited" ("fixed",
            but states neither wrap nor saturate) or "float" (the difference equations before quantisation).

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

        Parameters
        ----------
        duration : time
            Duration of one sample.
        images : array (samples, n), optional
            Intensities from 0 to 1 for the image input.
        labels : array (samples,), optional
            Classes for the label input.
        signals : mapping, optional
            Third factors of plasticity rules, as for `emulate`.
        arithmetic : str
            "fixed" for Lava's integers, or "float".
        timeout : float, optional
            Seconds after which the child process is ended.

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

    @checked
    def write_lava(
        self,
        folder: str | Path,
        duration: Any = None,
        *,
        images: Any = None,
        labels: Any = None,
        truth: Any = None,
        signals: Mapping[str, Any] | None = None,
        readout: str | None = None,
    ) -> Path:
        """Write the network as a standalone Lava project, which needs only lava-nc, and return the path of its ``graph.py``.

        Parameters
        ----------
        folder : path
            Folder for the project; it is created if missing, and files of an earlier export are replaced.
        duration : time, optional
            Duration of one sample. If it is given, samples and the emulator's results are stored, and ``python graph.py`` runs
            the samples and compares spikes and final weights.
        images, labels, signals
            Samples, as for `emulate`.
        truth : array (samples,), optional
            Classes with which predictions are compared; the labels if it is left out.
        readout : str, optional
            "population.kind" of the predictions, with the kinds "count" (most spikes), "first" (earliest spike) and "last",
            "mean" or "max" (largest v over the steps). By default, a network with an image input is read at its last
            population: "count", or "last" if that never spikes.

        Raises
        ------
        UnsupportedError
            If Lava has no process for a part of the network.
        NetworkError
            If samples or readout do not fit the network.
        """
        from neurosim.backends.lava.project import Batch, write_project

        if duration is None and not all(given is None for given in (images, labels, truth, signals)):
            raise NetworkError("write_lava: samples are given without their duration; pass duration=, such as 100*ms.")
        batch = None if duration is None else Batch(duration, images, labels, truth, signals or {})
        return write_project(self, folder, batch, readout, "Deployment.write_lava")

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

    @checked
    def drift(
        self,
        duration: Any,
        *,
        images: Any = None,
        labels: Any = None,
        signals: Mapping[str, Any] | None = None,
        readout: str | None = None,
        against: Collection[str] = ("brian2",),
        repeats: int = 4,
    ) -> Drift:
        """Tell how far the network drifts on the chip, and why: each cause on its own, and all together.

        Parameters
        ----------
        duration, images, signals
            As for `emulate`.
        labels : array (samples,), optional
            The right answers; a network with a label input sees them, too.
        readout : str, optional
            Population whose most active neuron is the answer, or, if it never spikes, the one with the highest v; the last
            population by default.
        against : collection of str
            What else to compare with: "brian2" (the exact solution in continuous time, for what time steps do) and "lava".
        repeats : int
            Number of runs with other random roundings of the learning engine, whose mean has no learning noise.

        Returns
        -------
        Drift
            ``print`` it for a table, and `Drift.plot` draws it.

        Raises
        ------
        NetworkError
            If duration, images or labels do not fit the network, or there is no such readout.
        UsageError
            If `against` or `repeats` are none of these, or `labels` are not one per sample.
        """
        from neurosim.backends.drift import Given, Pair, drift_of

        pair = Pair(self.network, self.target.title, self.float_program, self.program)
        return drift_of(pair, Given(duration, images, labels, signals), readout, against, repeats)

    def scale_of(self, population: str) -> float:
        """Scale of the voltage of `population`: state integers per described unit.

        Parameters
        ----------
        population : str
            Name of the population.
        """
        return self.program.population(population).scale * self.program.widths.align


@checked
def deploy(
    network: Network,
    target: str | Path | Target = "loihi2",
    *,
    weight_bits: int | None = None,
    clip: float | Mapping[str, float] | None = None,
    scales: Mapping[str, float] | None = None,
    allow: Set[str] = frozenset(),
) -> Deployment:
    """Lower `network` to difference equations, check every limit of `target`, and quantise.

    Parameters
    ----------
    network : Network
        The network to deploy.
    target : str, path or Target
        "loihi1", "loihi2", the name of a chip that another package registers, or the path of your own TOML file.
    weight_bits : int, optional
        Number of bits of a stored weight; those of the target if it is left out.
    clip : float or mapping, optional
        Absolute value at which weights are clipped before scaling, one for all projections, or projection -> its own.
    scales : mapping, optional
        Population -> factor by which its scale is multiplied; `neurosim.calibrate` chooses clips and scales on sample data.
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
    bits = chip.limits.weight_bits.value if weight_bits is None else weight_bits
    payloads = known_payloads(network, program, chip)
    integers, report = quantise(program, chip, weight_bits=bits, clip=clip, scales=scales, payloads=payloads)
    notes = losses + time_roundings(network) + own_processes(program, chip)
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
