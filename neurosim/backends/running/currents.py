"""Currents of a running network, which can be set between stretches."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.backends.running.engine import Engine
from neurosim.display.short import entries
from neurosim.errors import NetworkError, unknown_name
from neurosim.network.inputs import Input
from neurosim.network.network import Network
from neurosim.neurons.timed import Timed
from neurosim.units import as_quantity, si, unit_of


class Currents(MutableMapping[str, Any]):
    """Currents of populations: one value, one per neuron, or `Timed`, whose first row holds from the present step on.

    Parameters
    ----------
    step : function
        Function that returns the number of steps since the start.
    """

    def __init__(self, network: Network, engine: Engine, step: Callable[[], int]) -> None:
        self._network, self._engine, self._step = network, engine, step
        self._given: dict[str, Any] = {}
        self._since: dict[str, int] = {}
        self._rested = 0

    def __iter__(self) -> Iterator[str]:
        return (p.name for p in self._network.populations if not isinstance(p.neuron, Input) and p.neuron.drive is not None)

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return entries("Currents", self)

    def __getitem__(self, name: str) -> Any:
        return self._given.get(self._known(name), self._network.population(name).current)

    def __setitem__(self, name: str, current: Any) -> None:
        if current is None:
            raise NetworkError(f"Running: the current of {name!r}: found None; set it to 0 in its unit.")
        self._apply(self._known(name), current, self._step() - self._rested)

    def __delitem__(self, name: str) -> None:
        raise NetworkError(f"Running: the current of {name!r} cannot be removed; set it to 0 in its unit.")

    def _known(self, name: str) -> str:
        if name not in list(self):
            raise NetworkError("Running: " + unknown_name("population that accepts a current", str(name), list(self)))
        return name

    def _apply(self, name: str, current: Any, since: int) -> None:
        changed = replace(self._network.population(name), current=current)
        changed.check_step(self._network.step_seconds)
        self._engine.set_current(changed, since)
        self._given[name], self._since[name] = current, since

    def rest(self) -> None:
        """Count from now on, because the rows of all currents began anew."""
        self._rested, self._since = self._step(), dict.fromkeys(self._since, 0)

    def memory(self) -> dict[str, Any]:
        """The currents that were set, as arrays by name."""
        arrays = {name: _si(value) for name, value in self._given.items()}
        periods = {name: value.period for name, value in self._given.items() if isinstance(value, Timed)}
        notes = {"rested": self._rested, "since": self._since, "periods": periods}
        return {"notes": np.array(json.dumps(notes)), **{f"value/{name}": array for name, array in arrays.items()}}

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Continue with the currents of a `memory`."""
        notes = json.loads(str(memory["notes"]))
        self._rested = int(notes["rested"])
        for name, since in notes["since"].items():
            unit = self._network.population(name).model.drive_unit  # type: ignore[union-attr]
            value = as_quantity(np.asarray(memory[f"value/{name}"])[()], unit)
            period = notes["periods"].get(name)
            timed = value if period is None else Timed(value, as_quantity(float(period), "second"))
            self._apply(self._known(name), timed, int(since))


def _si(value: Any) -> Any:
    unit = unit_of(value)
    return value.rows(unit, "current") if isinstance(value, Timed) else si(value, unit, "current")
