"""Functions that rules call in Brian2, with an implementation for each code generator: choices, comparisons, the larger of two.

Brian2 has truth values only in some places of an expression, and compares no results of functions. A comparison of a rule is
therefore a function that returns 1 or 0. Both sides of a choice are computed, and what is not chosen has no effect, even if it
is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import brian2
import numpy as np


def _function(name: str, arguments: str, c: str, cython: str, compute: Callable[..., Any]) -> Any:
    """A function of doubles, in C++, in Cython and for NumPy."""
    names = arguments.split()
    made = brian2.Function(
        compute,
        arg_units=[1] * len(names),
        return_unit=1,
        arg_types=["float"] * len(names),
        return_type="float",
        stateless=True,
    )
    doubles = ", ".join(f"double {n}" for n in names)
    made.implementations.add_numpy_implementation(compute, discard_units=True)
    made.implementations.add_implementation(
        "cpp", code=f"static inline double {name}({doubles}) {{ return {c}; }}\n", name=name
    )
    made.implementations.add_implementation(
        "cython", code=f"cdef inline double {name}({doubles}) noexcept nogil:\n    return {cython}\n", name=name
    )
    return made


def _truth(operation: str, compute: Callable[..., Any]) -> tuple[str, str, str, Callable[..., Any]]:
    texts = "a b", f"(a {operation} b) ? 1.0 : 0.0", f"1.0 if a {operation} b else 0.0"
    return *texts, lambda a, b: np.where(compute(a, b), 1.0, 0.0)


_IMPLEMENTED: Mapping[str, tuple[str, str, str, Callable[..., Any]]] = {
    "rule_where": ("c a b", "(c != 0.0) ? a : b", "a if c != 0.0 else b", lambda c, a, b: np.where(np.not_equal(c, 0.0), a, b)),
    "rule_min": ("a b", "(b < a) ? b : a", "b if b < a else a", lambda a, b: np.where(np.less(b, a), b, a)),
    "rule_max": ("a b", "(b > a) ? b : a", "b if b > a else a", lambda a, b: np.where(np.greater(b, a), b, a)),
    "rule_above": _truth(">", np.greater),
    "rule_reaches": _truth(">=", np.greater_equal),
    "rule_equals": _truth("==", np.equal),
    "rule_differs": _truth("!=", np.not_equal),
}
RULE_FUNCTIONS: Mapping[str, Any] = {name: _function(name, *given) for name, given in _IMPLEMENTED.items()}
"""Name of a function in the code of synapses -> Brian2's Function."""


def functions_in(code: str) -> dict[str, Any]:
    """The functions that a piece of code calls, by name."""
    return {name: function for name, function in RULE_FUNCTIONS.items() if f"{name}(" in code}
