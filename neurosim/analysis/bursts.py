"""Events and bursts over time, from the payloads of a recording.

A payload is the place of a spike in its burst: 1 for an event, which is an isolated spike or the first of a burst, 2 for the
second spike of a burst. So it is in recordings of every execution.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.analysis.measures import windows
from neurosim.results.recording import Recording
from neurosim.units import FloatArray

EVENT, BURST = 1, 2
"""Payloads."""


def event_rate(recording: Recording, population: str, window: float, neurons: Any = None) -> FloatArray:
    """Events a neuron in Hz, in windows of `window` seconds, shape (samples, windows).

    Parameters
    ----------
    recording : Recording
        Of neurons that burst.
    population : str
        Its name.
    window : float
        Seconds, plain or with unit; steps that fill no window are left out.
    neurons : sequence of int, optional
        Which ones; all if left out.

    Raises
    ------
    NetworkError, UsageError
        If there is no such population, or the window does not fit.
    """
    return _rate(recording, population, window, neurons, EVENT)


def burst_rate(recording: Recording, population: str, window: float, neurons: Any = None) -> FloatArray:
    """Bursts a neuron in Hz; arguments as of `event_rate`."""
    return _rate(recording, population, window, neurons, BURST)


def burst_probability(recording: Recording, population: str, window: float, neurons: Any = None) -> FloatArray:
    """Bursts over events, summed over the neurons; NaN where there is no event. Arguments as of `event_rate`.

    A burst counts where its second spike is, so that a window can have more bursts than events.
    """
    events, bursts = (_rate(recording, population, window, neurons, payload) for payload in (EVENT, BURST))
    return np.asarray(np.divide(bursts, events, out=np.full(events.shape, np.nan), where=events > 0))


def _rate(recording: Recording, population: str, window: float, neurons: Any, payload: int) -> FloatArray:
    spikes, width, count = windows(recording, population, window)
    n = recording.sizes[population]
    chosen = np.ones(n, bool) if neurons is None else np.isin(np.arange(n), neurons)
    wanted = (spikes.payload == payload) & (spikes.step < count * width) & chosen[spikes.neuron]
    place = spikes.sample[wanted].astype(np.int64) * count + spikes.step[wanted] // width
    found = np.bincount(place, minlength=recording.samples * count).reshape(recording.samples, count)
    return np.asarray(found / (chosen.sum() * width * recording.dt))
