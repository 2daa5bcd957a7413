"""Weights, states, tags and traces, and constants of rules of a running network, as mappings that can be set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.arrays import as_floats
from neurosim.backends.running.engine import Engine
from neurosim.checks.distributions import Distribution
from neurosim.checks.given import number
from neurosim.display.short import LONGEST, cut
from neurosim.errors import NetworkError, unknown_name
from neurosim.network.inputs import Input
from neurosim.network.network import Network
from neurosim.plasticity.rule import PlasticityRule
from neurosim.rng import stream
from neurosim.units import si


class _View(MutableMapping[Any, Any]):
    """Base of the views: values belong to the network, so they can be set but not removed."""

    def __init__(self, network: Network, engine: Engine) -> None:
        self._network, self._engine = network, engine

    def __delitem__(self, key: Any) -> None:
        raise NetworkError(f"Running: {key!r} belongs to the network and cannot be removed; set it instead.")

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        """The names; the values are read one by one."""
        return cut(f"{type(self).__name__}({', '.join(map(repr, self)) or 'none'})", LONGEST)


class Weights(_View):
    """Weights (n_pre, n_post) by projection, in SI; sparse if the projection is sparse. Quantities can be set, too."""

    def __iter__(self) -> Iterator[str]:
        return (p.name for p in self._network.projections)

    def __getitem__(self, name: str) -> Any:
        return self._engine.weights(self._network.projection(name, "Running").name)

    def __setitem__(self, name: str, values: Any) -> None:
        projection = self._network.projection(name, "Running")
        who = f"Running: weights of {name!r}"
        unit = self._network.weight_unit(projection)
        given = _matrix(values, who) if sparse.issparse(values) else _numbers(values, unit, who)
        if not sparse.issparse(given) and given.ndim == 0:
            own = self._engine.weights(name)
            given = own * 0 + given if not sparse.issparse(own) else _filled(own, float(given))
        self._engine.set_weights(name, given)


class States(_View):
    """States (n,) by (population, variable), in SI.

    Quantities in the unit of the neuron's levels can be set, too, and distributions, from which each neuron draws one value.
    """

    def __iter__(self) -> Iterator[tuple[str, str]]:
        cells = (p for p in self._network.populations if not isinstance(p.model, Input))
        return ((p.name, variable) for p in cells for variable in p.model.variables)  # type: ignore[union-attr]

    def _checked(self, key: Any) -> tuple[str, str]:
        if not (isinstance(key, tuple) and len(key) == 2):
            raise NetworkError(f"Running: state {key!r}; expected population and variable, such as run.states['cells', 'v'].")
        population, variable = key
        model = self._network.population(population, "Running").model
        known = () if isinstance(model, Input) else model.variables
        if variable not in known:
            raise NetworkError(f"Running: population {population!r}: " + unknown_name("variable", str(variable), known))
        return population, variable

    def __getitem__(self, key: tuple[str, str]) -> Any:
        return self._engine.state(*self._checked(key))

    def __setitem__(self, key: tuple[str, str], values: Any) -> None:
        population, variable = self._checked(key)
        model: Any = self._network.population(population).model
        unit = model.variable_unit(variable)
        if isinstance(values, Distribution):
            rng = stream(self._network.seed, "states", population, variable)
            given = values.draw((self._network.population(population).n,), unit, rng)
        else:
            given = _numbers(values, unit, f"Running: {variable!r} of {population!r}")
        self._engine.set_state(population, variable, given)


class Synapses(_View):
    """Tags and aux (n_pre, n_post), and traces (n,), by (projection, variable)."""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for p in self._network.projections:
            if p.plasticity is not None:
                yield from ((p.name, name) for name in _variables(p.plasticity))

    def _checked(self, key: Any) -> tuple[str, str]:
        if not (isinstance(key, tuple) and len(key) == 2):
            raise NetworkError(f"Running: {key!r}; expected a projection and a variable, such as run.synapses['in_out', 'x'].")
        name, variable = key
        rule = self._network.projection(name, "Running").plasticity
        if rule is None:
            raise NetworkError(f"Running: projection {name!r} does not learn, so it has no tags and traces.")
        if variable not in _variables(rule):
            raise NetworkError(f"Running: projection {name!r}: " + unknown_name("variable", str(variable), _variables(rule)))
        return name, variable

    def __getitem__(self, key: tuple[str, str]) -> Any:
        return self._engine.synapses(*self._checked(key))

    def __setitem__(self, key: tuple[str, str], values: Any) -> None:
        self._engine.set_synapses(*self._checked(key), _numbers(values, "1", f"Running: {key[1]!r} of {key[0]!r}"))


class Constants(_View):
    """Parameters of rules by (projection, parameter), such as a learning rate, in SI; setting one keeps all other state."""

    def __init__(self, network: Network, engine: Engine) -> None:
        super().__init__(network, engine)
        self.rules: dict[str, PlasticityRule] = {
            p.name: p.plasticity for p in network.projections if p.plasticity is not None
        }
        self.frozen = False

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((name, parameter) for name, rule in self.rules.items() for parameter in rule.parameters)

    def _rule(self, key: Any) -> PlasticityRule:
        if not (isinstance(key, tuple) and len(key) == 2):
            raise NetworkError(f"Running: {key!r}; expected projection and parameter, such as run.constants['in_out', 'eta'].")
        name, parameter = key
        if name not in self.rules:
            raise NetworkError("Running: " + unknown_name("projection that learns", str(name), self.rules))
        if parameter in self.rules[name].varied:
            raise NetworkError(
                f"Running: parameter {parameter!r} of the rule of {name!r} differs between synapses and cannot be changed; "
                "network.varied(projection) has its values. Start another network to change them."
            )
        if parameter not in self.rules[name].parameters:
            known = self.rules[name].parameters
            raise NetworkError(f"Running: rule of {name!r}: " + unknown_name("parameter", str(parameter), known))
        return self.rules[name]

    def __getitem__(self, key: tuple[str, str]) -> float:
        return self._rule(key).parameters[key[1]]

    def __setitem__(self, key: tuple[str, str], value: Any) -> None:
        rule = self._rule(key)
        number(f"Running: parameter {key[1]!r} of {key[0]!r}", value)
        self.apply({**self.rules, key[0]: rule.with_parameters({key[1]: value})}, self.frozen)

    def apply(self, rules: Mapping[str, PlasticityRule], frozen: bool) -> None:
        """Continue with these rules."""
        self._engine.set_rules(rules, frozen)
        self.rules, self.frozen = dict(rules), frozen


def _variables(rule: PlasticityRule) -> tuple[str, ...]:
    return (*rule.synaptic[1:], *(name for name, trace in rule.traces.items() if trace.side != "synapse"))


def _numbers(values: Any, unit: str, who: str) -> Any:
    """SI numbers of values with a unit; plain numbers are taken as SI, in which all recordings are."""
    plain = not hasattr(values, "dim")
    array = as_floats(values, who) if plain else si(values, unit, who)
    if not np.all(np.isfinite(array)):
        raise NetworkError(f"{who}: found NaN or infinite values; expected finite numbers.")
    return array


def _matrix(values: Any, who: str) -> Any:
    matrix = sparse.csr_array(values, copy=True)
    return sparse.csr_array((_numbers(matrix.data, "1", who), matrix.indices, matrix.indptr), shape=matrix.shape)


def _filled(matrix: Any, value: float) -> Any:
    full = sparse.csr_array(matrix, copy=True)
    full.data = np.full_like(full.data, value)
    return full


