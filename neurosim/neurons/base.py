"""What a neuron is: parameters with units, differential equations, and, where it has one, a difference form.

A neuron is data. `equations` gives what Brian2 integrates in continuous time; `step` gives the difference equations that the
emulator and Lava execute. A neuron without a difference form is refused by name when it is deployed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar

import numpy as np
from typing_extensions import Self

from neurosim.arrays import shape_of
from neurosim.checks.described import Described
from neurosim.errors import NetworkError, UnsupportedError, shown
from neurosim.neurons.step_form import StepNeuron
from neurosim.neurons.timed import Timed
from neurosim.units import FloatArray, IntArray, as_quantity, si, unit_of


@dataclass(frozen=True)
class StepDecay(Described):
    """A decay given as the factor kept in one step, instead of a time constant; see `per_step`."""

    kept: float

    def __post_init__(self) -> None:
        if not 0 <= self.kept <= 1:
            raise NetworkError(f"per_step: expected a factor from 0 to 1 kept in a step, found {self.kept!r}.")


def per_step(kept: float) -> StepDecay:
    """A decay by the factor `kept` (0 to 1) at every step, whatever the step is, in place of a time constant."""
    factor = si(kept, "1", "per_step")
    if factor.ndim:
        raise NetworkError(f"per_step: expected one factor for all neurons, found {shown(kept)}.")
    return StepDecay(float(factor))


@dataclass(frozen=True)
class Event(Described):
    """Something that happens to a neuron besides its spike; a channel, or a step on the way to one.

    Attributes
    ----------
    condition : str
        Looked at once a step together with the threshold, before any statement of this step.
    statements : str
        Run where it holds: after synapses did what they do at events of this step, before the reset.
    """

    condition: str
    statements: str = ""


@dataclass(frozen=True)
class Equations(Described):
    """A neuron in Brian2's words.

    Attributes
    ----------
    model, threshold, reset : str
        Differential equations and the statements at a spike.
    parameters : mapping
        Name -> (SI value, unit name); an array gives one value a neuron, `Timed` values that follow each other.
    receptors : mapping
        Receptor -> the variable to which a presynaptic spike adds its weight.
    initial : mapping
        Variable -> (SI value, unit name) at time zero; an expression instead of a value can draw one for each neuron.
    refractory : float or array, str, or None
        Seconds, or Brian2's condition.
    method : str
        Brian2's integrator.
    weight_scale : float
        What a described weight is multiplied by.
    events : mapping
        Name -> event. Each channel besides "spike" has one of its name.
    modulators : mapping
        Third factor -> the variable or subexpression that it is; synapses read it as it was before the events of the step.
    prepare : str
        Statements in each step before threshold and events are looked at.
    each_step : str
        Statements at the end of each step, before the reset.
    functions : tuple of str
        Functions of ours that its statements call; see `neurosim.backends.brian2.functions`. With them comes ``step_of_run``.
    payload : str
        Variable, a whole number after the reset of a spike: what is recorded as the payload of the spike. "" for 1.
    """

    model: str
    threshold: str
    reset: str
    parameters: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    receptors: Mapping[str, str] = field(default_factory=dict)
    initial: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    refractory: Any = None
    method: str = "exact"
    weight_scale: float = 1.0
    events: Mapping[str, Event] = field(default_factory=dict)
    modulators: Mapping[str, str] = field(default_factory=dict)
    prepare: str = ""
    each_step: str = ""
    functions: tuple[str, ...] = ()
    payload: str = ""

    def __post_init__(self) -> None:
        given = self.refractory
        if given is None or isinstance(given, str):
            return
        seconds = si(given, "1", "Equations.refractory")
        if seconds.ndim > 1 or not np.all(np.isfinite(seconds) & (seconds >= 0)):
            raise NetworkError(f"Equations.refractory = {shown(given)}; expected seconds of zero or more, as plain numbers.")

    def condition(self, channel: str) -> str:
        """When the neuron sends on `channel`."""
        if channel != "spike":
            return self.events[channel].condition
        return self.threshold if self.refractory is None else f"({self.threshold}) and not_refractory"


@dataclass(frozen=True)
class Neuron(Described):
    """Base of all neurons; subclasses are frozen dataclasses whose fields are the model's parameters."""

    in_words: ClassVar[str] = "a Neuron such as LIF(...)"
    paper: ClassVar[str] = ""
    channels: ClassVar[tuple[str, ...]] = ("spike",)
    """Events that the neuron has; a projection carries one of them, and a plasticity rule can listen to each."""
    graded_channels: ClassVar[tuple[str, ...]] = ()
    """Those of them that come with a whole number."""
    modulators: ClassVar[tuple[str, ...]] = ()
    """Third factors that the neuron computes by itself; a rule asks for one by name, ``post_modulator("name")``."""
    phases: ClassVar[tuple[str, ...]] = ()
    """Phases of a sample that the neuron tells its synapses by itself."""
    drive: ClassVar[str | None] = None
    """The parameter to which a population's constant `current` is added."""
    timed: ClassVar[tuple[str, ...]] = ()
    """Parameters that can be `Timed`."""

    def __post_init__(self) -> None:
        kind, shapes = type(self).__name__, {}
        for name, value in self._values_of_neurons():
            if isinstance(value, Timed) and not self._can_be_timed(name):
                able = f"only {', '.join(self.timed)} can" if self.timed else "none of its parameters can"
                raise NetworkError(f"{kind}.{name} = {value!r}: {able} change in time; give constant values.")
            shapes[name] = shape_of(value)
        large = {name: shape for name, shape in shapes.items() if shape}
        if len(set(large.values())) > 1 or any(len(shape) > 1 for shape in large.values()):
            found = ", ".join(f"{name} of shape {shape}" for name, shape in large.items())
            raise NetworkError(f"{kind} has {found}; expected single values, or one per neuron in each.")

    def _can_be_timed(self, name: str) -> bool:
        return name in self.timed

    def _values_of_neurons(self) -> Iterator[tuple[str, Any]]:
        """Name and value of what can be one per neuron."""
        yield from ((f.name, getattr(self, f.name)) for f in fields(self) if f.type in ("Any", Any))

    def equations(self, dt: float) -> Equations:
        """Brian2 form; `dt` (seconds) only matters for decays given per step."""
        raise NotImplementedError

    def step(self, dt: float) -> StepNeuron:
        """Difference form with step `dt` in seconds.

        Raises
        ------
        UnsupportedError
            If the neuron has none.
        """
        raise UnsupportedError(
            f"{type(self).__name__} has no difference form: it runs in Brian2's continuous time only. "
            "For a chip, an emulator or integration='step' use LIF, SoftResetLIF, RefractoryLIF or AdaptiveLIF."
        )

    def whole_times(self, dt: float) -> Mapping[str, tuple[FloatArray, IntArray]]:
        """Times that a run counts in whole steps of `dt` seconds: parameter -> (seconds, steps)."""
        return {}

    @property
    def weight_units(self) -> Mapping[str, str]:
        """Receptor -> unit of a weight on it."""
        raise NotImplementedError

    @property
    def variables(self) -> tuple[str, ...]:
        """What a probe can record, besides spikes."""
        raise NotImplementedError

    def with_current(self, current: Any) -> Self:
        """The same neuron with a constant input added to its drive."""
        if self.drive is None:
            raise NetworkError(f"{type(self).__name__} takes no constant current: leave out Population.current.")
        here, who = getattr(self, self.drive), f"{type(self).__name__}.{self.drive}"
        if isinstance(current, Timed) and self.drive not in self.timed:
            raise NetworkError(
                f"{type(self).__name__} takes no current that changes in time; give a constant one, let an input population "
                "drive it, or take EquationNeuron with Timed parameters."
            )
        return replace(self, **{self.drive: plus(0.0 if here is None else here, current, self.drive_unit, who)})

    @property
    def drive_unit(self) -> str:
        """Unit of `drive`."""
        return "1"

    def check_size(self, n: int, who: str) -> None:
        """Raise NetworkError if an array parameter is not one value a neuron."""
        for name, value in self._values_of_neurons():
            if isinstance(value, Timed):
                value.check_size(n, f"{who}: {type(self).__name__}.{name}")
            if shape_of(value) not in ((), (n,)):
                raise NetworkError(
                    f"{who}: {type(self).__name__}.{name} has shape {shape_of(value)}; expected a single value or ({n},)."
                )


