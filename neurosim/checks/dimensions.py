"""Physical dimensions as data: exponents of the seven base units, compared and named without loading Brian2."""

from __future__ import annotations

from math import isfinite
from types import SimpleNamespace
from typing import Any

from neurosim.units import _DIMENSIONS, as_quantity, unit_of

Dimension = tuple[float, ...]
"""Exponents of (metre, kilogram, second, ampere, kelvin, mole, candela)."""

PLAIN: Dimension = (0.0,) * 7
"""Dimension of plain numbers."""

_BASE = ("metre", "kilogram", "second", "amp", "kelvin", "mole", "candela")
_EXAMPLES = {
    "1": "0.05",
    "second": "20*ms",
    "hertz": "5*Hz",
    "volt": "0.05*mV",
    "ampere": "5*pA",
    "siemens": "0.05*nS",
    "farad": "200*pF",
}


def dimension_of(value: Any) -> Dimension:
    """Dimension of a quantity; `PLAIN` for everything else."""
    dim = getattr(value, "dim", None)
    return PLAIN if dim is None else tuple(round(float(e), 9) for e in dim._dims)


def dimension_named(unit: str) -> Dimension:
    """Dimension of a unit in the form that `neurosim.units.si` accepts: "volt", or a product as Brian2 writes it."""
    known = _DIMENSIONS.get(unit)
    return dimension_of(as_quantity(1.0, unit)) if known is None else tuple(float(e) for e in known)


def unit_named(dimension: Dimension) -> str:
    """Name of the SI unit of a dimension: "1" for plain numbers; a product of base units if it has no common name."""
    return unit_of(SimpleNamespace(dim=_Product(dimension)))


def in_words(dimension: Dimension) -> str:
    """Description of a value with this dimension: "a plain number" or, for example, "in volt"."""
    return "a plain number" if dimension == PLAIN else f"in {unit_named(dimension)}"


def example_of(dimension: Dimension) -> str:
    """Example of a value with this dimension, as a user writes it."""
    unit = unit_named(dimension)
    return _EXAMPLES.get(unit, f"0.05*{unit}")


def readable(value: float, unit: str) -> str:
    """Number in SI as a user would write it: ``1 mV``, not ``0.001``."""
    if unit == "1" or not isfinite(value):
        return f"{value:g}"
    return " ".join(str(as_quantity(value, unit)).replace(". ", " ").split())


class _Product:
    """Dimension with the attributes that `neurosim.units.unit_of` uses."""

    def __init__(self, dims: Dimension) -> None:
        self._dims = dims

    def __repr__(self) -> str:
        parts = [(name, power) for name, power in zip(_BASE, self._dims, strict=True) if power]
        return " * ".join(name if power == 1 else f"{name} ** {power:g}" for name, power in parts)
