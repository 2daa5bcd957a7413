"""Leaky integrate-and-fire neuron with an adaptive threshold and a refractory time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neurosim.errors import NetworkError, shown
from neurosim.neurons.base import per_step
from neurosim.neurons.step_neuron import Bias, Decay, Level, StepNeuron, Steps, SynapticDecay


@dataclass(frozen=True, kw_only=True)
class RefractoryAdaptiveLIF(StepNeuron):
    r"""LIF neuron whose threshold jumps at each spike and decays, and which is silent for a refractory time.

    .. math::
        u \leftarrow e^{-dt/\tau_{syn}} u + a, \qquad \theta \leftarrow e^{-dt/\tau_\theta} \theta, \qquad
        v \leftarrow e^{-dt/\tau_m} v + u + bias

    If v > v_th + theta, the neuron spikes: v = v_reset, theta += theta_jump. For the refractory time, v stays at v_reset, while
    u and theta go on. A presynaptic spike adds its weight to u, which is added to v in every step; without `tau_syn`, a weight
    is added to v once. Levels are relative to rest. The neuron is defined by this time step, so it runs in Brian2 with
    ``integration="step"``, on the emulator and in Lava.

    Parameters
    ----------
    tau_m : time or per_step(factor)
        Time constant of the membrane.
    tau_theta : time or per_step(factor)
        Time constant with which the threshold returns to v_th.
    v_th : volt or 1
        Threshold above rest; the weights have the same unit.
    theta_jump : unit of v_th
        Increase of the threshold at each spike.
    refractory : time
        Whole steps after a spike in which v stays at v_reset.
    v_reset : unit of v_th
        Level after a spike; 0, which is rest, by default.
    bias : unit of v_th
        Added to v in every step.
    tau_syn : time or per_step(factor)
        Time constant of the synaptic current; ``per_step(0)``, for none, by default.

    Raises
    ------
    NetworkError
        If v_th is not above v_reset.

    Notes
    -----
    Bellec et al. (2018), arXiv:1803.09574, whose neurons are refractory for 5 ms.
    """

    paper: ClassVar[str] = "Bellec et al. 2018, arXiv:1803.09574"
    drive: ClassVar[str | None] = "bias"
    tau_m: Decay
    tau_theta: Decay
    v_th: Level
    theta_jump: Level
    refractory: Steps
    v_reset: Level = 0.0
    bias: Bias = 0.0
    tau_syn: SynapticDecay = per_step(0)
    states = {"u": "current", "v": "level", "theta": "wide", "held": "whole"}
    step = """
        u = decay(u, tau_syn) + a
        theta = decay(theta, tau_theta)
        if held > 0:
            held -= 1
        else:
            v = decay(v, tau_m) + u + bias
        spike = held == 0 and v > v_th + theta
        if spike:
            v = v_reset
            theta += theta_jump
            held = refractory
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        values: dict[str, Any] = self._values(1.0)
        if np.any(values["v_th"] <= values["v_reset"]):
            raise NetworkError(
                f"RefractoryAdaptiveLIF: v_th = {shown(self.v_th)} must be above v_reset = {shown(self.v_reset)}; otherwise "
                "the neuron spikes without input."
            )
