"""Variables that equations of Brian2 declare, and their units."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from neurosim.brian2_import import keep_own_errors
from neurosim.errors import NetworkError
from neurosim.units import unit_of


@cache
def declared(model: str) -> Mapping[str, str]:
    """Variables of the model and their units, as Brian2 parses them."""
    from brian2 import Equations as Parsed

    keep_own_errors()
    try:
        return {equation.varname: unit_of(equation) for equation in Parsed(model).values()}
    except Exception as reason:
        while reason.__cause__ is not None and str(reason.__cause__):
            reason = reason.__cause__  # type: ignore[assignment]
        raise NetworkError(f"EquationNeuron.model: Brian2 cannot read the equations: {' '.join(str(reason).split())}") from None


def settable(model: str, variable: str) -> str:
    """SI unit of a variable of the model; a NetworkError if the model computes it from others."""
    from brian2 import Equations as Parsed

    if Parsed(model)[variable].type == "subexpression":
        raise NetworkError(f"{variable!r} is computed from other variables, so it cannot be set; set those.")
    return declared(model)[variable]
