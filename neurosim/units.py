"""Conversion of quantities: users write them with Brian2's units, and neurosim stores them as floats in SI units.

`from neurosim.units import ms, mV` imports Brian2's own unit objects. They are looked up on first use, so that a description
alone does not load the engine. `from neurosim.units import *` defines all of them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.arrays import as_floats, leaves
from neurosim.brian2_import import keep_own_errors
from neurosim.errors import UnitError, shown

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.int64]

# Exponents of (metre, kilogram, second, ampere, kelvin, mole, candela), the order Brian2 uses.
_DIMENSIONS: dict[str, tuple[int, ...]] = {
    "1": (0, 0, 0, 0, 0, 0, 0),
    "second": (0, 0, 1, 0, 0, 0, 0),
    "hertz": (0, 0, -1, 0, 0, 0, 0),
    "volt": (2, 1, -3, -1, 0, 0, 0),
    "ampere": (0, 0, 0, 1, 0, 0, 0),
    "siemens": (-2, -1, 3, 2, 0, 0, 0),
    "farad": (-2, -1, 4, 2, 0, 0, 0),
}
_NAMES = {*_DIMENSIONS, "metre", "kilogram", "second", "amp", "kelvin", "mole", "candela"} - {"1"}
_POWER = re.compile(r"([a-z]+)(?: \*\* -?\d{1,3}(?:\.\d{1,20})?)?")
_LONGEST = 200
_EXAMPLES = {
    "1": "0.5",
    "second": "20*ms",
    "hertz": "10*Hz",
    "volt": "5*mV",
    "ampere": "1*nA",
    "siemens": "10*nS",
    "farad": "200*pF",
}


def unit_of(value: Any) -> str:
    """Name of the SI unit of `value`: "1" for plain numbers; a product such as "metre ** 2" if it has no common name."""
    dim = getattr(joined(value, "a value") if isinstance(value, list | tuple) else value, "dim", None)
    if dim is None or not hasattr(dim, "_dims"):
        return "1"
    exponents = tuple(round(float(e), 9) for e in dim._dims)
    for name, known in _DIMENSIONS.items():
        if exponents == known:
            return name
    return repr(dim)


def is_unit(text: Any) -> bool:
    """Whether `text` has the form of a unit that `unit_of` can return.

    Brian2 evaluates the text of a unit as code; text from a file therefore has to be checked first.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return False
    powers = [_POWER.fullmatch(part) for part in text.split(" * ")]
    return text == "1" or all(power is not None and power[1] in _NAMES for power in powers)


def si(value: Any, unit: str, who: str) -> FloatArray:
    """Check the dimension of `value`, and convert it to a new SI float array. All numbers from users pass through here.

    Parameters
    ----------
    value : quantity, number, array or list
        Value from the user; a list may contain quantities of the same unit.
    unit : str
        Expected unit: "1", "second", "hertz", "volt", "ampere", "siemens", "farad", or a product of units as Brian2 writes
        them.
    who : str
        Name of the value in messages: ``"LIF.tau_m"``.

    Raises
    ------
    UnitError
        If the dimension differs, or the value does not consist of real numbers: text, objects, None, truth values, complex
        numbers, masked entries, sparse matrices.
    """
    value = joined(value, who)
    found = unit_of(value)
    if found != unit and found != unit_of(as_quantity(1.0, unit)):
        numbers = as_floats(value, who) if found == "1" else value
        what = _plain(value, numbers) if found == "1" else f"{shown(value)} (in {found})"
        expected = "a plain number" if unit == "1" else f"a value in {unit}"
        example = f", such as {_EXAMPLES[unit]}" if unit in _EXAMPLES else ""
        raise UnitError(f"{who}: expected {expected}{example}, found {what}.")
    return as_floats(value, who)


def in_si(value: Any, who: str) -> tuple[FloatArray, str]:
    """Convert `value` to a new SI float array; return it with the name of its unit. Errors are as in `si`."""
    value = joined(value, who)
    return as_floats(value, who), unit_of(value)


def joined(value: Any, who: str) -> Any:
    """Convert a list of quantities to one quantity; return anything else unchanged."""
    if not isinstance(value, list | tuple) or not any(getattr(leaf, "dim", None) is not None for leaf in leaves(value)):
        return value
    from brian2 import DimensionMismatchError, Quantity

    keep_own_errors()
    try:
        return Quantity(value)
    except (TypeError, ValueError, DimensionMismatchError):
        raise UnitError(f"{who}: expected quantities of the same unit, found {shown(value)}.") from None


def _plain(value: Any, numbers: Any) -> str:
    return f"the plain number {shown(value)}" if np.ndim(numbers) == 0 else f"{shown(value)} without unit"


def as_quantity(value: Any, unit: str) -> Any:
    """Convert an SI number or array to a Brian2 quantity; with unit "1", return it unchanged."""
    if unit == "1":
        return value
    from brian2 import Quantity
    from brian2.equations.equations import dimensions_and_type_from_string

    keep_own_errors()
    return Quantity(value, dim=dimensions_and_type_from_string(unit)[0])


@cache
def _names() -> list[str]:
    """Names of all units of Brian2, sorted."""
    import brian2

    keep_own_errors()
    return sorted(name for name, thing in vars(brian2).items() if isinstance(thing, brian2.Unit))


def __dir__() -> list[str]:
    return sorted({*globals(), *_names()})


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return _names()
    if name.startswith("_"):
        raise AttributeError(name)
    import brian2

    keep_own_errors()
    unit = getattr(brian2, name, None)
    if not isinstance(unit, brian2.Unit):
        raise AttributeError(f"neurosim.units has no unit {name!r}; it has the units of Brian2, such as ms, mV and Hz.")
    return unit
