"""Rates of events and bursts over time, computed from the payloads of a recording.

In recordings of every execution, a payload is the position of a spike in its burst: 1 for an event, which is an isolated spike
or the first spike of a burst, and 2 for the second spike of a burst.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.analysis.measures import windows
from neurosim.results.recording import Recording
from neurosim.units import FloatArray

EVENT, BURST = 1, 2
"""Payloads of an event, and of the second spike of a burst."""


def event_rate(recording: Recording, population: str, window: float, neurons: Any = None) -> FloatArray:
    """Events per neuron in Hz, in windows of `window` seconds, shape (samples, windows).

    Parameters
    ----------
    recording : Recording
        Recording of neurons that burst.
    population : str
        Name of the population.
    window : float
        Length of a window in seconds, plain or with unit. Steps at the end that do not fill a window are left out.
    neurons : sequence of int, optional
        Numbers of the neurons; all neurons if left out.

    Raises
    ------
    NetworkError, UsageError
        If there is no such population, or the window is shorter than a step or longer than the recording.
    """
    return _rate(recording, population, window, neurons, EVENT)


def burst_rate(recording: Recording, population: str, window: float, neurons: Any = None) -> FloatArray:
    """Bursts per neuron in Hz, in windows of `window` seconds; the arguments are those of `event_rate`.

    Parameters
    ----------
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.
    window : float
        Length of a window in seconds, at least one step.
    neurons : array, optional
        Numbers of the neurons; all if left out.
    """
    return _rate(recording, population, window, neurons, BURST)


def burst_probability(recording: Recording, population: str, window: float, neurons: Any = None) -> FloatArray:
    """Bursts divided by events, each summed over the neurons; NaN in windows without events.

    The arguments are those of `event_rate`. A burst counts in the window of its second spike, so that a window can have more
    bursts than events.

    Parameters
    ----------
    recording : Recording
        A run with spikes of the population.
    population : str
        Name of the population.
    window : float
        Length of a window in seconds, at least one step.
    neurons : array, optional
        Numbers of the neurons; all if left out.
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
