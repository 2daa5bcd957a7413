"""Events of a sensor, as data sets for spiking networks contain them, as inputs of a network.

Such data sets (of tonic, for example) give one structured array per recording: the fields ``x``, ``t`` and, for cameras, ``y``
and ``p`` (polarity), with times in microseconds. Only the arrays are needed here, and no other package.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.arrays import whole_numbers
from neurosim.checks.described import checked
from neurosim.errors import NetworkError, shown
from neurosim.network.inputs import SpikeArray, SpikeRaster
from neurosim.units import as_quantity, si

Indices = NDArray[np.int64]
_STEPS, _MOST = (1 << 31) - 1, 1 << 31
"""Largest number of steps, and largest number of cells in a raster of counts."""
_MOST_NEURONS = (1 << 31) - 1
_AXES = (("x", 0), ("y", 1), ("p", 2))


@checked
def event_spikes(events: Any, sensor: Sequence[int], dt: Any, tick: Any = None) -> SpikeArray:
    """Spikes of the events of a sensor: a neuron spikes once in a step in which it has events.

    Parameters
    ----------
    events : structured array (events,)
        Array with the fields ``x`` and ``t``, and ``y`` and ``p`` where the sensor has them.
    sensor : sequence of int
        Width, height and number of polarities, as tonic's ``sensor_size``. Neuron ``(p * height + y) * width + x`` has the
        events at (x, y, p), so a population needs as many neurons as their product.
    dt : time
        Time step of the network.
    tick : time, optional
        Unit of the field ``t``, such as ``1 * second``; one microsecond if left out.

    Returns
    -------
    SpikeArray
        Input in which the first event is where its time says; subtract ``events["t"].min()`` to begin at zero.

    Raises
    ------
    NetworkError
        If a field is missing, an event lies outside of the sensor, or `tick` is left out and the times look like seconds.
    """
    neuron, step, seconds = _placed(events, sensor, dt, tick, "event_spikes")
    pairs = np.unique(np.stack([step, neuron]), axis=1)
    return SpikeArray(pairs[1], as_quantity(pairs[0] * seconds, "second"))


@checked
def event_counts(events: Any, sensor: Sequence[int], dt: Any, tick: Any = None) -> SpikeRaster:
    """Numbers of events in each step, for projections with ``graded=True``.

    Parameters
    ----------
    events : structured array (events,)
        Array with the fields ``x`` and ``t``, and ``y`` and ``p`` where the sensor has them.
    sensor : sequence of int
        Width, height and number of polarities, as for `event_spikes`.
    dt : time
        Time step of the network.
    tick : time, optional
        Unit of the field ``t``; one microsecond if left out.

    Returns
    -------
    SpikeRaster
        Input with one row for each step up to the last event, and one column per neuron.

    Raises
    ------
    NetworkError
        If a field is missing, an event lies outside of the sensor, `tick` is left out and the times look like seconds, or the
        counts do not fit into memory.
    """
    neuron, step, _ = _placed(events, sensor, dt, tick, "event_counts")
    n, steps = math.prod(sensor), int(step.max(initial=-1)) + 1
    if n * steps > _MOST:
        raise NetworkError(f"event_counts: {steps} steps of {n} neurons do not fit into memory; use event_spikes.")
    counts = np.zeros((steps, n), np.int32)
    np.add.at(counts, (step, neuron), 1)
    return SpikeRaster(counts)


def _placed(events: Any, sensor: Sequence[int], dt: Any, tick: Any, who: str) -> tuple[Indices, Indices, float]:
    """Neuron and step of each event, and the length of a step in seconds."""
    size = _sensor(sensor, who)
    _check_fields(events, size, who)
    found = [_field(events, name, size[axis], who) for name, axis in _AXES]
    x, y, p = (np.zeros(len(events), np.int64) if values is None else values for values in found)
    second = _time(dt, f"{who}: dt")
    scale = _microsecond(events["t"], second, who) if tick is None else _time(tick, f"{who}: tick")
    times = np.asarray(events["t"], np.float64) * scale
    if times.size and not (times.min() >= 0 and times.max() < _STEPS * second):
        raise NetworkError(
            f"{who}: the field t has times from {times.min():g} to {times.max():g} s; expected times from 0 to {_STEPS} steps. "
            "Give the unit of the times as tick."
        )
    # A time that is a whole number of steps may lie a rounding error below it.
    step = np.floor(times / second + 1e-6).astype(np.int64)
    return (p * size[1] + y) * size[0] + x, step, second


def _microsecond(times: Any, step: float, who: str) -> float:
    """A microsecond, the unit of data sets of events; times in seconds have fractions and would all lie in the first step."""
    numbers = np.asarray(times)
    if np.any(numbers != np.floor(numbers)) and numbers.max() * 1e-6 < step:
        raise NetworkError(
            f"{who}: the field t has fractions from {numbers.min():g} to {numbers.max():g}, which as microseconds all lie in "
            "the first step. Give the unit of the times: tick=1*second, or tick=1*us if they are microseconds."
        )
    return 1e-6


def _check_fields(events: Any, size: tuple[int, int, int], who: str) -> None:
    names = getattr(getattr(events, "dtype", None), "names", None)
    if names is None or np.ndim(events) != 1:
        raise NetworkError(
            f"{who}: events = {shown(events)}; expected a structured array with the fields x, t, and y and p. Columns become "
            "one by np.rec.fromarrays([t, x, y, p], names='t, x, y, p')."
        )
    if isinstance(events, np.ma.MaskedArray) and np.any(events.mask.view(bool)):
        raise NetworkError(f"{who}: events have masked entries; leave them out (events.compressed()).")
    asked = ["t", "x", *(name for name, axis in _AXES[1:] if size[axis] > 1)]
    for name in asked:
        if name not in names or events.dtype[name].kind not in "iufb":
            raise NetworkError(
                f"{who}: events have the fields {', '.join(names)}; expected numbers in {name} for the sensor {list(size)}."
            )


def _sensor(sensor: Sequence[int], who: str) -> tuple[int, int, int]:
    sizes = [int(n) for n in whole_numbers(list(sensor), f"{who}: sensor", 1)]
    if not 1 <= len(sizes) <= 3:
        raise NetworkError(f"{who}: sensor = {shown(list(sensor))}; expected width, height and number of polarities.")
    if math.prod(sizes) > _MOST_NEURONS:
        raise NetworkError(f"{who}: sensor = {shown(sizes)} has {math.prod(sizes)} places; expected at most {_MOST_NEURONS}.")
    width, height, polarities = (*sizes, 1, 1)[:3]
    return width, height, polarities


def _field(events: Any, name: str, size: int, who: str) -> Indices | None:
    """Coordinates of one field; None if the sensor has only one place there."""
    if name not in events.dtype.names or size == 1:
        return None
    values = np.asarray(events[name])
    places = values.astype(np.int64) if values.dtype.kind == "b" else values
    return whole_numbers(places, f"{who}: the field {name}", 0, size - 1)


def _time(value: Any, who: str) -> float:
    time = si(value, "second", who)
    if time.ndim or not (np.isfinite(time) and time > 0):
        raise NetworkError(f"{who}: expected one positive time such as 1*ms, found {shown(value)}.")
    return float(time)
