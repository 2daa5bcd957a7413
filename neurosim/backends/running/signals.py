"""Third factors of a running network: constants that can be changed, or arrays for a stretch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from neurosim.checks.given import plain_array
from neurosim.display.short import LONGEST, cut, entries
from neurosim.errors import NetworkError, unknown_name
from neurosim.program.signals import Listener, complete_signals


class Signals(MutableMapping[str, Any]):
    """Third factors by name ("M", or "projection.M" for one projection): a number, or an array (n_post,), until set again."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = tuple(listeners)
        self._values: dict[str, Any] = {}

    @property
    def _known(self) -> set[str]:
        found = [(place.projection, name) for place in self._listeners for name in place.modulators]
        return {name for _, name in found} | {f"{projection}.{name}" for projection, name in found}

    def _check(self, name: str) -> None:
        if name not in self._known:
            raise NetworkError("Running: " + unknown_name("third factor", str(name), self._known))

    def __getitem__(self, name: str) -> Any:
        self._check(name)
        if name not in self._values:
            raise NetworkError(f"Running: the third factor {name!r} has no value yet; set it: run.signals[{name!r}] = 0.")
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._check(name)
        values = plain_array(f"Running: third factor {name!r}", value)
        for place in self._listeners:
            for own, peak in place.modulators.items():
                if name in (own, f"{place.projection}.{own}"):
                    _check(f"Running: third factor {name!r}", values, place.n_post, peak)
        self._values[name] = values

    def __delitem__(self, name: str) -> None:
        self._check(name)
        self._values.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        """The values that were set, and the third factors that have none yet."""
        open_names = sorted({name for place in self._listeners for name in place.modulators} - set(self._values))
        values = {name: value.item() if value.ndim == 0 else value for name, value in self._values.items()}
        return cut(entries("Signals", values) + (f", without a value: {', '.join(open_names)}" if open_names else ""), LONGEST)

    def take(self, steps: int, given: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
        """(projection, third factor) -> values (steps, 1 or n_post); `given` are arrays for these steps."""
        held = {name: value if value.ndim == 0 else np.tile(value, (steps, 1)) for name, value in self._values.items()}
        complete = complete_signals(self._listeners, 1, steps, {**held, **given})
        return {key: values[0] for key, values in complete.items()}

    def memory(self) -> dict[str, Any]:
        """The present values."""
        return dict(self._values)

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Continue with the values of a `memory`."""
        self._values = {name: np.asarray(value) for name, value in memory.items()}


def _check(who: str, values: Any, n_post: int, peak: float) -> None:
    if values.shape not in ((), (n_post,)):
        raise NetworkError(
            f"{who}: found shape {values.shape}; expected a number, or one per post neuron, ({n_post},). Give "
            "values that change in each step to the stretch: run.advance(duration, signals={...})."
        )
    largest = float(np.abs(values).max(initial=0.0))
    if not largest <= peak:
        raise NetworkError(f"{who}: found {largest:g}, above its peak of {peak:g}; declare broadcast(peak={largest:g}).")
