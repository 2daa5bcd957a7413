"""Desire backpropagation: each neuron learns whether it should fire more, less or as it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neurosim.checks.given import plain
from neurosim.errors import NetworkError, shown
from neurosim.plasticity.feedback import Feedback, Tied
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import Trace, post_modulator, pre, synaptic
from neurosim.plasticity.values import checked_arguments


@dataclass(frozen=True)
class DesireSignal:
    """How the desire D of a neuron (-1, 0, +1) follows from the label, at the end of a sample of T steps.

    With spike counts c and denominators n = T - margin: the label's output neuron misses ``1 - c/n``, every other output neuron
    exceeds by ``c/n``; desire is +1 or -1 where that is above `output_threshold`. Each neuron passes
    ``g = D * |[D > 0] - c/n|`` down; a lower neuron's desire is the sign of the sum of g over its `feedback`, where its size
    reaches `hidden_threshold`.

    Parameters
    ----------
    steps : int
        T, the length of a sample.
    margin : int
        Spikes that the label's neuron need not emit.
    output_threshold, hidden_threshold : float
        Below these, no desire.
    ceiling : int, optional
        Spikes from which on a hidden neuron does not want to fire more. As published, none.
    feedback : Feedback
        Through what g goes down: the outgoing weights themselves (`Tied`), as published, or another out of
        `neurosim.plasticity.feedback`.
    """

    modulator: ClassVar[str] = "desire"
    """Third factor of a neuron that computes it by itself (`DesireLIF`)."""

    steps: int = 20
    margin: int = 4
    output_threshold: float = 0.30
    hidden_threshold: float = 0.05
    ceiling: int | None = None
    feedback: Feedback = Tied()

    def __post_init__(self) -> None:
        who = "DesireSignal"
        _check_whole(f"{who}.steps", self.steps)
        _check_whole(f"{who}.margin", self.margin)
        for name in ("output_threshold", "hidden_threshold"):
            plain(f"{who}.{name}", getattr(self, name))
        if not 0 <= self.margin < self.steps:
            raise NetworkError(f"DesireSignal.margin = {self.margin}: expected 0 up to, not including, steps = {self.steps}.")
        if self.ceiling is not None:
            _check_whole(f"{who}.ceiling", self.ceiling)
        if self.ceiling is not None and self.ceiling < 1:
            raise NetworkError(f"DesireSignal.ceiling = {self.ceiling}: expected at least 1 spike, or None.")
        given: Any = self.feedback
        if not isinstance(given, Feedback):
            raise NetworkError(f"DesireSignal.feedback is {shown(given)}; expected one such as RandomFeedback(scale=0.1).")

    @property
    def most(self) -> int:
        """Spikes from which on a hidden neuron does not want more; without a ceiling, more than a sample can have."""
        return self.steps + 1 if self.ceiling is None else self.ceiling

    @property
    def denominator(self) -> int:
        """N = T - margin."""
        return self.steps - self.margin

    @property
    def weight_transport(self) -> bool:
        """Whether the signal of a lower neuron takes the forward weights above it."""
        return self.feedback.weight_transport


def _check_whole(who: str, value: Any) -> None:
    if isinstance(value, bool | np.timedelta64) or not isinstance(value, int | np.integer):
        raise NetworkError(f"{who} = {shown(value)}: expected a whole number of spikes or steps.")


@dataclass(frozen=True)
class Silence:
    """1 for a neuron that wants to fire more and did not fire at all in the sample, else 0."""


@checked_arguments("signal")
def desire(
    eta: Any = 1e-5,
    decay: float = 0.75,
    signal: DesireSignal | None = None,
    *,
    floor: float = 0.0,
    bounds: tuple[Any, Any] | None = None,
    x_peak: float = 4.0,
    tag_peak: float | None = None,
) -> PlasticityRule:
    """Desire backpropagation as a rule: at the end of a sample, ``w += eta * D * tag``, tag = sum of x at post spikes.

    Parameters
    ----------
    eta : as the weights
        Learning rate of the first epoch.
    decay : float
        Factor that the presynaptic trace keeps in a step.
    signal : DesireSignal
        How desire comes about.
    floor : float
        Spikes that a silent neuron which wants to fire is taken to have emitted in the last step: without them it can never be
        taught. As published, 0.
    bounds : (low, high)
        Limits of the weights. As published, none. On a chip the larger becomes 255, and so says how fine weights are.
    x_peak, tag_peak : float
        Largest trace and tag that matter. A chip's have 7 bits and 8 bits with a sign: larger peaks make them coarser.

    Notes
    -----
    On neurons that compute their desire by themselves (`neurosim.neurons.DesireLIF`) the rule learns in the run; on others it
    is for `neurosim.train`.

    Gerlinghoff, Luo, Goh, Wong (2023), doi:10.1016/j.neucom.2023.126773. As published, the feedback of g uses the forward
    weights (weight transport).
    """
    if floor < 0:
        raise NetworkError(f"desire: floor = {floor!r}; expected a finite number of spikes, 0 or more.")
    # Brian2 has a function called floor.
    silent = {"S": post_modulator(Silence())} if floor else {}
    return PlasticityRule(
        name="desire",
        traces=_traces(decay, x_peak, "tag", tag_peak),
        modulators={"D": post_modulator(_signal(signal)), **silent},
        on_post={"tag": "x"},
        at={"sample_end": {"w": "eta * D * tag" + (" + eta * least * S * x" if floor else ""), "tag": "-tag"}},
        parameters={"eta": eta, **({"least": float(floor)} if floor else {})},
        bounds=bounds,
        paper="Gerlinghoff et al. 2023, doi:10.1016/j.neucom.2023.126773",
    )


@checked_arguments("signal")
def desire_carried(
    eta: Any = 1e-5,
    decay: float = 0.75,
    signal: DesireSignal | None = None,
    *,
    bounds: tuple[Any, Any] | None = None,
    x_peak: float = 4.0,
    aux_peak: float | None = None,
) -> PlasticityRule:
    """Desire backpropagation in two steps at the end of a sample: ``tag += eta * D * aux``, then the tag moves into w.

    In float it does what `desire` does. On a chip a tag moves in whole steps of w and its rest stays, so that nothing is lost
    to the rounding of weights, which is the same for all synapses of a step. For neurons that have "sample_over" (`DesireLIF`).

    Parameters
    ----------
    eta, decay, signal, bounds, x_peak
        As for `desire`.
    aux_peak : float, optional
        Largest sum of x at post spikes that matters.

    Notes
    -----
    Gerlinghoff, Luo, Goh, Wong (2023), doi:10.1016/j.neucom.2023.126773; the two steps are ours.
    """
    return PlasticityRule(
        name="desire_carried",
        traces=_traces(decay, x_peak, "aux", aux_peak),
        modulators={"D": post_modulator(_signal(signal))},
        on_post={"aux": "x"},
        at={"sample_end": {"tag": "eta * D * aux"}, "sample_over": {"w": "tag", "tag": "-tag", "aux": "-aux"}},
        parameters={"eta": eta},
        bounds=bounds,
        paper="Gerlinghoff et al. 2023, doi:10.1016/j.neucom.2023.126773",
    )


def _signal(given: Any) -> DesireSignal:
    if given is None:
        return DesireSignal()
    if not isinstance(given, DesireSignal):
        raise NetworkError(f"desire: signal is {shown(given)}; expected a DesireSignal, such as DesireSignal(margin=3).")
    return given


def _traces(decay: float, x_peak: float, eligibility: str, peak: float | None) -> dict[str, Trace]:
    held = {} if peak is None else {eligibility: synaptic(decay=1.0, peak=peak)}
    return {"x": pre(decay=decay, channel="arrival", peak=x_peak), **held}
