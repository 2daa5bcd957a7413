"""Two-variable neuron of Izhikevich as one time step, for chips as well as for simulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from typing_extensions import Self

from neurosim.errors import NetworkError
from neurosim.neurons.izhikevich import Izhikevich
from neurosim.neurons.step_neuron import Bias, Fraction, Level, PerLevel, StepNeuron, step_seconds
from neurosim.units import FloatArray, as_quantity, si

_MS, _PEAK = 1e-3, 30.0


@dataclass(frozen=True, kw_only=True)
class StepIzhikevich(StepNeuron):
    r"""Izhikevich neuron, the "simple model of spiking neurons", in steps.

    The published equations are, with v in mV and time in ms,

    .. math::
        \dot v = 0.04 v^2 + 5 v + 140 - w + I, \qquad \dot w = a (b v - w)

    and v = c, w += d if v >= 30. A step of Euler's method, with v and w relative to a point of reference and with w per step,
    is

    .. math::
        v \leftarrow v + (k v - leak) v - w + bias + a_{syn}, \qquad w \leftarrow w + rate\,(gain\,v - w)

    `sampled` computes the parameters from a, b, c, d, the current I and the step. The point of reference is the resting point
    of the neuron without current, so the neuron starts at rest. A presynaptic spike adds its weight to v. The neuron is defined
    by this time step, so it runs in Brian2 with ``integration="step"``, on the emulator and in Lava.

    Parameters
    ----------
    k : 1/volt or 1
        Strength of the square: 0.04 dt per mV.
    leak : 1
        Return to rest in a step: -(0.08 v_0 + 5) dt, for the resting potential v_0 in mV.
    rate : 1
        Rate of w: a dt.
    gain : 1
        Sensitivity of w: b dt.
    v_peak, v_reset : volt or 1
        30 mV - v_0, and c - v_0; the weights have the same unit.
    w_jump : unit of v_peak
        Increase of w at a spike: d dt.
    bias : unit of v_peak
        Added to v in every step: I dt.

    Notes
    -----
    Izhikevich (2003), doi:10.1109/TNN.2003.820440. w is updated with the new v, as in the program of the paper. Give
    `sampled` the step of the network; at most 0.5 ms are advisable, because v moves by several times its value in 1 ms near the
    peak.

    Examples
    --------
    >>> from neurosim.neurons import StepIzhikevich
    >>> from neurosim.units import ms, mV
    >>> bursting = StepIzhikevich.sampled(c=-55 * mV, d=4, current=10, dt=0.5 * ms)
    """

    paper: ClassVar[str] = "Izhikevich 2003, doi:10.1109/TNN.2003.820440"
    drive: ClassVar[str | None] = "bias"
    k: PerLevel
    leak: Fraction
    rate: Fraction
    gain: Fraction
    v_peak: Level
    v_reset: Level
    w_jump: Level
    bias: Bias = 0.0
    states = {"v": "level", "w": "level"}
    step = """
        v = v + (k * v - leak) * v - w + bias + a
        w = w + rate * (gain * v - w)
        spike = v >= v_peak
        if spike:
            v = v_reset
            w += w_jump
    """

    @classmethod
    def sampled(cls, *, dt: Any, a: Any = 0.02, b: Any = 0.2, c: Any = None, d: Any = 8.0, current: Any = 0.0) -> Self:
        """The neuron with the published parameters, for networks with the time step `dt`.

        Parameters
        ----------
        dt : time
            Step of the network.
        a, b, c, d, current
            As those of `Izhikevich`: per ms, 1, volt (-65 mV by default), mV/ms, mV/ms. Numbers, or one per neuron.

        Raises
        ------
        NetworkError
            If `dt` is not a time above 0, or the neuron has no resting point, as for b above 0.267.
        """
        given = Izhikevich(a=a, b=b, c=c, d=d, current=current)
        numbers = {name: si(getattr(given, name), "1", name) for name in ("a", "b", "d", "current")}
        h, rest = step_seconds("StepIzhikevich.sampled: dt", dt) / _MS, resting_potential(numbers["b"])
        reset = np.asarray(-65.0) if c is None else si(c, "volt", "c") / _MS
        return cls(
            k=0.04 * h / as_quantity(_MS, "volt"),
            leak=-(0.08 * rest + 5) * h,
            rate=numbers["a"] * h,
            gain=numbers["b"] * h,
            v_peak=_volts(_PEAK - rest),
            v_reset=_volts(reset - rest),
            w_jump=_volts(numbers["d"] * h),
            bias=_volts(numbers["current"] * h),
        )


def resting_potential(b: Any) -> FloatArray:
    """The stable point of v without current, in mV, where 0.04 v^2 + (5 - b) v + 140 = 0.

    Raises
    ------
    NetworkError
        If there is none.
    """
    slope, least = 5 - np.asarray(b, np.float64), np.sqrt(4 * 0.04 * 140)
    if np.any(slope < least):
        raise NetworkError(
            f"StepIzhikevich.sampled: b = {float(np.max(b)):g} leaves no resting point, from which levels could count; "
            f"expected b of at most {5 - least:.4f}."
        )
    return np.asarray((-slope - np.sqrt(slope**2 - least**2)) / 0.08)


def _volts(millivolts: Any) -> Any:
    return as_quantity(np.asarray(millivolts * _MS)[()], "volt")
