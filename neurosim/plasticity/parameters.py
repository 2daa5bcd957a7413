"""Parameters of a named rule: values from the signature of its factory, units and meanings from its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neurosim.errors import NetworkError, unknown_name
from neurosim.plasticity.catalogue import RuleEntry
from neurosim.plasticity.rule import PlasticityRule


@dataclass(frozen=True)
class Parameter:
    """Parameter of a rule's factory: value and default as text, kind and meaning from the docstring."""

    name: str
    value: str
    default: str
    kind: str
    meaning: str


def checked_rule(entry: RuleEntry, options: Mapping[str, Any]) -> PlasticityRule:
    """Make the rule with `options`, after checking their names.

    Raises
    ------
    NetworkError
        If the rule has no such parameter, or its value does not fit.
    """
    known = inspect.signature(entry.factory).parameters
    for option in options:
        if option not in known:
            raise NetworkError(f"Rule {entry.name!r}: " + unknown_name("parameter", option, known))
    try:
        return entry.factory(**options)
    except TypeError as error:
        expected = "numbers, times and rates with units, bounds as (low, high)"
        raise NetworkError(f"Rule {entry.name!r}: {error}; expected {expected}.") from None


def parameters_of(entry: RuleEntry, options: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """All parameters of the factory, with `options` in place of defaults."""
    said = _documented(inspect.getdoc(entry.factory) or "")
    return tuple(
        Parameter(p.name, str(options.get(p.name, p.default)), str(p.default), *said.get(p.name, ("", "")))
        for p in inspect.signature(entry.factory).parameters.values()
    )


def _documented(docstring: str) -> dict[str, tuple[str, str]]:
    """Kind and meaning of each parameter, read from the numpydoc section."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", docstring, re.S | re.M)
    entries = re.findall(r"^([\w, ]+?) : (.+)\n((?:    .*\n?)+)", section[1] if section else "", re.M)
    return {
        name.strip(): (kind, " ".join(text.replace("`", "").split()))
        for names, kind, text in entries
        for name in names.split(",")
    }
