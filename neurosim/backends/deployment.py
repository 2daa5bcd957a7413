"""Deployment of a network to a chip: its float and integer programs, the report of losses, and the ways to run it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.backends.allowed import check_allowed, check_dynamics, does_not_fit, reset_to_rest, weight_transport
from neurosim.backends.deployment_notes import own_processes, time_roundings
from neurosim.backends.deployment_view import html, losses_text
from neurosim.checks.described import checked
from neurosim.chip.quantise.payloads import known_payloads
from neurosim.chip.quantise.quantise import quantise
from neurosim.chip.report import QuantisationReport
from neurosim.chip.resources.needs import Needs, needs_of
from neurosim.display.short import LONGEST, Short, cut
from neurosim.errors import NetworkError, QuantisationError
from neurosim.network.network import Network
from neurosim.program.fixed import FixedProgram
from neurosim.program.lower import lower
from neurosim.program.run_arguments import run_arguments
from neurosim.program.step import StepProgram
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
        from neurosim.backends.running.begin import start

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
    check_allowed(allow)
    program = lower(network)
    check_dynamics(program, chip)
    program, losses = reset_to_rest(program, allow)
    losses += weight_transport(program, chip, allow)
    bits = chip.limits.weight_bits.value if weight_bits is None else weight_bits
    payloads = known_payloads(network, program, chip)
    integers, report = quantise(program, chip, weight_bits=bits, clip=clip, scales=scales, payloads=payloads)
    notes = losses + time_roundings(network) + own_processes(program, chip)
    made = Deployment(network, chip, program, integers, replace(report, losses=(*notes, *report.losses)))
    unfit = does_not_fit(integers, chip, allow)
    return replace(made, report=replace(made.report, losses=(*unfit, *made.report.losses))) if unfit else made
