"""A neuron from the user's own Brian2 equations; simulation only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim.errors import NetworkError
from neurosim.neurons.base import Equations, Neuron
from neurosim.timed import Timed
from neurosim.units import unit_of


@dataclass(frozen=True, kw_only=True)
class EquationNeuron(Neuron):
    """A neuron given by Brian2 equations.

    Parameters
    ----------
    model, threshold, reset : str
        As for Brian2's NeuronGroup.
    parameters : mapping
        Name -> value with unit, for the names that the equations use; an array gives one value a neuron, `Timed` values that
        follow each other.
    receptors : mapping
        Receptor -> variable to which a spike adds its weight.
    weight_unit : mapping or str
        Unit name of the weights ("volt", "siemens", "1", ...), for each receptor or for all.
    initial : mapping
        Variable -> value with unit at time zero.
    refractory : time or None
        A duration; conditions belong into `model`.
    method : str
        Brian2's integrator.
    """

    model: str
    threshold: str
    reset: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    receptors: Mapping[str, str] = field(default_factory=dict)
    weight_unit: Mapping[str, str] | str = "volt"
    initial: Mapping[str, Any] = field(default_factory=dict)
    refractory: Any = None
    method: str = "exponential_euler"

    def __post_init__(self) -> None:
        known = self._declared()
        for kind, names in (("receptors", self.receptors.values()), ("initial", self.initial)):
            for name in names:
                if name not in known:
                    raise NetworkError(
                        f"EquationNeuron.{kind}: {name!r} is no variable of the model, which declares {', '.join(known)}."
                    )

    def _declared(self) -> tuple[str, ...]:
        lines = (line.split("#")[0].strip() for line in self.model.splitlines())
        heads = (line.split(":")[0].split("=")[0].strip() for line in lines if ":" in line)
        return tuple(h[1:].split("/")[0] if h.endswith("/dt") else h for h in heads)

    @property
    def weight_units(self) -> Mapping[str, str]:
        unit = self.weight_unit
        return {r: unit if isinstance(unit, str) else unit[r] for r in self.receptors}

    @property
    def variables(self) -> tuple[str, ...]:
        return self._declared()

    def equations(self, dt: float) -> Equations:
        def plain(values: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
            return {name: (_plain(value), unit_of(value)) for name, value in values.items()}

        return Equations(
            model=self.model,
            threshold=self.threshold,
            reset=self.reset,
            parameters=plain(self.parameters),
            receptors=self.receptors,
            initial=plain(self.initial),
            refractory=None if self.refractory is None else np.array(self.refractory, dtype=np.float64),
            method=self.method,
        )


def _plain(value: Any) -> Any:
    return value if isinstance(value, Timed) else np.array(value, dtype=np.float64)