def decay_of(tau: Any, dt: float) -> FloatArray:
    """Factor kept in a step of `dt` seconds."""
    return np.asarray(tau.kept) if isinstance(tau, StepDecay) else np.exp(-dt / si(tau, "second", "tau"))


def tau_of(tau: Any, dt: float) -> FloatArray:
    """Time constant in seconds.

    Raises
    ------
    UnsupportedError
        For ``per_step(0)``.
    """
    if not isinstance(tau, StepDecay):
        return si(tau, "second", "tau")
    if tau.kept == 0:
        raise UnsupportedError(
            "per_step(0) keeps nothing from step to step and has no form in continuous time; "
            "use integration='step' or the emulator."
        )
    with np.errstate(divide="ignore"):
        return np.asarray(-dt / np.log(tau.kept))


def check_tau(value: Any, who: str, *, per_step: bool = True) -> None:
    """Raise unless `value` is a positive time or, where the neuron has a difference form, a decay per step."""
    if isinstance(value, StepDecay):
        if not per_step:
            raise NetworkError(f"{who} = per_step({value.kept!r}); expected a time such as 20*ms.")
        return
    tau = si(value, "second", who)
    if not (np.all(np.isfinite(tau)) and np.all(tau > 0)):
        raise NetworkError(f"{who}: expected a positive, finite time such as 20*ms, found {shown(value)}.")


