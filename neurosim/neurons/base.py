"""Base of neuron models: parameters with units, differential equations and, for some models, a difference form.

A neuron is data. `equations` returns the equations that Brian2 integrates in continuous time; `step` returns the difference
equations that the emulator and Lava execute. Deploying a neuron without a difference form raises an error that names it.
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
from neurosim.neurons.declared import settable
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.neurons.timed import Timed
from neurosim.units import FloatArray, IntArray, as_quantity, si, unit_of


@dataclass(frozen=True)
class StepDecay(Described):
    """Decay given by the factor kept in one step, instead of by a time constant; see `per_step`."""

    kept: float

    def __post_init__(self) -> None:
        if not 0 <= self.kept <= 1:
            raise NetworkError(f"per_step: expected a factor from 0 to 1 kept in a step, found {self.kept!r}.")


def per_step(kept: float) -> StepDecay:
    """Specify a decay by the factor `kept` (0 to 1) of every step, whatever its length, instead of a time constant.

    Parameters
    ----------
    kept : float
        Factor by which the variable is multiplied in each step, from 0 to 1.

    Raises
    ------
    NetworkError
        If `kept` is not one number from 0 to 1.
    """
    factor = si(kept, "1", "per_step")
    if factor.ndim:
        raise NetworkError(f"per_step: expected one factor for all neurons, found {shown(kept)}.")
    return StepDecay(float(factor))


@dataclass(frozen=True)
class Event(Described):
    """Event of a neuron other than its spike: a channel of the neuron, or an intermediate step towards one.

    Attributes
    ----------
    condition : str
        Condition that is evaluated once per step, together with the threshold and before any statement of this step.
    statements : str
        Statements for the neurons that meet the condition. They run after the updates of synapses at events of this step, and
        before the reset.
    """

    condition: str
    statements: str = ""


@dataclass(frozen=True)
class Equations(Described):
    """Equations of a neuron in the syntax of Brian2.

    Attributes
    ----------
    model, threshold, reset : str
        Differential equations and the statements at a spike.
    parameters : mapping
        Pairs (SI value, unit name) by name of the parameter. An array has one value per neuron; a `Timed` value changes in
        time.
    receptors : mapping
        Variable to which a presynaptic spike adds its weight, by receptor.
    initial : mapping
        Pairs (SI value, unit name) at time zero, by variable. An expression instead of a value can draw a random number for
        each neuron.
    refractory : float or array, str, or None
        Refractory time in seconds, or a condition in the syntax of Brian2.
    method : str
        Integration method of Brian2.
    weight_scale : float
        Factor by which described weights are multiplied.
    events : mapping
        Events by name. Each channel other than "spike" has an event of the same name.
    modulators : mapping
        Variable or subexpression of each third factor. Synapses read its value from before the events of the step.
    prepare : str
        Statements that run in each step before threshold and events are evaluated.
    each_step : str
        Statements that run at the end of each step, before the reset.
    functions : tuple of str
        Functions of neurosim that the statements call; see `neurosim.backends.brian2.functions`. They also make the variable
        ``step_of_run`` available.
    payload : str
        Variable whose value after the reset, a whole number, is recorded as the payload of a spike; "" for a payload of 1.
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
        """Condition under which the neuron sends an event on `channel`."""
        if channel != "spike":
            return self.events[channel].condition
        return self.threshold if self.refractory is None else f"({self.threshold}) and not_refractory"


