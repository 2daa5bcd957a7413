"""Neuron defined by the user's own Brian2 equations; it runs in simulation only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from neurosim.checks.distributions import Normal, Uniform
from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.neurons.base import Equations, Neuron, check_time
from neurosim.neurons.declared import declared
from neurosim.neurons.timed import Timed
from neurosim.units import FloatArray, as_quantity, si, unit_of


@dataclass(frozen=True, kw_only=True)
class EquationNeuron(Neuron):
    """Neuron defined by Brian2 equations.

    Parameters
    ----------
    model : str or brian2.Equations
        Equations as for a NeuronGroup of Brian2. An equation can extend over several lines; comments begin with #.
    threshold, reset : str
        Threshold condition and reset statements, as for a NeuronGroup of Brian2.
    parameters : mapping
        Values with units, by the names that the equations use. An array has one value per neuron; a `Timed` value changes in
        time.
    receptors : mapping
        Variable to which a spike adds its weight, by receptor.
    weight_unit : mapping or str, optional
        Name of the unit of the weights ("volt", "siemens", "1", ...), for each receptor or for all. By default, the unit of the
        variable to which weights are added.
    initial : mapping
        Values with units at time zero, by variable: one value, or one per neuron; `Uniform` or `Normal`, from which each neuron
        draws a value by the seed of the network; or an expression of Brian2 such as ``"E_l + rand()*5*mV"``.
    refractory : time or str, or None
        Refractory time, or a condition in the syntax of Brian2 that keeps a neuron from spiking, such as ``"v > -20*mV"``.
    method : str
        Integration method of Brian2.

    Raises
    ------
    NetworkError, UnitError
        If Brian2 cannot read the equations, if a receptor or an initial value refers to a variable that the model does not
        have, or if a value does not fit.
    """

    model: Any
    threshold: str
    reset: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    receptors: Mapping[str, str] = field(default_factory=dict)
    weight_unit: Mapping[str, str] | str | None = None
    initial: Mapping[str, Any] = field(default_factory=dict)
    refractory: Any = None
    method: str = "exponential_euler"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "model", _as_text(self.model))
        known = self.variables
        for kind, names in (("receptors", self.receptors.values()), ("initial", self.initial)):
            for name in names:
                if name not in known:
                    raise NetworkError(
                        f"EquationNeuron.{kind}: {name!r} is not a variable of the model, which declares {', '.join(known)}."
                    )
        for name in self.parameters:
            if name in (*known, *_OF_BRIAN):
                remedy = f"give it as initial={{{name!r}: ...}}" if name in known else "choose another name"
                raise NetworkError(f"EquationNeuron.parameters: {name!r} is a variable of the model; {remedy}.")
        self._check_weight_units()
        self.equations(1e-3)

    def _check_weight_units(self) -> None:
        units = self.weight_unit
        for receptor in self.receptors:
            if isinstance(units, Mapping) and receptor not in units:
                raise NetworkError("EquationNeuron.weight_unit: " + unknown_name("receptor", receptor, units))
        for unit in self.weight_units.values():
            _check_unit(unit)

    def _values_of_neurons(self) -> Iterator[tuple[str, Any]]:
        yield "refractory", self.refractory
        for kind in ("parameters", "initial"):
            yield from ((f"{kind}[{name!r}]", value) for name, value in getattr(self, kind).items())

    def _can_be_timed(self, name: str) -> bool:
        return name.startswith("parameters[")

    @property
    def weight_units(self) -> Mapping[str, str]:
        unit = self.weight_unit
        if unit is None:
            units = declared(self.model)
            return {receptor: units[variable] for receptor, variable in self.receptors.items()}
        return {r: unit if isinstance(unit, str) else unit[r] for r in self.receptors}

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(declared(self.model))

    def equations(self, dt: float) -> Equations:
        return Equations(
            model=self.model,
            threshold=self.threshold,
            reset=self.reset,
            parameters=_values("parameters", self.parameters, _parameter),
            receptors=self.receptors,
            initial=_values("initial", self.initial, _start),
            refractory=_refractory(self.refractory),
            method=self.method,
        )


_OF_BRIAN = ("t", "dt", "i", "N")
"""Variables that every neuron group of Brian2 has."""
Given = tuple[Any, str]
"""Value in SI, or expression, and its unit."""


def _values(kind: str, given: Mapping[str, Any], one: Callable[[Any, str], Given]) -> dict[str, Given]:
    return {name: one(value, f"EquationNeuron.{kind}[{name!r}]") for name, value in given.items()}


def _parameter(value: Any, who: str) -> Given:
    unit = unit_of(value)
    if isinstance(value, Timed):
        return value, unit
    number = si(value, unit, who)
    if not np.all(np.isfinite(number)):
        raise NetworkError(f"{who} = {shown(value)}; expected finite values.")
    return number, unit


def _start(value: Any, who: str) -> Given:
    """Initial value; a distribution becomes an expression with which Brian2 draws a value for each neuron."""
    if isinstance(value, str):
        return value, "1"
    if not isinstance(value, Normal | Uniform):
        return _parameter(value, who)
    pair = (value.mean, value.sd) if isinstance(value, Normal) else (value.low, value.high)
    unit = unit_of(pair[0])
    one, other = (_written(si(x, unit, who), unit, who) for x in pair)
    return f"{one} + randn()*{other}" if isinstance(value, Normal) else f"{one} + rand()*({other} - {one})", unit


def _written(number: FloatArray, unit: str, who: str) -> str:
    if number.ndim:
        raise NetworkError(f"{who}: expected one distribution for all neurons, found one with arrays.")
    return f"({float(number)!r}*{unit})" if unit != "1" else f"({float(number)!r})"


def _refractory(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    check_time(value, "EquationNeuron.refractory")
    return si(value, "second", "EquationNeuron.refractory")


def _as_text(model: Any) -> str:
    """Equations as text; a `brian2.Equations` object is converted to text."""
    if isinstance(model, str):
        return model
    if not hasattr(model, "ordered"):
        raise NetworkError(f"EquationNeuron.model = {shown(model)}; expected equations as text, or a brian2.Equations object.")
    return "\n".join(_line(equation) for equation in model.ordered)


def _line(equation: Any) -> str:
    kinds = {"differential equation": "d{}/dt = {}", "subexpression": "{} = {}", "parameter": "{}"}
    code = "" if equation.expr is None else equation.expr.code
    unit = unit_of(SimpleNamespace(dim=equation.dim)) if equation.var_type == "float" else equation.var_type
    flags = f" ({', '.join(equation.flags)})" if equation.flags else ""
    return f"{kinds[equation.type].format(equation.varname, code)} : {unit}{flags}"


def _check_unit(unit: str) -> None:
    try:
        as_quantity(1.0, unit)
    except Exception:
        raise NetworkError(
            f"EquationNeuron.weight_unit: {unit!r} is not a unit of Brian2; expected a name such as 'volt'."
        ) from None
