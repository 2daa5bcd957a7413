"""Other values for the parameters of a rule: one number, or values that differ between synapses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from neurosim.checks.dimensions import PLAIN, Dimension, in_words
from neurosim.checks.distributions import Distribution
from neurosim.checks.given import mapping
from neurosim.errors import NetworkError, UnitError, unknown_name
from neurosim.plasticity.varied import Varied, parameters_of_both_kinds


class Parameterised(Protocol):
    """What is read of a rule: its name and its parameters."""

    @property
    def name(self) -> str: ...
    @property
    def parameters(self) -> Mapping[str, float]: ...
    @property
    def varied(self) -> Mapping[str, Varied]: ...
    @property
    def dimensions(self) -> Mapping[str, Dimension]: ...
    @property
    def steps(self) -> frozenset[str]: ...
    @property
    def needs_training_loop(self) -> bool: ...


def changed_parameters(rule: Parameterised, changed: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, Varied]]:
    """Parameters that are one number, and those that differ between synapses; errors are those of `with_parameters`."""
    known = (*rule.parameters, *rule.varied)
    given = mapping(f"Rule {rule.name!r}: with_parameters", changed, '{"eta": 0.1}')
    for name in given:
        if name not in known:
            raise NetworkError(f"Rule {rule.name!r}: " + unknown_name("parameter", str(name), known))
    numbers, dimensions, varied = parameters_of_both_kinds(rule.name, given)
    for name, value in numbers.items():
        if name in rule.steps and value != rule.parameters[name]:
            raise NetworkError(
                f"Rule {rule.name!r}: parameter {name!r} is the time step of the network; give the network another dt instead."
            )
        _check_dimension(rule, name, dimensions[name], (_own(rule, name), PLAIN))
    for name, several in varied.items():
        plain = () if isinstance(several.values, Distribution) else (PLAIN,)
        _check_dimension(rule, name, several.dimension, (_own(rule, name), *plain))
        varied[name] = replace(several, dimension=_own(rule, name))
    refuse_varied(rule, varied)
    single = {name: value for name, value in {**rule.parameters, **numbers}.items() if name not in varied}
    return single, {name: value for name, value in {**rule.varied, **varied}.items() if name not in numbers}


def refuse_varied(rule: Parameterised, varied: Mapping[str, Varied]) -> None:
    """NetworkError if the rule runs where parameters are single numbers."""
    for name in varied:
        if name in rule.steps:
            raise NetworkError(f"Rule {rule.name!r}: parameter {name!r} is the time step of the network, which is one number.")
        if rule.needs_training_loop:
            raise NetworkError(
                f"Rule {rule.name!r}: it runs in a training loop (neurosim.train), where parameters are single numbers; give "
                f"{name!r} one number."
            )


def _own(rule: Parameterised, name: str) -> Dimension:
    return rule.varied[name].dimension if name in rule.varied else rule.dimensions.get(name, PLAIN)


def _check_dimension(rule: Parameterised, name: str, found: Dimension, allowed: tuple[Dimension, ...]) -> None:
    if found not in allowed:
        expected = in_words(allowed[0]) + (", or plain numbers in SI" if PLAIN in allowed[1:] else "")
        raise UnitError(f"Rule {rule.name!r}: parameter {name!r}: found {in_words(found)}; expected {expected}.")
