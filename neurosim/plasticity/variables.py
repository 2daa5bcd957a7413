"""Variables of synapses with names of their own, which a rule declares beside w, tag and aux."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurosim.errors import NetworkError, shown
from neurosim.plasticity.products import SYNAPTIC
from neurosim.plasticity.traces import Trace


def own_variables(traces: Mapping[str, Trace]) -> tuple[str, ...]:
    """Names of the declared variables of a synapse other than w, tag and aux."""
    return tuple(name for name, trace in traces.items() if _side(trace) == "synapse" and name not in SYNAPTIC)


def with_variables(rule: str, traces: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Declarations of traces and of variables together.

    Raises
    ------
    NetworkError
        If a variable is not made with `synaptic`, or has the name of a trace, or if a trace belongs to the variables.
    """
    for name, trace in traces.items():
        if _side(trace) == "synapse" and name not in SYNAPTIC[1:]:
            raise NetworkError(
                f"Rule {rule!r}: trace {name!r}: synaptic(...) makes 'tag' or 'aux' decay; declare a variable with another "
                f"name in variables={{{name!r}: synaptic(...)}}."
            )
    for name, variable in variables.items():
        who = f"Rule {rule!r}: variable {name!r}"
        if _side(variable) != "synapse":
            raise NetworkError(f"{who} is {shown(variable)}; expected a variable of a synapse, such as synaptic(20*ms).")
        if name == "w" or name in traces:
            raise NetworkError(f"{who} is already {'the weight' if name == 'w' else 'a trace'}; choose another name.")
    both = {**traces, **variables}
    for name in SYNAPTIC[1:]:
        if getattr(both.get(name), "start", 0.0):
            raise NetworkError(f"Rule {rule!r}: {name!r} begins at 0; to begin elsewhere, use a variable with another name.")
    return both


def _side(trace: Any) -> str:
    return trace.side if isinstance(trace, Trace) else ""
