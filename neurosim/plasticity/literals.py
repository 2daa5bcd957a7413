"""Published defaults with their unit, without Brian2: importing the rules loads no engine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from neurosim.checks.dimensions import unit_named

_SECOND, _HERTZ = (0, 0, 1, 0, 0, 0, 0), (0, 0, -1, 0, 0, 0, 0)
_VOLT, _AMPERE, _SIEMENS = (2, 1, -3, -1, 0, 0, 0), (0, 0, 0, 1, 0, 0, 0), (-2, -1, 3, 2, 0, 0, 0)
_FARAD = (-2, -1, 4, 2, 0, 0, 0)


class Literal(float):
    """A number in SI with a dimension, which reads as it was written: ``20 ms``."""

    dim: Any
    text: str

    def __new__(cls, value: float, text: str, dimension: tuple[float, ...]) -> Literal:
        """`value` in SI, as it is shown, and its dimension in the order of `neurosim.units`."""
        made = super().__new__(cls, value)
        made.dim = SimpleNamespace(_dims=dimension)
        made.text = text
        return made

    def __getnewargs__(self) -> tuple[float, str, tuple[float, ...]]:  # type: ignore[override]
        """What copies and pickles are made of."""
        return float(self), self.text, self.dim._dims

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__


def of_dimension(value: float, dimension: tuple[float, ...]) -> float:
    """A number in SI with that dimension; without one, as it is."""
    return Literal(value, f"{value:g} {unit_named(dimension)}", dimension) if any(dimension) else value


def milliseconds(number: float) -> Literal:
    """`number` ms."""
    return Literal(number * 1e-3, f"{number:g} ms", _SECOND)


def hertz(number: float) -> Literal:
    """`number` Hz."""
    return Literal(number, f"{number:g} Hz", _HERTZ)


def seconds(number: float) -> Literal:
    """`number` s."""
    return Literal(number, f"{number:g} s", _SECOND)


def millivolts(number: float) -> Literal:
    """`number` mV."""
    return Literal(number * 1e-3, f"{number:g} mV", _VOLT)


def picoamperes(number: float) -> Literal:
    """`number` pA."""
    return Literal(number * 1e-12, f"{number:g} pA", _AMPERE)


def nanosiemens(number: float) -> Literal:
    """`number` nS."""
    return Literal(number * 1e-9, f"{number:g} nS", _SIEMENS)


def picofarads(number: float) -> Literal:
    """`number` pF."""
    return Literal(number * 1e-12, f"{number:g} pF", _FARAD)
