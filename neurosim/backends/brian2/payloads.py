"""Graded spikes of inputs in Brian2: a synapse reads the payload from the step in which its spike was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import brian2
import numpy as np

from neurosim.backends.brian2.blueprint import Blueprint, Wires
from neurosim.units import FloatArray

_TABLE, _SINCE, _LATE = "payload_in_time", "payload_since", "payload_delay"


def factor(wires: Wires, delays: FloatArray) -> str:
    """What a weight is multiplied with; "" for spikes that all count as one. `delays` (seconds) are one number or many."""
    if not wires.graded:
        return ""
    late = repr(float(delays)) + "*second" if delays.ndim == 0 else _LATE
    # Brian2 declares i of synapses twice in Cython; i_pre is the same.
    return f"*{_TABLE}(t - {_SINCE} - {late}, i_pre)"


def model_line(wires: Wires, delays: FloatArray) -> str:
    """Model line that the factor needs."""
    return f"{_LATE} : second (constant)" if wires.graded and delays.ndim else ""


def namespace(wires: Wires, dt: Any) -> dict[str, Any]:
    """Names that the factor needs; `tell` gives them their values."""
    if not wires.graded:
        return {}
    return {_TABLE: brian2.TimedArray(np.zeros((1, wires.weights.shape[0])), dt=dt), _SINCE: 0 * brian2.second}


def set_delays(made: Any, wires: Wires, delays: FloatArray) -> None:
    """Tell synapses how long ago their spikes were sent."""
    if model_line(wires, delays):
        setattr(made, _LATE, delays * brian2.second)


def tell(blueprint: Blueprint, wiring: Mapping[str, Any], rasters: Mapping[str, Any], since: int = 0) -> None:
    """Give all synapses of graded projections the payloads (steps, n) of their sources, which begin with step `since`."""
    for wires in blueprint.wires:
        if wires.graded and wires.name in wiring:
            dt = blueprint.dt * brian2.second
            values = np.asarray(rasters[wires.pre], np.float64)
            wiring[wires.name].namespace[_TABLE] = brian2.TimedArray(values, dt=dt)
            wiring[wires.name].namespace[_SINCE] = since * dt


class History:
    """Payloads that are still on their way, because a synapse reads them when its spike arrives.

    Parameters
    ----------
    blueprint : Blueprint
        The network.
    sizes : mapping
        Input population -> number of neurons.
    """

    def __init__(self, blueprint: Blueprint, sizes: Mapping[str, int]) -> None:
        self._steps = {name: _longest(blueprint, name) for name in sizes if _longest(blueprint, name)}
        self._rows = {name: np.zeros((steps, sizes[name]), np.int32) for name, steps in self._steps.items()}

    def take(self, rasters: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
        """Payloads with those before them, and by how many steps they begin earlier; all begin together."""
        early = max(self._steps.values(), default=0)
        whole = {name: np.concatenate([self._rows[name], rasters[name]]) for name in self._steps}
        self._rows = {name: rows[len(rows) - self._steps[name] :] for name, rows in whole.items()}
        padded = {name: np.pad(rows, ((early - self._steps[name], 0), (0, 0))) for name, rows in whole.items()}
        return padded, early

    def memory(self) -> dict[str, Any]:
        """The payloads as arrays by name."""
        return {f"payloads|{name}": rows.copy() for name, rows in self._rows.items()}

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Continue with those of a `memory`."""
        self._rows = {name: np.array(memory[f"payloads|{name}"]) for name in self._rows}


def _longest(blueprint: Blueprint, source: str) -> int:
    """Steps after which no spike of the source is on its way; 0 if it has no graded projection."""
    own = [wires.delays for wires in blueprint.wires if wires.graded and wires.pre == source]
    return max((round(float(np.max(delays, initial=0)) / blueprint.dt) + 1 for delays in own), default=0)
