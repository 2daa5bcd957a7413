"""Initial values of a population: numbers, arrays, or distributions from which each neuron draws one value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.arrays import shape_of
from neurosim.checks.distributions import Distribution
from neurosim.errors import NetworkError, NeurosimError, shown, unknown_name
from neurosim.network.inputs import Input
from neurosim.neurons.base import Neuron, zero_or_si
from neurosim.rng import stream
from neurosim.units import FloatArray


def check_initial(given: Mapping[str, Any], model: Neuron | Input, n: int, who: str) -> None:
    """Raise NetworkError or UnitError unless `given` are values of variables of `model`, one or one per neuron."""
    if isinstance(model, Input):
        raise NetworkError(f"{who}: an input has no variables, so it accepts no initial values; leave them out.")
    for variable in given:
        if variable not in model.variables:
            raise NetworkError(f"{who}: initial: " + unknown_name("variable", str(variable), model.variables))
        _drawn(given[variable], model, variable, n, np.random.default_rng(0), who)


def initial_values(given: Mapping[str, Any], model: Neuron, n: int, seed: int, name: str) -> dict[str, FloatArray]:
    """Variable -> values (n,) in SI; each variable has a random stream of its own, the same in every execution."""
    streams = {variable: stream(seed, "initial", name, variable) for variable in given}
    return {v: _drawn(given[v], model, v, n, rng, f"Population {name!r}") for v, rng in streams.items()}


def _drawn(value: Any, model: Neuron, variable: str, n: int, rng: np.random.Generator, population: str) -> FloatArray:
    who = f"{population}: initial[{variable!r}]"
    try:
        unit = model.variable_unit(variable)
        if isinstance(value, Distribution):
            return value.draw((n,), unit, rng)
    except NeurosimError as error:
        raise type(error)(f"{who}: {error}") from None
    if isinstance(value, str):
        raise NetworkError(f"{who} = {value!r}; expected values with a unit, or a distribution such as Uniform(low, high).")
    numbers = zero_or_si(value, unit, who)
    if shape_of(numbers) not in ((), (n,)):
        raise NetworkError(f"{who} has shape {shape_of(numbers)}; expected a single value or ({n},).")
    if not np.all(np.isfinite(numbers)):
        raise NetworkError(f"{who} = {shown(value)}; expected finite values.")
    return np.array(np.broadcast_to(numbers, n))
