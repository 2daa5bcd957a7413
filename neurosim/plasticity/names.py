"""Names in a rule: normalised as in Python, and different from the reserved words of the language of updates."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Any
from unicodedata import normalize

from neurosim.errors import NetworkError, shown

FUNCTIONS: Mapping[str, int] = {
    "exp": 1, "log": 1, "sqrt": 1, "abs": 1, "sign": 1, "clip": 3, "where": 3, "step": 1, "relu": 1, "min": 2, "max": 2,
    "before": 1,
}  # fmt: skip
"""Functions that an update may call, and their numbers of arguments.

A rule that calls a function is not a polynomial, with one exception: ``before(y)`` at the event of y itself is ``y`` without
its impulse.
"""

_LONGEST = 100


def normalised(rule: str, kind: str, things: Mapping[Any, Any]) -> dict[str, Any]:
    """`things` with their names normalised as in a Python expression: a full-width x becomes x, and Greek letters stay.

    Raises
    ------
    NetworkError
        If a key is not a name, or is reserved, or if two keys are the same name.
    """
    out: dict[str, Any] = {}
    for given, thing in things.items():
        name = _normalised(f"Rule {rule!r}: {kind}", given)
        if name in out:
            raise NetworkError(f"Rule {rule!r}: two {kind}s are called {name!r} (one is written {given!r}); rename one.")
        out[name] = thing
    return out


def _normalised(who: str, given: Any) -> str:
    if not (isinstance(given, str) and given.isidentifier() and len(given) <= _LONGEST):
        raise NetworkError(f"{who} {shown(given)}; expected a name of up to {_LONGEST} letters, digits and _.")
    name = normalize("NFKC", given)
    if name in FUNCTIONS or keyword.iskeyword(name):
        raise NetworkError(
            f"{who} {name!r} is reserved in the language of updates; choose another name than {', '.join(FUNCTIONS)} and "
            "the keywords of Python, such as lambda."
        )
    return name
