"""Desire backpropagation: a signal tells each neuron to fire more, to fire less, or to stay as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neurosim.checks.given import plain
from neurosim.display.short import Short
from neurosim.errors import NetworkError, shown
from neurosim.plasticity.feedback import Feedback, Tied
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import Trace, post_modulator, pre, synaptic
from neurosim.plasticity.values import checked_arguments


@dataclass(frozen=True)
class DesireSignal(Short):
    """Definition of the desire D of a neuron: -1, 0 or +1, by the label, at the end of a sample of T steps.

    Let c be the spike count of a neuron, and n = T - margin. The error of the label's output neuron is ``1 - c/n``, and that of
    every other output neuron is ``c/n``. If the error is above `output_threshold`, the desire is +1 for the label's neuron
    and -1 for the others. Each neuron sends ``g = D * |[D > 0] - c/n|`` to the layer below. A neuron of a lower layer sums g,
    weighted by its `feedback`; its desire is the sign of this sum if the size of the sum reaches `hidden_threshold`.

    Parameters
    ----------
    steps : int
        Length T of a sample.
    margin : int
        Number of spikes, out of T, that the label's neuron need not emit.
    output_threshold, hidden_threshold : float
        Errors of output neurons, and sums of hidden neurons, below which the desire is 0.
    ceiling : int, optional
        Spike count from which on a hidden neuron does not want to fire more. The published rule has no ceiling.
    feedback : Feedback
        Matrices that carry g to lower layers: the outgoing weights themselves (`Tied`), as published, or another feedback of
        `neurosim.plasticity.feedback`.

    Raises
    ------
    NetworkError
        If a value is out of its range.
    """

    modulator: ClassVar[str] = "desire"
    """Name of the third factor of a neuron that computes its own desire (`DesireLIF`)."""

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
        """Spike count from which on a hidden neuron does not want to fire more; without a ceiling, no sample reaches it."""
        return self.steps + 1 if self.ceiling is None else self.ceiling

    @property
    def denominator(self) -> int:
        """Denominator n = T - margin of the errors."""
        return self.steps - self.margin

    @property
    def weight_transport(self) -> bool:
        """Whether the signal of a lower neuron uses the forward weights of the layer above."""
        return self.feedback.weight_transport


def _check_whole(who: str, value: Any) -> None:
    if isinstance(value, bool | np.timedelta64) or not isinstance(value, int | np.integer):
        raise NetworkError(f"{who} = {shown(value)}: expected a whole number of spikes or steps.")
    if abs(int(value)) >= 1 << 31:
        raise NetworkError(f"{who} = {shown(value)}: expected a number of spikes or steps below 2^31.")


@dataclass(frozen=True)
class Silence:
    """Third factor that is 1 for a neuron that wants to fire more but was silent in the sample, and 0 otherwise."""


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
    """Desire backpropagation: at the end of a sample, ``w += eta * D * tag``; the tag sums the trace x at post spikes.

    Parameters
    ----------
    eta : unit of the weights
        Learning rate in the first epoch.
    decay : float
        Factor by which the presynaptic trace is multiplied in each step.
    signal : DesireSignal
        Definition of the desire.
    floor : float
        Number of spikes that the rule assumes for a silent neuron that wants to fire: they count as emitted in the last step.
        Without them, such a neuron can never learn to fire. The published value is 0.
    bounds : (low, high)
        Limits of the weights. The published rule has none. On a chip, the larger one becomes 255, so it sets the resolution of
        the weights.
    x_peak, tag_peak : float
        Largest trace and largest tag that have to be represented. On a chip, a trace has 7 bits, and a tag has 8 bits and a
        sign; larger peaks make them coarser.

    Raises
    ------
    NetworkError
        If a value is out of its range.

    Notes
    -----
    With neurons that compute their own desire (`neurosim.neurons.DesireLIF`), the rule learns during a run. With other neurons,
    use it in `neurosim.train`.

    Gerlinghoff, Luo, Goh, Wong (2023), doi:10.1016/j.neucom.2023.126773. In the paper, the feedback of g uses the
    forward weights (weight transport).
    """
    _check_floor("desire", floor)
    # The parameter of the rule is called "least", because Brian2 has a function called floor.
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
    floor: float = 0.0,
    bounds: tuple[Any, Any] | None = None,
    x_peak: float = 4.0,
    aux_peak: float | None = None,
) -> PlasticityRule:
    """Desire backpropagation in two steps at the end of a sample: ``tag += eta * D * aux``, then the tag moves into w.

    In floating point it is equivalent to `desire`. On a chip, the tag moves into the weight in whole steps of the weight, and
    the remainder stays in the tag. Nothing is lost to the rounding of weights, which is the same for all synapses of a step.
    The postsynaptic neuron needs the phase "sample_over", as `DesireLIF` has.

    Parameters
    ----------
    eta, decay, signal, bounds, x_peak
        The same as in `desire`.
    floor : float
        Number of spikes that the rule adds to those of each neuron that wants to fire more, silent or not: they count as
        emitted at "sample_end", when x has decayed since the last step of the sample. (The rule `desire` adds them to silent
        neurons only. A chip has three ports for third factors, and both signs of D and "sample_over" use them.) With a floor,
        the rule reads the two signs of D apart, as the neuron sends them.
    aux_peak : float, optional
        Largest sum of x at postsynaptic spikes that has to be represented.

    Raises
    ------
    NetworkError
        If a value is out of its range.

    Notes
    -----
    Gerlinghoff, Luo, Goh, Wong (2023), doi:10.1016/j.neucom.2023.126773. The two steps are an addition of
    neurosim.
    """
    _check_floor("desire_carried", floor)
    whole = {"D": post_modulator(_signal(signal))}
    apart = {"M": post_modulator("more"), "L": post_modulator("less")}
    change = "eta * M * aux - eta * L * aux + eta * least * M * x" if floor else "eta * D * aux"
    return PlasticityRule(
        name="desire_carried",
        traces=_traces(decay, x_peak, "aux", aux_peak),
        modulators=apart if floor else whole,
        on_post={"aux": "x"},
        at={"sample_end": {"tag": change}, "sample_over": {"w": "tag", "tag": "-tag", "aux": "-aux"}},
        parameters={"eta": eta, **({"least": float(floor)} if floor else {})},
        bounds=bounds,
        paper="Gerlinghoff et al. 2023, doi:10.1016/j.neucom.2023.126773",
    )


def _check_floor(rule: str, floor: float) -> None:
    if floor < 0:
        raise NetworkError(f"{rule}: floor = {floor!r}; expected a finite number of spikes, 0 or more.")


def _signal(given: Any) -> DesireSignal:
    if given is None:
        return DesireSignal()
    if not isinstance(given, DesireSignal):
        raise NetworkError(f"desire: signal is {shown(given)}; expected a DesireSignal, such as DesireSignal(margin=3).")
    return given


def _traces(decay: float, x_peak: float, eligibility: str, peak: float | None) -> dict[str, Trace]:
    held = {} if peak is None else {eligibility: synaptic(decay=1.0, peak=peak)}
    return {"x": pre(decay=decay, channel="arrival", peak=x_peak), **held}
