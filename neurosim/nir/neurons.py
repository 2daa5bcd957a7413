"""Nodes with a state as neurons: the numbers of one step, and what a weight of NIR counts in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurosim.errors import DataError, NetworkError
from neurosim.neurons import LIF, Neuron, SoftResetLIF, StepLIF, per_step
from neurosim.neurons.step_lif import STEP_LIFS, LeakyIntegrator, ManySpikeLIF
from neurosim.nir.choices import Choices
from neurosim.nir.nodes import Node
from neurosim.units import FloatArray, as_quantity

READOUTS = ("LI", "CubaLI", "I")
"""Kinds of nodes that never spike."""
_SILENT, _FOREVER = 800.0, 1e20
"""Steps per time constant that keep exactly nothing, and time constants in steps that keep everything."""


@dataclass(frozen=True)
class Numbers:
    """One step of a node: factors that are kept, what input counts, and what is added to v.

    Factors that differ between neurons can have been stored as times in seconds, `time_mem` and `time_syn`.
    """

    kept_mem: FloatArray
    kept_syn: FloatArray
    gain: FloatArray
    bias: FloatArray
    time_mem: FloatArray | None = None
    time_syn: FloatArray | None = None


@dataclass(frozen=True)
class Made:
    """Neurons of a node; a weight of NIR becomes `gain` times as much."""

    neuron: Neuron
    gain: FloatArray

    @property
    def counts(self) -> bool:
        """Whether its spikes carry a number."""
        return isinstance(self.neuron, ManySpikeLIF)


def numbers_of(node: Node, choices: Choices, place: str) -> Numbers:
    """The numbers of one step; those that neurosim stored are exact, so that a network comes back as it was.

    Raises
    ------
    NetworkError
        If a time constant is not above 0, or forward Euler would keep less than nothing.
    """
    found = _NUMBERS[node.kind](_Step(node, choices, place))
    return found if "kept_mem" not in node.metadata else _stored(found, node.metadata, place)


def reach(numbers: Numbers, arriving: FloatArray, inflow: FloatArray) -> float:
    """A level that v of a readout does not pass if `arriving` is the most that reaches it in a step; 1 if nothing does.

    Where nothing decays, it is that of a thousand steps.
    """
    left = np.maximum(1 - numbers.kept_mem, 1e-3)
    most = np.max((arriving + np.abs(inflow)) / np.maximum(1 - numbers.kept_syn, 1e-3) / left + np.abs(numbers.bias) / left)
    return float(most) or 1.0


def readout_of(node: Node, numbers: Numbers, dt: float, most: float, inflow: Any, starts: int, place: str) -> Neuron:
    """The neurons of a node that never spikes, whose v does not pass `most`."""
    kept = np.asarray(node.metadata.get("range", most))
    if kept.ndim or kept.dtype.kind not in "iuf" or not (np.isfinite(kept) and kept > 0):
        raise DataError(f"{place}: its metadata 'range' is no number above 0; write the file again with to_nir.")
    return LeakyIntegrator(**_taus(numbers, dt), **_drives(numbers, inflow, starts), range=float(kept))


def neuron_of(node: Node, numbers: Numbers, choices: Choices, inflow: Any, starts: int, place: str) -> Neuron:
    """The neurons of a node that spikes, with a constant `inflow` from step `starts` on."""
    taus, drives = _taus(numbers, choices.dt), _drives(numbers, inflow, starts)
    v_th = _single(node.numbers("threshold" if node.kind == "Threshold" else "v_threshold"))
    v_reset = _single(node.numbers("v_reset")) if "v_reset" in node.values else 0.0
    if choices.spikes == "many" and node.kind != "Threshold":
        return _many(taus, v_th, drives, choices, place)
    plain = not drives and not np.any(numbers.kept_syn) and np.ndim(numbers.kept_mem) == 0
    if plain and (choices.reset, choices.threshold) == ("value", ">") and np.all(v_th > np.asarray(v_reset)):
        return LIF(tau_m=taus["tau_m"], v_th=v_th, v_reset=v_reset)
    if plain and (choices.reset, choices.threshold) == ("subtract", ">=") and np.all(np.asarray(v_th) > 0):
        return SoftResetLIF(tau_m=taus["tau_m"], v_th=v_th)
    kind = STEP_LIFS[choices.reset, choices.threshold]
    level = {"v_reset": v_reset} if choices.reset == "value" else {}
    return kind(**taus, **drives, **level, v_th=v_th)


def _taus(numbers: Numbers, dt: float) -> dict[str, Any]:
    return {
        "tau_m": _decay(numbers.kept_mem, numbers.time_mem, dt),
        "tau_syn": _decay(numbers.kept_syn, numbers.time_syn, dt),
    }


def _drives(numbers: Numbers, inflow: Any, starts: int) -> dict[str, Any]:
    """What is added in each step, where it is not 0."""
    drives = {"bias": _single(numbers.bias), "inflow": _single(inflow)}
    drives = {name: value for name, value in drives.items() if np.any(value)}
    return drives | ({"starts": starts} if drives and starts else {})


def _many(taus: Mapping[str, Any], v_th: Any, drives: Mapping[str, Any], choices: Choices, place: str) -> StepLIF:
    if choices.reset != "subtract" or choices.threshold != ">=" or np.any(np.asarray(v_th) <= 0):
        raise NetworkError(
            f"{place}: several spikes in a step need reset='subtract', threshold='>=' and thresholds above 0; found "
            f"{choices.reset}, {choices.threshold} and {np.min(v_th):g}. Choose spikes='one'."
        )
    return ManySpikeLIF(**taus, **drives, v_th=v_th)


@dataclass(frozen=True)
class _Step:
    """Reads the fields of a node for one step."""

    node: Node
    choices: Choices
    place: str

    def field(self, name: str, default: float | None = None) -> FloatArray:
        if default is not None and name not in self.node.values:
            return np.asarray(default)
        return _reduced(self.node.numbers(name))

    def kept(self, name: str) -> FloatArray:
        """Factor that a decay keeps in a step."""
        tau, dt = self.field(name), self.choices.dt
        if np.any(tau <= 0):
            raise NetworkError(f"{self.place}: {name} goes down to {tau.min():g} s; expected times above 0.")
        if self.choices.decay == "exponential":
            return np.exp(-dt / tau)
        # A time constant of one step keeps nothing, up to the rounding of the file.
        kept = np.where(np.isclose(dt, tau, rtol=1e-6, atol=0), 0.0, 1 - dt / tau)
        if np.any(kept < 0):
            raise NetworkError(
                f"{self.place}: {name} goes down to {tau.min():g} s, shorter than the step of {dt:g} s, where forward Euler "
                "overshoots; choose a smaller dt, or decay='exponential'."
            )
        return kept

    def counted(self, name: str, kept: FloatArray, how: str) -> FloatArray:
        """What input counts that goes into a state with the time constant `name`."""
        if how == "per_spike":
            return np.ones(())
        if how == "held" or self.choices.decay == "euler":
            return np.asarray(1 - kept)
        return np.asarray(self.choices.dt / self.field(name))


def _lif(step: _Step) -> Numbers:
    kept = step.kept("tau")
    gain = step.field("r") * step.counted("tau", kept, step.choices.membrane_input)
    return Numbers(kept, np.zeros(()), gain, (1 - kept) * step.field("v_leak"))


def _cuba(step: _Step) -> Numbers:
    mem, syn = step.kept("tau_mem"), step.kept("tau_syn")
    into_current = step.field("w_in", 1.0) * step.counted("tau_syn", syn, step.choices.synapse_input)
    into_voltage = step.field("r") * step.counted("tau_mem", mem, step.choices.membrane_input)
    return Numbers(mem, syn, into_current * into_voltage, (1 - mem) * step.field("v_leak"))


def _integrator(step: _Step) -> Numbers:
    per_unit = 1.0 if step.choices.integrator_input == "per_spike" else step.choices.dt
    return Numbers(np.ones(()), np.zeros(()), step.field("r") * per_unit, np.zeros(()))


def _threshold(step: _Step) -> Numbers:
    return Numbers(np.zeros(()), np.zeros(()), np.ones(()), np.zeros(()))


_NUMBERS: Mapping[str, Callable[[_Step], Numbers]] = {
    "LIF": _lif,
    "LI": _lif,
    "CubaLIF": _cuba,
    "CubaLI": _cuba,
    "IF": _integrator,
    "I": _integrator,
    "Threshold": _threshold,
}


def _stored(found: Numbers, metadata: Mapping[str, Any], place: str) -> Numbers:
    """The exact numbers that neurosim wrote beside the fields of the node, which say the same up to rounding."""
    exact = {}
    for name in ("kept_mem", "kept_syn", "gain", "bias"):
        value, here = np.asarray(metadata.get(name, np.nan)), getattr(found, name)
        if value.dtype.kind not in "iuf" or value.ndim > 1 or not np.all(np.isfinite(value)):
            raise DataError(f"{place}: its metadata has no finite numbers {name!r}; write the file again with to_nir.")
        own = _reduced(value.astype(np.float64))
        try:
            same = np.allclose(own, here, rtol=1e-6, atol=1e-9 * max(1.0, float(np.abs(own).max())))
        except ValueError:
            same = False
        if not same:
            raise DataError(
                f"{place}: its metadata says {name} = {own.ravel()[:3]}, and its fields say {np.ravel(here)[:3]}; remove the "
                "metadata if you changed the fields."
            )
        exact[name] = own
    times = {name: _time(metadata, name, exact[kept], place) for name, kept in _TIMES.items() if name in metadata}
    return replace(found, **exact, **times)


_TIMES = {"time_mem": "kept_mem", "time_syn": "kept_syn"}


def _time(metadata: Mapping[str, Any], name: str, kept: FloatArray, place: str) -> FloatArray:
    value = np.asarray(metadata[name])
    if value.dtype.kind not in "iuf" or value.shape != kept.shape or not np.all(np.isfinite(value) & (value > 0)):
        raise DataError(f"{place}: its metadata {name!r} are no times above 0, one per neuron; write it again with to_nir.")
    return value.astype(np.float64)


def _reduced(values: FloatArray) -> FloatArray:
    """One number where all are equal, else one per neuron."""
    flat = values.reshape(-1)
    return flat[0].reshape(()) if np.all(flat == flat[0]) else flat


def _single(values: Any) -> Any:
    reduced = _reduced(np.asarray(values, np.float64))
    return float(reduced) if reduced.ndim == 0 else reduced


def _decay(kept: FloatArray, time: FloatArray | None, dt: float) -> Any:
    if kept.ndim == 0:
        return per_step(float(kept))
    if time is not None:
        return as_quantity(time, "second")
    with np.errstate(divide="ignore"):
        steps = np.where(kept == 1, _FOREVER, np.clip(-1 / np.log(kept), 1 / _SILENT, _FOREVER))
    return as_quantity(steps * dt, "second")
