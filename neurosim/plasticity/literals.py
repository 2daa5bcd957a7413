"""Published defaults with their units. They do not need Brian2, so importing the rules loads no engine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from neurosim.checks.dimensions import unit_named

_SECOND, _HERTZ = (0, 0, 1, 0, 0, 0, 0), (0, 0, -1, 0, 0, 0, 0)
_VOLT, _AMPERE, _SIEMENS = (2, 1, -3, -1, 0, 0, 0), (0, 0, 0, 1, 0, 0, 0), (-2, -1, 3, 2, 0, 0, 0)
_FARAD = (-2, -1, 4, 2, 0, 0, 0)


class Literal(float):
    """Number in SI with a dimension; its text is as it was written: ``20 ms``."""

    dim: Any
    text: str

    def __new__(cls, value: float, text: str, dimension: tuple[float, ...]) -> Literal:
        """Make a literal from `value` in SI, its text, and its dimension in the order of `neurosim.units`."""
        made = super().__new__(cls, value)
        made.dim = SimpleNamespace(_dims=dimension)
        made.text = text
        return made

    def __getnewargs__(self) -> tuple[float, str, tuple[float, ...]]:  # type: ignore[override]
        """Arguments from which copies and pickles are made."""
        return float(self), self.text, self.dim._dims

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__


def of_dimension(value: float, dimension: tuple[float, ...]) -> float:
    """`value` (SI) as a literal with the given dimension; if it is a plain number, unchanged."""
    return Literal(value, f"{value:g} {unit_named(dimension)}", dimension) if any(dimension) else value


def milliseconds(number: float) -> Literal:
    """Time of `number` ms."""
    return Literal(number * 1e-3, f"{number:g} ms", _SECOND)


def hertz(number: float) -> Literal:
    """Frequency of `number` Hz."""
    return Literal(number, f"{number:g} Hz", _HERTZ)


def seconds(number: float) -> Literal:
    """Time of `number` s."""
    return Literal(number, f"{number:g} s", _SECOND)


def millivolts(number: float) -> Literal:
    """Voltage of `number` mV."""
    return Literal(number * 1e-3, f"{number:g} mV", _VOLT)


def per_millivolt(number: float, power: int = 1) -> Literal:
    """`number` per mV, or per mV to the given power."""
    unit = "1/mV" if power == 1 else f"1/mV^{power}"
    return Literal(number * 1e3**power, f"{number:g} {unit}", tuple(-power * d for d in _VOLT))


def picoamperes(number: float) -> Literal:
    """Current of `number` pA."""
    return Literal(number * 1e-12, f"{number:g} pA", _AMPERE)


def nanosiemens(number: float) -> Literal:
    """Conductance of `number` nS."""
    return Literal(number * 1e-9, f"{number:g} nS", _SIEMENS)


def picofarads(number: float) -> Literal:
    """Capacitance of `number` pF."""
    return Literal(number * 1e-12, f"{number:g} pF", _FARAD)
