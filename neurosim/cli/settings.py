"""Parsing the texts after ``--set``: names with values, which are Python literals, quantities or text."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from neurosim.errors import UsageError, unknown_name

_QUANTITY = re.compile(r"([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*\*?\s*([A-Za-z]\w*)")
_UNITS = ("s", "ms", "us", "Hz", "kHz", "V", "mV", "nA", "pA", "nS", "pS")


def parse_options(texts: Sequence[str]) -> dict[str, Any]:
    """Parse texts such as ``["n=3", "sizes=(64, 10)"]`` as options of a model; each value is a Python literal.

    Raises
    ------
    UsageError
        If a text has no ``=``, or its value is not a literal.
    """
    return dict(_option(text) for text in texts)


def parse_parameters(texts: Sequence[str]) -> dict[str, Any]:
    """Parse texts such as ``["eta=0.1", "tau=20ms"]`` as parameters of a rule; each value is a quantity or a Python literal.

    Raises
    ------
    UsageError
        If a text has no ``=``, its value is neither a quantity nor a literal, or a unit is unknown.
    """
    return dict(_parameter(text) for text in texts)


def parse_settings(texts: Sequence[str]) -> dict[str, list[Any]]:
    """Parse texts such as ``["eta=1e-4,1e-3", "rule=stdp,desire"]`` as values of a study.

    A value that is neither a literal nor a quantity is text.

    Raises
    ------
    UsageError
        If a text has no ``=`` or no value.
    """
    return dict(_setting(text) for text in texts)


def _named(text: str, expected: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (equals and name.isidentifier()):
        raise UsageError(f"--set {text}: expected {expected}.")
    return name, value


def _option(text: str) -> tuple[str, Any]:
    name, value = _named(text, "name=value, such as seed=3")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise UsageError(
            f"--set {text}: the value {value!r} is not a Python literal; "
            "expected one such as 3, 0.5, (64, 100, 10), True or '\"text\"'."
        ) from None


def _parameter(text: str) -> tuple[str, Any]:
    name, value = _named(text, "name=value, such as seed=3")
    found = _QUANTITY.fullmatch(value)
    if found is None:
        return _option(text)
    if found[2] not in _UNITS:
        raise UsageError(f"--set {text}: " + unknown_name("unit", found[2], _UNITS))
    try:
        return name, _quantity(found[1], found[2])
    except ValueError:
        raise UsageError(f"--set {text}: {found[1]!r} is not a number; expected one such as 20{found[2]}.") from None


def _setting(text: str) -> tuple[str, list[Any]]:
    expected = "name=value or name=value,value, such as eta=1e-4,1e-3 or tau=5*ms"
    name, values = _named(text, expected)
    if not values:
        raise UsageError(f"--set {text}: expected {expected}.")
    try:
        # The last comma makes a tuple also of a single value; a value in brackets stays one value.
        return name, list(ast.literal_eval(f"({values},)"))
    except (ValueError, SyntaxError):
        return name, [_quantity_or_text(value.strip()) for value in values.split(",")]


def _quantity_or_text(text: str) -> Any:
    found = _QUANTITY.fullmatch(text)
    quantity = None if found is None else _quantity(found[1], found[2])
    return text if quantity is None else quantity


def _quantity(number: str, unit: str) -> Any:
    """Quantity with one of Brian2's units; None if there is no such unit."""
    from neurosim import units

    found = getattr(units, unit, None)
    return None if found is None else float(number) * found
