"""A neuron of your own, as the text of one step: it runs in Brian2 step by step, on the emulator and in Lava."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from typing_extensions import Self

from neurosim.checks.grid import nearest
from neurosim.errors import NetworkError, UnitError, UnsupportedError, shown
from neurosim.neurons.base import Equations, Neuron, check_tau, check_time, decay_of, zero_or_si
from neurosim.neurons.step_form import ProgramNeuron, Supply
from neurosim.step_language.declaration import FUNCTIONS, NAMES, Channel, Declaration, is_name
from neurosim.step_language.kinds import FLAG, GIVEN, LEVEL, STATES
from neurosim.step_language.typed import typed
from neurosim.units import FloatArray, IntArray, as_quantity, si, unit_of

Decay = Annotated[Any, "Decay"]
"""A parameter: a time constant, or `per_step` of the factor that is kept, for ``decay(x, tau)``."""
SynapticDecay = Annotated[Any, "SynapticDecay"]
"""As `Decay`, for a state of the kind "current", whose decay counts from one on a chip."""
Level = Annotated[Any, "Level"]
"""A parameter in the unit of the voltage and the weights: volts or plain numbers."""
Bias = Annotated[Any, "Bias"]
"""As `Level`, for what is added in each step; on a chip it has a mantissa and an exponent."""
Fraction = Annotated[Any, "Fraction"]
"""A plain number, which is a multiple of 2^-12 on a chip."""
PerLevel = Annotated[Any, "PerLevel"]
"""A number per unit of the voltage, for products such as ``(k * v) * v``."""
Whole = Annotated[Any, "Whole"]
"""A whole number."""
Steps = Annotated[Any, "Steps"]
"""A time, which becomes a whole number of steps."""

_KINDS: Mapping[str, str] = {
    "Decay": "decay",
    "SynapticDecay": "current_decay",
    "Level": "level",
    "Bias": "bias",
    "Fraction": "fraction",
    "PerLevel": "per_level",
    "Whole": "whole",
    "Steps": "whole",
}
"""What a parameter is annotated with -> its kind in the language of steps."""
_LEVELS = ("Level", "Bias")
_PER_VOLT = unit_of(1 / as_quantity(1.0, "volt"))
_LARGEST_FRACTION, _LARGEST_WHOLE = 8.0, 2.0**31


@dataclass(frozen=True, kw_only=True)
class StepNeuron(Neuron):
    """Base of neurons that are written as one step.

    A subclass is a frozen dataclass. Its fields are the parameters, each annotated with its kind: `Decay`, `SynapticDecay`,
    `Level`, `Bias`, `Fraction`, `PerLevel`, `Whole` or `Steps`. Class attributes declare the rest; see
    `neurosim.step_language.declaration` for the language.

    Attributes
    ----------
    states : mapping
        State -> "level" (24 bits on a chip, saturates), "current" (24 bits, wraps as Lava's u), "wide" (32 bits), "fraction",
        "whole" or "flag". Every state is 0 at rest, and a probe can record it.
    step : str
        The text of one step. It defines ``spike``, and reads the synaptic input as ``a``.
    inputs : mapping
        Receptor -> its name in the text; {"default": "a"} if left out.
    sends : mapping
        Further channels: name -> condition, or (condition, whole number that is sent).
    factors : mapping
        Third factors for synapses that learn and end here: name -> its value in this step, an expression. A truth value is a
        factor of 0 or 1. A channel that sends in steps with a spike only can have a factor of its name, whose text is the
        channel's condition: rules then update synapses ``on_<channel>``.
    after : str
        Statements that are executed after everything was sent.

    Raises
    ------
    NetworkError
        When the class is defined, if its text is not in the language or has no place on a chip; when a neuron is made, if a
        parameter is not of its kind.

    Examples
    --------
    >>> @dataclass(frozen=True, kw_only=True)
    ... class ResonateAndFire(StepNeuron):
    ...     along: Fraction
    ...     across: Fraction
    ...     v_th: Level
    ...     states = {"x": "level", "y": "level"}
    ...     step = '''
    ...         turned = along * x - across * y + a
    ...         y = across * x + along * y
    ...         x = turned
    ...         spike = y > v_th
    ...         if spike:
    ...             x = 0
    ...             y = 0
    ...     '''
    """

    states: ClassVar[Mapping[str, str]] = {}
    step: ClassVar[str] = ""
    inputs: ClassVar[Mapping[str, str]] = {"default": "a"}
    sends: ClassVar[Mapping[str, Any]] = {}
    factors: ClassVar[Mapping[str, str]] = {}
    after: ClassVar[str] = ""
    declaration: ClassVar[Declaration]
    kinds: ClassVar[Mapping[str, str]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.kinds = _annotated(cls)
        cls.declaration = _declared(cls)
        cls.channels = tuple(cls.declaration.channels)
        cls.graded_channels = tuple(name for name, c in cls.declaration.channels.items() if c.payload)
        cls.modulators = tuple(cls.declaration.factors)
        typed(cls.declaration, integers=False)
        typed(cls.declaration, integers=True)

    def __new__(cls, *values: Any, **named: Any) -> Self:
        if cls is StepNeuron:
            raise NetworkError("StepNeuron is the base of neurons that you write: derive a class with states and a step.")
        if missing := sorted(set(cls.kinds) - set(cls.__dataclass_fields__)):
            raise NetworkError(
                f"{cls.__name__} is not a dataclass, so {', '.join(missing)} cannot be given: write "
                "@dataclass(frozen=True, kw_only=True) above the class."
            )
        return super().__new__(cls, *values, **named)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._values(1.0)

    def _values_of_neurons(self) -> Iterator[tuple[str, Any]]:
        yield from ((name, getattr(self, name)) for name in self.kinds)

    @property
    def unit(self) -> str:
        """Unit of the levels and the weights: "volt" or "1"."""
        units = {unit_of(getattr(self, name)) for name, kind in self.kinds.items() if kind in _LEVELS}
        inverse = [unit_of(getattr(self, name)) for name, kind in self.kinds.items() if kind == "PerLevel"]
        units |= {"volt" for unit in inverse if unit == _PER_VOLT}
        units = {unit for unit in units if unit != "1"} or {"1"}
        if len(units) > 1 or not units <= {"volt", "1"}:
            found = ", ".join(sorted(units))
            raise NetworkError(f"{type(self).__name__}: its levels are in {found}; expected volts or plain numbers.")
        return units.pop()

    @property
    def drive_unit(self) -> str:
        return self.unit

    @property
    def weight_units(self) -> Mapping[str, str]:
        return dict.fromkeys(self.inputs, self.unit)

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(self.states)

    def variable_unit(self, variable: str) -> str:
        return self.unit if STATES[self.states[variable]].type == LEVEL else "1"

    def equations(self, dt: float) -> Equations:
        raise UnsupportedError(
            f"{type(self).__name__} is written as one step, which does not define a differential equation: simulate it with "
            "integration='step'."
        )

    def step_form(self, dt: float) -> ProgramNeuron:
        """Difference form with step `dt` in seconds."""
        values = self._values(dt)
        for name in sorted(self.declaration.divisors & set(values)):
            if np.any(values[name] < 1):
                raise NetworkError(
                    f"{type(self).__name__}.{name} = {shown(getattr(self, name))}; it stands right of %, so expected whole "
                    f"numbers of at least 1, or times of at least one step of {dt * 1e3:g} ms."
                )
        levels = [np.abs(values[name]) for name, kind in self.kinds.items() if kind == "Level"]
        highest = np.max(np.stack(np.broadcast_arrays(*levels)), axis=0) if levels else np.ones(())
        return ProgramNeuron(self.declaration, values, threshold=highest, sends=_supplies(self.declaration))

    def whole_times(self, dt: float) -> Mapping[str, tuple[FloatArray, IntArray]]:
        times = {name: si(getattr(self, name), "second", name) for name, kind in self.kinds.items() if kind == "Steps"}
        return {name: (seconds, nearest(seconds, dt)) for name, seconds in times.items()}

    def _values(self, dt: float) -> dict[str, FloatArray]:
        """Parameters by the names of the text; a decay as the factor that is kept."""
        return {name: self._value(name, kind, dt) for name, kind in self.kinds.items()}

    def _value(self, name: str, kind: str, dt: float) -> FloatArray:
        given, who = getattr(self, name), f"{type(self).__name__}.{name}"
        if kind in ("Decay", "SynapticDecay"):
            check_tau(given, who)
            return np.asarray(decay_of(given, dt), np.float64)
        if kind == "Steps":
            check_time(given, who)
            return _within_32_bits(who, given, nearest(si(given, "second", who), dt).astype(np.float64))
        if kind in _LEVELS:
            return _finite(who, given, zero_or_si(given, self.unit, who))
        if kind == "PerLevel":
            return _finite(who, given, self._per_level(who, given))
        number = _finite(who, given, si(given, "1", who))
        if kind == "Whole":
            if np.any(number != np.round(number)):
                raise NetworkError(f"{who} = {shown(given)}; expected a whole number.")
            _within_32_bits(who, given, number)
        if kind == "Fraction" and np.any(np.abs(number) >= _LARGEST_FRACTION):
            raise NetworkError(f"{who} = {shown(given)}; expected a fraction between -8 and 8.")
        return number

    def _per_level(self, who: str, given: Any) -> FloatArray:
        if self.unit == "1":
            return si(given, "1", who)
        if unit_of(given) == "1" and np.any(si(given, "1", who)):
            raise UnitError(f"{who} = {shown(given)}; its levels are in volts, so expected a number per volt, such as 2/mV.")
        return si(given * as_quantity(1.0, self.unit), "1", who)


def step_seconds(who: str, dt: Any) -> float:
    """The step of a network in seconds, as a neuron needs it that computes its parameters from it."""
    check_time(dt, who)
    seconds = si(dt, "second", who)
    if seconds.ndim or not seconds > 0:
        raise NetworkError(f"{who} = {shown(dt)}; expected the time step of the network, such as 0.5*ms.")
    return float(seconds)


def _supplies(declaration: Declaration) -> dict[str, Supply]:
    """How the third factors of a neuron are read by rules."""
    found = typed(declaration, integers=True).factors
    channels = {name: channel.when for name, channel in declaration.channels.items()}
    own = {name for name, text in declaration.factors.items() if channels.get(name) == text}
    return {name: Supply(term.type != FLAG, channel=name if name in own else "") for name, term in found.items()}


def _finite(who: str, given: Any, number: FloatArray) -> FloatArray:
    if not np.all(np.isfinite(number)):
        raise NetworkError(f"{who} = {shown(given)}; expected finite numbers.")
    return np.asarray(number, np.float64)


def _within_32_bits(who: str, given: Any, number: FloatArray) -> FloatArray:
    if np.any(np.abs(number) >= _LARGEST_WHOLE):
        raise NetworkError(f"{who} = {shown(given)}; expected whole numbers, or numbers of steps, between -2^31 and 2^31.")
    return number


def _annotated(cls: type[StepNeuron]) -> dict[str, str]:
    """Parameter -> the name of its annotation, those of base classes included."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__[: cls.__mro__.index(StepNeuron)]):
        for name, annotation in base.__dict__.get("__annotations__", {}).items():
            kind = _name_of(annotation)
            if not kind.startswith("ClassVar"):
                found[name] = kind
    for name, kind in found.items():
        if hasattr(StepNeuron, name) or name in StepNeuron.__annotations__:
            raise NetworkError(
                f"{cls.__name__}: {name!r} cannot be the name of a parameter, because every StepNeuron has an attribute of "
                "that name; choose another name."
            )
        if kind not in _KINDS:
            raise NetworkError(f"{cls.__name__}.{name} is annotated with {kind}; expected one of {', '.join(_KINDS)}.")
    return found


def _name_of(annotation: Any) -> str:
    """``Level``, whether it is text, as with postponed annotations, or the object itself."""
    if isinstance(annotation, str):
        return annotation.rpartition(".")[2]
    metadata = getattr(annotation, "__metadata__", ())
    return str(metadata[0]) if metadata else str(annotation).rpartition(".")[2]


def _declared(cls: type[StepNeuron]) -> Declaration:
    name = cls.__name__
    if not name.isidentifier():
        raise NetworkError(f"StepNeuron: {name!r} is no name of a class.")
    states, inputs, sends, factors = (_texts(cls, attribute) for attribute in _EXAMPLES)
    for state, kind in states.items():
        if not isinstance(kind, str) or kind not in STATES:
            raise NetworkError(f"{name}.states: {state!r} is a {kind!r}; expected one of {', '.join(STATES)}.")
    if not (isinstance(cls.step, str) and cls.step.strip()):
        raise NetworkError(f"{name}.step: expected the text of one step, found {shown(cls.step)}.")
    # Their ports in Lava would have the names of those of the first receptor and of spikes, and of what records spikes.
    for taken in sorted({"a"} & set([*inputs][1:]) | {"s", "record"} & set(sends)):
        raise NetworkError(
            f"{name}: {taken!r} is the name of something else in Lava; give that receptor or channel another name."
        )
    if not inputs:
        raise NetworkError(f"{name}.inputs: expected at least one receptor, such as {{'default': 'a'}}.")
    _check_names(name, [*cls.kinds, *states, *inputs.values()])
    if not isinstance(cls.after, str):
        raise NetworkError(f"{name}.after: expected the text of statements, found {shown(cls.after)}.")
    for factor, text in factors.items():
        if not (isinstance(text, str) and text.strip()) or factor == "spike":
            raise NetworkError(
                f"{name}.factors: {factor!r} is {shown(text)}; expected a name other than 'spike', and an expression."
            )
    further = {channel: _channel(name, channel, given) for channel, given in sends.items()}
    return Declaration(
        name,
        {parameter: _KINDS[kind] for parameter, kind in cls.kinds.items()},
        states,
        cls.step,
        inputs={receptor: (symbol, "input") for receptor, symbol in inputs.items()},
        channels={"spike": Channel("spike"), **further},
        factors=factors,
        after=cls.after,
    )


def _texts(cls: type[StepNeuron], attribute: str) -> dict[str, Any]:
    """A mapping from names, as a class declares it."""
    given = getattr(cls, attribute)
    if not isinstance(given, Mapping):
        raise NetworkError(
            f"{cls.__name__}.{attribute}: expected a mapping such as {_EXAMPLES[attribute]}, found {shown(given)}."
        )
    for key in given:
        # A state is also a name of the text, and is checked with those.
        if attribute != "states" and not is_name(key):
            raise NetworkError(f"{cls.__name__}.{attribute}: {key!r} cannot be a name; {NAMES}.")
    return dict(given)


def _channel(cls: str, name: str, given: Any) -> Channel:
    texts = (given,) if isinstance(given, str) else given
    if name == "spike":
        raise NetworkError(f"{cls}.sends: every neuron has the channel 'spike', which the step assigns; choose another name.")
    if not (isinstance(texts, tuple | list) and 1 <= len(texts) <= 2 and all(isinstance(text, str) for text in texts)):
        raise NetworkError(
            f"{cls}.sends: {name!r} is {shown(given)}; expected a condition, or (condition, whole number) as texts."
        )
    return Channel(*texts)


_EXAMPLES = {
    "states": "{'v': 'level'}",
    "inputs": "{'default': 'a'}",
    "sends": "{'report': ('told', 'count')}",
    "factors": "{'error': 'wanted - count'}",
}
"""What a class declares by a mapping, and an example of it."""


def _check_names(cls: str, names: list[str]) -> None:
    taken = {*FUNCTIONS, *GIVEN, "spike", "True", "False", "and", "or", "not", "if", "else", "elif"}
    for name in names:
        if not is_name(name) or name in taken:
            raise NetworkError(
                f"{cls}: {name!r} cannot be the name of a parameter, state or input; expected letters, digits and underscores, "
                f"beginning with a letter, and none of {', '.join(sorted(FUNCTIONS | set(GIVEN)))}."
            )
        if names.count(name) > 1:
            raise NetworkError(f"{cls}: {name!r} is declared twice; parameters, states and inputs need different names.")


__all__ = [
    "Bias", "Decay", "Fraction", "Level", "PerLevel", "StepNeuron", "Steps", "SynapticDecay", "Whole",
]  # fmt: skip
