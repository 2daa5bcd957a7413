"""The contract of an execution: its name, why it refuses a described network, and how it runs one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from neurosim.backends.deployment import Deployment, deploy
from neurosim.backends.nest.differences import DIFFERENCES
from neurosim.display.short import Short
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.network.network import Network
from neurosim.program.lower import lower
from neurosim.program.step import StepProgram
from neurosim.results.recording import Recording

if TYPE_CHECKING:
    from neurosim.chip.target import Target

REFUSALS = (QuantisationError, UnsupportedError)
"""Errors with which an execution refuses a network. All other errors are mistakes in the description or in the call."""


@dataclass(frozen=True)
class Workload(Short):
    """A described network, and the chip for those executions that need one.

    An execution takes from it the form that it runs: the network, its difference equations, or its deployment. Each form is
    made once, when it is first needed.

    Parameters
    ----------
    network : Network
        The described network.
    target : str, path or Target, optional
        The chip. If it is left out, each execution on a chip uses the chip that it is made for.
    weight_bits : int, optional
        Number of bits of a stored weight, as for `neurosim.deploy`.
    clip : float, optional
        Absolute value at which weights are clipped, as for `neurosim.deploy`.
    allow : set of str
        Names of the losses and exceptions that are accepted, as for `neurosim.deploy`, and of the differences of NEST
        (`neurosim.backends.nest.differences.DIFFERENCES`).
    """

    network: Network
    target: str | Path | Target | None = None
    weight_bits: int | None = None
    clip: float | None = None
    allow: Set[str] = frozenset()
    _deployments: dict[Any, Deployment] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, deployment: Deployment, allow: Set[str] = frozenset()) -> Workload:
        """The network of a deployment, for which executions on a chip run this deployment; `allow` is for the others.

        Parameters
        ----------
        deployment : Deployment
            The deployed network.
        allow : set of str
            Differences that are accepted by name.
        """
        made = cls(deployment.network, deployment.target, allow=allow)
        made._deployments[id(deployment.target)] = deployment
        return made

    @cached_property
    def program(self) -> StepProgram:
        """The difference equations of the network; raises UnsupportedError if a part of it has none."""
        return lower(self.network)

    def deployment(self, usual: str) -> Deployment:
        """The network on the chip `target`, or on the chip `usual` if no target was given; errors are those of `deploy`.

        Parameters
        ----------
        usual : str
            Name of the chip if the workload has none.
        """
        chip = usual if self.target is None else self.target
        if isinstance(chip, Path):
            chip = str(chip)
        key = chip if isinstance(chip, str) else id(chip)
        if key not in self._deployments:
            allow = self.allow - DIFFERENCES.keys()
            made = deploy(self.network, chip, weight_bits=self.weight_bits, clip=self.clip, allow=allow)
            self._deployments[key] = made
        return self._deployments[key]


@dataclass(frozen=True)
class Given(Short):
    """Arguments of a run besides its duration.

    Attributes
    ----------
    images : array (samples, n), optional
        Intensities 0..1 for the image input.
    labels : array (samples,), optional
        Classes for the label input.
    signals : mapping, optional
        Third factors of plasticity rules: name -> number, or array (steps,), (samples, steps) or (samples, steps, n_post).
    timeout : float, optional
        Time limit in seconds, for executions that run in another process.
    """

    images: Any = None
    labels: Any = None
    signals: Mapping[str, Any] | None = None
    timeout: float | None = None


Runner: TypeAlias = Callable[[Any, Given], Recording]
"""A prepared network: runs for a duration (a time) with the given arguments."""


@dataclass(frozen=True)
class Execution(ABC):
    """A way to run a described network. A subclass defines `prepare`, from which `refuses` and `run` follow.

    Parameters
    ----------
    name : str
        Name in lists, on the cards of rules and on the command line.
    summary : str
        One line about what computes, and in which arithmetic.
    equals : str
        Name of the execution whose spikes, states and weights it reproduces, up to rounding errors of float; "" if it
        reproduces none.
    """

    name: str
    summary: str = ""
    equals: str = ""

    @abstractmethod
    def prepare(self, workload: Workload) -> Runner:
        """Check the network, and return the function that runs it.

        This must be quick: it compiles nothing and starts no process, because cards and tables only ask whether it succeeds.

        Parameters
        ----------
        workload : Workload
            The network, and the chip if one was chosen.

        Raises
        ------
        UnsupportedError or QuantisationError
            If this execution cannot run the network; the message names the part and the remedy.
        """

    def missing(self) -> str:
        """What this computer lacks to run the execution, and how to install it; "" if nothing is missing."""
        return ""

    def refuses(self, workload: Workload) -> tuple[str, ...]:
        """Reasons why this execution cannot run the network, as plain sentences; empty if it runs it.

        neurosim's own executions stop at the first reason. What is `missing` on this computer is not a reason.

        Parameters
        ----------
        workload : Workload
            The network, and the chip if one was chosen.
        """
        try:
            self.prepare(workload)
        except REFUSALS as error:
            return (" ".join(str(error).split()),)
        return ()

    def run(
        self,
        workload: Workload,
        duration: Any,
        *,
        images: Any = None,
        labels: Any = None,
        signals: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Recording:
        """Run the network from rest for `duration`; the other arguments are those of `Given`.

        Parameters
        ----------
        workload : Workload
            The network, and the chip if one was chosen.
        duration : time
            Duration of one sample.
        images : array (samples, n), optional
            Intensities from 0 to 1 for the image input.
        labels : array (samples,), optional
            Classes for the label input.
        signals : mapping, optional
            Third factors: name -> number, or array (steps,), (samples, steps) or (samples, steps, n_post).
        timeout : float, optional
            Seconds after which a child process is ended.

        Returns
        -------
        Recording
            Recording in described units.

        Raises
        ------
        UnsupportedError or QuantisationError
            If this execution refuses the network, or if something is missing on this computer.
        NetworkError
            If an argument does not fit the network.
        """
        return self.prepare(workload)(duration, Given(images, labels, signals, timeout))
