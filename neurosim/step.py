"""The step program: difference equations that Brian2, the emulator and Lava all execute.

One step k of every population, in this order:

1. ``a`` is the sum of what arrives: a spike of step k - 1 - d over a synapse with d extra delay steps.
2. ``u <- u * (1 - du) + a``
3. ``v <- v * (1 - dv) + u + bias`` (held while refractory)
4. a spike where ``v`` passes the threshold, then the reset;
5. weights with a rule learn, after the spikes of this step were sent on (`neurosim.plasticity.rule`).

Voltages are relative to rest. The integer program (`neurosim.deploy.quantise`) has the same shape with the chip's fields
as numbers, so one emulator runs both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosim.plasticity.products import StepRule
from neurosim.short_term import StepRelease
from neurosim.units import FloatArray

Matrix: TypeAlias = NDArray[np.generic] | sparse.csr_array


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


def _zero() -> FloatArray:
    return np.zeros(())


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


@dataclass(frozen=True)
class StepPopulation:
    """A named population of the step program."""

    name: str
    n: int
    neuron: StepNeuron

    @property
    def v_rest(self) -> FloatArray:
        """Described rest, added to v when it is read."""
        return self.neuron.v_rest


@dataclass(frozen=True)
class StepProjection:
    """Weights `(n_pre, n_post)` in units of `a`, and extra delay steps (a scalar, or one value a synapse)."""

    name: str
    pre: str
    post: str
    weights: Matrix
    delays: NDArray[np.int32] = field(default_factory=lambda: np.zeros((), np.int32))
    graded: bool = False
    """Whether a spike's payload multiplies the weight, rather than counting as one."""
    rule: StepRule | None = None
    """How the weights change."""
    release: StepRelease | None = None
    """How much of its weight a spike is worth."""


@dataclass(frozen=True)
class StepProgram:
    """A network as difference equations in float.

    Attributes
    ----------
    name : str
        Of the network.
    dt : float
        Step in seconds.
    populations, projections : tuple
        In the order they are updated.
    """

    name: str
    dt: float
    populations: tuple[StepPopulation, ...]
    projections: tuple[StepProjection, ...]

    def population(self, name: str) -> StepPopulation:
        """The population of that name."""
        return next(p for p in self.populations if p.name == name)


@dataclass(frozen=True)
class SynapseProbe:
    """Looks at a variable of a projection ("w", "tag", "aux", a trace) before every `every`-th step, and at the end."""

    projection: str
    variable: str
    every: int


def steps_of_decay(decay: FloatArray) -> FloatArray:
    """Time constant in steps of a decay factor per step: exp(-1 / steps) = decay."""
    with np.errstate(divide="ignore"):
        return np.asarray(-1.0 / np.log(decay))
