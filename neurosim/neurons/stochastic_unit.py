"""Stochastic binary unit that knows its probability, and sends by how much its state exceeded it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from neurosim.errors import NetworkError, shown
from neurosim.neurons.base import per_step
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.neurons.step_neuron import Bias, Decay, PerLevel, StepNeuron, Steps
from neurosim.units import as_quantity

_REACH = 8.0
"""Times 1/slope: p is constant from 5 on."""


def _times(seconds: float) -> Any:
    return field(default_factory=lambda: as_quantity(seconds, "second"))


@dataclass(frozen=True, kw_only=True)
class StochasticUnit(StepNeuron):
    r"""Stochastic binary unit for Boltzmann machines and wake-sleep: it spikes with probability p and sends s - p.

    .. math::
        v \leftarrow e^{-dt/\tau_m} v + a + bias, \qquad P(s = 1) = p = \sigma(slope\,v)

    In each step, the unit draws its state s anew: it spikes if s = 1. The logistic function is replaced by three lines on each
    side, which meet it at 1/2 and end at 1 for slope v = 5 (Amin, Curtis and Hayes-Gill 1997):

    .. math::
        \sigma(x) \approx \tfrac12 + \min(x/4,\; x/8 + 1/8,\; x/32 + 11/32,\; 1/2) \quad (x \geq 0), \qquad
        \sigma(-x) = 1 - \sigma(x)

    p is then rounded to 1/128, in float as on a chip; it differs from the logistic function by at most 0.025. The random number
    has the same 7 bits, so P(s = 1) is exactly p, and s - p has the mean 0.

    Input at receptor "clamp" decides s: 1 if it is positive, and 0 if it is negative. The clamp is heard from `clamp_from` to
    `clamp_to` in each `period`; by default always. The error s - p is 0 at other times.

    * Channel "spike": s = 1. Channel "silence": s = 0; a projection from it with a negative weight clamps other units to 0.
    * Graded channel "error", and third factor "error" for rules: s - p. The channel carries 128 (s - p), a whole number.

    Boltzmann machine: units that are connected in both directions and are clamped to the data in one phase, with the rule
    ``eta * g * x * y`` for a broadcast g of 1 and -1 in the two phases. All units are updated at once in each step, so layers
    without connections within themselves are sampled exactly. Wake-sleep: two units for each hidden variable, one that is
    driven by the recognition weights and one by the generative weights. Each clamps the other, one in the wake phase and one in
    the sleep phase, and learns by ``eta * error * x`` while it is clamped. A unit answers what others sent one step before, so
    where inputs change from step to step, x is ``pre(decay=0, channel="arrival")``; a chip needs a decay above 0 there, such
    as 0.1.

    The neuron is defined by this time step, so it runs in Brian2 with ``integration="step"``, on the emulator and in Lava.

    Parameters
    ----------
    slope : 1/volt or 1
        Inverse temperature: p rises by slope/4 per unit of v, around v = 0.
    bias : volt or 1
        Added to v in every step; the weights have the same unit.
    tau_m : time or per_step(factor)
        Memory of v; ``per_step(0)``, for none, by default.
    period, clamp_from, clamp_to : time
        When the clamp is heard: in steps k with clamp_from <= k mod period < clamp_to. By default from the
        beginning to the end of the period, and so always.

    Attributes
    ----------
    p : int
        A state that probes record: the probability in units of 1/128.

    Raises
    ------
    NetworkError
        If slope is not above 0, or clamp_to is not above clamp_from, or above the period.

    Notes
    -----
    Ackley, Hinton and Sejnowski (1985), doi:10.1207/s15516709cog0901_7; Hinton et al. (1995), doi:10.1126/science.7761831. The
    lines: Amin, Curtis and Hayes-Gill (1997), doi:10.1049/ip-cds:19971587.
    """

    paper: ClassVar[str] = "Ackley, Hinton and Sejnowski 1985, doi:10.1207/s15516709cog0901_7"
    drive: ClassVar[str | None] = "bias"
    slope: PerLevel = 1.0
    bias: Bias = 0.0
    tau_m: Decay = per_step(0)
    period: Steps = _times(1.0)
    clamp_from: Steps = _times(0.0)
    clamp_to: Steps = None
    states = {"v": "level", "p": "whole"}
    inputs = {"default": "a", "clamp": "b"}
    step = """
        heard = step % period >= clamp_from and step % period < clamp_to
        v = decay(v, tau_m) + a + bias
        x = slope * v
        far = min(0.125 * abs(x) + 0.125, 0.03125 * abs(x) + 0.34375)
        size = units(min(min(0.25 * abs(x), far), 0.5) + 0.00390625, 7)
        p = 64 + sign(x) * size
        spike = low_bits(draw, 7, 127) < p
        if heard and b != 0:
            spike = b > 0
        error = where(heard, 128 * int(spike) - p, 0)
    """
    sends = {"silence": "not spike", "error": ("error != 0", "error")}
    factors = {"error": "error * 0.0078125"}

    def step_form(self, dt: float) -> ProgramNeuron:
        """Difference form, in which v reaches beyond the point where p is 0 or 1 on a chip, too."""
        form = super().step_form(dt)
        return replace(form, threshold=_REACH / form.values["slope"])

    def __post_init__(self) -> None:
        if self.clamp_to is None:
            object.__setattr__(self, "clamp_to", self.period)
        super().__post_init__()
        given: dict[str, Any] = self._values(1e-6)
        if np.any(given["slope"] <= 0):
            raise NetworkError(f"StochasticUnit: slope = {shown(self.slope)}; expected an inverse temperature above 0.")
        if np.any((given["clamp_to"] <= given["clamp_from"]) | (given["clamp_to"] > given["period"])):
            raise NetworkError(
                f"StochasticUnit: the clamp is heard from clamp_from = {shown(self.clamp_from)} to clamp_to = "
                f"{shown(self.clamp_to)}; expected a clamp_to above that, and at most period = {shown(self.period)}."
            )