def check_time(value: Any, who: str) -> None:
    """Raise unless `value` is a finite time of zero or more."""
    time = si(value, "second", who)
    if not (np.all(np.isfinite(time)) and np.all(time >= 0)):
        raise NetworkError(f"{who}: expected a time of zero or more such as 2*ms, found {shown(value)}.")


def timed_or_si(neuron: Neuron, name: str, unit: str) -> Any:
    """The parameter `name` of `neuron` as an SI array, or as the `Timed` that it is.

    Raises
    ------
    NetworkError
        If it is `Timed` and cannot be.
    UnitError
        If it is not in `unit`.
    """
    given, who = getattr(neuron, name), f"{type(neuron).__name__}.{name}"
    if not isinstance(given, Timed):
        return si(given, unit, who)
    if name not in neuron.timed:
        raise NetworkError(f"{who} is {given!r}; only {', '.join(neuron.timed)} can change in time. Give constant values.")
    given.rows(unit, who)
    return given


def plus(given: Any, more: Any, unit: str, who: str) -> Any:
    """The sum of two parameters in `unit`, of which one may be `Timed`."""
    if isinstance(given, Timed):
        return given.plus(more, unit, who)
    if isinstance(more, Timed):
        return more.plus(given, unit, who)
    one, other = zero_or_si(given, unit, who), si(more, unit, "Population.current")
    if one.ndim and other.ndim and one.shape != other.shape:
        raise NetworkError(
            f"{who} has shape {one.shape}, and Population.current {other.shape}; expected one per neuron in both."
        )
    # [()] turns a 0-d array into a number.
    return as_quantity((one + other)[()], unit)


def level_unit(neuron: Neuron, names: tuple[str, ...]) -> str:
    """The unit that the voltage-like parameters `names` share: "volt" or "1".

    Zero is taken in either unit, so that defaults need none.
    """
    kind = type(neuron).__name__
    unit = unit_of(getattr(neuron, names[0]))
    if unit not in ("volt", "1"):
        raise NetworkError(f"{kind}.{names[0]}: expected volts such as 10*mV, or a plain number, found {unit}.")
    for name in names:
        value = getattr(neuron, name)
        if not np.all(np.isfinite(zero_or_si(value, unit, f"{kind}.{name}"))):
            raise NetworkError(f"{kind}.{name}: expected finite values, found {shown(value)}.")
    return unit


def zero_or_si(value: Any, unit: str, who: str) -> FloatArray:
    """`value` as an SI float array; zero needs no unit."""
    if unit_of(value) == "1":
        plain = si(value, "1", who)
        if not np.any(plain):
            return plain
    return si(value, unit, who)


def level(value: Any) -> FloatArray:
    """A voltage-like value as an SI float array; the unit was checked by `level_unit`."""
    return np.array(value, dtype=np.float64)
