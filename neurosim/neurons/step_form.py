"""What neurons are in the difference equations of the step program (`neurosim.program.step`), as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from neurosim.neurons.burst_step import Burst
from neurosim.units import FloatArray


class Dynamics(IntEnum):
    """What a population does in a step; the numbers are the codes inside the emulator's kernels."""

    SOURCE = 0
    """Emits what it is fed."""
    LIF = 1
    """Spikes where v > v_th, then v <- v_reset."""
    SOFT_RESET_LIF = 2
    """Spikes where v >= v_th, then v <- v - v_th."""
    REFRACTORY_LIF = 3
    """As LIF, then v is held for `refractory` steps while u goes on."""
    ADAPTIVE_LIF = 4
    """As LIF with threshold v_th + theta; theta decays before the comparison and jumps at a spike."""
    LIF_RESET = 5
    """As LIF; u and v start from zero, before the update, at every step k with (k + 1) % reset_interval == reset_offset."""
    DESIRE_LIF = 6
    """As SOFT_RESET_LIF during a sample; behind it, says what it should have done. See `Desire`."""
    BURST_LIF = 7
    """As REFRACTORY_LIF, but v goes on; a spike may be followed by a second one, as the dendrite has it. See `Burst`."""


def _zero() -> FloatArray:
    return np.zeros(())


@dataclass(frozen=True)
class Supply:
    """A third factor that neurons send to the synapses that end at them.

    Attributes
    ----------
    signed : bool
        Whether it can be negative.
    phase : str
        Phase outside which it is 0, or "".
    channel : str
        Channel of the neuron without an event of which it is 0, or "".
    """

    signed: bool = True
    phase: str = ""
    channel: str = ""


@dataclass(frozen=True)
class Desire:
    """What DESIRE_LIF does in the phase p = step % period.

    * p in 1..steps: as SOFT_RESET_LIF; spikes are counted, and whether anything comes in at receptor "label".
    * All other p: v is 0, what arrives at receptor "default" is dropped.
    * p = tell: desire D is -1, 0 or 1. In the output layer (`above` = 0), with the count c: 1 for a labelled neuron where
      ``n - c > threshold``, -1 for another where ``c > threshold``. Else the sign of what arrives at receptor "feedback", where
      its size reaches the threshold, but not 1 where ``c >= most``. Then ``D * |n * [D > 0] - c|`` leaves on channel "desire".
    * p = commit: D goes to the synapses as third factor "desire", with "sample_end" = 1; then count, label and D are cleared.
    * p = commit + 1: "sample_over" = 1 goes to the synapses.

    Attributes
    ----------
    period, steps : int
        From sample to sample, and of a sample.
    above, layers : int
        Layers between this one and the output, this one not counted; all layers behind the input.
    denominator : int
        n, the spikes that are wanted.
    threshold : float
        Of the count in the output layer; else of what arrives, in units of the weights there times counts.
    most : int
        Spikes from which on a neuron below the output does not want more.
    """

    period: int
    steps: int
    above: int
    layers: int
    denominator: int
    threshold: float
    most: int

    @property
    def tell(self) -> int:
        """Phase in which D becomes known."""
        return self.steps + 1 + self.above

    @property
    def commit(self) -> int:
        """Phase in which synapses learn, the same for all layers."""
        return self.steps + 1 + self.layers


@dataclass(frozen=True)
class StepNeuron:
    """Parameters of one population in the difference equations, each a scalar or one value a neuron."""

    dynamics: Dynamics
    du: FloatArray = field(default_factory=lambda: np.ones(()))
    dv: FloatArray = field(default_factory=_zero)
    v_th: FloatArray = field(default_factory=_zero)
    bias: FloatArray = field(default_factory=_zero)
    v_reset: FloatArray = field(default_factory=_zero)
    refractory: int = 0
    dtheta: FloatArray = field(default_factory=_zero)
    theta_jump: FloatArray = field(default_factory=_zero)
    reset_interval: int = 0
    reset_offset: int = 0
    gain: FloatArray = field(default_factory=lambda: np.ones(()))
    """Current `a` per unit of a described weight."""
    v_rest: FloatArray = field(default_factory=_zero)
    """Added back to v when it is read."""
    receptors: tuple[str, ...] = ("default",)
    """Inputs; the first is `a`, what the others do is the dynamics' business."""
    channels: tuple[str, ...] = ("spike",)
    """Outputs; the first are the spikes, the others carry whole numbers."""
    sends: Mapping[str, Supply] = field(default_factory=dict)
    """Third factors for the synapses that end here."""
    desire: Desire | None = None
    """Of DESIRE_LIF."""
    burst: Burst | None = None
    """Of BURST_LIF."""

    def gain_at(self, receptor: str) -> FloatArray:
        """Current per unit of a described weight that ends at `receptor`."""
        if receptor == self.receptors[0]:
            return self.gain
        return np.ones(()) if self.burst is None else self.burst.gain


def steps_of_decay(decay: FloatArray) -> FloatArray:
    """Time constant in steps of a decay factor per step: exp(-1 / steps) = decay."""
    with np.errstate(divide="ignore"):
        return np.asarray(-1.0 / np.log(decay))
