"""Neurons of a step program: the text of their step, and its parameters as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from neurosim.step_language.declaration import Declaration
from neurosim.units import FloatArray


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


OWN = "own"
"""What files of chips call neurons that a user wrote, and those of the catalogue that need the same of a chip."""
_DYNAMICS: Mapping[str, str] = {
    "LIF": "lif",
    "SoftResetLIF": "soft_reset_lif",
    "RefractoryLIF": "refractory_lif",
    "AdaptiveLIF": "adaptive_lif",
    "LIFReset": "lif_reset",
    "DesireLIF": "desire_lif",
    "BurstLIF": "burst_lif",
}


def number(value: float) -> FloatArray:
    """One number for all neurons."""
    return np.asarray(value, np.float64)


@dataclass(frozen=True)
class Reading:
    """How a described variable is read from a state in float: ``state * unit + offset``, and the fraction `added`, if any."""

    state: str
    unit: FloatArray = field(default_factory=lambda: number(1))
    offset: FloatArray = field(default_factory=lambda: number(0))
    added: str = ""


@dataclass(frozen=True)
class Course:
    """Numbers of a parameter that change in time.

    Attributes
    ----------
    rows : array (rows,) or (rows, n)
        Row k holds from step ``since + k * period`` on, counted from rest.
    period, since : int
        Steps of a row, and the step with which the first one begins.
    """

    rows: FloatArray
    period: int
    since: int = 0


@dataclass(frozen=True)
class ProgramNeuron:
    """Neurons of one population in a step program, in float or in the integers of a chip.

    Attributes
    ----------
    declaration : Declaration, optional
        The text of the step, with the kinds of its names; none for a source, which emits the spikes that it is given.
    values : mapping
        Parameter -> its numbers, one or one per neuron; a decay as the factor that is kept. In the integers of a chip a level
        is shifted by 6 bits, and a fraction is a multiple of 2^-12.
    gains : mapping
        Receptor -> synaptic input per unit of a described weight; 1 for receptors that are left out.
    readings : mapping
        Described variable -> how it is read; the other variables are states, read as they are.
    threshold : array
        The level that decides how fine the integers of a chip are; 0 if none does.
    sends : mapping
        Third factors that the population sends to the synapses that end at it.
    seed : int
        Seed of the population's random numbers, 32 bits.
    courses : mapping
        Parameter that changes in time -> its course; `values` has what it would be without it.
    noise : mapping
        Parameter -> size of a normal number that is added to it in each step, drawn by `seed`.
    """

    declaration: Declaration | None = None
    values: Mapping[str, FloatArray] = field(default_factory=dict)
    gains: Mapping[str, FloatArray] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)
    threshold: FloatArray = field(default_factory=lambda: number(0))
    sends: Mapping[str, Supply] = field(default_factory=dict)
    seed: int = 0
    courses: Mapping[str, Course] = field(default_factory=dict)
    noise: Mapping[str, FloatArray] = field(default_factory=dict)

    @property
    def is_source(self) -> bool:
        """Whether it emits given spikes."""
        return self.declaration is None

    @property
    def dynamics(self) -> str:
        """Name under which the file of a chip says how such neurons run there; "" for a source."""
        if self.declaration is None:
            return ""
        return _DYNAMICS.get(self.declaration.name, OWN)

    @property
    def step(self) -> Declaration:
        """The declaration of neurons that are no source."""
        assert self.declaration is not None
        return self.declaration

    @property
    def receptors(self) -> tuple[str, ...]:
        """Receptors, in the order of the declaration."""
        return ("default",) if self.declaration is None else tuple(self.declaration.inputs)

    @property
    def channels(self) -> tuple[str, ...]:
        """Output channels; the first carries spikes."""
        return ("spike",) if self.declaration is None else tuple(self.declaration.channels)

    def ends(self, parameter: str) -> tuple[FloatArray, FloatArray]:
        """Lowest and highest numbers of a parameter; they differ where it changes in time."""
        if parameter not in self.courses:
            return self.values[parameter], self.values[parameter]
        rows = self.courses[parameter].rows
        return np.asarray(rows.min(axis=0)), np.asarray(rows.max(axis=0))

    def gain_at(self, receptor: str) -> FloatArray:
        """Synaptic input per unit of a described weight at `receptor`."""
        return self.gains.get(receptor, number(1))

    def reading(self, variable: str) -> Reading:
        """How a described variable is read."""
        return self.readings.get(variable, Reading(variable))


def steps_of_decay(decay: FloatArray) -> FloatArray:
    """Time constant, in steps, of a decay factor per step: exp(-1 / steps) = decay."""
    with np.errstate(divide="ignore"):
        return np.asarray(-1.0 / np.log(decay))
