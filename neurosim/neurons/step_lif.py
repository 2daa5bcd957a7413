"""Leaky integrate-and-fire neurons that are their time step: weights enter unscaled, and the reset is a choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from neurosim.neurons.base import per_step
from neurosim.neurons.step_neuron import Bias, Decay, Level, StepNeuron, SynapticDecay, Whole

MOST_SPIKES = 16
"""Largest number of spikes of a `ManySpikeLIF` in one step."""
_INTEGRATE = """
on = step >= starts
u = decay(u, tau_syn) + a + (inflow if on else 0)
v = decay(v, tau_m) + u + (bias if on else 0)
"""
_RESET = """
if spike:
    v = v_reset
"""
_SUBTRACT = """
if spike:
    v = v - v_th
"""
_LATE = """
if fired:
    v = v - v_th
"""
_OVER, _REACHED = "spike = v > v_th\n", "spike = v >= v_th\n"


@dataclass(frozen=True, kw_only=True)
class StepLIF(StepNeuron):
    r"""Leaky integrate-and-fire neuron that is defined by its time step.

    .. math::
        u \leftarrow k_{syn} u + a + inflow, \qquad v \leftarrow k_m v + u + bias

    If v > v_th, the neuron spikes, and v = v_reset. Here k is the factor that a decay keeps in a step, and a the sum of the
    weights of the spikes that arrive. In `LIF`, the time constants scale a weight as in continuous time; here a weight is what
    the current gains. The neuron runs in Brian2 with ``integration="step"``, on the emulator and in Lava.

    Parameters
    ----------
    tau_m : time or per_step(factor)
        Time constant of the voltage.
    v_th : volt or 1
        Threshold; the weights have the same unit.
    tau_syn : time or per_step(factor)
        Time constant of the synaptic current; ``per_step(0)``, for none, by default.
    v_reset : unit of v_th
        Level after a spike.
    bias, inflow : unit of v_th
        Added in each step to v, and to u, which gathers it with a synaptic current before it acts on v.
    starts : int
        Step from which on bias and inflow act; before it, they are 0.

    Notes
    -----
    The form in which frameworks of deep learning compute such neurons: Eshraghian et al. (2023),
    doi:10.1109/JPROC.2023.3308088; Pedersen et al. (2024), doi:10.1038/s41467-024-52259-9.
    """

    paper: ClassVar[str] = "Pedersen et al. 2024, doi:10.1038/s41467-024-52259-9"
    drive: ClassVar[str | None] = "bias"
    tau_m: Decay
    v_th: Level
    tau_syn: SynapticDecay = per_step(0)
    v_reset: Level = 0.0
    bias: Bias = 0.0
    inflow: Bias = 0.0
    starts: Whole = 0
    states = {"u": "current", "v": "level"}
    step = _INTEGRATE + _OVER + _RESET


@dataclass(frozen=True, kw_only=True)
class StepLIFReached(StepLIF):
    """`StepLIF` that spikes where v reaches v_th, ``v >= v_th``."""

    step = _INTEGRATE + _REACHED + _RESET


@dataclass(frozen=True, kw_only=True)
class SubtractLIF(StepLIF):
    """`StepLIF` whose reset subtracts the threshold from v; it has no v_reset."""

    step = _INTEGRATE + _OVER + _SUBTRACT


@dataclass(frozen=True, kw_only=True)
class SubtractLIFReached(StepLIF):
    """`SubtractLIF` that spikes where v reaches v_th, ``v >= v_th``."""

    step = _INTEGRATE + _REACHED + _SUBTRACT


@dataclass(frozen=True, kw_only=True)
class LateSubtractLIF(StepLIF):
    """`StepLIF` from which the threshold is subtracted one step after the spike, so that v decays with its spike.

    This is the reset "subtract" of snnTorch: Eshraghian et al. (2023), doi:10.1109/JPROC.2023.3308088.
    """

    states = {"u": "current", "v": "level", "fired": "flag"}
    step = _INTEGRATE + _LATE + _OVER + "fired = spike\n"


@dataclass(frozen=True, kw_only=True)
class LateSubtractLIFReached(LateSubtractLIF):
    """`LateSubtractLIF` that spikes where v reaches v_th, ``v >= v_th``."""

    step = _INTEGRATE + _LATE + _REACHED + "fired = spike\n"


@dataclass(frozen=True, kw_only=True)
class ManySpikeLIF(StepLIF):
    """`StepLIF` that sends as many spikes in a step as v holds thresholds, at most 16, and subtracts as many.

    The channel "count" carries their number. More than 16 remain in v for the next step. Neurons of Sinabs do this.
    """

    sends = {"count": ("spike", "count")}
    step = (
        _INTEGRATE
        + "count = "
        + " + ".join(f"int(v >= {k} * v_th)" for k in range(1, MOST_SPIKES + 1))
        + "\nspike = count > 0\nv = v - count * v_th\n"
    )


@dataclass(frozen=True, kw_only=True)
class LeakyIntegrator(StepNeuron):
    r"""Leaky integrator that never spikes: a readout whose voltage is the result.

    .. math::
        u \leftarrow k_{syn} u + a + inflow, \qquad v \leftarrow k_m v + u + bias

    The parameters are those of `StepLIF` without a threshold. The neuron runs in Brian2 with ``integration="step"``, on the
    emulator and in Lava.

    Parameters
    ----------
    tau_m, tau_syn : time or per_step(factor)
        Time constants of the voltage and of the synaptic current; no current by default.
    range : volt or 1
        A level that v does not pass, in the unit of the weights. On a chip it decides how finely v is resolved; v saturates
        some way above it.
    bias, inflow, starts
        As in `StepLIF`.

    Notes
    -----
    The nodes LI and CubaLI of Pedersen et al. (2024), doi:10.1038/s41467-024-52259-9.
    """

    paper: ClassVar[str] = "Pedersen et al. 2024, doi:10.1038/s41467-024-52259-9"
    drive: ClassVar[str | None] = "bias"
    tau_m: Decay
    range: Level = 1.0
    tau_syn: SynapticDecay = per_step(0)
    bias: Bias = 0.0
    inflow: Bias = 0.0
    starts: Whole = 0
    states = {"u": "current", "v": "level"}
    step = _INTEGRATE + "spike = v > v\n"


STEP_LIFS: Mapping[tuple[str, str], type[StepLIF]] = {
    ("value", ">"): StepLIF,
    ("value", ">="): StepLIFReached,
    ("subtract", ">"): SubtractLIF,
    ("subtract", ">="): SubtractLIFReached,
    ("late", ">"): LateSubtractLIF,
    ("late", ">="): LateSubtractLIFReached,
}
"""Neurons by their reset ("value", "subtract", or "late" for a step later) and their comparison."""
