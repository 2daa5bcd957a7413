"""Desire backpropagation: each neuron learns whether it should fire more, less or as it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from neurosim.errors import NetworkError
from neurosim.plasticity.rule import PlasticityRule, post_modulator, pre, synaptic


@dataclass(frozen=True)
class DesireSignal:
    """How the desire D of a neuron (-1, 0, +1) follows from the label, at the end of a sample of T steps.

    With spike counts c and denominators n = T - margin: the label's output neuron misses ``1 - c/n``, every other output neuron
    exceeds by ``c/n``; desire is +1 or -1 where that is above `output_threshold`. Each neuron passes
    ``g = D * |[D > 0] - c/n|`` down; a lower neuron's desire is the sign of the sum of g over its outgoing weights, where its
    size reaches `hidden_threshold`.

    Parameters
    ----------
    steps : int
        T, the length of a sample.
    margin : int
        Spikes that the label's neuron need not emit.
    output_threshold, hidden_threshold : float
        Below these, no desire.
    """

    weight_transport: ClassVar[bool] = True
    """Whether the signal of a lower neuron takes the forward weights above it."""
    modulator: ClassVar[str] = "desire"
    """Third factor of a neuron that computes it by itself (`DesireLIF`)."""

    steps: int = 20
    margin: int = 4
    output_threshold: float = 0.30
    hidden_threshold: float = 0.05

    def __post_init__(self) -> None:
        if not 0 <= self.margin < self.steps:
            raise NetworkError(f"DesireSignal.margin = {self.margin}: expected 0 up to, not including, steps = {self.steps}.")

    @property
    def denominator(self) -> int:
        """N = T - margin."""
        return self.steps - self.margin


def desire(
    eta: float = 1e-5,
    decay: float = 0.75,
    signal: DesireSignal | None = None,
    *,
    bound: float | None = None,
    x_peak: float = 4.0,
    tag_peak: float | None = None,
) -> PlasticityRule:
    """Desire backpropagation as a rule: at the end of a sample, ``w += eta * D * tag``, tag = sum of x at post spikes.

    Parameters
    ----------
    eta : float
        Learning rate of the first epoch.
    decay : float
        Factor that the presynaptic trace keeps in a step.
    signal : DesireSignal
        How desire comes about.
    bound : float, optional
        Largest size of a weight. On a chip it becomes 255, and so says how fine weights are.
    x_peak, tag_peak : float
        Largest trace and tag that matter. A chip's have 7 bits and 8 bits with a sign: larger peaks make them coarser.

    Notes
    -----
    On neurons that compute their desire by themselves (`neurosim.neurons.DesireLIF`) the rule learns in the run; on others it
    is for `neurosim.train`.

    Gerlinghoff, Luo, Goh, Wong (2023), doi:10.1016/j.neucom.2023.126773. The feedback of g uses the forward weights
    (weight transport).
    """
    return PlasticityRule(
        name="desire",
        traces={"x": pre(decay=decay, channel="arrival", peak=x_peak)}
        | ({} if tag_peak is None else {"tag": synaptic(decay=1.0, peak=tag_peak)}),
        modulators={"D": post_modulator(signal or DesireSignal())},
        on_post={"tag": "x"},
        at={"sample_end": {"w": "eta * D * tag", "tag": "-tag"}},
        parameters={"eta": float(eta)},
        bounds=None if bound is None else (-bound, bound),
        paper="Gerlinghoff et al. 2023, doi:10.1016/j.neucom.2023.126773",
    )


def desire_carried(
    eta: float = 1e-5,
    decay: float = 0.75,
    signal: DesireSignal | None = None,
    *,
    bound: float | None = None,
    x_peak: float = 4.0,
    aux_peak: float | None = None,
) -> PlasticityRule:
    """Desire backpropagation in two steps at the end of a sample: ``tag += eta * D * aux``, then the tag moves into w.

    In float it does what `desire` does. On a chip a tag moves in whole steps of w and its rest stays, so that nothing is lost
    to the rounding of weights, which is the same for all synapses of a step. For neurons that have "sample_over" (`DesireLIF`).

    Parameters
    ----------
    eta, decay, signal, bound, x_peak
        As for `desire`.
    aux_peak : float, optional
        Largest sum of x at post spikes that matters.

    Notes
    -----
    Gerlinghoff, Luo, Goh, Wong (2023), doi:10.1016/j.neucom.2023.126773; the two steps are ours.
    """
    return PlasticityRule(
        name="desire_carried",
        traces={"x": pre(decay=decay, channel="arrival", peak=x_peak)}
        | ({} if aux_peak is None else {"aux": synaptic(decay=1.0, peak=aux_peak)}),
        modulators={"D": post_modulator(signal or DesireSignal())},
        on_post={"aux": "x"},
        at={"sample_end": {"tag": "eta * D * aux"}, "sample_over": {"w": "tag", "tag": "-tag", "aux": "-aux"}},
        parameters={"eta": float(eta)},
        bounds=None if bound is None else (-bound, bound),
        paper="Gerlinghoff et al. 2023, doi:10.1016/j.neucom.2023.126773",
    )
