"""Resonate-and-fire neuron: a damped oscillation that spikes at input of its own frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from typing_extensions import Self

from neurosim.errors import NetworkError, shown
from neurosim.neurons.base import check_tau, decay_of
from neurosim.neurons.step_neuron import Fraction, Level, StepNeuron, step_seconds
from neurosim.units import si


@dataclass(frozen=True, kw_only=True)
class ResonateAndFire(StepNeuron):
    r"""Resonate-and-fire neuron: x and y turn around rest at the neuron's own frequency, and spiral inwards.

    The published equation for z = x + iy is :math:`\dot z = (-1/\tau + i \omega) z`. A presynaptic spike adds its weight to x,
    the current; y is the voltage. A step of length dt has the exact solution

    .. math::
        x \leftarrow along\,x - across\,y + a, \qquad y \leftarrow across\,x + along\,y

    with :math:`along + i\,across = e^{(-1/\tau + i\omega) dt}`, which `tuned` computes. If y > v_th, the neuron spikes, and x
    and y are 0. Two spikes that arrive a period apart add up, and half a period apart they cancel. The neuron is defined by
    this time step, so it runs in Brian2 with ``integration="step"``, on the emulator and in Lava.

    Parameters
    ----------
    along, across : 1
        Real and imaginary part of the factor of a step.
    v_th : volt or 1
        Threshold of y; the weights have the same unit.

    Notes
    -----
    Izhikevich (2001), doi:10.1016/S0893-6080(01)00078-8.

    Examples
    --------
    >>> from neurosim.neurons import ResonateAndFire
    >>> from neurosim.units import Hz, ms
    >>> cell = ResonateAndFire.tuned(frequency=40 * Hz, tau=50 * ms, v_th=1.0, dt=1 * ms)
    """

    paper: ClassVar[str] = "Izhikevich 2001, doi:10.1016/S0893-6080(01)00078-8"
    along: Fraction
    across: Fraction
    v_th: Level
    states = {"x": "level", "y": "level"}
    step = """
        turned = along * x - across * y + a
        y = across * x + along * y
        x = turned
        spike = y > v_th
        if spike:
            x = 0
            y = 0
    """

    @classmethod
    def tuned(cls, *, frequency: Any, tau: Any, v_th: Any, dt: Any) -> Self:
        """The neuron with its own `frequency` and damping, for networks with the time step `dt`.

        Parameters
        ----------
        frequency : hertz
            Frequency of the oscillation, or one per neuron.
        tau : time or per_step(factor)
            Time constant with which the oscillation decays.
        v_th : volt or 1
            Threshold of y.
        dt : time
            Step of the network.

        Raises
        ------
        NetworkError
            If a time is not above 0, or the frequency is not between 0 and half a turn per step.
        """
        check_tau(tau, "ResonateAndFire.tuned: tau")
        seconds = step_seconds("ResonateAndFire.tuned: dt", dt)
        hertz = si(frequency, "hertz", "ResonateAndFire.tuned: frequency")
        if not np.all((hertz > 0) & (2 * hertz * seconds < 1)):
            raise NetworkError(
                f"ResonateAndFire.tuned: frequency = {shown(frequency)} and dt = {shown(dt)}; expected a frequency above 0 "
                "whose period is longer than two steps."
            )
        turn, kept = 2 * np.pi * hertz * seconds, decay_of(tau, seconds)
        return cls(along=kept * np.cos(turn), across=kept * np.sin(turn), v_th=v_th)
