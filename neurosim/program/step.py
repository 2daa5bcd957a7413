"""The step program: difference equations that Brian2, the emulator and Lava all execute.

One step k of every population, in this order:

1. ``a`` is the sum of the synaptic input: over a synapse with d extra delay steps, a spike of step k - 1 - d arrives.
2. ``u <- u * (1 - du) + a``
3. ``v <- v * (1 - dv) + u + bias`` (held while refractory)
4. a spike where ``v`` passes the threshold, then the reset;
5. weights with a rule learn, after the spikes of this step were transmitted (`neurosim.plasticity.rule`).

Voltages are relative to rest. The integer program (`neurosim.chip.quantise.quantise`) has the same structure with the fields of
the chip as numbers, so one emulator runs both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neurosim.checks.matrices import Matrix
from neurosim.display.short import Short
from neurosim.network.short_term import StepRelease
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.plasticity.products import StepRule
from neurosim.units import FloatArray


@dataclass(frozen=True)
class StepPopulation:
    """A named population of the step program; `initial` are the states that do not begin at 0, one number or one per neuron."""

    name: str
    n: int
    neuron: ProgramNeuron
    initial: Mapping[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True)
class StepProjection:
    """Weights `(n_pre, n_post)` in units of `a`, and extra delay steps (a scalar, or one value per synapse)."""

    name: str
    pre: str
    post: str
    weights: Matrix
    delays: NDArray[np.int32] = field(default_factory=lambda: np.zeros((), np.int32))
    graded: bool = False
    """Whether a spike's payload multiplies the weight; otherwise every spike counts as one."""
    rule: StepRule | None = None
    """The plasticity rule that changes the weights."""
    release: StepRelease | None = None
    """Short-term plasticity: the fraction of its weight that a spike transmits."""
    channel: str = "spike"
    """Channel of the pre neuron that the projection carries."""
    receptor: str = "default"
    """Receptor of the post neuron at which the projection ends."""
    transposed: str = ""
    """Name of the projection whose transposed weights this one has at all times; `weights` are then the initial ones."""


@dataclass(frozen=True)
class StepProgram(Short):
    """A network as difference equations in float.

    Attributes
    ----------
    name : str
        Name of the network.
    dt : float
        Time step in seconds.
    populations, projections : tuple
        Populations and projections in the order in which they are updated.
    """

    name: str
    dt: float
    populations: tuple[StepPopulation, ...]
    projections: tuple[StepProjection, ...]

    def population(self, name: str) -> StepPopulation:
        """The population of that name."""
        return next(p for p in self.populations if p.name == name)
