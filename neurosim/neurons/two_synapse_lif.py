"""Leaky integrate-and-fire neuron with two receptors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from neurosim.neurons.step_neuron import Bias, Decay, Level, StepNeuron, Steps, SynapticDecay


@dataclass(frozen=True, kw_only=True)
class TwoSynapseLIF(StepNeuron):
    r"""LIF neuron with an excitatory and an inhibitory receptor, each with a synaptic time constant, and a refractory time.

    .. math::
        \tau_e \dot I_e = -I_e, \qquad \tau_i \dot I_i = -I_i, \qquad v \leftarrow e^{-dt/\tau_m} v + I_e + I_i + bias

    A presynaptic spike adds its weight to the current of its receptor; weights of the inhibitory receptor are negative. If
    v > v_th, the neuron spikes and v stays at 0 for the refractory time. Levels are relative to rest. In `LIF`, the membrane
    scales a weight, as in :math:`\tau_m \dot v = -v + I`; here v receives the current itself in every step. The neuron is
    defined by this time step, so it runs in Brian2 with ``integration="step"``, on the emulator and in Lava.

    Parameters
    ----------
    tau_e, tau_i : time or per_step(factor)
        Time constants of the excitatory and the inhibitory current.
    tau_m : time or per_step(factor)
        Time constant of the membrane.
    v_th : volt or 1
        Threshold above rest; the weights have the same unit.
    refractory : time
        Whole steps after a spike in which v stays at 0.
    bias : unit of v_th
        Added to v in every step.

    Notes
    -----
    Rotter and Diesmann (1999), doi:10.1007/s004220050570; `iaf_psc_exp` in NEST.
    """

    paper: ClassVar[str] = "Rotter and Diesmann 1999, doi:10.1007/s004220050570"
    drive: ClassVar[str | None] = "bias"
    tau_e: SynapticDecay
    tau_i: SynapticDecay
    tau_m: Decay
    v_th: Level
    refractory: Steps
    bias: Bias = 0.0
    states = {"i_e": "current", "i_i": "current", "v": "level", "held": "whole"}
    inputs = {"excitatory": "a_e", "inhibitory": "a_i"}
    step = """
        i_e = decay(i_e, tau_e) + a_e
        i_i = decay(i_i, tau_i) + a_i
        if held > 0:
            held -= 1
        else:
            v = decay(v, tau_m) + i_e + i_i + bias
        spike = held == 0 and v > v_th
        if spike:
            v = 0
            held = refractory
    """
