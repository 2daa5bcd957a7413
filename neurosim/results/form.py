"""What the parts of a recording have to be: checked when it is made by hand, so that nothing that reads it fails later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from neurosim.arrays import as_floats, whole_number, whole_numbers
from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.results.recorded import Recorded

_LOWEST, _HIGHEST = -(2**31), 2**31 - 1
_PLAIN = "biuf"
_PART = 1 << 20
"""Spikes that are compared at a time, so that it takes no memory."""


class Parts(Protocol):
    """What is read of a recording beside its mappings."""

    @property
    def dt(self) -> float: ...
    @property
    def steps(self) -> int: ...
    @property
    def samples(self) -> int: ...


def whole_column(values: Any, who: str, low: int = 0) -> Any:
    """`values` as one-dimensional whole numbers that fit 32 bits; an array of integers is not copied."""
    if type(values) is not np.ndarray or values.dtype.kind not in "iu":
        return whole_numbers(values, who, low, _HIGHEST).astype(np.int32)
    # Those of a run are looked through once, by the recording, which knows their limits.
    if values.dtype != np.int32 and values.size and (values.min() < low or (values.itemsize > 4 and values.max() > _HIGHEST)):
        whole_numbers(values, who, low, _HIGHEST)
    return values


def whole_steps(values: Any) -> Any:
    """Steps counted over all samples, which can exceed 32 bits."""
    plain = type(values) is np.ndarray and values.dtype.kind in "iu"
    return values if plain else whole_numbers(values, "WeightTrace.steps")


def payload_column(values: Any) -> Any:
    """Payloads, which may be negative."""
    return whole_column(values, "Spikes.payload", _LOWEST)


def real_array(values: Any, who: str) -> Any:
    """`values` as a plain array of real numbers, in SI; an array of them is not copied."""
    array = np.asarray(values) if isinstance(values, np.ndarray) else as_floats(values, who)
    return array if array.dtype.kind in _PLAIN else as_floats(array, who)


def checked_parts(data: Parts) -> dict[str, Any]:
    """The mappings of a recording, whose entries fit each other and can be stored.

    Raises
    ------
    NetworkError, UnitError
        If a part is missing, is of another kind or has another shape; the message names it.
    """
    _check_numbers(data)
    mappings = {
        name: _mapping(getattr(data, name), name)
        for name in ("sizes", "spikes", "states", "weights", "synapses", "info", "state_steps")
    }
    # Those of another recording, from which this one is made, were looked through before.
    if not isinstance(mappings["spikes"], Recorded):
        for population, n in mappings["sizes"].items():
            whole_number(n, f"Recording: sizes of {_name(population, 'sizes')!r}", 1, _HIGHEST)
        _check_spikes(data, mappings["sizes"], mappings["spikes"])
    steps = {key: _steps_of(key, at, data.steps) for key, at in mappings["state_steps"].items()}
    states = {key: _state(data, key, values, steps) for key, values in mappings["states"].items()}
    for key in steps:
        if key not in states:
            raise NetworkError("Recording: state_steps: " + unknown_name("state", str(key), map(str, states)))
    for kind, check in (("weights", _name), ("synapses", _pair)):
        for key, trace in mappings[kind].items():
            check(key, kind)
            _check_trace(trace, f"Recording: {kind} of {key!r}")
    _mapping(mappings["info"].get("units", {}), "info['units']")
    for key in mappings["info"]:
        if not isinstance(key, str):
            raise NetworkError(f"Recording: info: found the key {shown(key)}; expected a text.")
    return {**mappings, "states": states, "state_steps": steps}


def check_once(trains: Mapping[str, Any], samples: int, steps: int, sizes: Mapping[str, int]) -> None:
    """NetworkError if a neuron spikes twice in a step, which no file can hold; several events are one spike with a payload."""
    for population, spikes in trains.items():
        # Python's numbers have no largest one.
        if samples * steps * int(sizes[population]) >= 2**63:
            raise NetworkError(
                f"spikes of {population!r}: {samples} samples, {steps} steps and {sizes[population]} neurons are more than can "
                "be counted."
            )
        ends = steps, int(sizes[population])
        parts = (slice(k, k + _PART + 1) for k in range(0, len(spikes.step), _PART))
        rising = all(np.all(np.diff(_keys(spikes, ends, part)) > 0) for part in parts)
        if not rising and np.unique(_keys(spikes, ends, slice(None))).size < len(spikes.step):
            raise NetworkError(f"spikes of {population!r}: a neuron spikes twice in a step; expected one spike with a payload.")


def _keys(spikes: Any, ends: tuple[int, int], part: slice) -> Any:
    """One number for each sample, step and neuron."""
    sample, step, neuron = (np.asarray(c[part], np.int64) for c in (spikes.sample, spikes.step, spikes.neuron))
    return (sample * ends[0] + step) * ends[1] + neuron


def _check_numbers(data: Parts) -> None:
    number = not isinstance(data.dt, bool) and isinstance(data.dt, float | int | np.floating | np.integer)
    if not (number and 0 < data.dt < np.inf):
        raise NetworkError(f"Recording: dt = {shown(data.dt)}; expected the time step in seconds.")
    for name in ("steps", "samples"):
        whole_number(getattr(data, name), f"Recording: {name}", 0, _HIGHEST)


def _mapping(given: Any, name: str) -> Mapping[Any, Any]:
    if not isinstance(given, Mapping):
        raise NetworkError(f"Recording: {name} is {shown(given)}; expected a mapping.")
    return given


def _name(given: Any, where: str) -> str:
    """A name that is also the name of a group of a file."""
    if not isinstance(given, str) or given in ("", ".", "..") or "/" in given or "\0" in given:
        raise NetworkError(f"Recording: {where}: found the name {shown(given)}; expected a text without slashes.")
    return given


def _pair(given: Any, where: str) -> None:
    if not (isinstance(given, tuple) and len(given) == 2):
        raise NetworkError(f"Recording: {where}: found the key {shown(given)}; expected two names such as ('cells', 'v').")
    for name in given:
        _name(name, where)


def _check_spikes(data: Parts, sizes: Mapping[str, int], trains: Mapping[str, Any]) -> None:
    for population in trains:
        if population not in sizes:
            raise NetworkError("Recording: sizes: " + unknown_name("population", str(population), sizes))
    for population, n in sizes.items():
        if population not in trains:
            # Its spikes were not recorded.
            continue
        spikes = trains[population]
        if not all(hasattr(spikes, column) for column in ("sample", "step", "neuron", "payload")):
            raise NetworkError(
                f"Recording: spikes of {population!r} are {shown(spikes)}; expected Spikes(sample, step, neuron, payload), or "
                "Spikes.from_raster(raster) of an array (samples, steps, n)."
            )
        for column, end in (("sample", data.samples), ("step", data.steps), ("neuron", n)):
            values = getattr(spikes, column)
            if len(values) and _unsigned(values).max() >= end:
                found = values.min() if values.min() < 0 else values.max()
                raise NetworkError(
                    f"Recording: spikes of {population!r}: found {column} {found}; they are counted from 0 to {end - 1}."
                )


def _unsigned(values: Any) -> Any:
    """In which numbers below zero are large, so that one look finds both."""
    return values.view(np.uint32) if values.dtype == np.int32 else values


def _steps_of(key: Any, given: Any, steps: int) -> Any:
    _pair(key, "state_steps")
    found = whole_column(given, f"Recording: state_steps of {key!r}")
    if found.ndim != 1 or (len(found) and found.max() >= steps):
        raise NetworkError(f"Recording: state_steps of {key!r} are {shown(given)}; expected a list of steps below {steps}.")
    return found


def _state(data: Parts, key: Any, given: Any, steps: Mapping[Any, Any]) -> Any:
    _pair(key, "states")
    values = real_array(given, f"Recording: states of {key!r}")
    wanted = data.samples, len(steps[key]) if key in steps else data.steps
    if values.ndim != 3 or values.shape[:2] != wanted:
        raise NetworkError(
            f"Recording: states of {key!r} have the shape {values.shape}; expected (samples, steps, neurons) with "
            f"{wanted[0]} samples and {wanted[1]} steps."
        )
    return values


def _check_trace(trace: Any, who: str) -> None:
    if not (hasattr(trace, "steps") and hasattr(trace, "matrix")):
        raise NetworkError(f"{who} is {shown(trace)}; expected WeightTrace(steps, values).")
    if not len(trace.steps):
        raise NetworkError(f"{who} has no values; leave it out.")
