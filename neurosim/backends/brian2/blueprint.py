"""Blueprint of a network for Brian2: what an integration passes to the builder, before any Brian2 object exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim.checks.matrices import Matrix
from neurosim.network.short_term import ShortTermPlasticity
from neurosim.neurons.base import Equations
from neurosim.plasticity.products import VariedValues
from neurosim.plasticity.rule import PlasticityRule
from neurosim.units import FloatArray


@dataclass(frozen=True)
class Readout:
    """Conversion of a Brian2 variable to a probed value: ``value = variable * scale + offset``."""

    variable: str
    scale: Any = 1.0
    offset: Any = 0.0

    def __call__(self, values: FloatArray, neurons: Any) -> FloatArray:
        """SI values `(steps, neurons)` of the probed `neurons`."""
        if np.all(np.equal(self.scale, 1)) and not np.any(self.offset):
            return values
        return values * _for(self.scale, neurons) + _for(self.offset, neurons)


def _for(value: Any, neurons: Any) -> FloatArray:
    array = np.asarray(value, np.float64)
    return array if array.ndim == 0 else np.asarray(array[neurons])


@dataclass(frozen=True)
class Held:
    """A state as the number in SI that a rule reads: ``variable * scale + offset``; the variable is in `unit`."""

    readout: Readout
    unit: str


@dataclass(frozen=True)
class Filter:
    """A filtered state: the variable in `Cells.held` that it follows, the factor kept in a step, and its delay in steps."""

    held: str
    kept: float
    late: int = 0


@dataclass(frozen=True)
class Cells:
    """A population of neurons.

    Attributes
    ----------
    equations : Equations
        Model, threshold, reset, parameters.
    update : str
        Statements that replace an integrator, run once per step.
    readouts : mapping
        Probe variable -> how to read it; other variables are read under their own name.
    events : mapping
        Event besides spikes and those of the equations -> its condition, which is evaluated once per step.
    signals : mapping
        Variable -> values (samples * steps, 1 or n), one row per step.
    functions : tuple of str
        Functions from `neurosim.backends.brian2.functions` that its statements call.
    since : mapping
        Parameter that changes in time -> the second with which its first row begins, 0 if left out.
    held : mapping
        Variable with the value of a state from before the step, for synapses that learn -> how it is computed.
    filters : mapping
        Variable with a filtered state -> how it follows the state.
    noise : mapping
        Signal that is noise -> its size, for normal numbers drawn by `noise_seed`.
    """

    name: str
    n: int
    equations: Equations
    update: str = ""
    readouts: Mapping[str, Readout] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    signals: Mapping[str, FloatArray] = field(default_factory=dict)
    functions: tuple[str, ...] = ()
    since: Mapping[str, float] = field(default_factory=dict)
    held: Mapping[str, Held] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    noise: Mapping[str, FloatArray] = field(default_factory=dict)
    noise_seed: int = 0

    def readout(self, variable: str) -> Readout:
        """The readout of a probe variable."""
        return self.readouts.get(variable, Readout(variable))


@dataclass(frozen=True)
class Plasticity:
    """Plasticity of the weights of a projection in a run.

    Attributes
    ----------
    rule : PlasticityRule
        The rule, which computes in SI numbers without units.
    signals : mapping
        Modulator -> values (samples * steps, 1 or n_post).
    steps : int
        Number of steps of a sample; 0 if it does not end.
    supplied : mapping
        Modulator, or trace of a state -> variable of the post neuron that supplies it.
    switch : str
        Variable of the synapses that multiplies all changes of w; "" for none.
    varied : mapping
        Parameters of the rule that differ between synapses.
    """

    rule: PlasticityRule
    signals: Mapping[str, FloatArray]
    steps: int
    supplied: Mapping[str, str] = field(default_factory=dict)
    switch: str = ""
    varied: Mapping[str, VariedValues] = field(default_factory=dict)


@dataclass(frozen=True)
class Wires:
    """A projection that adds its weights to `variable` of the post neurons.

    `weights` `(n_pre, n_post)` are in SI; times `gain` (one number, or one per post neuron) they are in `unit`. Delays are in
    seconds. `channel` is the event of the pre neuron that the projection carries; for its rule, ``on_pre`` and presynaptic
    traces treat this event as a spike. With `one_constant`, equal fixed weights are stored once, and cannot be set. If
    `graded`, the payloads of the input `pre` multiply the weights.
    """

    name: str
    pre: str
    post: str
    weights: Matrix
    unit: str
    variable: str
    delays: FloatArray
    gain: FloatArray = field(default_factory=lambda: np.ones(()))
    learning: Plasticity | None = None
    short_term: ShortTermPlasticity | None = None
    channel: str = "spike"
    one_constant: bool = True
    graded: bool = False


@dataclass(frozen=True)
class Blueprint:
    """All neurons and projections of a network for Brian2; sources are left out, because they have no equations."""

    dt: float
    cells: tuple[Cells, ...]
    wires: tuple[Wires, ...]

    def cell(self, name: str) -> Cells:
        """The population of that name."""
        return next(c for c in self.cells if c.name == name)

    def wire(self, name: str) -> Wires:
        """The projection of that name."""
        return next(w for w in self.wires if w.name == name)

    @property
    def plastic(self) -> tuple[Wires, ...]:
        """The projections that learn."""
        return tuple(w for w in self.wires if w.learning is not None)
