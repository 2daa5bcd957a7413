"""Normalisation as a part of a rule: at declared times, the weights of each neuron are scaled to a common sum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from neurosim.checks.dimensions import PLAIN, Dimension
from neurosim.checks.given import choice, number
from neurosim.display.short import Short
from neurosim.errors import NetworkError, shown
from neurosim.plasticity.literals import of_dimension
from neurosim.plasticity.periods import period_gate
from neurosim.plasticity.products import Gate, GateKind, Normalisation

SIDES = ("post", "pre")
TIMES = ("sample_start", "sample_end")


@dataclass(frozen=True)
class Normalise(Short):
    """Declaration that the weights of each neuron are scaled to the sum `to`; `normalise` makes it.

    Attributes
    ----------
    to : float
        Sum of the weights, in SI.
    over : str
        "post" for the weights onto each postsynaptic neuron, "pre" for the weights from each presynaptic neuron.
    gate : Gate
        When the weights are scaled.
    dimension : Dimension
        Dimension of `to`.
    """

    to: float
    over: str
    gate: Gate
    dimension: Dimension = PLAIN

    def __str__(self) -> str:
        return f"{self.gate}: the weights of each {self.over} neuron are scaled to the sum {self.to:g}"

    @property
    def quantity(self) -> Any:
        """The sum with its dimension."""
        return of_dimension(self.to, self.dimension)

    def in_steps(self, dt: float, who: str) -> Normalise:
        """The same declaration with its period in steps of `dt` seconds."""
        return replace(self, gate=self.gate.in_steps(dt, who)) if self.gate.seconds else self

    @property
    def step(self) -> Normalisation:
        """The declaration as the engines receive it."""
        return Normalisation(self.to, self.over, self.gate)


def normalise(to: Any, over: str = "post", *, at: str | None = None, every: Any = None) -> Normalise:
    r"""Declare that the weights of each neuron are scaled to the sum `to`, as a part of a `PlasticityRule`.

    .. math::
        w_{ij} \to w_{ij} \, \frac{to}{\sum_i w_{ij}}

    The sum runs over the synapses of the projection, in the order of their neurons. Afterwards w is limited to the bounds of
    the rule. A neuron whose weights sum to zero, or to the other sign than `to`, keeps its weights.

    Parameters
    ----------
    to : unit of the weights
        Sum of the weights of each neuron; not zero.
    over : {"post", "pre"}
        Whose weights are scaled: those onto each postsynaptic neuron, or those from each presynaptic neuron.
    at : {"sample_start", "sample_end"}, optional
        Before the first step of a sample (the default), or after the updates at its end. A run that goes on begins a sample at
        its start and after `Running.rest`.
    every : int or time, optional
        Instead of `at`: number of steps, or a time, after which weights are scaled; they are scaled after the updates of step k
        where k + 1 is a multiple of the period.

    Raises
    ------
    NetworkError
        If `to` is zero, or both `at` and `every` are given.

    Notes
    -----
    The sum is known to no synapse, so the rule is not local, and no learning engine of a chip can compute it. Brian2 and the
    emulator in float do. Synaptic scaling: Turrigiano et al. (1998), doi:10.1038/36103; with STDP: Diehl, Cook (2015),
    doi:10.3389/fncom.2015.00099.
    """
    total, dimension = number("normalise(...): to", to)
    if total == 0:
        raise NetworkError(f"normalise(...): to = {shown(to)}; expected a sum that is not zero.")
    side = choice("normalise(...)", "over", over, SIDES)
    if every is not None and at is not None:
        raise NetworkError(f"normalise(...): at = {shown(at)} and every = {shown(every)}; expected one of them.")
    if every is not None:
        return Normalise(total, side, period_gate("normalise(...): every", every), dimension)
    when = choice("normalise(...)", "at", TIMES[0] if at is None else at, TIMES)
    return Normalise(total, side, Gate(GateKind.PHASE, channel=when), dimension)


def checked_normalise(rule: str, given: Any, in_training_loop: bool) -> Normalise | None:
    """The argument `normalise` of a rule after a check."""
    if given is not None and not isinstance(given, Normalise):
        raise NetworkError(f"Rule {rule!r}: normalise is {shown(given)}; expected normalise(to=..., over='post').")
    if given is not None and in_training_loop:
        raise NetworkError(
            f"Rule {rule!r}: it runs in a training loop (neurosim.train), which normalises no weights; leave normalise out."
        )
    return given
