"""Parameters of a rule that differ between synapses: arrays, or distributions from which each synapse draws once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.arrays import as_floats
from neurosim.checks.dimensions import Dimension, dimension_of, unit_named
from neurosim.checks.distributions import Clipped, Distribution
from neurosim.checks.given import number
from neurosim.checks.matrices import Matrix, nonzero
from neurosim.display.equality import same
from neurosim.errors import NetworkError
from neurosim.plasticity.products import VariedValues
from neurosim.units import joined

_SHAPES = "(n_pre, n_post), (n_post,) or (n_pre, 1)"


@dataclass(frozen=True, eq=False)
class Varied:
    """A parameter that differs between synapses.

    Attributes
    ----------
    values : array or Distribution
        Values in SI, of shape (n_pre, n_post), (n_post,) or (n_pre, 1), or the distribution from which each synapse draws.
    dimension : Dimension
        Dimension of the values.
    """

    values: Any
    dimension: Dimension

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Varied) and self.dimension == other.dimension and same(self.values, other.values)

    __hash__ = None  # type: ignore[assignment]

    def on(self, matrix: Matrix, rng: np.random.Generator, who: str) -> VariedValues:
        """Values for the neurons or synapses of a projection with the weights `matrix`.

        Raises
        ------
        NetworkError
            If the array has another shape.
        """
        n_pre, n_post = matrix.shape
        pre, post, _ = nonzero(matrix)
        if isinstance(self.values, Distribution):
            return VariedValues("synapse", self.values.draw((len(pre),), unit_named(self.dimension), rng))
        if self.values.shape == (n_pre, n_post) and n_post > 1:
            return VariedValues("synapse", np.asarray(self.values[pre, post]))
        if self.values.shape == (n_pre, 1):
            return VariedValues("pre", np.asarray(self.values[:, 0]))
        if self.values.shape == (n_post,):
            return VariedValues("post", np.asarray(self.values))
        expected = f"{_SHAPES}, where n_pre = {n_pre} and n_post = {n_post}"
        raise NetworkError(f"{who} has shape {self.values.shape}; expected {expected}.")


def parameters_of_both_kinds(
    rule: str, given: Mapping[str, Any]
) -> tuple[dict[str, float], dict[str, Dimension], dict[str, Varied]]:
    """Parameters that are one number, their dimensions, and parameters that differ between synapses."""
    who = {name: f"Rule {rule!r}: parameter {name!r}" for name in given}
    varied = {name: varied_of(who[name], value) for name, value in given.items() if varies(value)}
    single = {name: number(who[name], value) for name, value in given.items() if name not in varied}
    numbers, dimensions = ({name: pair[k] for name, pair in single.items()} for k in (0, 1))
    return numbers, dimensions, varied  # type: ignore[return-value]


def varies(value: Any) -> bool:
    """Whether a parameter has values that differ between synapses."""
    return isinstance(value, Distribution | Varied | list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)


def varied_of(who: str, value: Any) -> Varied:
    """A parameter that differs between synapses, after checks of its values.

    Raises
    ------
    NetworkError
        If values are not finite real numbers, or have more than two axes.
    """
    if isinstance(value, Varied):
        return value
    if isinstance(value, Distribution):
        return Varied(value, _of_distribution(value))
    if isinstance(value, list | tuple):
        value = _listed(joined(value, who), who)
    if value.dtype.kind not in "iuf" or isinstance(value, np.ma.MaskedArray) or value.ndim > 2 or not value.size:
        raise NetworkError(f"{who} is an array of {value.dtype} with shape {value.shape}; expected real numbers, {_SHAPES}.")
    values = np.array(np.asarray(value), np.float64)
    if not np.all(np.isfinite(values)):
        raise NetworkError(f"{who} contains NaN or infinite values; expected finite numbers.")
    values.flags.writeable = False
    return Varied(values, dimension_of(value))


def _listed(value: Any, who: str) -> Any:
    return value if isinstance(value, np.ndarray) else as_floats(value, who)


def _of_distribution(given: Distribution) -> Dimension:
    if isinstance(given, Clipped):
        return _of_distribution(given.of)
    return dimension_of(next(iter(vars(given).values())))