@dataclass(frozen=True)
class Neuron(Described):
    """Base of all neuron models; subclasses are frozen dataclasses whose fields are the parameters of the model."""

    in_words: ClassVar[str] = "a Neuron such as LIF(...)"
    paper: ClassVar[str] = ""
    channels: ClassVar[tuple[str, ...]] = ("spike",)
    """Kinds of events of the neuron. A projection carries one of them; a plasticity rule can use all of them."""
    graded_channels: ClassVar[tuple[str, ...]] = ()
    """Channels whose events carry a whole number."""
    modulators: ClassVar[tuple[str, ...]] = ()
    """Third factors that the neuron computes; a rule refers to one by name, ``post_modulator("name")``."""
    phases: ClassVar[tuple[str, ...]] = ()
    """Phases of a sample that the neuron itself signals to its synapses."""
    drive: ClassVar[str | None] = None
    """Parameter to which the constant `current` of a population is added."""
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
        """Names and values of the parameters that can have one value per neuron."""
        yield from ((f.name, getattr(self, f.name)) for f in fields(self) if f.type in ("Any", Any))

    def equations(self, dt: float) -> Equations:
        """Equations for Brian2; the time step `dt` (seconds) has an effect only on decays given per step."""
        raise NotImplementedError

    def step_form(self, dt: float) -> ProgramNeuron:
        """Difference equations for steps of `dt` seconds.

        Raises
        ------
        UnsupportedError
            If the neuron has no difference form.
        """
        raise UnsupportedError(
            f"{type(self).__name__} has no difference form: it runs only in Brian2, in continuous time. "
            "For a chip, the emulator or integration='step', use LIF, SoftResetLIF, RefractoryLIF or AdaptiveLIF, or write it "
            "as one time step (StepNeuron)."
        )

    def whole_times(self, dt: float) -> Mapping[str, tuple[FloatArray, IntArray]]:
        """Times that a run rounds to whole steps of `dt` seconds: pairs (seconds, steps) by parameter."""
        return {}

    @property
    def weight_units(self) -> Mapping[str, str]:
        """Unit of the weights by receptor."""
        raise NotImplementedError

    @property
    def variables(self) -> tuple[str, ...]:
        """Variables that a probe can record, in addition to spikes."""
        raise NotImplementedError

    def variable_unit(self, variable: str) -> str:
        """SI unit of a variable that can be set.

        Raises
        ------
        NetworkError
            If the variable is computed from others.
        """
        return settable(self.equations(1e-3).model, variable)

    def state_unit(self, variable: str) -> str:
        """SI unit of one of the `variables`, also of one that is computed from others."""
        from brian2 import Equations as Parsed

        return unit_of(Parsed(self.equations(1e-3).model)[variable])

    def with_current(self, current: Any) -> Self:
        """The same neuron with a current added to its `drive`."""
        self.check_drive("Population.current")
        return self._driven(plus(self.own_drive, current, self.drive_unit, f"{type(self).__name__}.{self.drive}"))

    @property
    def own_drive(self) -> Any:
        """The value of `drive` that the neuron itself has."""
        here = getattr(self, str(self.drive))
        return 0.0 if here is None else here

    def _driven(self, drive: Any) -> Self:
        return replace(self, **{str(self.drive): drive})

    def check_drive(self, who: str) -> None:
        """Raise NetworkError if the neuron accepts no current."""
        if self.drive is None:
            raise NetworkError(f"{type(self).__name__} accepts no current; leave out {who}.")

    @property
    def drive_unit(self) -> str:
        """Unit of the parameter named by `drive`."""
        return "1"

    def check_size(self, n: int, who: str) -> None:
        """Raise NetworkError unless each array parameter has one value per neuron, for `n` neurons."""
        for name, value in self._values_of_neurons():
            if isinstance(value, Timed):
                value.check_size(n, f"{who}: {type(self).__name__}.{name}")
            if shape_of(value) not in ((), (n,)):
                raise NetworkError(
                    f"{who}: {type(self).__name__}.{name} has shape {shape_of(value)}; expected a single value or ({n},)."
                )


def decay_of(tau: Any, dt: float) -> FloatArray:
    """Factor that a decay with time constant `tau` keeps in a step of `dt` seconds."""
    return np.asarray(tau.kept) if isinstance(tau, StepDecay) else np.exp(-dt / si(tau, "second", "tau"))


def tau_of(tau: Any, dt: float) -> FloatArray:
    """Time constant in seconds of a decay that may be given per step.

    Raises
    ------
    UnsupportedError
        For ``per_step(0)``.
    """
    if not isinstance(tau, StepDecay):
        return si(tau, "second", "tau")
    if tau.kept == 0:
        raise UnsupportedError(
            "per_step(0) keeps nothing from one step to the next and has no form in continuous time; "
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
    """Parameter `name` of `neuron` as an SI array, or unchanged if it is `Timed`.

    Raises
    ------
    NetworkError
        If it is `Timed`, but this parameter cannot change in time.
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
    """Sum of two parameters in `unit`, of which one may be `Timed`."""
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
    """Common unit of the voltage-like parameters `names`: "volt" or "1".

    Zero fits both units, so defaults of zero need no unit.
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
    """Convert `value` to an SI float array; zero needs no unit."""
    if unit_of(value) == "1":
        plain = si(value, "1", who)
        if not np.any(plain):
            return plain
    return si(value, unit, who)


def level(value: Any) -> FloatArray:
    """Convert a voltage-like value to an SI float array; `level_unit` has checked its unit before."""
    return np.array(value, dtype=np.float64)
