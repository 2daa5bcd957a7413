"""Neuron that counts its spikes in two windows, and learns from the difference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from neurosim.errors import NetworkError, shown
from neurosim.neurons.step_neuron import Bias, Decay, Level, StepNeuron, Steps
from neurosim.units import as_quantity


@dataclass(frozen=True, kw_only=True)
class TwoWindowLIF(StepNeuron):
    r"""LIF neuron that counts its spikes in two windows of a period, and remembers the count of the first.

    .. math::
        v \leftarrow e^{-dt/\tau_m} v + a + bias

    If v >= v_th, the neuron spikes and v is reduced by v_th, so that counts are proportional to the input. In each `period`,
    the first window lasts until `first`, and the second until the end. Spikes in the first `settle` of a window are not
    counted. n1 and n2 are the counts; t is the number of steps of the first window with positive input at receptor "target".
    All are 0 again when the next period begins.

    In the last step of a period, the neuron sends third factors for the rules of synapses that end at it, which are 0 in other
    steps:

    * "difference": n1 - n2, for PEPITA's hidden layers, ``every={1: {"w": "-eta * M * x"}}``.
    * "excess": n2 - t, for its output layer.
    * "contrast": -n1 in the last step of the first window and n2 in the last step of the second, for equilibrium propagation
      and contrastive Hebbian learning, ``every={1: {"w": "eta * M * x"}}``.

    Graded channel "difference" carries n1 - n2 in the last step. Graded channel "error" carries n1 - t in every step of the
    second window; through random weights, PEPITA adds this error to the input. Channels "over" and "under" carry it in spikes
    without payload: one in each step from the end of `hold` on, n1 - t of them on "over", or t - n1 of them on "under".

    The neuron is defined by this time step, so it runs in Brian2 with ``integration="step"``, on the emulator and in Lava.

    Parameters
    ----------
    tau_m : time or per_step(factor)
        Time constant of the membrane.
    v_th : volt or 1
        Threshold above rest; the weights have the same unit.
    period, first : time
        Duration of both windows together, and of the first.
    settle : time
        Beginning of each window in which spikes are not counted; 0 by default.
    hold : time
        Beginning of each window in which v stays at 0; 0 by default. If all neurons between the input and this one are held,
        both windows begin in the same state, and the same input gives the same counts: n1 - n2 is then not a matter of chance.
    bias : unit of v_th
        Added to v in every other step.

    Attributes
    ----------
    n1, n2, t : int
        States that probes record.

    Raises
    ------
    NetworkError
        If a window is not longer than `settle`.

    Notes
    -----
    Dellaferrera and Kreiman (2022), arXiv:2201.11665; Scellier and Bengio (2017), doi:10.3389/fncom.2017.00024.
    """

    paper: ClassVar[str] = "Dellaferrera and Kreiman 2022, arXiv:2201.11665"
    drive: ClassVar[str | None] = "bias"
    tau_m: Decay
    v_th: Level
    period: Steps
    first: Steps
    settle: Steps = field(default_factory=lambda: as_quantity(0.0, "second"))
    hold: Steps = field(default_factory=lambda: as_quantity(0.0, "second"))
    bias: Bias = 0.0
    states = {"v": "level", "n1": "whole", "n2": "whole", "t": "whole"}
    inputs = {"default": "a", "target": "b"}
    step = """
        phase = step % period
        second = phase >= first
        ends = phase == period - 1
        if phase == 0:
            n1 = 0
            n2 = 0
            t = 0
        held = phase < hold or (second and phase < first + hold)
        v = 0 if held else decay(v, tau_m) + a + bias
        spike = v >= v_th
        if spike:
            v = v - v_th
        if not second:
            n1 += int(spike and phase >= settle)
            t += int(b > 0)
        if second:
            n2 += int(spike and phase >= first + settle)
        difference = where(ends, n1 - n2, 0)
        since = phase - first - hold
    """
    sends = {
        "difference": ("difference != 0", "difference"),
        "error": ("second and n1 != t", "n1 - t"),
        "over": "since >= 0 and since < n1 - t",
        "under": "since >= 0 and since < t - n1",
    }
    factors = {
        "difference": "difference",
        "excess": "n2 - t if ends else 0",
        "contrast": "n2 if ends else (-n1 if phase == first - 1 else 0)",
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        given: dict[str, Any] = self._values(1e-6)
        period, first, settle = (given[name] for name in ("period", "first", "settle"))
        if np.any((first <= settle) | (period - first <= settle)):
            raise NetworkError(
                f"TwoWindowLIF: first = {shown(self.first)} of period = {shown(self.period)}, with settle = "
                f"{shown(self.settle)}; expected two windows that are both longer than settle."
            )
