"""Parameters of neurons in the difference equations of the step program (`neurosim.program.step`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from neurosim.neurons.burst_step import Burst
from neurosim.step_language.declaration import Declaration
from neurosim.units import FloatArray


class Dynamics(IntEnum):
    """Dynamics of a population in a step; the numbers are the codes in the kernels of the emulator."""

    SOURCE = 0
    """Emits the given spikes."""
    LIF = 1
    """Spikes if v > v_th, then v <- v_reset."""
    SOFT_RESET_LIF = 2
    """Spikes if v >= v_th, then v <- v - v_th."""
    REFRACTORY_LIF = 3
    """Like LIF, but after a spike v is held for `refractory` steps while u is updated."""
    ADAPTIVE_LIF = 4
    """Like LIF with threshold v_th + theta; theta decays before the comparison and jumps at a spike."""
    LIF_RESET = 5
    """Like LIF; u and v are set to zero, before the update, in every step k with (k + 1) % reset_interval == reset_offset."""
    DESIRE_LIF = 6
    """Like SOFT_RESET_LIF during a sample; after the sample, it computes its desired activity. See `Desire`."""
    BURST_LIF = 7
    """Like REFRACTORY_LIF, but v is not held; a second spike follows with a probability given by the dendrite; see `Burst`."""

    OWN = 8
    """What its own text says. See `OwnStep`."""


def _zero() -> FloatArray:
    return np.zeros(())


@dataclass(frozen=True)
class Supply:
    """Third factor that neurons send to the synapses that end at them.

    Attributes
    ----------
    signed : bool
        Whether the third factor can be negative.
    phase : str
        Phase of a sample outside which it is 0, or "" for no such phase.
    channel : str
        Channel of the neuron; the third factor is 0 in steps without an event on it. "" for no such channel.
    """

    signed: bool = True
    phase: str = ""
    channel: str = ""


@dataclass(frozen=True)
class Desire:
    """Parameters of DESIRE_LIF, whose behaviour depends on the phase p = step % period.

    * p in 1..steps: the neuron behaves like SOFT_RESET_LIF. It counts its spikes, and registers any input at receptor "label".
    * All other p: v is 0, and input at receptor "default" is ignored.
    * p = tell: the desire D is -1, 0 or 1. In the output layer (`above` = 0), with the spike count c, D is 1 for a labelled
      neuron if ``n - c > threshold``, and -1 for any other neuron if ``c > threshold``. In other layers, D is the sign of the
      synaptic input at receptor "feedback" if its size reaches the threshold, but D is not 1 if ``c >= most``. Then
      ``D * |n * [D > 0] - c|`` is sent on channel "desire".
    * p = commit: the synapses receive D as third factor "desire", and "sample_end" = 1; then count, label and D are set to 0.
    * p = commit + 1: the synapses receive "sample_over" = 1.

    Attributes
    ----------
    period, steps : int
        Number of steps from one sample to the next, and number of steps of a sample.
    above, layers : int
        Number of layers above this one (0 for the output layer), and number of all layers after the input.
    denominator : int
        Number n of desired spikes.
    threshold : float
        Threshold of the spike count in the output layer. In other layers, threshold of the synaptic input at receptor
        "feedback", in units of the weights there times counts.
    most : int
        Spike count from which on a neuron below the output does not want to fire more.
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
        """Phase in which D is computed and sent."""
        return self.steps + 1 + self.above

    @property
    def commit(self) -> int:
        """Phase in which synapses learn; it is the same for all layers."""
        return self.steps + 1 + self.layers


@dataclass(frozen=True)
class OwnStep:
    """What OWN does: the step that a user wrote, and its parameters.

    Attributes
    ----------
    declaration : Declaration
        The text of the step, with the kinds of its names.
    values : mapping
        Parameter -> its numbers, one or one per neuron; a decay as the factor that is kept. In the integers of a chip a level
        is shifted by 6 bits, and a fraction is a multiple of 2^-12.
    seed : int
        Seed of the population's random numbers, 32 bits.
    """

    declaration: Declaration
    values: Mapping[str, FloatArray]
    seed: int = 0


@dataclass(frozen=True)
class StepNeuron:
    """Parameters of one population in the difference equations: one value each, or one per neuron."""

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
    """Synaptic input `a` per unit of a described weight."""
    v_rest: FloatArray = field(default_factory=_zero)
    """Resting value, which is added to v when v is read."""
    receptors: tuple[str, ...] = ("default",)
    """Receptors; the input at the first is `a`, and the dynamics define the effect of the others."""
    channels: tuple[str, ...] = ("spike",)
    """Output channels; the first carries spikes, the others carry whole numbers."""
    sends: Mapping[str, Supply] = field(default_factory=dict)
    """Third factors that the population sends to the synapses that end at it."""
    desire: Desire | None = None
    """Parameters of the DESIRE_LIF dynamics."""
    burst: Burst | None = None
    """Parameters of the BURST_LIF dynamics."""
    own: OwnStep | None = None
    """Step and parameters of the OWN dynamics."""

    def gain_at(self, receptor: str) -> FloatArray:
        """Synaptic input per unit of a described weight at `receptor`."""
        if receptor == self.receptors[0]:
            return self.gain
        return np.ones(()) if self.burst is None else self.burst.gain


def steps_of_decay(decay: FloatArray) -> FloatArray:
    """Time constant, in steps, of a decay factor per step: exp(-1 / steps) = decay."""
    with np.errstate(divide="ignore"):
        return np.asarray(-1.0 / np.log(decay))
